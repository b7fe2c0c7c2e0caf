"""What a comparison can see, from what is known of the run."""

from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.stats import chance_discordance, minimum_effect
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.benchmarks import smallest_effects
from tests.evaluating import evaluate, run_with_arms


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path, {"base": ["wr" * 100], "random": ["rr" * 10 + "wr" * 90]})


def test_the_arms_there_are_say_how_many_questions_move(run: RunFolder) -> None:
    (row,) = smallest_effects(run)
    assert (row["benchmark"], row["n_questions"], row["discordance"]) == ("test", 200, 0.05)
    assert row["effect"] == minimum_effect(200, 0.05)
    assert row["sentence"] == (
        "Smallest detectable difference on 200 questions of test: 4.4 points (80% power at level 0.05; arm "
        "and student differ on 5% of the questions, measured on 1 arm)."
    )


def test_without_arms_the_students_accuracy_says_the_most_that_is_likely(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"base": ["wrrr" * 25]})
    (row,) = smallest_effects(run)
    assert row["discordance"] == pytest.approx(chance_discordance(0.75))
    assert row["basis"] == "the most that is likely at the student's accuracy of 0.75"


def test_before_any_evaluation_the_questions_are_counted_and_the_worst_is_taken(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"random": ["rrrr" * 10]})
    (row,) = smallest_effects(run)
    assert (row["n_questions"], row["discordance"]) == (40, 0.5)


def test_seeds_that_are_averaged_move_a_question_by_less(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"base": ["w" * 50], "random": ["r" * 10 + "w" * 40, "w" * 50]})
    assert smallest_effects(run)[0]["discordance"] == pytest.approx(0.2 * 0.25)


def test_numbers_can_be_given_and_are_checked(run: RunFolder) -> None:
    (row,) = smallest_effects(run, "test", 400, 0.06, 0.9, 0.01)
    assert row["effect"] == minimum_effect(400, 0.06, 0.9, 0.01)
    (few,) = smallest_effects(run, n_questions=3, discordance=0.5)
    assert few["effect"] is None and few["sentence"].startswith(
        "No difference is detectable on 3 questions of test (80% power"
    )
    for given, message in [
        ({"discordance": 1.5}, "discordance: found 1.5, expected a fraction"),
        ({"n_questions": 0}, "questions: found 0, expected at least 1"),
        ({"benchmark": "gsm"}, "found benchmark 'gsm', expected one of: test"),
    ]:
        with pytest.raises(StatError, match=message):
            smallest_effects(run, **given)  # type: ignore[arg-type]


def test_every_benchmark_has_its_row(run: RunFolder) -> None:
    evaluate(run, "base", 0, "rwrw", "extra")
    run.save_config(
        run.config.model_copy(
            update={
                "evaluation": run.config.evaluation.model_validate({"benchmarks": [{"dataset": "extra"}]})
            }
        )
    )
    found = RunFolder(run.folder, run.folder.parents[1] / "datasets")
    assert [(row["benchmark"], row["n_questions"]) for row in smallest_effects(found)] == [
        ("test", 200),
        ("extra", 4),
    ]
