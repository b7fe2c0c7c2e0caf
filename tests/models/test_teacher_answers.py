import pytest

from stat_engine.models.base import TeacherRequest
from stat_engine.models.teacher_answers import Reading, ask_twice, solution_with_tests
from tests.skill_map.small import scripted


def read(at: int, raw: str) -> Reading[str]:
    if raw == "good":
        return Reading(raw)
    return Reading(raw, f"{raw} is bad", "off_vocabulary" if raw == "half" else "parse_failed")


def asked(first: str, second: str) -> tuple[Reading[str], list[TeacherRequest]]:
    seen: list[TeacherRequest] = []
    request = TeacherRequest("judge", "problem", repeat=2)
    ask = scripted(lambda request: second if request.complaint else first, seen)
    return ask_twice([request], ask, read)[0], seen


def test_a_good_answer_is_not_asked_for_again() -> None:
    reading, seen = asked("good", "never")
    assert (reading, len(seen)) == (Reading("good", call="call0"), 1)


def test_a_bad_answer_is_shown_again_with_the_complaint_and_the_same_repeat() -> None:
    reading, seen = asked("half", "good")
    assert reading.value == "good"
    assert seen[1] == TeacherRequest("judge", "problem", repeat=2, previous="half", complaint="half is bad")


def test_of_two_bad_answers_the_better_one_counts_and_the_first_of_equals() -> None:
    assert asked("broken", "half")[0].value == "half"
    assert asked("half", "broken")[0].value == "half"
    assert asked("broken", "worse")[0].value == "broken"


def test_only_the_bad_ones_are_asked_again_and_the_order_stays() -> None:
    seen: list[TeacherRequest] = []
    ask = scripted(lambda r: "good" if r.complaint or r.problem != "b" else "half", seen)
    readings = ask_twice([TeacherRequest("judge", name) for name in "abc"], ask, read)
    assert [one.value for one in readings] == ["good"] * 3
    assert [request.problem for request in seen] == ["a", "b", "c", "b"]


@pytest.mark.parametrize(
    ("raw", "solution", "tests"),
    [
        ("<solution>def f(): pass</solution>\n<tests>assert f()</tests>", "def f(): pass", "assert f()"),
        ("def f(): pass\n<tests>assert f()</tests>", "def f(): pass", "assert f()"),
        (" def f(): pass ", "def f(): pass", None),
        ("<solution>x</solution><tests>\n```python\nassert f()\n```\n</tests>", "x", "assert f()"),
        ("<solution>x</solution><tests>~~~~\na\n\nb\n~~~~</tests>", "x", "a\n\nb"),
        (
            "<solution>x</solution><tests>```\na\n```\nand\n```\nb\n```</tests>",
            "x",
            "```\na\n```\nand\n```\nb\n```",
        ),
        ("<solution>x</solution><tests> </tests>", "x", None),
        ("<solution>x</solution><tests>```\n```</tests>", "x", None),
        ("<solution>x</solution><tests>assert f()", "x", None),
    ],
)
def test_a_solution_comes_with_its_tests(raw: str, solution: str, tests: str | None) -> None:
    assert solution_with_tests(raw) == (solution, tests)
