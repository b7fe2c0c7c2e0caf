"""The streams of problems."""

from collections import Counter
from random import Random

import pytest

from stat_engine.numeracy.dataset import generate, main_skills, make_problem
from stat_engine.numeracy.problem import ANSWER_PREFIX, Problem, solution_text
from stat_engine.numeracy.skills import SKILLS, WEAK_SKILLS


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    return list(generate(2000, 7, "uniform"))


@pytest.mark.parametrize("mixture", ["pretraining", "pool", "uniform"])
def test_the_same_seed_gives_the_same_problems(mixture: str) -> None:
    assert list(generate(50, 3, mixture)) == list(generate(50, 3, mixture))
    assert list(generate(50, 3, mixture)) != list(generate(50, 4, mixture))


def test_question_texts_are_distinct_and_none_is_excluded(problems: list[Problem]) -> None:
    texts = {problem.problem for problem in problems}
    assert len(texts) == 2000
    others = {p.problem for p in generate(2000, 7, "pool", exclude=texts)}
    assert (len(others), others & texts) == (2000, set())


def test_uniform_takes_every_skill_equally_often(problems: list[Problem]) -> None:
    counts = Counter((problem.subject, problem.skill) for problem in problems)
    assert set(counts) == set(main_skills())
    assert max(counts.values()) - min(counts.values()) <= 1


def test_the_vocabulary_has_the_promised_size() -> None:
    pairs = {(subject, skill) for subject, skills in SKILLS.items() for skill in skills}
    assert len(SKILLS) >= 4 and len(pairs) >= 20 and len(WEAK_SKILLS) >= 7
    assert WEAK_SKILLS < set(main_skills()) <= pairs
    assert min(map(len, SKILLS.values())) >= 3


def test_every_step_uses_one_skill_of_the_problems_own_subject(problems: list[Problem]) -> None:
    for problem in problems:
        for steps in problem.solutions:
            *work, last = steps
            assert work and all(step.skill in SKILLS[problem.subject] for step in work)
            assert (last.text, last.skill) == (ANSWER_PREFIX + problem.answer, None)
        assert set(problem.skills) == {s.skill for s in problem.reference if s.skill}
        assert problem.level == len(problem.reference) - 1


def test_every_problem_has_three_distinct_wordings_or_more(problems: list[Problem]) -> None:
    for problem in problems:
        texts = [solution_text(steps) for steps in problem.solutions]
        assert len(texts) == len(set(texts)) >= 3


def test_a_problem_can_be_made_for_every_listed_skill() -> None:
    rng = Random(0)
    for subject, skills in SKILLS.items():
        for skill in skills:
            assert skill in make_problem((subject, skill), rng).skills


def test_an_unknown_skill_is_refused() -> None:
    with pytest.raises(KeyError):
        make_problem(("Algebra", "astrology"), Random(0))
