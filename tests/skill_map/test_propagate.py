import numpy as np

from stat_engine.records import Question
from stat_engine.skill_map.propagation import HeldOut, Propagated, _certainty, _given, propagate_labels
from tests.factories import a_question

WORDS = {"area": "square field", "speed": "train hour", "money": "coin price"}


def question(at: int, *skills: str) -> Question:
    return a_question(f"q{at}", problem=f"Of {' and '.join(WORDS[skill] for skill in skills)} number {at}?")


def sample(n: int) -> list[tuple[Question, list[str]]]:
    """Every third question needs two skills."""
    names = list(WORDS)
    skills = [[names[at % 3], *([names[(at + 1) % 3]] if at % 9 < 3 else [])] for at in range(n)]
    return [(question(at, *of), of) for at, of in enumerate(skills)]


def test_what_words_give_away_is_learnt_and_kept_with_its_source_and_probability() -> None:
    rest = [question(100, "area"), question(101, "speed", "money")]
    found = propagate_labels("Algebra", sample(60), rest)
    assert [(set(e.skills), e.source, e.subject) for e in found.entries] == [
        ({"area"}, "propagated", "Algebra"), ({"speed", "money"}, "propagated", "Algebra"),
    ]  # fmt: skip
    assert all(entry.probability and 0.5 < entry.probability < 1 for entry in found.entries)
    assert found.held_out == [
        HeldOut("Algebra", skill, n, n, n) for skill, n in (("area", 27), ("money", 27), ("speed", 27))
    ]
    assert [is_exact for _, is_exact in found.sample] == [True] * 60


def test_labels_without_a_link_to_the_words_come_out_poorly_held_out() -> None:
    rng = np.random.default_rng(0)
    noise = [(one, [str(rng.choice(list(WORDS)))]) for one, _ in sample(60)]
    found = propagate_labels("Algebra", noise, [])
    assert sum(is_exact for _, is_exact in found.sample) < 36
    assert sum(held.n_right for held in found.held_out) < 36


def test_a_skill_too_rare_to_be_learnt_is_said_and_never_given() -> None:
    labelled = [*sample(30), (question(90, "area"), ["rare"]), (question(91, "area"), ["rare", "area"])]
    found = propagate_labels("Algebra", labelled, [question(100, "area")])
    assert (found.too_rare, found.entries[0].skills) == (["rare"], ["area"])
    assert len(found.sample) == 32 and not found.sample[-1][1]


def test_a_sample_too_small_to_be_held_out_propagates_nothing() -> None:
    assert propagate_labels("Algebra", sample(4), [question(9, "area")]) == Propagated(
        [], [], [], ["area", "money", "speed"]
    )


def test_a_single_skill_is_learnt_too() -> None:
    labelled = [(question(at, "area"), ["area"]) for at in range(6)]
    (entry,) = propagate_labels("Algebra", labelled, [question(9, "area")]).entries
    assert entry.skills == ["area"]


def test_at_most_five_skills_and_at_least_the_likeliest_one_are_given() -> None:
    row = np.array([0.9, 0.6, 0.7, 0.8, 0.55, 0.95])
    assert _given(row) == [5, 0, 3, 2, 1]
    assert _given(np.array([0.1, 0.4, 0.2])) == [1]


def test_certainty_is_that_of_the_least_certain_decision() -> None:
    assert _certainty(np.array([0.9, 0.3]), [0]) == 0.7
    assert _certainty(np.array([0.1, 0.4]), [1]) == 0.4
