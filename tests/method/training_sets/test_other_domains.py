"""Rewrites and new questions where answers are not numbers: programs are run, free text is judged."""

import sys
from collections.abc import Sequence

import pytest

from stat_engine.config import GraderConfig, TrainingSetConfig
from stat_engine.grading import Grader, open_grader
from stat_engine.method.training_sets.rewrite import Solutions
from stat_engine.method.training_sets.select import Pool
from stat_engine.method.training_sets.synthesize import Around, NSolved, for_skills, synthesize
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.records import DroppedQuestion, Question, TrainingExample
from tests.factories import a_question, an_entry

RUN = "import os, sys\nnames = {}\nexec(sys.stdin.read(), names)\nexec(os.environ['STAT_REFERENCE'], names)"
POOL_TESTS = "assert f(1) == 2"


@pytest.fixture(scope="module")
def running() -> Grader:
    """Runs a response and then its tests."""
    command = [sys.executable, "-I", "-S", "-c", RUN]
    return open_grader(GraderConfig(backend="command", command=command, timeout_s=5))


def judging() -> Grader:
    """Calls two texts the same where both speak of warmth, or neither does."""

    def judge(items: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        return [("warm" in one) == ("warm" in other) for _, one, other in items]

    return open_grader(GraderConfig(backend="judge"), judge)


def answering(task: str, *answers: str, seen: list[TeacherRequest] | None = None) -> Ask:
    """A teacher that proposes a question without more, and gives these answers to a task by repeat index."""

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        if seen is not None:
            seen.extend(requests)
        asked = [r for r in requests if r.task == task]
        assert asked == list(requests)
        return [(f"{task}-{r.repeat}", answers[r.repeat]) for r in requests]

    return ask


def both(propose: Sequence[str], solve: Sequence[str], seen: list[TeacherRequest]) -> Ask:
    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        seen.extend(requests)
        answers = {"propose_question": propose, "solve": solve}
        return [(f"{r.task}-{r.repeat}", answers[r.task][r.repeat]) for r in requests]

    return ask


def made(
    grader: Grader, ask: Ask, n: int, n_solved: NSolved | None = None, **settings: int
) -> tuple[list[TrainingExample], list[DroppedQuestion]]:
    pool = Pool([a_question("p1", answer=POOL_TESTS), a_question("p2", answer=None)], {
        "p1": an_entry("p1", "area"), "p2": an_entry("p2", "area"),
    })  # fmt: skip
    chosen = TrainingSetConfig(reference_draw="each", proposals=n, solutions=3, **settings)
    requests = for_skills([("d", "Algebra", "area")], pool, chosen, 0)
    questions = {question.id: question for question in pool.questions}
    return synthesize("stat-syn", requests, chosen, Around(questions, [], ask, grader, n_solved))


NEW = "<question>Write `g(n)`, twice n.</question>"
SOLVED = (
    "<solution>def g(n):\n    return 2 * n</solution><tests>assert g(2) == 4</tests>",
    "<solution>def g(n):\n    return n ** 2</solution><tests>assert g(2) == 4</tests>",
    "<solution>def g(n):\n    return n + n</solution><tests>```python\nassert g(3) == 6\n```</tests>",
)


def test_programs_are_run_against_the_proposal_s_tests_and_one_another_s(running: Grader) -> None:
    seen: list[TeacherRequest] = []
    proposals = (f"{NEW}<tests>assert g(0) == 0</tests>", "<question>Write `h(n)`.</question>", "none")
    examples, dropped = made(running, both(proposals, SOLVED, seen), 3)
    assert [(e.solution, e.teacher_calls) for e in examples] == [
        ("def g(n):\n    return 2 * n", ["propose_question-0", "solve-0"]),
        ("def g(n):\n    return n + n", ["propose_question-0", "solve-2"]),
    ]
    assert [(d.gate, d.detail) for d in dropped] == [
        ("unreadable", "no question in the teacher's answer"),
        ("untested", "no tests in the teacher's answer"),
    ]
    proposed, solved = ([r for r in seen if r.task == task] for task in ("propose_question", "solve"))
    assert proposed[0].references == (f"What is p1?\n<tests>\n{POOL_TESTS}\n</tests>", "What is p2?")
    assert {r.references for r in solved} == {
        (POOL_TESTS,)
    }  # the form of tests, and not those of the question
    assert not any("assert g(0)" in str(r) for r in solved)


def test_equal_programs_that_fail_the_proposal_s_tests_are_dropped(running: Grader) -> None:
    seen: list[TeacherRequest] = []
    examples, dropped = made(
        running, both((f"{NEW}<tests>assert g(1) == 5</tests>",), [SOLVED[0]] * 3, seen), 1
    )
    assert examples == [] and [d.gate for d in dropped] == ["inconsistent"]


def test_the_student_s_programs_run_against_the_new_question_s_tests(running: Grader) -> None:
    asked: list[Question] = []

    def n_solved(questions: Sequence[Question]) -> list[int]:
        asked.extend(questions)
        return [sum(running.matches([("def g(n): return n * 2", question)] * 2)) for question in questions]

    tests = "<tests>assert g(4) == 8</tests>"
    examples, dropped = made(running, both((NEW + tests,), SOLVED, []), 1, n_solved, drop_solved=2)
    assert examples == [] and [d.gate for d in dropped] == ["solved"]
    assert [question.answer for question in asked] == ["assert g(4) == 8"]


def test_free_texts_agree_where_the_judge_says_so() -> None:
    seen: list[TeacherRequest] = []
    solutions = ("It is a warm day.", "Because it snows.", "The sun made the air warm.")
    examples, dropped = made(judging(), both(("<question>Why does it melt?</question>",), solutions, seen), 1)
    assert [e.solution for e in examples] == [solutions[0], solutions[2]] and dropped == []
    assert all(r.references == () for r in seen if r.task == "solve")
    texts = ("It is a warm day.", "It snows.", "No.")
    ask = both(("<question>Why does it melt?</question>",), texts, [])
    examples, _ = made(judging(), ask, 1)
    assert [e.solution for e in examples] == ["It snows.", "No."]  # the largest group, whatever it says


def rewritten(grader: Grader, question: Question, *answers: str) -> tuple[list[str | None], list[str]]:
    solutions = Solutions(TrainingSetConfig(rewrites=len(answers)), grader, answering("rewrite", *answers))
    texts = solutions.texts([(question, at) for at in range(1 + len(answers))])
    return [found and found[0] for found in texts[1:]], solutions.notes()


def test_a_rewritten_program_must_pass_the_tests_of_its_question(running: Grader) -> None:
    right, wrong = "def f(n):\n    return 1 + n", "def f(n):\n    return n"
    answers = [f"<solution>{text}</solution>" for text in (right, wrong)] + ["no tag"]
    question = a_question("p", solution="def f(n):\n    return n + 1", answer=POOL_TESTS)
    assert rewritten(running, question, *answers) == (
        [right, None, None],
        ["2 of 3 rewritten solutions are left out: they do not pass the question's tests"],
    )
    bare = question.model_copy(update={"answer": None})
    assert rewritten(running, bare, answers[0])[0] == [None]


def test_a_rewritten_free_text_is_judged_against_the_original() -> None:
    question = Question(id="p", problem="Why?", solution="The air is warm.")
    answers = ("<solution>Warmth: it is warm.</solution>", "<solution>It is cold.</solution>")
    assert rewritten(judging(), question, *answers)[0] == ["Warmth: it is warm.", None]
