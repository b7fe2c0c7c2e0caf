"""runs, note, tag, disk and clean by command."""

import shutil
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.store import disk
from tests.cli.conftest import Verb


@pytest.fixture
def place(finished: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(finished.root, tmp_path / "w")
    return Workspace(tmp_path / "w")


def test_runs_are_listed_as_the_view_has_them(stat: Verb, place: Workspace) -> None:
    (found,) = stat("runs", "--json", workspace=place.root).json["runs"]
    (row,) = views.runs.table(place).to_dict("records")
    assert found == {**row, "bytes": found["bytes"]}
    table = stat("runs", workspace=place.root).out
    assert "small" in table and f"{row['accuracy']:.3f}" in table


def test_a_workspace_without_runs_says_how_to_make_one(stat: Verb, tmp_path: Path) -> None:
    assert stat("runs", workspace=tmp_path).out == "no runs; make one with: stat-studio new RUN\n"


def test_notes_and_tags_stand_on_the_run(stat: Verb, place: Workspace) -> None:
    assert stat("note", "small", "as in table 8", "--json", workspace=place.root).json == {
        "run": "small", "note": "as in table 8",
    }  # fmt: skip
    assert stat("tag", "small", "paper", "strict", workspace=place.root).out == "run small: paper, strict\n"
    assert stat("tag", "small", "--remove", "paper", "--json", workspace=place.root).json["tags"] == [
        "strict"
    ]
    assert stat("tag", "small", workspace=place.root).out == "run small: strict\n"
    (found,) = stat("runs", "--json", workspace=place.root).json["runs"]
    assert (found["note"], found["tags"]) == ("as in table 8", ["strict"])


def test_disk_is_told_by_part(stat: Verb, place: Workspace) -> None:
    parts = disk.used_by_run(place.root / "runs" / "small")
    found = stat("disk", "small", "--json", workspace=place.root).json
    assert found == {"run": "small", "parts": parts, "bytes": sum(parts.values())}
    whole = stat("disk", "--json", workspace=place.root).json
    assert (whole["runs"], whole["bytes"]) == ({"small": parts}, disk.used(place.root))
    assert f"in all {disk.in_words(whole['bytes'])}" in stat("disk", workspace=place.root).out


def test_clean_frees_what_it_said_it_would(stat: Verb, place: Workspace) -> None:
    parts = place.root / "runs" / "small" / "responses" / "parts-1"
    parts.mkdir()
    (parts / "0.parquet").write_bytes(b"x" * 1000)
    said = stat("clean", "small", "--unfinished", "--dry-run", "--json", workspace=place.root).json
    assert said == {
        "bytes": 1000, "items": [{"kind": "unfinished", "path": "runs/small/responses/parts-1", "bytes": 1000}],
        "losses": [], "passed_by": [], "dry_run": True,
    }  # fmt: skip
    assert parts.exists()
    assert stat("clean", "--unfinished", workspace=place.root).out.endswith("1.0 kB came free\n")
    assert not parts.exists()


def test_a_whole_run_goes_by_name_with_its_losses_said(stat: Verb, place: Workspace) -> None:
    out = stat("clean", "--whole-run", "small", workspace=place.root).out
    assert "with it: 60 responses" in out or "with it: 120 responses" in out
    assert place.run_names() == []


def test_what_cannot_be_taken_away_is_one_sentence(stat: Verb, place: Workspace) -> None:
    said = stat("clean", workspace=place.root)
    assert said.status == 2
    assert said.err.startswith("stat-studio: clean: expected what to take away")


def test_a_jobs_events_are_shown(stat: Verb, place: Workspace) -> None:
    folder = place.root / "jobs" / "j"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text('{"id": "j", "arguments": ["demo"], "created": "2026"}')
    event = (
        '{"at": "2026-01-01T00:00:00.000+00:00", "state": "failed", "kind": "state", "sentence": "no more"}'
    )
    (folder / "events.jsonl").write_text(event + "\n")
    assert (
        stat("jobs", "events", "j", "--json", workspace=place.root).json["events"][0]["sentence"] == "no more"
    )
    assert "no more" in stat("jobs", "events", "j", workspace=place.root).out
