import json
from pathlib import Path

import pytest

from stat_engine.store.teacher_calls import TeacherCalls


def test_an_answer_is_paid_for_once_also_by_another_process(tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def ask(at: list[int]) -> list[str]:
        asked.append(at)
        return [f"answer {i}" for i in at]

    wanted = [("a", "solve", "p"), ("b", "solve", "p"), ("a", "solve", "p")]
    assert TeacherCalls(tmp_path, "t").answers(wanted, ask) == ["answer 0", "answer 1", "answer 0"]
    again = [("b", "solve", "p"), ("c", "solve", "p")]
    assert TeacherCalls(tmp_path, "t").answers(again, ask) == ["answer 1", "answer 1"]
    assert asked == [[0, 1], [1]]


def test_raw_answers_are_on_disk_word_for_word(tmp_path: Path) -> None:
    raw = '<judge>incorrect\n</judge> \u2028 \\ "quoted"'
    TeacherCalls(tmp_path, "t").answers([("k", "missing_skills", "prompt")], lambda _: [raw])
    (line,) = (tmp_path / "t.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert json.loads(line) == {
        "key": "k", "endpoint": "t", "task": "missing_skills", "prompt": "prompt", "answer": raw,
    }  # fmt: skip


def test_two_endpoints_never_share_answers(tmp_path: Path) -> None:
    TeacherCalls(tmp_path, "one").answers([("k", "solve", "p")], lambda _: ["from one"])
    assert TeacherCalls(tmp_path, "two").answers([("k", "solve", "p")], lambda _: ["from two"]) == [
        "from two"
    ]


def test_answers_received_before_an_error_are_kept(tmp_path: Path) -> None:
    calls = TeacherCalls(tmp_path, "t")
    calls.answers([("a", "solve", "p")], lambda _: ["kept"])

    def fails(_: list[int]) -> list[str]:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        calls.answers([("a", "solve", "p"), ("b", "solve", "p")], fails)
    assert TeacherCalls(tmp_path, "t").answers([("a", "solve", "p")], fails) == ["kept"]
