"""The chain of runs and the drift of the profile over it."""

import warnings as python_warnings
from pathlib import Path

import pandas as pd
import pytest

from stat_engine import Workspace
from stat_engine.errors import DamagedFile
from stat_engine.store.files import write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import rounds
from tests.evaluating import run_with_arms


def child(of: RunFolder, name: str, number: int | None = None) -> RunFolder:
    """A copy, or the round of that number."""
    workspace = Workspace(of.folder.parent.parent)
    made = {"number": number, "arm": "stat-sel", "seed": 0} if number else None
    kept = ["responses", "step_rewards", "evaluations"]
    return workspace.new_run(name, of.config, of, kept, round=made)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path)


def test_the_chain_runs_from_the_first_parent_to_the_last_child(run: RunFolder) -> None:
    second = child(run, "second")
    third, other = child(second, "third"), child(second, "other")
    assert rounds.chain(run) == ["small", "second", "other", "third"]
    assert rounds.chain(third) == ["small", "second", "third"]
    assert rounds.chain(other) == ["small", "second", "other"]


def test_a_copy_is_a_round_only_where_the_chain_goes_on_from_it(run: RunFolder) -> None:
    copy = child(run, "copy")
    child(run, "other")
    second = child(copy, "second", 2)
    assert rounds.in_turn(second) == ["copy", "second"]
    assert rounds.in_turn(run) == ["small", "second"]
    assert rounds.in_turn(copy) == ["copy", "second"]


def test_a_parent_that_is_gone_and_a_circle_end_the_chain(run: RunFolder) -> None:
    second = child(run, "second")
    write_json(run.folder / "run.json", {**run.card, "parent": "nowhere"})
    assert rounds.chain(second) == ["small", "second"]
    write_json(run.folder / "run.json", {**run.card, "parent": "second"})
    assert rounds.chain(second) == ["small", "second"]


def test_rounds_have_their_accuracies_and_the_moves_of_the_profile(run: RunFolder) -> None:
    second = child(run, "second", 2)
    child(run, "copy")
    labels = [
        row.model_copy(update={"skills": []}) if row.response_id == "v1-r" else row
        for row in run.own_labels()
    ]
    second.missing_skills().write("f", labels, second.stage_settings("missing_skills"))
    found = rounds.rounds(run)
    assert found["rounds"] == ["small", "second"]
    assert [row["run"] for row in found["table"]] == ["small", "copy", "second"]
    accuracies = pd.DataFrame(found["accuracies"])
    assert accuracies.groupby("run", sort=False).arm.agg(list).to_dict() == {
        name: ["base", "random", "stat-sel", "stat-syn"] for name in ("small", "second")
    }
    drift = pd.DataFrame(found["drift"])
    assert drift[["skill", "run", "failure_rate", "moved"]].values.tolist() == [
        ["addition", "small", 1.0, 0.0], ["addition", "second", 0.5, -0.5],
        ["area", "small", 1.0, 0.0], ["area", "second", 1.0, 0.0],
    ]  # fmt: skip


def test_a_round_without_results_has_no_rows(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"random": ["rr"]}, missed=())
    assert rounds.accuracies(run).empty and rounds.failures(run).empty
    assert rounds.drift([rounds.failures(run)]).empty


def test_a_round_without_its_damaged_profile_says_so_and_one_without_any_does_not(
    profiled: Workspace,
) -> None:
    run = profiled.run("small").folder
    (table,) = run.missing_skills().folder.glob("*.parquet")
    table.write_bytes(b"no table")
    with pytest.warns(DamagedFile, match=rf"^{table}: found "):
        assert rounds.failures(run).empty
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("error")
        assert rounds.failures(profiled.run("small").fork("half", ["student.seed=1"]).folder).empty
