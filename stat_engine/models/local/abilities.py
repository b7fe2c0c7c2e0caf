"""What a loaded model can do, tested on the model itself with a few tokens: cache, batches, packing.

Each check compares logits with those of one pass over one row without a cache, which is right for every
causal model. Recurrent models, models with positions of their own and models whose cache transformers
keeps elsewhere fail some of the checks without any error, and would write wrong answers.
"""

import contextlib
import inspect
import os
import time
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine.errors import StatError, shown
from stat_engine.models.checkpoints import identity
from stat_engine.models.local.loading import is_out_of_memory
from stat_engine.models.local.ragged_batch import Batch, Row
from stat_engine.records import content_hash

if TYPE_CHECKING:
    import torch

    Places = list[tuple[torch.Tensor, torch.Tensor]]


class Way(StrEnum):
    """How answers are decoded, fastest first."""

    TOGETHER = "together"
    """Rows of unequal length in one batch, with a cache."""
    ALONE = "alone"
    """One row at a time, with the same cache."""
    GENERATE = "generate"
    """One row at a time by transformers' `generate`, with the cache that the model brings."""
    RECOMPUTED = "recomputed"
    """The same without a cache."""


SAME = {"float32": 1e-3, "float16": 0.03, "bfloat16": 0.15}
"""Root mean square of a difference of logits, in standard deviations of the logits, that is rounding."""
APART = {"float32": 1e-5, "float16": 4e-3, "bfloat16": 0.03}
"""The same where equal shapes are computed twice, and only what must have no effect differs."""
N_TRIES = 3
"""A model of experts may choose another one by rounding; what is wrong is wrong for all tokens."""
SLOW_S = 1.0
"""A check that took longer is kept for the next time."""
SHORT, LONG, NEXT = 6, 11, 3
"""Tokens of the two prompts and behind them: longer than the kernels of short convolutions (4)."""


def way_of(model: Any, name: str) -> Way:
    """The fastest way in which this model decodes as it does without cache and batch.

    `name` is the checkpoint's; raises StatError where not even `generate` without a cache does."""
    import torch

    kept = _kept_at(model, name)
    said = kept.read_text(encoding="utf-8").strip() if kept.is_file() else ""
    if said in list(Way):
        return Way(said)
    before = time.perf_counter()
    with torch.inference_mode():
        found = _found(model, name)
    if time.perf_counter() - before > SLOW_S:
        _keep(kept, found)
    return found


def _found(model: Any, name: str) -> Way:
    errors: list[str] = []
    if _holds(model, _alone, errors):
        return Way.TOGETHER if _holds(model, _together, errors) else Way.ALONE
    for way in (Way.GENERATE, Way.RECOMPUTED):
        if _holds(model, partial(_generated, has_cache=way is Way.GENERATE), errors):
            return way
    found = errors[-1] if errors else "step by step its logits differ from those of one pass"
    raise StatError(
        f"student {name}: {type(model).__name__} cannot be decoded with this version of transformers "
        f"({shown(found, 200)}); serve it (student.backend=openai), or name another student"
    )


def packs_apart(model: Any) -> bool:
    """Whether pairs that TRL packs into one row have positions of their own and do not see each other."""
    with in_eval(model):
        return _holds(model, _packed, [])


def pads_apart(model: Any) -> bool:
    """Whether padding on the left changes nothing for one pass with a mask alone, and for `generate`."""
    with in_eval(model):
        return _holds(model, _padded, [])


@contextlib.contextmanager
def in_eval(model: Any) -> Iterator[None]:
    """Compute in the block without gradients and without dropout."""
    import torch

    was_training = model.training
    model.eval()
    try:
        with torch.no_grad():  # what a model keeps of inference mode could not be trained with
            yield
    finally:
        model.train(was_training)


def is_rounding(model: Any, error: float) -> bool:
    """Whether a difference of logits, in their standard deviations, is rounding in the model's numbers."""
    return error <= SAME.get(str(model.dtype).removeprefix("torch."), SAME["bfloat16"])


def _holds(model: Any, check: "Callable[[Any, Probe], Places]", errors: list[str]) -> bool:
    """Whether all logits of a check agree, for one of a few draws of tokens; `errors` gets what it raised."""
    kind = str(model.dtype).removeprefix("torch.")
    for seed in range(N_TRIES):
        probe = Probe(model, seed)
        try:
            pairs = check(model, probe)
        except Exception as error:  # of any model's code
            if is_out_of_memory(error):
                raise
            errors.append(f"{type(error).__name__}: {error}")
            return False
        if all(is_rounding(model, difference(*pair)) for pair in pairs) and all(
            difference(*pair) <= APART.get(kind, APART["bfloat16"]) for pair in probe.apart
        ):
            return True
    return False


def difference(found: "torch.Tensor", expected: "torch.Tensor") -> float:
    """Largest root mean square over the vocabulary, in standard deviations; infinite where one is NaN."""
    import torch

    found, expected = found.float(), expected.float()
    share = (found - expected).pow(2).mean(-1).sqrt() / expected.std(-1).clamp(min=1e-9)
    return float(torch.nan_to_num(share, nan=float("inf")).max())


class Probe:
    """Tokens of one try, and what one pass without a cache gives for them."""

    def __init__(self, model: Any, seed: int) -> None:
        self._model = model
        # The first half of a vocabulary has no marks of images or turns.
        n = max(2, model.config.get_text_config().vocab_size // 2)
        numbers = range(2 * LONG + SHORT + NEXT)
        drawn = [(7919 * at * at + 104729 * (at + 1) * (seed + 1)) % n for at in numbers]
        self.short = drawn[:SHORT]
        self.long = drawn[SHORT : SHORT + LONG]
        self.other = drawn[SHORT + LONG : SHORT + 2 * LONG]
        self.next = drawn[-NEXT:]
        self.apart: Places = []
        """Logits computed twice beside other neighbours, compared more strictly."""

    def reference(self, prompt: Sequence[int]) -> "torch.Tensor":
        """Logits (1 + NEXT, vocabulary) behind a prompt and behind each of the next tokens."""
        return self.whole([*prompt, *self.next])[len(prompt) - 1 :]

    def whole(self, tokens: Sequence[int]) -> "torch.Tensor":
        """Logits (tokens, vocabulary) of one pass."""
        import torch

        ids = torch.tensor([list(tokens)], device=self._model.device)
        logits: torch.Tensor = self._model(input_ids=ids, use_cache=False).logits[0]
        return logits


def _alone(model: Any, probe: Probe) -> "Places":
    # The reference first: some models hold the state of their last pass.
    expected = probe.reference(probe.short)
    batch = Batch(model, [Row(tuple(probe.short), NEXT)])
    found = [(batch.logits[0], expected[0])]
    for at, token in enumerate(probe.next):
        batch.write([token])
        found.append((batch.logits[0], expected[at + 1]))
    return found


def _together(model: Any, probe: Probe) -> "Places":
    """Rows of unequal length and samples of one prompt; a row leaves and, where rows can join, one joins."""
    short, long = Row(tuple(probe.short), NEXT), Row(tuple(probe.long), NEXT)
    expected = {id(row): probe.reference(row.prompt) for row in (short, long)}
    batch, found = Batch(model, [short, long, Row(tuple(probe.short), NEXT)]), []
    beside = Batch(model, [short, Row(tuple(probe.other), NEXT), Row(tuple(probe.short), NEXT)])
    probe.apart = [(batch.logits[at], beside.logits[at]) for at in (0, 2)]
    for at, token in enumerate(probe.next):
        found += [(batch.logits[0], expected[id(short)][at]), (batch.logits[-1], expected[id(short)][at])]
        found += [(batch.logits[1], expected[id(long)][at])] if len(batch.rows) == 3 else []
        if at == 1:
            batch.keep([0, 2])
        batch.write([token] * len(batch.rows))
    found.append((batch.logits[1], expected[id(short)][NEXT]))
    if batch.is_plain():
        batch.join(Batch(model, [long]))
        batch.write([probe.next[0]] * 3)
        found.append((batch.logits[2], expected[id(long)][1]))
    return found


def _generated(model: Any, probe: Probe, has_cache: bool) -> "Places":
    written, logits = _greedy(model, [probe.short], has_cache)
    return [(logits[0], probe.whole(written[0])[SHORT - 1 : -1])]


def _greedy(model: Any, prompts: list[list[int]], has_cache: bool) -> "tuple[list[list[int]], torch.Tensor]":
    """Left-padded prompts and what `generate` writes behind them; its logits (rows, tokens, vocabulary)."""
    import torch
    from transformers import GenerationConfig

    ids, mask = _left_padded(model, prompts)
    made = model.generate(
        ids, attention_mask=mask,
        generation_config=GenerationConfig(
            max_new_tokens=NEXT, min_new_tokens=NEXT, do_sample=False, use_cache=has_cache, pad_token_id=0,
            output_logits=True, return_dict_in_generate=True,
        ),
    )  # fmt: skip
    return made.sequences.tolist(), torch.stack(made.logits, dim=1)


def _left_padded(model: Any, prompts: list[list[int]]) -> "tuple[torch.Tensor, torch.Tensor]":
    import torch

    width = max(map(len, prompts))
    ids = [[0] * (width - len(prompt)) + prompt for prompt in prompts]
    mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
    return torch.tensor(ids, device=model.device), torch.tensor(mask, device=model.device)


def _padded(model: Any, probe: Probe) -> "Places":
    ids, mask = _left_padded(model, [probe.short, probe.long])
    short = model(input_ids=ids, attention_mask=mask, use_cache=False).logits[0, -SHORT:]
    written, logits = _greedy(model, [probe.short, probe.long], has_cache=True)
    alone = probe.whole(written[0][-SHORT - NEXT :])[SHORT - 1 : -1]
    return [(short, probe.whole(probe.short)), (logits[0], alone)]


def _packed(model: Any, probe: Probe) -> "Places":
    rows = [_pack(model, [before, probe.short]) for before in (probe.long, probe.other)]
    probe.apart = [(rows[0][LONG:], rows[1][LONG:])]
    return [(rows[0][LONG:], probe.whole(probe.short)), (rows[0][:LONG], probe.whole(probe.long))]


def _pack(model: Any, pairs: list[list[int]]) -> "torch.Tensor":
    """Logits (tokens, vocabulary) of one row of several pairs, as TRL's trainer gives it to the model."""
    import torch
    from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

    row = {
        "input_ids": [token for pair in pairs for token in pair],
        "seq_lengths": [len(pair) for pair in pairs],
    }
    given = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)([row])
    given.pop("labels")
    on_device = {
        key: value.to(model.device) if isinstance(value, torch.Tensor) else value
        for key, value in given.items()
    }
    logits: torch.Tensor = model(**on_device, use_cache=False).logits[0]
    return logits


def _kept_at(model: Any, name: str) -> Path:
    """File of the user's cache for this checkpoint, as it is loaded, with these checks and versions."""
    import torch
    import transformers

    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    checks = Path(__file__).read_text(encoding="utf-8") + inspect.getsource(Batch)
    loaded = [type(model).__name__, str(model.dtype), str(model.device), model.config._attn_implementation]
    versions = [transformers.__version__, torch.__version__]
    key = content_hash(identity(name), loaded, versions, checks)
    return root / "stat-studio" / "decoding" / key


def _keep(path: Path, way: Way) -> None:
    with contextlib.suppress(OSError):  # without it the check is made again
        path.parent.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        made.write_text(way, encoding="utf-8")
        made.replace(path)
