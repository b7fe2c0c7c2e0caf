from dataclasses import replace

import pytest

from stat_engine.errors import StatError
from stat_engine.models.base import TeacherRequest
from stat_engine.models.teacher_answers import listed, tag
from stat_engine.numeracy.checker import read_problem
from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.problem import Problem, Step
from stat_engine.numeracy.skills import SKILLS, WEAK_SKILLS
from stat_engine.numeracy.teacher import NumeracyTeacher

PROBLEMS = list(generate(300, 7, "uniform"))


def labelling(problem: Problem, steps: tuple[Step, ...]) -> TeacherRequest:
    lines = tuple(step.text for step in steps)
    return TeacherRequest(
        "missing_skills", problem.problem, lines, tuple(SKILLS[problem.subject]), problem.subject
    )


def answers(teacher: NumeracyTeacher, requests: list[TeacherRequest]) -> list[str]:
    """The raw answers, in the order of the requests."""
    given = {at: answer.text for batch in teacher.answer(requests) for at, answer in batch}
    return [given[at] for at in range(len(requests))]


def wrong(problem: Problem) -> tuple[Step, ...]:
    """The reference with its first step's result off by one digit."""
    first, *rest = problem.reference
    digit = "1" if first.text[-1] != "1" else "2"
    return (Step(first.text[:-1] + digit, first.skill), *(Step(step.text + "7", step.skill) for step in rest))


def test_without_noise_labels_are_exact() -> None:
    teacher = NumeracyTeacher()
    right = answers(teacher, [labelling(p, p.reference) for p in PROBLEMS])
    assert {(tag(raw, "judge"), tag(raw, "skill")) for raw in right} == {("correct", "")}
    failed = answers(teacher, [labelling(p, wrong(p)) for p in PROBLEMS])
    assert {tag(raw, "judge") for raw in failed} == {"incorrect"}
    assert [listed(tag(raw, "skill") or "") for raw in failed] == [[p.reference[0].skill] for p in PROBLEMS]


def test_the_noise_dial_distorts_labels_at_its_rate() -> None:
    requests = [labelling(p, wrong(p)) for p in PROBLEMS]
    exact = answers(NumeracyTeacher(), requests)
    noisy = answers(NumeracyTeacher(noise=0.3, seed=1), requests)
    share = sum(a != b for a, b in zip(exact, noisy, strict=True)) / len(PROBLEMS)
    assert 0.2 < share < 0.4
    assert noisy == answers(NumeracyTeacher(noise=0.3, seed=1), requests)
    assert noisy != answers(NumeracyTeacher(noise=0.3, seed=2), requests)


def test_a_proposed_question_stresses_the_skill() -> None:
    for subject, skill in sorted(WEAK_SKILLS):
        request = TeacherRequest("propose_question", "", skills=(skill,), subject=subject)
        (raw,) = answers(NumeracyTeacher(), [request])
        problem = read_problem(tag(raw, "question") or "")
        assert (problem.subject, skill in problem.skills) == (subject, True)


def test_the_solver_errs_at_its_rate_and_a_repeat_is_another_solution() -> None:
    requests = [TeacherRequest("solve", p.problem, repeat=repeat) for p in PROBLEMS for repeat in range(2)]
    expected = [p.answer for p in PROBLEMS for _ in range(2)]

    def share_right(teacher: NumeracyTeacher) -> float:
        given = [raw.split("Answer: ")[1] for raw in answers(teacher, requests)]
        return sum(a == b for a, b in zip(given, expected, strict=True)) / len(expected)

    assert share_right(NumeracyTeacher()) == 1.0
    assert 0.7 < share_right(NumeracyTeacher(solver_error=0.2)) < 0.9
    solutions = answers(NumeracyTeacher(), requests)
    assert any(solutions[at] != solutions[at + 1] for at in range(0, len(solutions), 2))


def test_a_proposal_without_a_skill_to_stress_is_like_its_reference() -> None:
    request = TeacherRequest(
        "propose_question", "", subject=PROBLEMS[0].subject, references=(PROBLEMS[0].problem,)
    )
    (raw,) = answers(NumeracyTeacher(), [request])
    assert PROBLEMS[0].skill in read_problem(tag(raw, "question") or "").skills


def test_a_skill_that_no_question_uses_is_refused_in_one_sentence() -> None:
    request = TeacherRequest("propose_question", "", skills=("knitting",), subject="Geometry")
    with pytest.raises(StatError, match="found skill 'knitting' of 'Geometry', expected one"):
        answers(NumeracyTeacher(), [request])


def test_missing_skills_carry_the_names_that_the_list_has_for_them() -> None:
    problem = next(p for p in PROBLEMS if p.reference[0].skill == "addition")
    request = labelling(problem, wrong(problem))
    renamed = replace(request, skills=("sums of numbers", "area"))
    (raw,) = answers(NumeracyTeacher(), [renamed])
    assert tag(raw, "skill") == "sums of numbers"


def test_a_foreign_question_is_refused_in_one_sentence() -> None:
    with pytest.raises(StatError, match="teacher numeracy: found 'Who wrote Hamlet"):
        answers(NumeracyTeacher(), [TeacherRequest("solve", "Who wrote Hamlet?")])
