from stat_engine.stages.evaluate import Accuracy, Graded, profile_questions, questions_by_skill
from stat_engine.stages.profile import build_profile
from stat_engine.stats import wilson
from tests.factories import a_label, a_response, an_entry


def graded(*by_seed: str) -> Graded:
    """One string a seed, a letter a question: r right, w wrong."""
    return Graded(
        {
            seed: [a_response(question_id=f"q{at}", is_correct=mark == "r") for at, mark in enumerate(marks)]
            for seed, marks in enumerate(by_seed)
        }
    )


def test_accuracy_is_the_mean_over_seeds_and_its_interval_counts_questions() -> None:
    assert graded("rrww", "rwww").accuracy() == Accuracy(0.375, *wilson(1.5, 4), 4)
    assert graded("rrww").accuracy({"q0", "q2"}) == Accuracy(0.5, *wilson(1, 2), 2)


def test_the_p_value_pairs_questions() -> None:
    assert graded("rrrrrr").p_value(graded("wwwwww")) == 2 * 0.5**6
    assert graded("rw").p_value(graded("wr")) == 1.0
    assert graded("rrw").p_value(graded("rrw")) == 1.0


def test_profile_questions_carry_one_of_the_most_missed_skills() -> None:
    skill_map = {"v": an_entry("v", "add"), "t1": an_entry("t1", "add"), "t2": an_entry("t2", "area")}
    profile = build_profile(["v"], skill_map, [a_label("r", "v", "add")])
    by_skill = questions_by_skill(["t1", "t2"], skill_map)
    assert profile_questions(by_skill, profile, 10) == {"t1"}
    assert profile_questions(by_skill, [], 10) == set()
