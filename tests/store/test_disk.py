import os
import time
from pathlib import Path

import pytest

from stat_engine.store import disk
from tests.commands import run_here


def put(path: Path, n_bytes: int = 10, age_s: float = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * n_bytes)
    if age_s:
        os.utime(path, (time.time() - age_s,) * 2)
    return path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A run `a` with something of every part, beside what the workspace has."""
    run = tmp_path / "runs" / "a"
    files = {
        "run.json": 1, "label_events.jsonl": 2, "responses/r.parquet": 4, "step_rewards/s.parquet": 8,
        "missing_skills/t/l.parquet": 16, "self_checks/t/c.parquet": 32, "training_sets/x/x.parquet": 64,
        "dropped_questions/x/x.parquet": 128, "students/x/seed-0/adapter/w.safetensors": 256,
        "students/x/seed-0/manifest.json": 512, "students/x/seed-0/checkpoints/checkpoint-1/o.pt": 1024,
        "evaluations/x/seed-0/test/e.parquet": 2048, "responses/parts-1/00000.parquet": 4096,
    }  # fmt: skip
    for name, n in files.items():
        put(run / name, n)
    for name, n in {
        "datasets/d/q": 3,
        "teacher_calls/t.jsonl": 5,
        "jobs/j/log.txt": 7,
        "reviewer.json": 9,
    }.items():
        put(tmp_path / name, n)
    return tmp_path


def test_a_runs_bytes_are_counted_by_part(root: Path) -> None:
    assert disk.used_by_run(root / "runs" / "a") == {
        "responses": 4, "step_rewards": 8, "missing_skills": 48, "training_sets": 192, "students": 768,
        "evaluations": 2048, "checkpoints": 1024, "unfinished": 4096, "other": 3,
    }  # fmt: skip


def test_the_workspaces_bytes_add_up(root: Path) -> None:
    put(root / "runs" / "broken-off" / "responses" / "r.parquet", 11)
    found = disk.used_by_workspace(root)
    assert list(found["runs"]) == ["a"]
    assert {key: found[key] for key in (*disk.WORKSPACE_PARTS, "other")} == {
        "datasets": 3, "teacher_calls": 5, "embeddings": 0, "checkpoints": 0, "jobs": 7, "other": 20,
    }  # fmt: skip
    assert found["total"] == sum(f.stat().st_size for f in root.rglob("*") if f.is_file())


def test_checkpoints_of_finished_fine_tunings_only_are_left_over(root: Path) -> None:
    run = root / "runs" / "a"
    put(run / "students" / "y" / "seed-0" / "checkpoints" / "checkpoint-1" / "o.pt")
    (found,) = disk.checkpoints(run)
    assert (found.path, found.n_bytes) == (run / "students/x/seed-0/checkpoints", 1024)
    assert disk.remove([found]) == 1024
    assert (run / "students/x/seed-0/adapter/w.safetensors").exists()
    assert disk.checkpoints(run) == []


def test_unfinished_batches_and_old_temporary_files_are_left_over(root: Path) -> None:
    run = root / "runs" / "a"
    old = put(run / ".run.json.1.tmp", 3, age_s=3600)
    put(run / ".manifest.json.2.tmp", 5)  # just written: it may be in use
    put(run / "responses" / "parts-1" / ".00001.parquet.3.tmp", 6, age_s=3600)
    found = disk.unfinished(run)
    assert [(item.path, item.n_bytes) for item in found] == [(old, 3), (run / "responses/parts-1", 4102)]
    disk.remove(found)
    assert (run / "responses/r.parquet").exists() and not (run / "responses/parts-1").exists()


def test_a_folder_without_a_card_is_left_over_once_nothing_writes_to_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(root / "runs" / "copy" / "responses" / "r.parquet", 11)
    assert disk.abandoned(root) == []
    later = time.time() + disk.ABANDONED_S + 1
    monkeypatch.setattr(disk.time, "time", lambda: later)
    assert [(item.path.name, item.n_bytes) for item in disk.abandoned(root)] == [("copy", 11)]


def test_logs_go_and_jobs_stay(root: Path) -> None:
    put(root / "jobs" / "j" / "job.json", 3)
    put(root / "jobs" / "j" / "launch.txt", 0)
    found = disk.job_logs(root, ["j", "gone"])
    assert [(item.path.name, item.n_bytes) for item in found] == [("log.txt", 7)]
    disk.remove(found)
    assert [path.name for path in (root / "jobs" / "j").iterdir() if path.stat().st_size] == ["job.json"]


def test_decisions_on_labels_and_examples_are_counted(root: Path) -> None:
    run = root / "runs" / "a"
    (run / "label_events.jsonl").write_text('{"a": 1}\n{"a": 2}\n')
    put(run / "training_sets" / "x" / "example_events.jsonl").write_text('{"a": 3}\n')
    assert disk.n_decisions(run) == 3


@pytest.mark.parametrize(
    ("n", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (2_560_000, "2.6 MB"), (3.2e12, "3,200.0 GB")],
)
def test_bytes_in_words(n: float, words: str) -> None:
    assert disk.in_words(n) == words


def test_files_of_an_interrupted_import_are_abandoned_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = put(tmp_path / ".staging-x" / "questions.parquet", 5).parent
    assert disk.abandoned(tmp_path) == []
    later = time.time() + disk.ABANDONED_S + 1
    monkeypatch.setattr(disk.time, "time", lambda: later)
    assert [(item.path, item.n_bytes) for item in disk.abandoned(tmp_path)] == [(left, 5)]
    assert run_here(["clean", "--unfinished", "--workspace", str(tmp_path)]).status == 0
    assert not left.exists()
