from collections import Counter
from collections.abc import Sequence

import pytest

from stat_engine.config import METHODS, TrainingSetConfig
from stat_engine.errors import StatError
from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.method.training_sets.rewrite import Solutions
from stat_engine.method.training_sets.select import Missing, Pool, canonical, select, shuffled_skills
from stat_engine.models.base import TeacherRequest
from stat_engine.records import TrainingExample
from tests.factories import a_question, an_entry

SKILLS = {"add": 30, "area": 10, "powers": 4}
QUESTIONS = [
    a_question(f"{skill}-{i}", level=1 + i % 5, other_solutions=["2=1+1\nAnswer: 2", "Answer: 2"])
    for skill, n in SKILLS.items()
    for i in range(n)
]
POOL = Pool(QUESTIONS, {q.id: an_entry(q.id, q.id.split("-")[0]) for q in QUESTIONS})
MISSING = [("d1", "Algebra", "area"), ("d2", "Algebra", "area"), ("d3", "Algebra", "powers")]
SYNTHESISED = ("stat-syn", "syn-shuffled", "embed-syn")
SELECTING = [method for method in METHODS if method not in SYNTHESISED]
NEIGHBOURS = [("d1", QUESTIONS[:12]), ("d2", QUESTIONS[10:14])]


def drawn(
    method: str, missing: Sequence[Missing], chosen: TrainingSetConfig, pool: Pool = POOL
) -> tuple[list[TrainingExample], list[str]]:
    """What a method draws, without a teacher."""
    return select(method, pool, missing, chosen, Solutions(chosen, MathematicalGrader()), NEIGHBOURS)


def settings(**values: object) -> TrainingSetConfig:
    return TrainingSetConfig.model_validate({"pairs": 20, **values})


@pytest.mark.parametrize("method", SELECTING)
def test_pairs_are_distinct_and_the_same_seed_gives_the_same_set(method: str) -> None:
    examples, _ = drawn(method, MISSING, settings())
    assert len({(e.question_id, e.answer_index) for e in examples}) == len(examples) == 20
    assert examples == drawn(method, MISSING, settings())[0]
    assert examples != drawn(method, MISSING, settings(seed=1))[0]


def test_stat_sel_draws_per_skill_questions_that_carry_the_missing_skill() -> None:
    examples, notes = drawn("stat-sel", MISSING, settings(pairs=1000, per_skill=3))
    assert {e.missing_skill for e in examples} == {"area", "powers"}
    assert all(e.question_id.startswith(e.missing_skill or "?") for e in examples)
    reached = {(e.difficult_question_id, e.question_id) for e in examples}
    assert max(Counter(d for d, _ in reached).values()) <= 3
    assert all(e.difficult_question_id in ("d1", "d2", "d3") for e in examples)
    assert len(notes) == 1 and notes[0].startswith(f"{len(examples)} pairs, not 1,000: the recipe reaches")


def test_answers_per_question_bounds_the_answers() -> None:
    examples, _ = drawn("random", [], settings(pairs=1000, answers_per_question=2))
    assert Counter(e.answer_index for e in examples) == {0: 44, 1: 44}
    assert {e.solution for e in examples if e.answer_index == 1} == {"2=1+1\nAnswer: 2"}


def test_a_short_recipe_is_filled_with_repeats_only_when_allowed() -> None:
    short, notes = drawn("stat-sel", MISSING[2:], settings(answers_per_question=1))
    assert (len(short), [e.is_repeat for e in short]) == (4, [False] * 4)
    assert notes == ["4 pairs, not 20: the recipe reaches 4 questions, which have 1.0 solutions each"]
    full, notes = drawn("stat-sel", MISSING[2:], settings(answers_per_question=1, allow_repeats=True))
    assert (len(full), sum(e.is_repeat for e in full)) == (20, 16)
    assert notes == ["16 of 20 pairs are repeats; the recipe gives 4"]


def test_uniform_gives_every_skill_the_same_share() -> None:
    examples, _ = drawn("uniform", [], settings(pairs=12, answers_per_question=1))
    assert Counter(e.skills[0] for e in examples) == {"add": 4, "area": 4, "powers": 4}


def test_math_hard_takes_the_highest_levels() -> None:
    examples, _ = drawn("math-hard", [], settings(pairs=1000))
    levels = {q.id: q.level for q in QUESTIONS}
    assert {levels[e.question_id] for e in examples} == {4, 5}


def test_skill_shuffled_keeps_the_counts_on_other_skills() -> None:
    moved = shuffled_skills(MISSING, POOL, 0)
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
        drawn("stat-sel", [], settings())
    with pytest.raises(StatError, match="needs levels"):
        drawn("math-hard", [], settings(), Pool([a_question(level=None)], {}))


def test_math_train_takes_own_solutions_and_math_augment_the_others() -> None:
    own, _ = drawn("math-train", [], settings(pairs=1000))
    assert Counter(e.answer_index for e in own) == {0: 44}
    others, _ = drawn("math-augment", [], settings(pairs=1000))
    assert Counter(e.answer_index for e in others) == {1: 44, 2: 44}
    bare = Pool([a_question("bare")], {})
    assert [e.answer_index for e in drawn("math-augment", [], settings(), bare)[0]] == [0]


def test_embed_sel_draws_the_neighbours_of_each_difficult_question() -> None:
    examples, _ = drawn("embed-sel", [], settings(pairs=1000, answers_per_question=1))
    assert {e.question_id for e in examples} == {q.id for q in QUESTIONS[:14]}
    by = {e.question_id: e.difficult_question_id for e in examples}
    assert (by[QUESTIONS[0].id], by[QUESTIONS[13].id]) == ("d1", "d2")
    assert {e.missing_skill for e in examples} == {None}


def test_a_rewrite_joins_the_original_only_where_their_answers_agree() -> None:
    chosen = settings(pairs=9, rewrites=2, answers_per_question=3)
    pool = Pool([a_question("p1"), a_question("p2"), a_question("p3")], {})
    asked: list[TeacherRequest] = []

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        asked.extend(requests)
        answers = ["\\boxed{4/2}", "\\boxed{3}"]
        return [(f"c{r.repeat}", f"<solution>In words. {answers[r.repeat]}</solution>") for r in requests]

    solutions = Solutions(chosen, MathematicalGrader(), ask)
    examples, notes = select("random", pool, [], chosen, solutions)
    assert sorted((e.question_id, e.answer_index, e.teacher_calls) for e in examples) == [
        (id, index, calls) for id in ("p1", "p2", "p3") for index, calls in ((0, []), (1, ["c0"]))
    ]
    assert {e.solution for e in examples if e.answer_index == 1} == {"In words. \\boxed{4/2}"}
    assert {(r.task, r.solution, r.repeat) for r in asked} == {
        ("rewrite", "1+1=2\nAnswer: 2", n) for n in (0, 1)
    }
    assert notes[-1] == (
        "3 of 6 rewritten solutions are left out: they do not end in the answer of the original"
    )


def test_no_more_is_rewritten_than_a_set_takes() -> None:
    chosen = settings(pairs=10, rewrites=3, answers_per_question=1)
    pool = Pool([a_question(f"p{at}") for at in range(100)], {})
    asked: list[TeacherRequest] = []

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        asked.extend(requests)
        return [("c", "<solution>\\boxed{2}</solution>") for _ in requests]

    examples, _ = select("math-augment", pool, [], chosen, Solutions(chosen, MathematicalGrader(), ask))
    assert (len(examples), len(asked)) == (10, 10)
