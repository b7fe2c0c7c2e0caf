"""The table of runs says what each run's own views say."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from stat_engine import Workspace, views
from stat_engine.records import TeacherCall
from stat_engine.store import disk
from stat_engine.store.cards import change_tags, set_note
from stat_engine.store.paid_answers import TeacherCalls


@pytest.fixture
def two(finished: Workspace, tmp_path: Path) -> Workspace:
    """The finished run, and a copy of it under another threshold of which only the responses are kept."""
    root = tmp_path / "w"
    shutil.copytree(finished.root, root)
    place = Workspace(root)
    place.run("small").fork("strict", ["student.temperature=0.2"])
    return place


def test_a_finished_runs_row_has_the_engines_figures(two: Workspace) -> None:
    run = two.run("small")
    set_note(run.folder, "first")
    change_tags(run.folder, ["paper"])
    difficult, compared = run.difficult(), views.compare.compare(run.folder)
    best = compared["arms"][0]
    (row,) = (row for row in views.runs.table(two).to_dict("records") if row["run"] == "small")
    assert {key: None if value is pd.NA or value != value else value for key, value in row.items()} == {
        "run": "small", "dataset": "numeracy", "student": "numeracy-student",
        "teacher": run.config.teacher.endpoint(), "n_difficult": difficult["n_difficult"],
        "n_questions": difficult["n_questions"], "most_missed": run.profile().skill[0],
        "best_arm": row["best_arm"], "accuracy": best["accuracy"],
        "base_accuracy": compared["base"]["accuracy"], "n_done": 6, "is_working": False, "parent": None,
        "tags": ["paper"], "note": "first", "created": run.folder.created, "cost": 0.0,
        "bytes": disk.used(run.folder.folder), "damage": None,
    }  # fmt: skip
    assert row["best_arm"] in {arm["arm"] for arm in compared["arms"] if arm["accuracy"] == best["accuracy"]}


def test_what_is_not_there_yet_is_null(two: Workspace) -> None:
    found = views.runs.table(two)
    assert list(found.run) == ["strict", "small"]
    row = found.iloc[0]
    assert (row.parent, row.n_done) == ("small", 0)
    assert row[["n_difficult", "n_questions", "most_missed", "best_arm", "accuracy"]].isna().all()


def a_call(key: str, run: str, cost: float) -> TeacherCall:
    return TeacherCall(key=key, endpoint="paid", task="t", prompt="", answer="", run=run, cost=cost)


def test_calls_count_for_the_run_that_made_them(two: Workspace) -> None:
    calls = TeacherCalls(two.root / "teacher_calls", "paid")
    calls.record(
        a_call("1", run="small", cost=0.25),
        a_call("2", run="small", cost=0.5),
        a_call("3", run="x", cost=9.0),
    )
    found = views.runs.table(two).set_index("run").cost
    assert found.to_dict() == {"strict": 0.0, "small": 0.75}


@pytest.mark.parametrize("card", ["{", "", "[]", "null", '{"config": {"teacher": {"name": "../x"}}}'])
def test_a_run_that_cannot_be_read_is_a_row_with_its_damage(two: Workspace, card: str) -> None:
    (two.root / "runs" / "strict" / "run.json").write_text(card)
    found = views.runs.table(two).set_index("run")
    assert set(found.index) == {"strict", "small"}
    assert pd.isna(found.damage["small"]) and "runs/strict/run.json" in found.damage["strict"]
    listed = two.runs().set_index("run")
    assert listed.damage["strict"] == found.damage["strict"] and pd.isna(listed.damage["small"])
    assert views.rounds.chain(two.run("small").folder) in (["small"], ["small", "strict"])


def test_an_empty_workspace_has_an_empty_table(tmp_path: Path) -> None:
    found = views.runs.table(Workspace(tmp_path))
    assert (list(found.columns), len(found)) == (views.runs.COLUMNS, 0)


def test_the_differences_of_two_runs_are_settings_with_both_values(two: Workspace) -> None:
    found, before = (
        views.runs.differences(two, "small", "strict"),
        str(two.run("small").config.student.temperature),
    )
    assert found.to_dict("records") == [{"setting": "student.temperature", "small": before, "strict": "0.2"}]
    assert views.runs.differences(two, "small", "small").empty


def test_bytes_are_shown_by_run_and_part_largest_first(two: Workspace) -> None:
    found = views.runs.used(two)
    assert found.bytes.is_monotonic_decreasing and (found.bytes > 0).all()
    assert found.bytes.sum() == disk.used(two.root)
    small = found[found.run == "small"].set_index("part").bytes.to_dict()
    assert small == {part: n for part, n in disk.used_by_run(two.root / "runs" / "small").items() if n}
