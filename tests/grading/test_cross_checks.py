"""Solutions that a program checks agree where they pass the question's tests and one another's."""

import sys
from pathlib import Path

import pytest

from stat_engine.config import GraderConfig
from stat_engine.grading import Grader, Written, open_grader
from stat_engine.grading.command import MAX_VARIABLE
from stat_engine.records import Question

RUN = "import os, sys\nnames = {}\nexec(sys.stdin.read(), names)\nexec(os.environ['STAT_REFERENCE'], names)"
RIGHT, OTHER, WRONG = "def f(n):\n    return n + 1", "def f(n):\n    return 1 + n", "def f(n):\n    return 1"
TESTS = "assert f(1) == 2"


@pytest.fixture(scope="module")
def grader() -> Grader:
    """Runs a response and then its tests."""
    command = [sys.executable, "-I", "-S", "-c", RUN]
    return open_grader(GraderConfig(backend="command", command=command, timeout_s=5))


def new(tests: str | None) -> Question:
    return Question(id="new", problem="Write `f(n)`, one more than n.", answer=tests)


def groups(grader: Grader, tests: str | None, *solutions: tuple[str, str | None]) -> list[list[int]]:
    (found,) = grader.agreeing([(new(tests), [Written(*solution) for solution in solutions])])
    return found


def test_programs_of_other_texts_agree_and_a_wrong_one_is_in_no_group(grader: Grader) -> None:
    assert groups(
        grader, TESTS, (RIGHT, "assert f(2) == 3"), (WRONG, TESTS), (OTHER, "assert f(0) == 1")
    ) == [[0, 2]]


def test_equal_texts_with_wrong_tests_of_the_question_do_not_agree(grader: Grader) -> None:
    assert groups(grader, "assert f(1) == 3", (RIGHT, None), (RIGHT, None)) == []


def test_what_the_question_s_tests_miss_the_others_tests_find(grader: Grader) -> None:
    weak = "assert f(0) == 1"
    assert groups(grader, weak, (RIGHT, TESTS), (WRONG, weak), (OTHER, "assert f(2) == 3")) == [[0, 2], [1]]


def test_a_solution_that_fails_its_own_tests_is_in_no_group(grader: Grader) -> None:
    assert groups(grader, TESTS, (RIGHT, "assert f(1) == 5"), (OTHER, TESTS), (RIGHT, None)) == [[1, 2]]


BOUNDED = "def f(n):\n    return n + 1 if n < 9 else 0"


def test_of_groups_of_one_size_the_one_that_passes_more_tests_counts(grader: Grader) -> None:
    """Both agree with the first, but the last one's tests refuse the second."""
    strict = "assert f(9) == 10"
    assert groups(grader, TESTS, (RIGHT, None), (BOUNDED, None), (OTHER, strict)) == [[0, 2]]
    assert groups(grader, TESTS, (RIGHT, TESTS), (WRONG, None), (OTHER, strict)) == [[0, 2]]


def test_groups_that_nothing_tells_apart_are_both_there(grader: Grader) -> None:
    """Their tests contradict one another, and the first passes both."""
    assert groups(
        grader, TESTS, ("def f(n):\n    return n + 1 if n < 9 else Any()\nclass Any:\n    __eq__ = lambda *_: True", None),
        (BOUNDED, "assert f(9) == 0"), (OTHER, "assert f(9) == 10"),
    ) == [[0, 1], [0, 2]]  # fmt: skip


def test_tests_that_accept_an_empty_response_do_not_count(grader: Grader) -> None:
    assert groups(grader, TESTS, (RIGHT, "ready = True"), (OTHER, "")) == [[0, 1]]
    assert grader.faults([new(TESTS), new("ready = True"), new(None), new(" ")]) == [
        None, "its tests accept an empty response", "no tests in the teacher's answer",
        "no tests in the teacher's answer",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["\0", "#" * (MAX_VARIABLE + 1)])
def test_tests_that_no_variable_holds_drop_the_question_and_stop_nothing(grader: Grader, text: str) -> None:
    assert groups(grader, TESTS + text, (RIGHT, None), (OTHER, None)) == []
    assert groups(grader, TESTS, (RIGHT, TESTS + text), (OTHER, None)) == [[1]]


def test_a_program_that_never_ends_is_stopped_and_the_others_go_on() -> None:
    command = [sys.executable, "-I", "-S", "-c", RUN]
    made = open_grader(GraderConfig(backend="command", command=command, timeout_s=0.5))
    assert groups(made, TESTS, ("while True: pass", None), (RIGHT, None), (OTHER, "while True: pass")) == [
        [1]
    ]


def test_tests_of_a_teacher_see_no_secret_and_leave_nothing(
    grader: Grader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEACHER_API_KEY", "secret")
    monkeypatch.chdir(tmp_path)
    hostile = f"{TESTS}\nimport os\nopen('left', 'w').write('x')\nassert 'TEACHER_API_KEY' not in os.environ"
    assert groups(grader, hostile, (RIGHT, hostile), (OTHER, hostile)) == [[0, 1]]
    assert list(tmp_path.iterdir()) == []


def test_a_text_matches_where_it_passes_the_tests_of_its_question(grader: Grader) -> None:
    items = [(OTHER, new(TESTS)), (WRONG, new(TESTS)), (OTHER, new(None))]
    assert grader.matches(items) == [True, False, False]
