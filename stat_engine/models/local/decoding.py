"""The choice of the next token, the end of an answer, and decoding by transformers' continuous batching.

An answer ends at an end-of-sequence token, a stop text or its maximum length. Tokens are chosen greedily,
or by temperature, top-p and the row's own random numbers.
"""

import math
from collections.abc import Collection, Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from stat_engine.errors import StatError
from stat_engine.models.base import Completion, Sampling
from stat_engine.models.local.loading import is_out_of_memory
from stat_engine.models.local.ragged_batch import Choose, Record, Row

_MARGIN = 8
"""Tokens looked at beyond a stop text's bytes: some tokens write nothing, or lose a leading space."""


class Endings:
    """Ends rows, and turns ended ones into completions."""

    def __init__(self, tokenizer: Any, ends: Collection[int], stop: Collection[str]) -> None:
        special = set(tokenizer.all_special_tokens)
        self._tokenizer = tokenizer
        # Special tokens are left out of texts, so a stop text that is one can only be known by its number.
        self._ends = {*ends, *(tokenizer.convert_tokens_to_ids(text) for text in stop if text in special)}
        self._stop = [text for text in stop if text and text not in special]
        self._window = max((len(text.encode()) for text in self._stop), default=0) + _MARGIN

    def record(self, row: Row, token: int) -> None:
        """Add a token to a row, which ends with an end token, a stop text or its room."""
        if token in self._ends:
            row.finish = "stop"
            return
        row.written.append(token)
        if self._has_stopped(row.written):
            row.finish = "stop"
        elif len(row.written) == row.room:
            row.finish = "length"

    def completion(self, row: Row) -> Completion:
        """The answer of an ended row, without its stop text and without space around it."""
        text = self._text(row.written)
        cuts = [text.find(stop) for stop in self._stop if stop in text]
        return Completion(text[: min(cuts, default=None)].strip(), len(row.written), row.finish or "length")

    def _has_stopped(self, written: list[int]) -> bool:
        # The end of a text is cheap to look at after every token; only the whole text is certain.
        return self._is_stopped(written[-self._window :]) and self._is_stopped(written)

    def _is_stopped(self, tokens: list[int]) -> bool:
        if not self._stop:
            return False
        text = self._text(tokens)
        return any(stop in text for stop in self._stop)

    def _text(self, tokens: list[int]) -> str:
        return str(self._tokenizer.decode(tokens, skip_special_tokens=True))


if TYPE_CHECKING:
    import torch


def draws(sampling: Sampling, seed: int, prompt: int, sample: int, room: int) -> list[float]:
    """`room` numbers in [0, 1) for one row, none for a greedy one; nothing but the arguments decides."""
    if sampling.temperature == 0:
        return []
    # Seeds of numpy are not negative; a configuration's may be.
    numbers: list[float] = np.random.default_rng([seed % 2**64, prompt, sample]).random(room).tolist()
    return numbers


def choose(logits: "torch.Tensor", sampling: Sampling, numbers: list[float]) -> list[int]:
    """One token a row of `logits` (rows, vocabulary), by inverse distribution function at the row's number.

    Top-p keeps the fewest tokens, most probable first, whose probabilities reach it together."""
    import torch

    if sampling.temperature == 0:
        greedy: list[int] = logits.argmax(dim=-1).tolist()
        return greedy
    shares = torch.softmax(logits.float() / sampling.temperature, dim=-1)
    tokens = None
    if sampling.top_p < 1:
        shares, tokens = shares.sort(dim=-1, descending=True, stable=True)
        shares = shares.where(shares.cumsum(dim=-1) - shares < sampling.top_p, 0.0)
    so_far = shares.cumsum(dim=-1)
    at = torch.tensor(numbers, device=logits.device).unsqueeze(-1) * so_far[:, -1:]
    # The clamp is for numbers so near 1 that rounding puts them past the last token that has a share.
    last = (shares > 0).cumsum(dim=-1).argmax(dim=-1, keepdim=True)
    chosen = torch.searchsorted(so_far, at, right=True).minimum(last)
    if tokens is not None:
        chosen = tokens.gather(-1, chosen)
    found: list[int] = chosen.squeeze(-1).tolist()
    return found


_FLASH = 256, 8192
"""Tokens of a page, as flash attention's paged kernel wants them, and at most in a forward pass."""
_MASKED = 32, 512
"""The same without flash attention: the mask has the tokens of a pass times those of all pages."""


def is_worth_it(model: Any) -> bool:
    """Whether the model is on one CUDA device with flash attention, without which pages gain nothing."""
    return _has_flash(model) and len(set(getattr(model, "hf_device_map", {"": 0}).values())) == 1


def _has_flash(model: Any) -> bool:
    from transformers.utils import is_flash_attn_2_available, is_flash_attn_3_available

    is_there = is_flash_attn_2_available() or is_flash_attn_3_available()
    return model.device.type == "cuda" and bool(model._supports_flash_attn) and is_there


def decode(
    model: Any,
    rows: Sequence[Row],
    sampling: Sampling,
    ends: Sequence[int],
    seed: int,
    tokens: int,
    record: Record,
) -> Generator[tuple[int, list[Row]]]:
    """Write rows to their end, about so many tokens of cache at a time: for each row that ended, its tokens
    and the row, and at least once a second (0, no row).

    Where memory runs out, rows are left unended; raises StatError where the machinery fails otherwise."""
    manager = model.init_continuous_batching(
        generation_config=_generation(sampling, ends),
        continuous_batching_config=_batching(
            seed, max(row.span() for row in rows), tokens, _has_flash(model)
        ),
    )
    # All requests are in the queue before it starts, so that timing does not decide which rows share a step.
    for at, row in enumerate(rows):
        manager.add_request(list(row.prompt), request_id=str(at), max_new_tokens=row.room)
    manager.start()
    try:
        for result in _results(manager, len(rows)):
            ended = [] if result is None else _take(result, rows, record)
            yield sum(len(row.written) for row in ended), ended
    finally:
        manager.stop(block=True, hard_stop=True)
        manager.destroy()


def _generation(sampling: Sampling, ends: Sequence[int]) -> Any:
    from transformers import GenerationConfig

    is_sampled = sampling.temperature > 0
    chosen = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0} if is_sampled else {}
    return GenerationConfig(
        max_new_tokens=sampling.max_tokens, eos_token_id=list(ends) or -1, do_sample=is_sampled, **chosen
    )


def _batching(seed: int, span: int, tokens: int, has_flash: bool) -> Any:
    from transformers.generation.configuration_utils import ContinuousBatchingConfig

    page, per_pass = _FLASH if has_flash else _MASKED
    # A size by budget and not by the memory that happens to be free, which would change what is sampled.
    n_pages = max(1, tokens // span) * math.ceil(span / page)
    return ContinuousBatchingConfig(
        seed=seed, page_size=page, num_blocks=n_pages, max_batch_tokens=min(per_pass, tokens)
    )


def _results(manager: Any, n: int) -> Iterator[Any | None]:
    while n:
        was_running = manager.is_running()
        result = manager.get_result(timeout=1)
        if result is None and not was_running:
            return
        if result is not None and (result.is_finished() or result.error):
            n -= 1
            yield result
        elif result is None:
            yield None


def _take(result: Any, rows: Sequence[Row], record: Record) -> list[Row]:
    if result.error:
        if not is_out_of_memory(RuntimeError(result.error)):
            raise StatError(
                f"continuous batching failed ({result.error}); set student.scheduler=ragged to do without it"
            )
        return []
    row = rows[int(result.request_id)]
    for token in result.generated_tokens:
        if row.finish is None:
            record(row, token)
    return [row] if row.finish is not None else []


def one_by_one(
    model: Any, rows: Sequence[Row], choose: Choose, record: Record, has_cache: bool
) -> Generator[tuple[int, list[Row]]]:
    """Write rows to their end, each alone by transformers' `generate`: for each, its tokens and the row.

    For models whose cache only `generate` handles; without a cache each token takes a pass over its row."""
    import torch
    from transformers import GenerationConfig, LogitsProcessor, StoppingCriteria

    class OwnChoice(LogitsProcessor):  # type: ignore[misc]
        """Leaves the chosen token alone possible."""

        def __call__(self, input_ids: Any, scores: Any) -> Any:
            [token] = choose(scores, [row])
            record(row, token)
            only = torch.full_like(scores, -math.inf)
            only[:, token] = 0
            return only

    class OwnEnd(StoppingCriteria):  # type: ignore[misc]
        """Ends with the row."""

        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            return torch.tensor([row.finish is not None], device=input_ids.device)

    for row in rows:
        ids = torch.tensor([row.tokens()], device=model.device)
        asked = GenerationConfig(
            max_new_tokens=row.room - len(row.written), do_sample=False, use_cache=has_cache, pad_token_id=0
        )
        model.generate(
            ids, attention_mask=torch.ones_like(ids), generation_config=asked,
            logits_processor=[OwnChoice()], stopping_criteria=[OwnEnd()],
        )  # fmt: skip
        yield len(row.written), [row]
