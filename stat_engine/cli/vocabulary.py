"""Verbs on a dataset's vocabulary: export, import, versions, restore."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import skill_work
from stat_engine.cli.skills import DatasetArgument, DropOption
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.interop.skill_maps import read_vocabulary
from stat_engine.notebook import Workspace
from stat_engine.store.files import write_json

RenameOption = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="OLD=NEW", help="What a skill is called now; repeat it"),
]

DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show what it would change")]


def export(
    dataset: DatasetArgument,
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    version: Annotated[int | None, typer.Option(help="Version; the one in force by default")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write the vocabulary as a file to edit: {subject: [skill, ...]}."""
    folder = Workspace(workspace).need_dataset(dataset)
    vocabulary = folder.vocabularies.need(version).vocabulary if version else folder.need_skill_map()
    write_json(out, vocabulary.as_lists())
    result = {"dataset": dataset, "file": str(out), "n_skills": len(vocabulary)}
    show(result, json, [f"{len(vocabulary):,} skills written to {out}"])


def import_file(
    file: Annotated[Path, typer.Argument(help="JSON object {subject: [skill, ...]}", show_default=False)],
    dataset: Annotated[str, typer.Option("--dataset", help="Dataset in the workspace")],
    rename: RenameOption = None,
    drop: DropOption = False,
    note: Annotated[str, typer.Option(help="Why, for the list of versions")] = "",
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Put an edited vocabulary in force, as a new version, and carry the Skill-Map over to it."""
    folder, vocabulary = Workspace(workspace).need_dataset(dataset), read_vocabulary(file)
    made_by = f"import of {file.name}"
    result = skill_work.change_vocabulary(folder, vocabulary, _renames(rename), drop, made_by, note, dry_run)
    show(result, json, _changed(result))


def versions(dataset: DatasetArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the vocabulary's versions, with what each added and removed."""
    rows = skill_work.versions(Workspace(workspace).need_dataset(dataset))
    columns = {
        "version": "version", "n_skills": "skills", "added": "added", "removed": "removed",
        "made_by": "made by", "note": "note",
    }  # fmt: skip
    short = [row | {key: len(row[key]) for key in ("added", "removed")} for row in rows]
    show({"dataset": dataset, "versions": rows}, json, table(short, columns))


def restore(
    dataset: DatasetArgument,
    version: Annotated[int, typer.Argument(help="Version to put in force again", show_default=False)],
    rename: RenameOption = None,
    drop: DropOption = False,
    with_map: Annotated[
        bool, typer.Option("--with-map", help="Put the Skill-Map back too, as it was under that version")
    ] = False,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Put an earlier version of the vocabulary in force again, as a new version."""
    folder = Workspace(workspace).need_dataset(dataset)
    result = skill_work.restore_vocabulary(folder, version, _renames(rename), drop, with_map, dry_run)
    show(result, json, _changed(result))


def _renames(pairs: list[str] | None) -> dict[str, str]:
    renames = {}
    for pair in pairs or []:
        old, sign, new = pair.partition("=")
        if not (sign and old.strip() and new.strip()):
            raise StatError(f"--rename {pair}: expected OLD=NEW")
        renames[old.strip()] = new.strip()
    return renames


def _changed(result: dict[str, Any]) -> list[str]:
    moved = (
        f"{result['n_changed']:,} entries of the Skill-Map changed, {result['n_dropped']:,} lost all skills"
    )
    head = f"version {result['version']}: {result['n_skills']:,} skills; {moved}"
    return [head, *(f"{key}: {_few(result[key])}" for key in ("added", "removed") if result[key])]


def _few(names: list[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


VERBS: list[tuple[str, Callable[..., None]]] = [
    ("export", export),
    ("import", import_file),
    ("versions", versions),
    ("restore", restore),
]
