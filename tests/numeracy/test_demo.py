"""The demo's dataset and run are made from what is shipped."""

from pathlib import Path

from stat_engine import Workspace
from stat_engine import config as configuration
from stat_engine.numeracy import demo


def test_the_whole_embedded_dataset_is_imported_split_and_given_a_run_once(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    demo.prepare(workspace)
    dataset = workspace.dataset("numeracy")
    assert {name: len(dataset.split(name)) for name in ("train", "validation", "test")} == {
        "train": 6000, "validation": 600, "test": 1500,
    }  # fmt: skip
    assert set(dataset.skill_map) == set(dataset.questions)
    assert workspace.run("demo").config == configuration.load(demo.DATA / "demo.yaml")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
    demo.prepare(workspace)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()} == before
