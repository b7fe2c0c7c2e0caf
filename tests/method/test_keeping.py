from pathlib import Path

import pytest

from stat_engine.method.context import Silent
from stat_engine.method.keeping import Keeping, StageProgress
from stat_engine.models.base import Completion, Scored
from stat_engine.store.journal import Journal


class Told(Silent):
    def __init__(self) -> None:
        self.progressed: list[tuple[int, int]] = []
        self.n_tokens = 0

    def progress(self, stage: str, done: int, total: int) -> None:
        self.progressed.append((done, total))

    def wrote(self, stage: str, n_tokens: int) -> None:
        self.n_tokens += n_tokens


def keeping(path: Path, told: Told, before: int = 0) -> Keeping:
    progress = StageProgress(told, "responses", 6)
    if before:
        progress.batches(before)
    return Keeping(Journal(path), progress)


def test_answers_are_kept_and_counted_as_they_end_and_the_last_with_its_batch(tmp_path: Path) -> None:
    told, path = Told(), tmp_path / "00001.jsonl"
    answers = keeping(path, told, before=2).answers()
    first, second = Completion("3+4=7", 5, "stop"), Completion("", 0, "length")
    answers.add({(0, 0): first, (1, 1): second}, 5)
    answers.add({}, 4)
    answers.add({(1, 0): first, (0, 1): first}, 7)
    assert told.progressed == [(2, 6), (2, 6), (4, 6), (5, 6)]
    assert told.n_tokens == 16
    again = keeping(path, told, before=2).answers()
    assert again.known == {(0, 0): first, (1, 1): second, (1, 0): first, (0, 1): first}


def test_scores_come_back_to_the_last_digit(tmp_path: Path) -> None:
    path = tmp_path / "00000.jsonl"
    scored = {0: Scored([0.1, 1 / 3]), 4: Scored([], 2 / 3, is_cut=True)}
    keeping(path, Told()).scores().add(scored)
    assert keeping(path, Told()).scores().known == scored


@pytest.mark.parametrize(
    "line",
    [
        '{"at": [0, 0], "row": {"text": "7"}}',
        '{"at": [0, 0], "row": {"text": 7, "n_tokens": "many", "finish_reason": "stop"}}',
        '{"at": [0], "row": {"text": "7", "n_tokens": 1, "finish_reason": "stop"}}',
        '{"at": [0, 0], "row": {"text": "7", "n_tokens": 1, "finish_reason": "gone"}}',
    ],
)
def test_a_row_that_is_no_answer_is_made_again(tmp_path: Path, line: str) -> None:
    path = tmp_path / "00000.jsonl"
    path.write_text(
        f'{line}\n{{"at": [2, 0], "row": {{"text": "7", "n_tokens": 1, "finish_reason": "stop"}}}}\n'
    )
    assert keeping(path, Told()).answers().known == {(2, 0): Completion("7", 1, "stop")}
