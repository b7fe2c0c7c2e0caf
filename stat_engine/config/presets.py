"""Presets and the defaults of a dataset: settings to start a run from.

A preset is a file with only the differences from the defaults; its first lines say what it needs."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.config.run import RunConfig
from stat_engine.config.shipped import ROOT
from stat_engine.config.tree import merge, override, read_tree, validate
from stat_engine.errors import StatError

DATA = ROOT / "data"


@dataclass(frozen=True)
class Preset:
    """A shipped file of settings."""

    name: str
    path: Path
    what: str
    """One sentence: the run it is for."""
    steps: list[str]
    """Commands that bring its data, one a line."""


def presets() -> dict[str, Preset]:
    """The shipped presets by name: the embedded project's own, then those of `data/presets`."""
    files = [DATA / "numeracy" / "demo.yaml", *sorted((DATA / "presets").glob("*.yaml"))]
    return {path.stem: _read(path) for path in files if path.exists()}


def need_preset(name: str) -> Preset:
    """A preset by name; raises StatError naming those that there are."""
    there = presets()
    if name not in there:
        raise StatError(f"no preset {name}; there are: {', '.join(there)}")
    return there[name]


def default_config(dataset: str) -> RunConfig:
    """Settings that a new run starts from: the embedded student for numeracy; for any other dataset
    imported responses and step rewards and the stand-in teacher, until others are named.

    Raises StatError for a name that no dataset can have."""
    if dataset == "numeracy":
        return RunConfig(dataset=dataset)
    tree = {
        "dataset": dataset,
        "student": {"backend": "imported", "steps": "blank-line"},
        "reward_model": "imported",
        "teacher": "question-skills",
    }
    return validate(tree, "settings")


def starting_tree(path: Path | None, dataset: str | None = None) -> dict[str, Any]:
    """What a new run starts from: the dataset's defaults under a file's settings.

    Without a dataset it is the file's own, else numeracy."""
    tree = read_tree(path)
    chosen = dataset or str(tree.get("dataset", "numeracy"))
    return merge(default_config(chosen).model_dump(), tree) | {"dataset": chosen}


def compose(path: Path | None, dataset: str | None, settings: list[str]) -> RunConfig:
    """A new run's configuration: `starting_tree` under `key=value` settings; raises as `validate` does."""
    return validate(override(starting_tree(path, dataset), settings), str(path or "settings"))


def _read(path: Path) -> Preset:
    lines = path.read_text(encoding="utf-8").splitlines()
    said = [line.removeprefix("#").strip() for line in lines if line.startswith("#")]
    return Preset(
        path.stem,
        path,
        said[0].replace("`", ""),
        [line for line in said[1:] if line.startswith("stat-studio")],
    )
