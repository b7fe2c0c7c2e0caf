import pytest
import torch

from stat_engine.models.local.ragged_batch import Batch, Row
from tests.models.tiny_models import tiny

SHORT, MIDDLE, LONG = (5, 9), tuple(range(20, 40)), tuple(range(3, 93))


def alone(tokens: tuple[int, ...]) -> torch.Tensor:
    """Logits of the token after these, by one plain pass."""
    logits: torch.Tensor = tiny("plain")(input_ids=torch.tensor([tokens])).logits[0, -1]
    return logits


def holds(batch: Batch) -> bool:
    """Whether each row's logits are those of its tokens alone."""
    return all(
        torch.allclose(found, alone(row.tokens()), atol=1e-4)
        for row, found in zip(batch.rows, batch.logits, strict=True)
    )


def write(batch: Batch, token: int) -> None:
    for row in batch.rows:
        row.written.append(token)
    batch.write([token] * len(batch.rows))


@pytest.mark.parametrize("first", [[SHORT], [SHORT, MIDDLE], [LONG, SHORT]])
@pytest.mark.parametrize("then", [[SHORT], [LONG, MIDDLE]])
def test_rows_join_whether_they_are_wider_or_narrower(
    first: list[tuple[int, ...]], then: list[tuple[int, ...]]
) -> None:
    with torch.inference_mode():
        batch = Batch(tiny("plain"), [Row(prompt, 9) for prompt in first])
        write(batch, 7)
        batch.join(Batch(tiny("plain"), [Row(prompt, 9) for prompt in then]))
        assert [row.prompt for row in batch.rows] == first + then
        assert holds(batch)
        write(batch, 8)
        assert holds(batch)


def test_rows_leave_with_the_padding_that_only_they_needed() -> None:
    with torch.inference_mode():
        batch = Batch(tiny("plain"), [Row(prompt, 9) for prompt in (LONG, SHORT, MIDDLE, SHORT)])
        batch.keep([3, 2])
        assert [row.prompt for row in batch.rows] == [SHORT, MIDDLE]
        assert batch._cache.get_seq_length() == len(MIDDLE)
        write(batch, 7)
        assert holds(batch)


def test_a_batch_outgrows_the_room_of_its_cache() -> None:
    with torch.inference_mode():
        batch = Batch(tiny("plain"), [Row(SHORT, 99)])
        for token in range(3, 73):
            write(batch, token)
        assert holds(batch)
