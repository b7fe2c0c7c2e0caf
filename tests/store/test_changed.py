"""Files that changed under a run: seen by length and time, named at their stage and at the later ones."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.store import changed
from stat_engine.store.changed import changed_files
from tests.conftest import Notes


def flipped(path: Path) -> None:
    """Another byte, the same length."""
    data = bytearray(path.read_bytes())
    data[200] ^= 0x55
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def touched(path: Path) -> None:
    """The same bytes, later."""


def later(path: Path) -> None:
    os.utime(path, (4e9, 4e9))


LATER = ["missing_skills", "training_sets", "sft", "evaluation"]


@pytest.mark.parametrize(
    ("change", "found"), [(flipped, "other bytes"), (cut, "bytes, expected"), (Path.unlink, "no such file")]
)
def test_a_changed_table_is_named_at_its_stage_and_the_later_ones(
    copy: Workspace, change: Callable[[Path], None], found: str
) -> None:
    run = copy.run("small").folder
    assert changed_files(run) == {}
    (path,) = run.step_rewards.files()
    change(path)
    if path.exists():
        later(path)
    said = changed_files(run)
    assert list(said) == ["step_rewards", *LATER]
    (own,) = said["step_rewards"]
    assert own.startswith(f"{path}: found ") and found in own
    assert own.endswith("make it again with: stat-studio run small --until step_rewards")
    for name in LATER:
        assert said[name] == ["made from step_rewards, whose file changed since: stat-studio verify small"]
    notes = {stage["stage"]: stage["notes"] for stage in copy.run("small").status()["stages"]}
    assert notes["step_rewards"][-1] == own and said["sft"][0] in notes["sft"]


@pytest.mark.parametrize(("seconds", "is_seen"), [(1.5, False), (2.5, True), (20.0, True)])
def test_a_file_is_hashed_only_where_it_is_later_than_its_manifest(
    copy: Workspace, seconds: float, is_seen: bool
) -> None:
    run = copy.run("small").folder
    (path,) = run.step_rewards.files()
    flipped(path)
    made = (path.parent / "manifest.json").stat().st_mtime
    os.utime(path, (made + seconds, made + seconds))
    assert ("step_rewards" in changed_files(run)) == is_seen


def test_a_copy_with_other_times_changed_nothing(copy: Workspace) -> None:
    run = copy.run("small").folder
    for path in copy.root.rglob("*.parquet"):
        later(path)
    for path in run.folder.rglob("*.safetensors"):
        later(path)
    assert changed_files(run) == {}


def test_a_long_file_is_left_to_verify(copy: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed, "SHORT", 10)
    run = copy.run("small").folder
    (path,) = run.responses.files()
    later(path)
    assert changed_files(run)["responses"] == [
        f"{path}: written after its manifest; whether it is the same file shows: stat-studio verify"
    ]


def test_other_questions_are_named_at_all_that_was_made_from_them(copy: Workspace) -> None:
    run = copy.run("small").folder
    (path,) = run.dataset.question_table.files()
    cut(path)
    said = changed_files(run)
    assert list(said) == ["responses", "step_rewards", *LATER]
    assert said["responses"] == [
        f"made from dataset {run.dataset.name}, whose file changed since: stat-studio verify small"
    ]


def test_other_weights_of_an_arm_are_named(copy: Workspace) -> None:
    run = copy.run("small").folder
    path = run.arm_folder("stat-sel", 0) / "adapter" / "adapter_model.safetensors"
    flipped(path)
    later(path)
    said = changed_files(run)
    assert list(said) == ["sft", "evaluation"] and "other bytes" in said["sft"][0]


def test_a_run_says_what_changed_before_it_goes_on(copy: Workspace) -> None:
    (path,) = copy.run("small").folder.step_rewards.files()
    cut(path)
    report = Notes()
    copy.run("small", report).run(last="split")
    assert [sentence for sentence in report.said if "changed since" in sentence] == [
        f"{stage}: made from step_rewards, whose file changed since: stat-studio verify small"
        for stage in LATER
    ]
