import pytest

from stat_engine.errors import StatError
from stat_engine.models.base import TeacherRequest, request_key
from stat_engine.numeracy.checker import read_problem
from stat_engine.numeracy.generate import generate
from stat_engine.numeracy.problem import Problem, Step
from stat_engine.numeracy.skills import SKILLS, WEAK_SKILLS
from stat_engine.numeracy.teacher import NumeracyTeacher
from stat_engine.stages.tagged_answers import listed, tag

PROBLEMS = list(generate(300, 7, "uniform"))


def labelling(problem: Problem, steps: tuple[Step, ...]) -> TeacherRequest:
    lines = tuple(step.text for step in steps)
    return TeacherRequest(
        "missing_skills", problem.problem, lines, tuple(SKILLS[problem.subject]), problem.subject
    )


def wrong(problem: Problem) -> tuple[Step, ...]:
    """The reference with its first step's result off by one digit."""
    first, *rest = problem.reference
    digit = "1" if first.text[-1] != "1" else "2"
    return (Step(first.text[:-1] + digit, first.skill), *(Step(step.text + "7", step.skill) for step in rest))


def test_without_noise_labels_are_exact() -> None:
    teacher = NumeracyTeacher()
    right = teacher.answer([labelling(p, p.reference) for p in PROBLEMS])
    assert {(tag(raw, "judge"), tag(raw, "skill")) for raw in right} == {("correct", "")}
    failed = teacher.answer([labelling(p, wrong(p)) for p in PROBLEMS])
    assert {tag(raw, "judge") for raw in failed} == {"incorrect"}
    assert [listed(tag(raw, "skill") or "") for raw in failed] == [[p.reference[0].skill] for p in PROBLEMS]


def test_the_noise_dial_distorts_labels_at_its_rate() -> None:
    requests = [labelling(p, wrong(p)) for p in PROBLEMS]
    exact, noisy = NumeracyTeacher().answer(requests), NumeracyTeacher(noise=0.3, seed=1).answer(requests)
    share = sum(a != b for a, b in zip(exact, noisy, strict=True)) / len(PROBLEMS)
    assert 0.2 < share < 0.4
    assert noisy == NumeracyTeacher(noise=0.3, seed=1).answer(requests)
    assert noisy != NumeracyTeacher(noise=0.3, seed=2).answer(requests)


def test_a_proposed_question_stresses_the_skill() -> None:
    for subject, skill in sorted(WEAK_SKILLS):
        request = TeacherRequest("propose_question", "", skills=(skill,), subject=subject)
        (raw,) = NumeracyTeacher().answer([request])
        problem = read_problem(tag(raw, "question") or "")
        assert (problem.subject, skill in problem.skills) == (subject, True)


def test_the_solver_errs_at_its_rate_and_each_repeat_is_another_call() -> None:
    requests = [TeacherRequest("solve", p.problem, repeat=repeat) for p in PROBLEMS for repeat in range(2)]
    answers = [p.answer for p in PROBLEMS for _ in range(2)]

    def share_right(teacher: NumeracyTeacher) -> float:
        given = [raw.split("Answer: ")[1] for raw in teacher.answer(requests)]
        return sum(a == b for a, b in zip(given, answers, strict=True)) / len(answers)

    assert share_right(NumeracyTeacher()) == 1.0
    assert 0.7 < share_right(NumeracyTeacher(solver_error=0.2)) < 0.9
    keys = {request_key("t", NumeracyTeacher().identity, request) for request in requests}
    assert len(keys) == len(requests)


def test_a_foreign_question_is_refused_in_one_sentence() -> None:
    with pytest.raises(StatError, match="teacher numeracy: found 'Who wrote Hamlet"):
        NumeracyTeacher().answer([TeacherRequest("solve", "Who wrote Hamlet?")])
