import pytest

from stat_engine.models.base import Completion
from stat_engine.models.local.decoding import Endings
from stat_engine.models.local.ragged_batch import Row


class Pieces:
    """A tokenizer of pieces; 0 is special and 1 ends."""

    all_special_tokens = ("<end>", "<turn>")
    pieces = ("<turn>", "<end>", "a", "b", "\n", "Prob", "lem", ":", " ", "")

    def convert_tokens_to_ids(self, text: str) -> int:
        return self.pieces.index(text)

    def decode(self, tokens: list[int], skip_special_tokens: bool) -> str:
        assert skip_special_tokens
        return "".join(self.pieces[token] for token in tokens if token > 1)


def ended(tokens: list[int], *stop: str, room: int = 9) -> tuple[Completion, int]:
    """The completion, and how many tokens it took."""
    endings, row = Endings(Pieces(), [1], stop), Row((5,), room)
    for n, token in enumerate(tokens, start=1):
        endings.record(row, token)
        if row.finish:
            return endings.completion(row), n
    raise AssertionError("the row did not end")


@pytest.mark.parametrize(
    ("tokens", "stop", "expected", "n"),
    [
        ([2, 3, 1, 2], (), Completion("ab", 2, "stop"), 3),
        ([8, 2, 8, 3, 4, 1], (), Completion("a b", 5, "stop"), 6),
        ([2] * 12, (), Completion("a" * 9, 9, "length"), 9),
        ([1], (), Completion("", 0, "stop"), 1),
        ([2, 4, 5, 6, 7, 2], ("Problem:",), Completion("a", 5, "stop"), 5),
        ([2, 4, 5, 6, 7, 2], ("lem", "\nProb"), Completion("a", 3, "stop"), 3),
        ([2, 5, 9, 0, 9, 6, 2], ("Problem",), Completion("a", 6, "stop"), 6),
        ([2, 2, 2, 2, 2, 2, 2, 2, 3, 2], ("b",), Completion("a" * 8, 9, "stop"), 9),
        ([2, 3, 0, 2], ("<turn>",), Completion("ab", 2, "stop"), 3),
        ([2, 3, 1], ("",), Completion("ab", 2, "stop"), 3),
    ],
)  # fmt: skip
def test_an_answer_ends_at_the_first_end_token_stop_text_or_at_its_room(
    tokens: list[int], stop: tuple[str, ...], expected: Completion, n: int
) -> None:
    assert ended(tokens, *stop) == (expected, n)
