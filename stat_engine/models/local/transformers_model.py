"""A language model through transformers: any checkpoint, with or without adapters, in this process.

In: conversations, or texts to continue. Out: sampled answers. There are three decoding loops:
`ragged_batch` everywhere, `continuous` on CUDA with flash attention, and `one_by_one` for models that write
wrong answers in the first, which `abilities` tests when a model is loaded. Only `Sampling` decides how tokens
are chosen; of a checkpoint's own generation settings only the end tokens are used, not a repetition
penalty."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from stat_engine.config import StudentConfig
from stat_engine.models.base import Prompt, Sampling, Step, StreamingModel, Wanted
from stat_engine.models.local import decoding
from stat_engine.models.local.abilities import Way, way_of
from stat_engine.models.local.decoding import Endings, choose, draws
from stat_engine.models.local.loading import (
    TokenBudget,
    end_tokens,
    load_model,
    load_tokenizer,
    prompt_tokens,
    release,
)
from stat_engine.models.local.merging import merge_adapter
from stat_engine.models.local.ragged_batch import Decoder, Row
from stat_engine.models.local.templates import check_template


class TransformersModel(StreamingModel):
    """A checkpoint in memory, with the configuration's adapters and then another one merged in."""

    def __init__(self, config: StudentConfig, adapter: Path | None = None) -> None:
        import torch

        torch.set_num_threads(config.threads)
        self.name = config.model
        trust = config.trust_remote_code
        self._tokenizer = load_tokenizer(
            config.model, needs_chat=config.framing != "base", trust_remote_code=trust
        )
        check_template(self._tokenizer, config.model, config.framing)
        model = load_model(
            config.model, dtype=config.dtype, device_map=config.device_map, trust_remote_code=trust
        )
        if config.device_map is None and torch.cuda.is_available():
            model = model.to("cuda")
        adapters: list[str | Path] = [*config.adapters(), *([adapter] if adapter else [])]
        for folder in adapters:
            model = merge_adapter(model, folder, config.model)
        self._model: Any = model.eval()
        self._way = way_of(self._model, config.model)
        self._scheduler = config.scheduler
        self._budget = TokenBudget(config.token_budget)
        self._ends = end_tokens(self._model, self._tokenizer)

    def stream(self, wanted: Wanted) -> Generator[Step]:
        """`n_samples` completions a prompt, each as it ends.

        A row's random numbers come from (seed, number of the prompt, sample), so equal arguments give equal
        completions whatever shares a batch, but for rounding; `continuous` promises less, as it says itself.
        A prompt that leaves no room in the model's context is answered with `NO_ROOM`. Raises StatError where
        memory runs out on a single row."""
        import torch

        sampling, seed = wanted.sampling, wanted.seed
        placed = self._placed(wanted.prompts, sampling.max_tokens)
        rows = {}
        for at, sample in wanted.places(placed):
            tokens, room = placed[at]
            rows[Row(tokens, room, draws(sampling, seed, wanted.number(at), sample, room))] = (at, sample)
        yield wanted.no_room(placed)
        endings = Endings(self._tokenizer, self._ends, sampling.stop)
        steps = self._steps(list(rows), sampling, seed, endings)
        while True:
            with torch.inference_mode():  # entered for each step: who reads the answers is not to be in it
                step = next(steps, None)
            if step is None:
                return
            yield Step(step[0], {rows[row]: endings.completion(row) for row in step[1]})

    def close(self) -> None:
        """Free the model's memory; the model answers nothing afterwards."""
        self._model = None
        release()

    def _steps(
        self, rows: list[Row], sampling: Sampling, seed: int, endings: Endings
    ) -> Generator[tuple[int, list[Row]]]:
        def chosen(logits: Any, batch: list[Row]) -> list[int]:
            return choose(logits, sampling, [row.number() for row in batch])

        if self._way in (Way.GENERATE, Way.RECOMPUTED):
            has_cache = self._way is Way.GENERATE
            yield from decoding.one_by_one(self._model, rows, chosen, endings.record, has_cache)
            return
        if rows and self._is_continuous(sampling):
            ends, budget = self._ends, self._budget.tokens
            yield from decoding.decode(self._model, rows, sampling, ends, seed, budget, endings.record)
        left = [row for row in rows if row.finish is None]
        if left:  # also what continuous batching left, where its cache did not fit into memory
            at_most = 1 if self._way is Way.ALONE else None
            yield from Decoder(self._model, self._budget, at_most).decode(left, chosen, endings.record)

    def _is_continuous(self, sampling: Sampling) -> bool:
        if self._way is not Way.TOGETHER:
            return False
        if self._scheduler == "auto":
            return not sampling.stop and decoding.is_worth_it(self._model)
        return self._scheduler == "continuous"

    def _placed(self, prompts: Sequence[Prompt], max_tokens: int) -> dict[int, tuple[tuple[int, ...], int]]:
        """By place, the tokens of each prompt that the context has room to answer, and that room."""
        context = getattr(self._model.config.get_text_config(), "max_position_embeddings", None)
        placed = {}
        for at, prompt in enumerate(prompts):
            tokens = self._tokens(prompt)
            room = min(max_tokens, context - len(tokens)) if context else max_tokens
            if tokens and room >= 1:
                placed[at] = (tokens, room)
        return placed

    def _tokens(self, prompt: Prompt) -> tuple[int, ...]:
        return tuple(prompt_tokens(self._tokenizer, prompt, self.name))
