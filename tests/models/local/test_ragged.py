import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch

from stat_engine.errors import StatError
from stat_engine.models.local.loading import TokenBudget
from stat_engine.models.local.ragged_batch import Decoder, Row
from tests.models.tiny_models import END, tiny

ROOM = 16
PROMPTS = [tuple(3 + (7 * at + 5 * step) % 90 for step in range(2 + (11 * at) % 17)) for at in range(14)]


def rows(prompts: list[tuple[int, ...]] = PROMPTS, room: int = ROOM) -> list[Row]:
    return [Row(prompt, room) for prompt in prompts]


def greedy(logits: torch.Tensor, batch: list[Row]) -> list[int]:
    chosen: list[int] = logits.argmax(dim=-1).tolist()
    return chosen


def record(row: Row, token: int) -> None:
    assert row.finish is None
    if token == END:
        row.finish = "stop"
        return
    row.written.append(token)
    if len(row.written) == row.room:
        row.finish = "length"


def decoded(model: Any, asked: list[Row], budget: int | TokenBudget = 4096) -> list[list[int]]:
    budget = TokenBudget(budget) if isinstance(budget, int) else budget
    with torch.inference_mode():
        list(Decoder(model, budget).decode(asked, greedy, record))
    return [row.written for row in asked]


@functools.cache
def expected(kind: str) -> list[list[int]]:
    """What transformers' own generate writes, a prompt at a time."""
    found = []
    for prompt in PROMPTS:
        output = tiny(kind).generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=ROOM,
            do_sample=False, eos_token_id=END, pad_token_id=0,
        )  # fmt: skip
        written = output[0, len(prompt) :].tolist()
        found.append(written[: written.index(END)] if END in written else written)
    return found


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[tuple[int, int]]]:
    """Notes (rows, tokens of the pass) of each forward pass; passes over `limit` tokens in all run out."""

    def watch(model: Any, limit: int | None = None, error: Exception | None = None) -> list[tuple[int, int]]:
        passes: list[tuple[int, int]] = []
        forward = model.forward

        @functools.wraps(forward)
        def noted(*args: Any, **given: Any) -> Any:
            passes.append(tuple(given["input_ids"].shape))
            if limit and given["attention_mask"].numel() > limit:
                raise error or torch.OutOfMemoryError("CUDA out of memory")
            return forward(*args, **given)

        monkeypatch.setattr(model, "forward", noted)
        return passes

    return watch


KINDS = ["plain", "sliding windows", "convolutions", "learned positions"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", [1, 150, 4096])
def test_whatever_shares_a_batch_rows_are_as_transformers_writes_them_alone(kind: str, budget: int) -> None:
    assert decoded(tiny(kind), rows(), budget) == expected(kind)


def test_the_lengths_in_these_tests_are_unequal() -> None:
    lengths = [len(written) for written in expected("plain")]
    assert min(lengths) < 8 and max(lengths) == ROOM


def test_rows_that_ended_are_not_computed_and_waiting_ones_take_their_places(watched: Any) -> None:
    model = tiny("plain")
    passes = watched(model)
    asked = rows()
    decoded(model, asked, 5 * (18 + ROOM))
    prompt_passes = [n for n, width in passes if width > 1]
    # A row's first token comes from its prompt's pass, and the last one is not read any more.
    n_read = sum(len(row.written) - (row.finish == "length") for row in asked)
    assert sum(n for n, width in passes if width == 1) == n_read
    assert sum(prompt_passes) == len(asked) and prompt_passes[0] == 5
    assert len(prompt_passes) > len(asked) / 5 + 1


def test_samples_of_one_prompt_share_its_pass(watched: Any) -> None:
    model = tiny("plain")
    passes = watched(model)
    several = [Row(PROMPTS[3], ROOM) for _ in range(4)]
    assert decoded(model, several) == [expected("plain")[3]] * 4
    assert passes[:2] == [(1, len(PROMPTS[3])), (4, 1)]


CPU_ERROR = RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")


@pytest.mark.parametrize(
    ("limit", "error"),
    [
        *((limit, torch.OutOfMemoryError("CUDA out of memory")) for limit in range(50, 200, 10)),
        (120, CPU_ERROR),
    ],
)
def test_where_memory_runs_out_no_row_is_lost_doubled_or_changed(
    watched: Any, limit: int, error: Exception
) -> None:
    model, budget = tiny("plain"), TokenBudget(4096)
    passes = watched(model, limit, error)
    assert decoded(model, rows(), budget) == expected("plain")
    assert passes[0][0] == len(PROMPTS) and budget.tokens < 4096


def test_a_single_row_that_does_not_fit_is_refused_with_what_to_set(watched: Any) -> None:
    model = tiny("plain")
    watched(model, 20)
    with pytest.raises(StatError) as raised:
        decoded(model, rows())
    assert str(raised.value) == (
        "memory ran out on a single answer of up to 34 tokens; set a smaller student.max_tokens, or "
        "student.dtype=bfloat16 for a model half as large"
    )


def test_other_errors_of_a_model_pass_through(watched: Any) -> None:
    model = tiny("plain")
    watched(model, 20, RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="^shapes do not fit$"):
        decoded(model, rows())
