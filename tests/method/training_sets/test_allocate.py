from collections import Counter

from stat_engine.config import TrainingSetConfig
from stat_engine.method.profile import SkillFailure
from stat_engine.method.training_sets.allocate import allocate


def failure(skill: str, n_missing: int, n_questions: int) -> SkillFailure:
    return SkillFailure("A", skill, n_missing, n_questions, n_missing / n_questions, 0, 1)


PROFILE = [failure("known", 50, 100), failure("unlucky", 3, 3), failure("fine", 0, 400)]
MISSING = [(f"q{at}", "A", "known") for at in range(50)] + [(f"u{at}", "A", "unlucky") for at in range(3)]


def kept(allocation: str, seed: int = 0) -> list[tuple[str, str, str]]:
    settings = TrainingSetConfig.model_validate({"allocation": allocation, "seed": seed})
    return allocate(MISSING, PROFILE, settings)


def test_proportional_aims_as_often_as_the_profile_counts() -> None:
    assert kept("proportional") == MISSING


def test_the_lower_bound_lets_a_few_unlucky_answers_buy_little() -> None:
    chosen = kept("lower-bound")
    counts = Counter(skill for _, _, skill in chosen)
    assert counts == {"known": 50, "unlucky": 1}
    assert chosen == [item for item in MISSING if item in set(chosen)]  # in their order
    assert chosen == kept("lower-bound")


def test_the_seed_decides_which_stay() -> None:
    drawn = {
        next(id for id, _, skill in kept("lower-bound", seed) if skill == "unlucky") for seed in range(20)
    }
    assert len(drawn) > 1
