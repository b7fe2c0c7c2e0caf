"""No verb writes a file for people or other tools over the records of a workspace."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stat_engine import Workspace, cli
from stat_engine.cli.verbs import written_options
from stat_engine.errors import StatError
from stat_engine.store.outputs import output_place
from tests.cli.conftest import Verb, assert_refused

RECORDS = (
    "runs/small/label_events.jsonl", "runs/small/run.json", "runs/new.json", "datasets/numeracy/skills.json",
    "teacher_calls/x.jsonl", "embeddings/x", "jobs/j/job.json", "studies/s", "uploads/f.csv", "settings.json",
    "reviewer.json", "marks.jsonl",
)  # fmt: skip
ARGUMENTS = {
    "export": ["small", "stat-syn"],
    "export-steps": ["small"],
    "export-model": ["small", "--arm", "stat-syn"],
    "allocation": ["small"],
    "profile": ["small"],
    "report": ["small"],
    "label export": ["small"],
    "skills export": ["numeracy"],
    "skills discover": ["numeracy"],
    "study-report": ["seeds"],
    "numeracy dataset": [],
    "numeracy pretrain": ["--steps", "1"],
    "numeracy train-reward-model": [],
}
"""What each verb that writes for people needs beside the place; a new one fails the test until it is added."""


def verbs() -> Iterator[tuple[str, str]]:
    """(verb, option) of every option whose file or folder is written, from the program itself."""
    for file in sorted(set(cli.FILES)):
        functions = getattr(cli.import_module(f"stat_engine.cli.{cli.FILES[file]}").app, "functions", {})
        names = [name for name in functions if file in cli.GROUPS or name == file]
        for name in names:
            verb = f"{file} {name}" if file in cli.GROUPS else file
            yield from ((verb, option) for option in written_options(functions[name]))


WRITING = list(verbs())


def hashes(root: Path) -> dict[str, str]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_verb_that_writes_is_tried() -> None:
    assert {verb for verb, _ in WRITING} == set(ARGUMENTS)


@pytest.mark.parametrize(("verb", "option"), WRITING)
def test_a_place_among_the_records_is_refused_before_anything_is_written(
    stat: Verb, finished: Workspace, verb: str, option: str
) -> None:
    before = hashes(finished.root)
    for record in RECORDS:
        place = finished.root / record
        said = stat(*verb.split(), *ARGUMENTS[verb], f"--{option}", place, workspace=finished.root)
        assert_refused(said, "found a place inside")
    assert hashes(finished.root) == before


def test_links_relative_paths_and_other_workspaces_are_seen_through(
    finished: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").symlink_to(finished.root / "runs")
    (tmp_path / "file.jsonl").symlink_to(finished.root / "runs/small/label_events.jsonl")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(finished.root / "runs")
    relative = os.path.relpath(finished.root / "runs" / "x.csv")
    for place in (
        tmp_path / "folder" / "x.csv", tmp_path / "file.jsonl", Path(relative), Path("../runs/x.csv"),
        finished.root / "exports" / ".." / "runs" / "x.csv", Path("small"),
    ):  # fmt: skip
        with pytest.raises(StatError, match="expected a path outside"):
            output_place(place, tmp_path / "another")


def test_a_folder_with_a_link_to_a_record_is_refused_and_a_hard_link_is_replaced(
    stat: Verb, copy: Workspace, tmp_path: Path
) -> None:
    record = copy.root / "datasets" / "numeracy" / "skills.json"
    before = record.read_bytes()
    soft, hard = tmp_path / "soft", tmp_path / "hard"
    for folder in (soft, hard):
        folder.mkdir()
    (soft / "skills.json").symlink_to(record)
    os.link(record, hard / "skills.json")
    assert_refused(
        stat("numeracy", "dataset", "--out", soft, workspace=tmp_path / "w"), "found a place inside"
    )
    assert stat("numeracy", "dataset", "--out", hard, "--overwrite", workspace=tmp_path / "w").status == 0
    hard_log = tmp_path / "labels.jsonl"
    os.link(copy.root / "runs" / "small" / "run.json", hard_log)
    assert stat("label", "export", "small", "--out", hard_log, "--overwrite", workspace=copy.root).status == 0
    assert record.read_bytes() == before and copy.run("small").config


def test_an_empty_workspace_is_known_where_it_is_named(tmp_path: Path) -> None:
    assert output_place(tmp_path / "runs" / "x.csv") == tmp_path / "runs" / "x.csv"
    with pytest.raises(StatError, match=r"inside runs of the workspace"):
        output_place(tmp_path / "runs" / "x.csv", tmp_path)


def test_other_places_are_free(finished: Workspace, tmp_path: Path) -> None:
    for place in (
        tmp_path / "x.csv",
        finished.root / "exports" / "x.csv",
        tmp_path / "runs" / "settings.json",
    ):
        assert output_place(place, finished.root) == place


def test_a_library_call_refuses_too(finished: Workspace) -> None:
    run, place = finished.run("small"), finished.root / "runs/small/label_events.jsonl"
    calls = [
        lambda: run.labels.export(place),
        lambda: run.labels.export_steps(place),
        lambda: run.examples("stat-syn").export(place),
        lambda: run.write_allocation(run.allocation(), place.with_suffix(".json")),
        lambda: run.write_report(place.with_suffix(".html")),
        lambda: run.export_model("stat-syn", place.parent),
        lambda: finished.skills("numeracy").export(place),
        lambda: finished.write_study("x", place.parent),
    ]
    for call in calls:
        with pytest.raises(StatError, match="found a place inside"):
            call()


def test_a_pipe_or_a_device_is_no_place_for_a_file(stat: Verb, finished: Workspace, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    said = stat("profile", "small", "--csv", tmp_path / "pipe", workspace=finished.root)
    assert_refused(said, "found a device, a pipe or a socket")
    assert (tmp_path / "pipe").is_fifo()
