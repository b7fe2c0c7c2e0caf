"""The embedded teacher's answers about skills: exact without noise, and wrong at the dial's rate with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from stat_engine.models.base import TeacherRequest
from stat_engine.models.teacher_answers import listed, tag
from stat_engine.numeracy.checker import check
from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.skills import SKILLS, WORDINGS, skill_meant
from stat_engine.numeracy.teacher import NumeracyTeacher
from tests.skill_map.small import asking

PROBLEMS = list(generate(300, 7, "uniform"))
Make = Callable[[Problem], TeacherRequest]


def raws(teacher: NumeracyTeacher, requests: list[TeacherRequest]) -> list[str]:
    return [raw for _, raw in asking(teacher)(requests)]


def lines(problem: Problem) -> tuple[str, ...]:
    return tuple(step.text for step in problem.reference)


def broken(problem: Problem) -> tuple[str, ...]:
    """The reference with a wrong last digit in its first and its last line."""
    first, *rest = lines(problem)
    return (first[:-1] + ("1" if first[-1] != "1" else "2"), *rest[:-1], rest[-1] + "7")


def labelling(problem: Problem) -> TeacherRequest:
    return TeacherRequest(
        "label_skills", problem.problem, skills=tuple(SKILLS[problem.subject]), subject=problem.subject
    )


def checking(problem: Problem) -> TeacherRequest:
    skills = (str(problem.reference[0].skill),)
    return TeacherRequest("self_check", problem.problem, broken(problem), skills, problem.subject)


def judging(problem: Problem) -> TeacherRequest:
    return TeacherRequest("judge", problem.problem, lines(problem), subject=problem.subject)


def naming(problem: Problem) -> TeacherRequest:
    return TeacherRequest("free_skills", problem.problem, subject=problem.subject)


def read(raw: str, name: str) -> list[str]:
    return listed(tag(raw, name) or "")


def test_skills_are_those_of_the_reference_solution() -> None:
    found = [read(raw, "skill") for raw in raws(NumeracyTeacher(), [labelling(p) for p in PROBLEMS])]
    assert found == [list(p.skills) for p in PROBLEMS]


def test_skills_carry_the_lists_own_names_and_a_skill_without_one_is_left_out() -> None:
    problem = next(p for p in PROBLEMS if p.skills[0] == "addition" and len(p.skills) == 2)
    request = replace(labelling(problem), skills=("adding numbers", "slopes of lines"))
    assert [read(raw, "skill") for raw in raws(NumeracyTeacher(), [request])] == [["adding numbers"]]


def test_free_names_are_wordings_of_the_true_skills_and_differ_between_repeats() -> None:
    first = raws(NumeracyTeacher(), [naming(p) for p in PROBLEMS])
    assert [[skill_meant(name) for name in read(raw, "skill")] for raw in first] == [
        list(p.skills) for p in PROBLEMS
    ]
    again = raws(NumeracyTeacher(), [replace(naming(p), repeat=at) for p in PROBLEMS for at in (1, 2)])
    assert {name for raw in again for name in read(raw, "skill")} == {
        w for of in WORDINGS.values() for w in of
    }
    assert again[::2] != first
    assert raws(NumeracyTeacher(), [naming(p) for p in PROBLEMS]) == first


def test_clusters_hold_what_means_the_same_and_foreign_names_stay_alone() -> None:
    request = TeacherRequest(
        "cluster_skills", "", skills=("taking away", "sums of numbers", "addition", "knitting")
    )
    (raw,) = raws(NumeracyTeacher(), [request])
    assert (
        tag(raw, "cluster")
        == "subtraction: taking away\naddition: sums of numbers; addition\nknitting: knitting"
    )


def test_noise_puts_names_into_other_clusters_and_loses_none() -> None:
    names = tuple(w for of in WORDINGS.values() for w in of)
    (raw,) = raws(NumeracyTeacher(noise=0.3), [TeacherRequest("cluster_skills", "", skills=names)])
    placed = [
        (name, line.split(":")[0]) for line in (tag(raw, "cluster") or "").splitlines()
        for name in listed(line.split(":")[1] + ";")
    ]  # fmt: skip
    assert sorted(name for name, _ in placed) == sorted(names)
    assert 0.15 < sum(skill_meant(name) != head for name, head in placed) / len(names) < 0.45


def test_a_self_check_upholds_just_the_checkers_label() -> None:
    right = [checking(p) for p in PROBLEMS]
    wrong = [replace(r, skills=(next(s for s in SKILLS[r.subject] if s not in r.skills),)) for r in right]
    extra = [replace(r, skills=(*r.skills, *n.skills)) for r, n in zip(right, wrong, strict=True)]
    none = [replace(r, skills=()) for r in right]
    teacher = NumeracyTeacher()
    assert [{tag(raw, "judge") for raw in raws(teacher, of)} for of in (right, wrong, extra, none)] == [
        {"right"}, {"wrong"}, {"wrong"}, {"wrong"},
    ]  # fmt: skip


def test_a_judge_goes_by_the_final_answer() -> None:
    right = [judging(p) for p in PROBLEMS]
    wrong = [replace(r, steps=broken(p)) for r, p in zip(right, PROBLEMS, strict=True)]
    assert {tag(raw, "judge") for raw in raws(NumeracyTeacher(), right)} == {"correct"}
    assert {tag(raw, "judge") for raw in raws(NumeracyTeacher(), wrong)} == {"incorrect"}


def test_a_rewrite_is_another_correct_solution_where_there_is_one() -> None:
    requests = [TeacherRequest("rewrite", p.problem, solution=solution_text(p.reference)) for p in PROBLEMS]
    texts = [tag(raw, "solution") or "" for raw in raws(NumeracyTeacher(), requests)]
    for problem, text in zip(PROBLEMS, texts, strict=True):
        assert all(line.is_correct for line in check(problem, text.splitlines()))
        assert (text == solution_text(problem.reference)) == (len(problem.solutions) == 1)
    erring = [tag(raw, "solution") or "" for raw in raws(NumeracyTeacher(solver_error=0.2), requests)]
    right = [text.splitlines()[-1] == f"Answer: {p.answer}" for p, text in zip(PROBLEMS, erring, strict=True)]
    assert 0.7 < sum(right) / len(right) < 0.9


@pytest.mark.parametrize("make", [labelling, naming, checking, judging])
def test_the_noise_dial_turns_answers_at_its_rate_seeded(make: Make) -> None:
    requests = [make(p) for p in PROBLEMS]

    def meant(teacher: NumeracyTeacher) -> list[list[str | None]]:
        given = [[*read(raw, "skill"), *read(raw, "judge")] for raw in raws(teacher, requests)]
        return [[skill_meant(name) or name for name in names] for names in given]

    exact, noisy = meant(NumeracyTeacher()), meant(NumeracyTeacher(noise=0.3, seed=1))
    share = sum(a != b for a, b in zip(exact, noisy, strict=True)) / len(PROBLEMS)
    assert 0.2 < share < 0.4
    assert noisy == meant(NumeracyTeacher(noise=0.3, seed=1)) != meant(NumeracyTeacher(noise=0.3, seed=2))
