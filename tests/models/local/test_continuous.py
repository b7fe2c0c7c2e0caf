from collections.abc import Sequence
from typing import Any

import pytest
import torch

from stat_engine.errors import StatError
from stat_engine.models.base import Sampling
from stat_engine.models.local import decoding
from stat_engine.models.local.ragged_batch import Row
from tests.models.local.test_ragged import PROMPTS, ROOM, expected, record, rows
from tests.models.tiny_models import END, tiny

GREEDY = Sampling(temperature=0, top_p=1, max_tokens=ROOM)
SAMPLED = Sampling(temperature=1, top_p=0.9, max_tokens=ROOM)


def decoded(asked: Sequence[Row], sampling: Sampling = GREEDY, seed: int = 0) -> list[list[int]]:
    with torch.inference_mode():
        list(decoding.decode(tiny("plain"), asked, sampling, [END], seed, 400, record))
    return [row.written for row in asked]


def test_greedy_rows_are_as_transformers_writes_them_alone() -> None:
    before = tiny("plain").config._attn_implementation
    assert decoded(rows()) == expected("plain")
    assert tiny("plain").config._attn_implementation == before


def test_each_row_keeps_to_its_own_room() -> None:
    asked = [Row(prompt, 1 + at) for at, prompt in enumerate(PROMPTS[:4])]
    assert decoded(asked) == [written[: 1 + at] for at, written in enumerate(expected("plain")[:4])]


def test_the_seed_fixes_what_is_sampled() -> None:
    first = decoded(rows(), SAMPLED)
    assert decoded(rows(), SAMPLED) == first
    assert decoded(rows(), SAMPLED, seed=1) != first


def broken(monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[Row]:
    def fail(*args: Any, **given: Any) -> Any:
        raise error

    monkeypatch.setattr(tiny("plain"), "forward", fail)
    asked = rows(PROMPTS[:3])
    decoded(asked)
    return asked


def test_rows_are_left_unended_where_memory_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = broken(monkeypatch, torch.OutOfMemoryError("CUDA out of memory"))
    assert [(row.finish, row.written) for row in asked] == [(None, [])] * 3


def test_another_failure_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        StatError, match=r"^continuous batching failed \(no such .* set student.scheduler=ragged"
    ):
        broken(monkeypatch, ValueError("no such kernel"))


def test_on_a_cpu_it_is_not_worth_it() -> None:
    assert not decoding.is_worth_it(tiny("plain"))
