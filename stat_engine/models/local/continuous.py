"""Decoding through transformers' own continuous batching, which pages the cache and, on CUDA, skips padding.

Input and output as in `ragged_batch`. Limits: sampled rows share one random generator, seeded for each
call. Equal calls on one machine give equal answers, but a row's answer depends on the rows beside it and
on the software's versions. Stop texts cut an answer only after it was written to its end token or its
maximum length."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from stat_engine.errors import StatError
from stat_engine.models.base import Sampling
from stat_engine.models.local.memory import is_out_of_memory
from stat_engine.models.local.ragged_batch import Record, Row

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
) -> None:
    """Write rows to their end, about so many tokens of cache at a time.

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
            _take(result, rows, record)
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


def _results(manager: Any, n: int) -> Iterator[Any]:
    while n:
        was_running = manager.is_running()
        result = manager.get_result(timeout=1)
        if result is None and not was_running:
            return
        if result is not None and (result.is_finished() or result.error):
            n -= 1
            yield result


def _take(result: Any, rows: Sequence[Row], record: Record) -> None:
    if result.error:
        if not is_out_of_memory(RuntimeError(result.error)):
            raise StatError(
                f"continuous batching failed ({result.error}); set student.scheduler=ragged to do without it"
            )
        return
    row = rows[int(result.request_id)]
    for token in result.generated_tokens:
        if row.finish is None:
            record(row, token)
