import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stat_engine.records import TeacherCall
from stat_engine.store.paid_answers import REFUSED, TeacherCalls, calls_about, calls_by_key, spending
from tests.factories import a_call

Asker = Callable[[list[int]], Iterator[list[TeacherCall]]]


def one_by_one(keys: list[str], asked: list[list[int]]) -> Asker:
    def ask(at: list[int]) -> Iterator[list[TeacherCall]]:
        asked.append(at)
        for i in at:
            yield [a_call(keys[i], f"answer {i}")]

    return ask


def test_an_answer_is_paid_for_once_also_by_another_process(tmp_path: Path) -> None:
    asked: list[list[int]] = []
    wanted = ["a", "b", "a"]
    assert TeacherCalls(tmp_path, "t").answers(wanted, one_by_one(wanted, asked)) == [
        "answer 0", "answer 1", "answer 0",
    ]  # fmt: skip
    again = ["b", "c", "c"]
    assert TeacherCalls(tmp_path, "t").answers(again, one_by_one(again, asked)) == [
        "answer 1", "answer 1", "answer 1",
    ]  # fmt: skip
    assert asked == [[0, 1], [1]]


def test_raw_answers_are_on_disk_word_for_word(tmp_path: Path) -> None:
    raw = '<judge>incorrect\n</judge> \u2028 \\ "quoted"'
    TeacherCalls(tmp_path, "t").answers(["k"], lambda _: iter([[a_call("k", raw, cost=0.5, run="r")]]))
    (line,) = (tmp_path / "t.jsonl").read_text(encoding="utf-8").split("\n")[:-1]
    assert json.loads(line) == {
        "key": "k", "endpoint": "t", "task": "solve", "prompt": "p", "answer": raw, "run": "r", "cost": 0.5,
    }  # fmt: skip


def test_two_endpoints_never_share_answers(tmp_path: Path) -> None:
    TeacherCalls(tmp_path, "one").answers(["k"], lambda _: iter([[a_call("k", "from one")]]))
    found = TeacherCalls(tmp_path, "two").answers(["k"], lambda _: iter([[a_call("k", "from two")]]))
    assert found == ["from two"]


def test_answers_received_before_an_error_are_kept(tmp_path: Path) -> None:
    def breaks(_: list[int]) -> Iterator[list[TeacherCall]]:
        yield [a_call("a", "kept")]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        TeacherCalls(tmp_path, "t").answers(["a", "b"], breaks)
    asked: list[list[int]] = []
    found = TeacherCalls(tmp_path, "t").answers(["a", "b"], one_by_one(["a", "b"], asked))
    assert (found, asked) == (["kept", "answer 1"], [[1]])


def test_each_answer_is_on_disk_before_the_next_is_asked_for(tmp_path: Path) -> None:
    on_disk: list[int] = []

    def ask(at: list[int]) -> Iterator[list[TeacherCall]]:
        for i in at:
            path = tmp_path / "t.jsonl"
            on_disk.append(path.read_text().count("\n") if path.exists() else 0)
            yield [a_call(str(i))]

    TeacherCalls(tmp_path, "t").answers(["0", "1", "2"], ask)
    assert on_disk == [0, 1, 2]


def test_spending_is_by_run_endpoint_and_task(tmp_path: Path) -> None:
    paid = [
        a_call("a", run="one", input_tokens=10, output_tokens=5, cost=0.25),
        a_call("b", run="one", input_tokens=20, output_tokens=5, cost=0.5),
        a_call("c", run="two", input_tokens=1, output_tokens=1, cost=0.125),
        a_call("d", task="judge"),
    ]
    TeacherCalls(tmp_path, "t").answers([call.key for call in paid], lambda _: iter([paid]))
    found = {
        key: (of.calls, of.input_tokens, of.output_tokens, of.cost) for key, of in spending(tmp_path).items()
    }
    assert found == {
        ("one", "t", "solve"): (2, 30, 10, 0.75),
        ("two", "t", "solve"): (1, 1, 1, 0.125),
        (None, "t", "judge"): (1, 0, 0, 0.0),
    }


def test_measured_lengths_come_from_counted_calls(tmp_path: Path) -> None:
    calls = TeacherCalls(tmp_path, "t")
    assert calls.measured("solve") == (None, None)
    counted = [
        a_call("a", prompt="x" * 60, input_tokens=20, output_tokens=8),
        a_call("b", prompt="x" * 40, input_tokens=20, output_tokens=4, task="judge"),
        a_call("c", prompt="x" * 999),
    ]
    calls.answers(["a", "b", "c"], lambda _: iter([counted]))
    assert calls.measured("solve") == TeacherCalls(tmp_path, "t").measured("solve") == (2.5, 8.0)
    assert calls.measured("rewrite") == (2.5, None)


def test_calls_that_took_tokens_at_no_known_price_are_counted(tmp_path: Path) -> None:
    calls = TeacherCalls(tmp_path, "t")
    calls.record(
        a_call("a", input_tokens=1), a_call("b", output_tokens=1), a_call("c", cost=0.5, input_tokens=1)
    )
    calls.record(a_call("d"))
    assert spending(tmp_path)[None, "t", "solve"].n_unpriced == 2


def test_refused_prompts_are_asked_again_by_the_next_process(tmp_path: Path) -> None:
    calls = TeacherCalls(tmp_path, "t")
    calls.record(a_call("a", finish_reason=f"{REFUSED} too long"), a_call("b", finish_reason="stop"))
    assert calls.unknown(["a", "b"]) == []
    assert TeacherCalls(tmp_path, "t").unknown(["b", "a", "c", "a"]) == [1, 2]


def test_a_call_that_brought_nothing_has_no_answer_and_no_length(tmp_path: Path) -> None:
    calls = TeacherCalls(tmp_path, "t")
    calls.record(a_call("", cost=0.5, input_tokens=10, output_tokens=1))
    assert "" not in calls and calls.measured("solve") == (None, None)
    calls.record(
        a_call("a", prompt="x" * 8, input_tokens=2, output_tokens=0)
    )  # counted in part: not measured
    assert calls.measured("solve") == (None, None)


def test_what_another_process_was_answered_meanwhile_is_read(tmp_path: Path) -> None:
    mine, theirs = TeacherCalls(tmp_path, "t"), TeacherCalls(tmp_path, "t")
    theirs.record(a_call("a", "theirs", prompt="xxxx", input_tokens=1, output_tokens=2))
    asked: list[list[int]] = []
    assert mine.answers(["a"], one_by_one(["a"], asked)) == ["theirs"] and asked == []
    assert mine.measured("solve") == (4.0, 2.0)
    theirs.record(a_call("b", prompt="xx", input_tokens=1, output_tokens=4))
    assert mine.answers(["b"], one_by_one(["b"], asked)) == ["answer"]
    assert mine.measured("solve") == (3.0, 3.0)  # the first is not counted twice


def test_kept_calls_have_lost_their_prompts(tmp_path: Path) -> None:
    (call,) = TeacherCalls(tmp_path, "t").kept(["a"], lambda _: iter([[a_call("a", "text")]]))
    assert (call.prompt, call.answer) == ("", "text")


def test_calls_are_found_by_key_in_any_endpoint(tmp_path: Path) -> None:
    TeacherCalls(tmp_path, "one").record(a_call("a"), a_call("b"), a_call("", cost=1.0))
    TeacherCalls(tmp_path, "two").record(a_call("c", 'says "key":"d"'))
    assert set(calls_by_key(tmp_path, ["a", "c", "d", ""])) == {"a", "c"}
    assert calls_by_key(tmp_path, []) == {}


def test_calls_about_a_problem_are_those_of_its_own_prompts(tmp_path: Path) -> None:
    def prompt(problem: str) -> str:
        return json.dumps([{"content": f"Question: {problem}"}], ensure_ascii=False)

    calls = TeacherCalls(tmp_path, "t")
    calls.record(
        a_call("a", prompt=prompt('What is "1" + 1?')),
        a_call("again", prompt=prompt('What is "1" + 1? 2')),  # a repeat: its index
        a_call("longer", prompt=prompt('What is "1" + 1? And 2 + 2?')),
        a_call("other task", prompt=prompt('What is "1" + 1?'), task="judge"),
        a_call("", prompt=prompt('What is "1" + 1?'), cost=1.0),
        a_call("b", prompt=prompt("What is 3?")),
        a_call("first letter", prompt=prompt("That is 3?")),
        a_call("last letter", prompt=prompt("What is 3!")),
    )
    assert [call.key for call in calls_about(tmp_path, "t", "solve", "What is 3?")] == ["b"]
    assert [call.key for call in calls_about(tmp_path, "t", "solve", 'What is "1" + 1?')] == ["a", "again"]
    assert calls_about(tmp_path, "t", "solve", "What is 4?") == []
    assert calls_about(tmp_path, "none", "solve", "What is 3?") == []
