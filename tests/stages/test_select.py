import random
from collections import Counter

import pytest

from stat_engine.config import METHODS, TrainingSetConfig
from stat_engine.errors import StatError
from stat_engine.stages.select import Pool, canonical, select, shuffled_skills
from tests.factories import a_question, an_entry

SKILLS = {"add": 30, "area": 10, "powers": 4}
QUESTIONS = [
    a_question(f"{skill}-{i}", level=1 + i % 5, other_solutions=["2=1+1\nAnswer: 2", "Answer: 2"])
    for skill, n in SKILLS.items()
    for i in range(n)
]
POOL = Pool(QUESTIONS, {q.id: an_entry(q.id, q.id.split("-")[0]) for q in QUESTIONS})
MISSING = [("d1", "Algebra", "area"), ("d2", "Algebra", "area"), ("d3", "Algebra", "powers")]
SELECTING = [method for method in METHODS if method != "stat-syn"]


def settings(**values: object) -> TrainingSetConfig:
    return TrainingSetConfig.model_validate({"pairs": 20, **values})


@pytest.mark.parametrize("method", SELECTING)
def test_pairs_are_distinct_and_the_same_seed_gives_the_same_set(method: str) -> None:
    examples, _ = select(method, POOL, MISSING, settings())
    assert len({(e.question_id, e.answer_index) for e in examples}) == len(examples) == 20
    assert examples == select(method, POOL, MISSING, settings())[0]
    assert examples != select(method, POOL, MISSING, settings(seed=1))[0]


def test_stat_sel_draws_per_skill_questions_that_carry_the_missing_skill() -> None:
    examples, notes = select("stat-sel", POOL, MISSING, settings(pairs=1000, per_skill=3))
    assert {e.missing_skill for e in examples} == {"area", "powers"}
    assert all(e.question_id.startswith(e.missing_skill or "?") for e in examples)
    drawn = {(e.difficult_question_id, e.question_id) for e in examples}
    assert max(Counter(d for d, _ in drawn).values()) <= 3
    assert all(e.difficult_question_id in ("d1", "d2", "d3") for e in examples)
    assert len(notes) == 1 and notes[0].startswith(f"{len(examples)} pairs, not 1,000: the recipe reaches")


def test_answers_per_question_bounds_the_answers() -> None:
    examples, _ = select("random", POOL, [], settings(pairs=1000, answers_per_question=2))
    assert Counter(e.answer_index for e in examples) == {0: 44, 1: 44}
    assert {e.solution for e in examples if e.answer_index == 1} == {"2=1+1\nAnswer: 2"}


def test_a_short_recipe_is_filled_with_repeats_only_when_allowed() -> None:
    short, notes = select("stat-sel", POOL, MISSING[2:], settings(answers_per_question=1))
    assert (len(short), [e.is_repeat for e in short]) == (4, [False] * 4)
    assert notes == ["4 pairs, not 20: the recipe reaches 4 questions, which have 1.0 solutions each"]
    full, notes = select("stat-sel", POOL, MISSING[2:], settings(answers_per_question=1, allow_repeats=True))
    assert (len(full), sum(e.is_repeat for e in full)) == (20, 16)
    assert notes == ["16 of 20 pairs are repeats; the recipe gives 4"]


def test_uniform_gives_every_skill_the_same_share() -> None:
    examples, _ = select("uniform", POOL, [], settings(pairs=12, answers_per_question=1))
    assert Counter(e.skills[0] for e in examples) == {"add": 4, "area": 4, "powers": 4}


def test_math_hard_takes_the_highest_levels() -> None:
    examples, _ = select("math-hard", POOL, [], settings(pairs=1000))
    levels = {q.id: q.level for q in QUESTIONS}
    assert {levels[e.question_id] for e in examples} == {4, 5}


def test_skill_shuffled_keeps_the_counts_on_other_skills() -> None:
    moved = shuffled_skills(MISSING, POOL, random.Random(0))
    assert [id for id, _, _ in moved] == ["d1", "d2", "d3"]
    before, after = ([skill for *_, skill in rows] for rows in (MISSING, moved))
    assert sorted(Counter(before).values()) == sorted(Counter(after).values())
    assert all(a != b for a, b in zip(before, after, strict=True))


def test_method_names_have_aliases_and_unknown_ones_are_refused() -> None:
    assert [canonical(name) for name in ("naive", "hard", "stat-sel")] == ["random", "math-hard", "stat-sel"]
    with pytest.raises(StatError, match="method best: expected one of random, uniform"):
        canonical("best")


def test_nothing_to_draw_is_an_error() -> None:
    with pytest.raises(StatError, match="nothing to draw"):
        select("stat-sel", POOL, [], settings())
    with pytest.raises(StatError, match="needs levels"):
        select("math-hard", Pool([a_question(level=None)], {}), [], settings())
