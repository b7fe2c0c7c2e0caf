"""A learning rate is chosen by validation accuracy, once for an arm, and nothing is trained or asked twice."""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stat_engine import Run, Workspace
from stat_engine.errors import StatError
from stat_engine.method.accuracy import accuracy
from stat_engine.method.sft import arm, learning_rate
from stat_engine.method.sft.fine_tuning import Training
from stat_engine.method.sft.learning_rate import NOTE
from stat_engine.orders import TrainOrder
from stat_engine.records import Response
from stat_engine.store.files import read_json
from stat_engine.store.tables import StageTable

RATES = (1e-3, 1e-5)
ORDER = TrainOrder(
    run="small", sets=("random",), seeds=(3, 4), suffix="-r", settings=("sft.learning_rates=[1e-3,1e-5]",)
)


@pytest.fixture
def run(finished: Workspace, tmp_path: Path) -> Run:
    shutil.copytree(finished.root, tmp_path / "w")
    return Workspace(tmp_path / "w").run("small")


Trained = list[tuple[str, float, int]]
Chosen = tuple[Run, list[dict[str, Any]], Trained]


def noting(monkeypatch: pytest.MonkeyPatch) -> Trained:
    """(folder, rate, seed) of every fine-tuning from here on, which are real."""
    found: Trained = []
    own = arm.fine_tune

    def noted(training: Training, progress: Any) -> Any:
        found.append((training.folder.name, training.config.learning_rate, training.seed))
        return own(training, progress)

    monkeypatch.setattr(arm, "fine_tune", noted)
    monkeypatch.setattr(learning_rate, "fine_tune", noted)
    return found


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> Trained:
    return noting(monkeypatch)


@pytest.fixture(scope="module")
def chosen(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Chosen:
    """A run whose order has chosen its rate and trained its seeds: with the cards and what was trained."""
    root = tmp_path_factory.mktemp("chosen") / "w"
    shutil.copytree(finished.root, root)
    run = Workspace(root).run("small")
    with pytest.MonkeyPatch.context() as patch:
        trained = noting(patch)
        return run, run.train_arms(ORDER), trained


def test_the_best_on_validation_trains_all_seeds_and_stands_in_their_cards(
    chosen: Chosen,
) -> None:
    run, cards, trained = chosen
    choice = cards[0]["learning_rate"]
    best = choice["learning_rate"]
    # one adapter a rate with the first seed; the chosen one is that seed's arm
    assert sorted(trained) == sorted([("0.001", 1e-3, 3), ("1e-05", 1e-5, 3), ("seed-4", best, 4)])
    assert [card["learning_rate"] for card in cards] == [choice, choice]
    assert (choice["seed"], choice["split"], choice["n_questions"], choice["note"]) == (
        3,
        "validation",
        60,
        NOTE,
    )
    assert [row["learning_rate"] for row in choice["rates"]] == sorted(RATES)
    assert all(row["ci_low"] < row["accuracy"] < row["ci_high"] for row in choice["rates"])
    top = max(row["accuracy"] for row in choice["rates"])
    assert best == min(row["learning_rate"] for row in choice["rates"] if row["accuracy"] == top)
    assert "learning_rate" not in cards[0]["settings"]
    folder = run.folder.arm_folder("random-r", 3)
    tried = folder.parent / "learning_rates" / f"{best:g}"
    assert read_json(tried / "manifest.json")["weights"] == cards[0]["weights"]
    assert run.folder.trained_seeds("random-r") == [3, 4]
    asked = {path.name for path in (folder.parent / "learning_rates").glob("*/*/manifest.json")}
    assert asked == {"manifest.json"} and not list(folder.parent.glob("learning_rates/*/test"))


def test_another_seed_later_takes_the_choice_that_is_there(
    chosen: Chosen, trained: Trained, tmp_path: Path
) -> None:
    run, cards, _ = chosen
    shutil.copytree(run.folder.folder.parents[1], tmp_path / "w")
    Workspace(tmp_path / "w").run("small").train_arms(ORDER.but(seeds=(5,)))
    assert trained == [("seed-5", cards[0]["learning_rate"]["learning_rate"], 5)]


def test_a_choice_that_was_broken_off_goes_on_where_it_was(
    run: Run, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = learning_rate.respond

    def killed(student: Any, batch: Any, *more: Any) -> Any:
        if trained[-1][1] == 1e-3:  # the second of the two, sorted
            raise KeyboardInterrupt
        return own(student, batch, *more)

    monkeypatch.setattr(learning_rate, "respond", killed)
    with pytest.raises(KeyboardInterrupt):
        run.train_arms(ORDER)
    assert run.folder.trained_seeds("random-r") == []
    monkeypatch.setattr(learning_rate, "respond", own)
    asked: list[int] = []
    monkeypatch.setattr(
        learning_rate, "respond", lambda s, batch, *more: asked.append(len(batch)) or own(s, batch, *more)
    )
    run.train_arms(ORDER)
    assert [rate for name, rate, _ in trained if not name.startswith("seed")] == [1e-5, 1e-3]
    assert sum(asked) == 60  # the first rate's answers were kept


def test_a_list_that_is_another_is_another_arm(chosen: Chosen) -> None:
    run, _, _ = chosen
    other = ORDER.but(seeds=(3,), settings=("sft.learning_rates=[1e-3,1e-4]",))
    with pytest.raises(StatError, match="was trained with other settings"):
        run.train_arms(other)


def test_the_accuracy_is_that_of_the_kept_answers(chosen: Chosen) -> None:
    run, (card, _), _ = chosen
    for row in card["learning_rate"]["rates"]:
        folder = run.folder.arm_folder("random-r", 3).parent / "learning_rates" / f"{row['learning_rate']:g}"
        answers = list(StageTable(folder / "validation", Response).read())
        at = accuracy(pd.Series([float(bool(answer.is_correct)) for answer in answers]))
        assert (row["accuracy"], row["ci_low"], row["ci_high"]) == (at.accuracy, at.ci_low, at.ci_high)
        assert {answer.question_id for answer in answers} == {
            question.id for question in run.folder.dataset.split("validation")
        }
