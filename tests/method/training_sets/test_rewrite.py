"""Which of a question's solutions, own ones and rewrites, a method may take."""

import pytest

from stat_engine.config import TrainingSetConfig
from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.method.training_sets.rewrite import Solutions
from tests.factories import a_question


@pytest.mark.parametrize(
    ("n_others", "n_rewrites", "most", "of_random", "of_augment"),
    [
        (0, 0, 3, [0], [0]),  # there is no other than its own
        (1, 0, 3, [0, 1], [1]),
        (0, 1, 3, [0, 1], [1]),
        (3, 2, 3, [0, 1, 2], [1, 2, 3]),
        (1, 1, 1, [0], [1]),
        (1, 2, 9, [0, 1, 2, 3], [1, 2, 3]),
    ],
)
def test_a_method_takes_its_solutions_in_order_up_to_the_most(
    n_others: int, n_rewrites: int, most: int, of_random: list[int], of_augment: list[int]
) -> None:
    question = a_question(other_solutions=[f"way {at}\nAnswer: 2" for at in range(n_others)])
    settings = TrainingSetConfig(answers_per_question=most, rewrites=n_rewrites)
    solutions = Solutions(settings, MathematicalGrader(), lambda _: [])
    found = {
        name: list(solutions.indices(question, name)) for name in ("random", "math-augment", "math-train")
    }
    assert found == {"random": of_random, "math-augment": of_augment, "math-train": [0]}
