"""Training through a run: what is refused leaves the run as it was, and old arms stay what they are."""

import shutil
from pathlib import Path

import pytest

from stat_engine import Run, Workspace
from stat_engine.errors import StatError
from stat_engine.method.sft import fine_tuning
from stat_engine.store.files import read_json, write_json
from tests.factories import an_example


@pytest.fixture
def run(finished: Workspace, tmp_path: Path) -> Run:
    shutil.copytree(finished.root, tmp_path / "w")
    return Workspace(tmp_path / "w").run("small")


def files(run: Run) -> dict[str, int]:
    return {
        str(path): path.stat().st_mtime_ns
        for path in run.folder.folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_a_set_with_empty_examples_is_refused_and_the_run_is_as_it_was(run: Run) -> None:
    run.folder.training_set("mine").write("mine", [an_example("a"), an_example("b", solution="")], {})
    before = files(run)
    with pytest.raises(
        StatError, match=r"1 of 2 examples have an empty question or solution: .* drop or edit"
    ):
        run.train("mine")
    assert files(run) == before


def test_pairs_that_are_too_long_are_counted_in_the_card_and_told(run: Run) -> None:
    long = an_example("b", solution="1+1=2\n" * 500)
    run.folder.training_set("mine").write("mine", [an_example("a"), long], {"method": "random"})
    card = run.train("mine")
    assert (card["outcome"]["examples"], card["outcome"]["too_long"]) == (1, 1)


def test_a_training_that_fails_half_way_leaves_no_arm_and_goes_on_later(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_json(run.folder.arm_folder("random", 0) / "manifest.json")
    monkeypatch.setattr(fine_tuning, "save_adapter", lambda *_: Path("/dev/full").write_text("x" * 10))
    with pytest.raises(StatError, match="the disk is full .* it goes on from the last checkpoint"):
        run.train("random", seed=1)
    assert run.folder.trained_seeds("random") == [0]
    monkeypatch.undo()
    card = run.train("random", seed=1)
    assert run.folder.trained_seeds("random") == [0, 1] and card["outcome"]["steps"] == 5
    assert read_json(run.folder.arm_folder("random", 0) / "manifest.json") == before


def test_an_arm_from_before_the_newer_settings_is_still_there(run: Run) -> None:
    """Its card has neither the newer settings nor the base's identity."""
    path = run.folder.arm_folder("random", 0) / "manifest.json"
    card = read_json(path)
    assert set(card["settings"]) == {
        "rank", "alpha", "dropout", "epochs", "learning_rate", "batch_size", "weight_decay", "max_grad_norm",
        "warmup", "max_length", "threads",
    }  # fmt: skip
    old = {key: value for key, value in card.items() if key != "base_identity"}
    write_json(path, old)
    assert run.train("random") == old
    run.evaluate("random")
