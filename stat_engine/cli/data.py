"""Verbs on datasets and what leaves them: split, audit-skill-map, export, export-steps."""

from pathlib import Path
from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, said, show, table
from stat_engine.errors import StatError
from stat_engine.formats.exports import export as write_export
from stat_engine.formats.exports import export_step_labels
from stat_engine.skill_map.audit import audit


def split(
    dataset: Annotated[str, typer.Argument(help="Dataset in the workspace", show_default=False)],
    validation: Annotated[int, typer.Option(help="Questions in Q_val; the others become Q_test")],
    of: Annotated[str, typer.Option("--from", help="Split to draw from")] = "test",
    seed: Annotated[int, typer.Option(help="Seed of the draw")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would change")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Split evaluation questions at random into validation (Q_val) and test (Q_test)."""
    said(Workspace(workspace).split(dataset, validation, of, seed, dry_run), json)


def audit_skill_map(
    dataset: Annotated[str, typer.Argument(help="Dataset in the workspace", show_default=False)],
    seed: Annotated[int, typer.Option(help="Seed of shuffling and folds")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Check a Skill-Map: does a classifier fitted on one split find the other split's labels?"""
    folder = Workspace(workspace).need_dataset(dataset)
    found = audit(folder, seed)
    folder.save_audit(found["findings"], found["rows"])
    columns = {
        "subject": "subject", "fitted_on": "fitted on", "scored_on": "scored on", "n_scored": "questions",
        "hit_rate": "hit rate", "shuffled": "shuffled labels", "ceiling": "cross-validated",
    }  # fmt: skip
    show(found, json, [*table(found["rows"], columns), "", *found["findings"]])


def export(
    run: Annotated[str, typer.Argument(help="Run in the workspace", show_default=False)],
    set_name: Annotated[
        str, typer.Argument(metavar="SET", help="Training set of the run", show_default=False)
    ],
    out: Annotated[Path, typer.Option(help="File or folder to write")],
    format: Annotated[str, typer.Option(help="trl, openai, alpaca, sharegpt or parquet")] = "trl",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a training set, as people left it, for another tool."""
    if format not in ("trl", "openai", "alpaca", "sharegpt", "parquet"):
        raise StatError(f"--format {format}: expected trl, openai, alpaca, sharegpt or parquet")
    examples = Workspace(workspace).run_folder(run).examples(set_name)
    written = write_export(examples, format, out, set_name)
    said(
        {"set": set_name, "format": format, "n_pairs": len(examples), "files": [str(p) for p in written]},
        json,
    )


def export_steps(
    run: Annotated[str, typer.Argument(help="Run in the workspace", show_default=False)],
    out: Annotated[Path, typer.Option(help="File or folder to write")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write the step labels that people reviewed, as TRL's stepwise data."""
    said(export_step_labels(Workspace(workspace).run_folder(run), out), json)


VERBS = [split, ("audit-skill-map", audit_skill_map), export, ("export-steps", export_steps)]
