"""Verbs on what is in a training set, and what a build will do, as JSON against the engine."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, views
from stat_engine.cli import execute
from stat_engine.errors import StatError


def said(workspace: Workspace, capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    execute([*arguments, "--workspace", str(workspace.root), "--json"])
    return dict(json.loads(capsys.readouterr().out))


def test_the_allocation_is_written_down_as_a_build_takes_it(
    finished: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    out = tmp_path / "numbers.json"
    found = said(finished, capsys, "allocation", "small", "--pairs", "20", "--out", str(out))
    plan = views.training_sets.plan(finished.run_folder("small"), None, 20)
    assert found["skills"] == plan.to_dict("records")
    assert json.loads(out.read_text()) == views.training_sets.as_allocation(plan)


def test_a_dry_build_says_what_it_takes_and_builds_nothing(
    finished: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    before = finished.run_folder("small").training_set_names()
    found = said(finished, capsys, "build", "small", "--method", "stat-syn", "--name", "dry", "--dry-run")
    assert found == {
        "run": "small",
        "calls": [],
        "cost": None,
        "budget": None,
    }  # the embedded teacher is free
    assert finished.run_folder("small").training_set_names() == before
    with pytest.raises(StatError, match="method guess: expected one of"):
        said(finished, capsys, "build", "small", "--method", "guess", "--dry-run")


def test_a_dry_build_foretells_a_prompted_teachers_calls(finished: Workspace) -> None:
    run = finished.run("small")
    teacher = {"backend": "openai", "name": "asked", "model": "m"}
    seen = run.folder.under(run.config.model_copy(update={"teacher": type(run.config.teacher)(**teacher)}))
    labels = run.folder.labels()
    asked = type(run)(finished, seen)
    seen.labels = lambda: labels  # type: ignore[method-assign]  # another teacher would have labelled them
    numbers = {"Algebra": {"slopes": 10}}
    rows = asked.estimate_build("stat-syn", pairs_by_skill=numbers)
    assert [(row.task, row.n_calls) for row in rows] == [("propose_question", 5), ("solve", 15)]


def test_examples_are_listed_and_shown_as_the_views_have_them(
    finished: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    run = finished.run_folder("small")
    found = said(finished, capsys, "examples", "list", "small", "stat-syn", "--rows", "3")
    first = run.examples("stat-syn")[:3]
    assert found["n"] == 40
    assert [row["example_id"] for row in found["examples"]] == [one.example_id for one in first]
    id = first[0].example_id
    assert said(finished, capsys, "examples", "show", "small", "stat-syn", id) == json.loads(
        json.dumps(views.lineage.lineage(run, "stat-syn", id), default=lambda record: record.model_dump())
    )


def test_a_copy_is_changed_and_changed_back(
    finished: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shutil.copytree(finished.root, tmp_path / "own")
    own = Workspace(tmp_path / "own")
    said(own, capsys, "examples", "copy", "small", "stat-sel", "by-verb")
    run = own.run_folder("small")
    id = run.examples("by-verb")[0].example_id
    rest = ("small", "by-verb", id, "--author", "ada")
    assert said(own, capsys, "examples", "edit", *rest, "--solution", "2")["n_pairs"] == 40
    assert run.examples("by-verb")[0].solution == "2"
    assert said(own, capsys, "examples", "drop", *rest)["n_pairs"] == 39
    assert said(own, capsys, "examples", "undo", *rest)["n_pairs"] == 40
    assert run.examples("by-verb")[0].solution == "2"  # the edit before the drop is in force again
    said(own, capsys, "examples", "undo", *rest)
    assert run.examples("by-verb") == run.examples("stat-sel")
