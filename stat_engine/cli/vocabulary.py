"""Verbs on a dataset's vocabulary: export, import, versions, restore.

Verbs that edit the vocabulary in force: rename, merge, split, move; each tells first with --dry-run.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.cli.skills import DatasetArgument, DropOption
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.formats.skill_maps import read_vocabulary
from stat_engine.skill_map import editing, versions
from stat_engine.skill_map.editing import Edit
from stat_engine.skills import Vocabulary
from stat_engine.store.dataset import Dataset
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
    result = versions.change_vocabulary(folder, vocabulary, _renames(rename), drop, made_by, note, dry_run)
    show(result, json, _changed(result))


def list_versions(
    dataset: DatasetArgument, workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """List the vocabulary's versions, with what each added and removed."""
    rows = versions.versions(Workspace(workspace).need_dataset(dataset))
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
    result = versions.restore_vocabulary(folder, version, _renames(rename), drop, with_map, dry_run)
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


SkillArgument = Annotated[
    str, typer.Argument(metavar="SKILL", help="A skill of the vocabulary", show_default=False)
]
SubjectOption = Annotated[
    str | None, typer.Option("--subject", help="The skill's subject; needed where a name stands in two")
]
NoteOption = Annotated[str, typer.Option("--note", help="Why, for the list of versions")]


def rename(
    dataset: DatasetArgument,
    skill: SkillArgument,
    to: Annotated[str, typer.Option(help="The new name")],
    subject: SubjectOption = None,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Give a skill another name, in the vocabulary and in the Skill-Map."""
    folder, vocabulary, of = _opened(workspace, dataset, skill, subject)
    _edit(workspace, folder, editing.rename(vocabulary, of, skill, to), note, dry_run, json)


def merge(
    dataset: DatasetArgument,
    skills: Annotated[list[str], typer.Argument(metavar="SKILL...", help="Skills of one subject")],
    into: Annotated[str, typer.Option(help="One of them, another skill of the subject, or a new name")],
    subject: SubjectOption = None,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Make several skills of a subject one."""
    folder, vocabulary, of = _opened(workspace, dataset, skills[0], subject)
    _edit(workspace, folder, editing.merge(vocabulary, of, skills, into), note, dry_run, json)


def split(
    dataset: DatasetArgument,
    skill: SkillArgument,
    to: Annotated[str, typer.Option(help="A new name, or another skill of the subject")],
    question: Annotated[
        list[str] | None, typer.Option(help="Id of a question that changes; repeat it")
    ] = None,
    matching: Annotated[str, typer.Option(help="All its questions whose text contains this")] = "",
    subject: SubjectOption = None,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Have some of a skill's questions carry another skill instead."""
    folder, vocabulary, of = _opened(workspace, dataset, skill, subject)
    if not question and not matching.strip():
        raise StatError("which questions change? name them with --question ID, or --matching TEXT")
    _, own = editing.need_skill(vocabulary, of, skill)
    found = editing.carrying(folder, of, own, matching) if matching.strip() else []
    edit = editing.split(vocabulary, of, skill, to, [*(question or []), *found], matching)
    _edit(workspace, folder, edit, note, dry_run, json)


def move(
    dataset: DatasetArgument,
    skill: SkillArgument,
    to_subject: Annotated[str, typer.Option(help="The subject whose list it goes to; may be a new one")],
    subject: SubjectOption = None,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Move a skill to another subject's list."""
    folder, vocabulary, of = _opened(workspace, dataset, skill, subject)
    _edit(workspace, folder, editing.move(vocabulary, of, skill, to_subject), note, dry_run, json)


def _opened(
    workspace: Path | None, dataset: str, skill: str, subject: str | None
) -> tuple[Dataset, Vocabulary, str]:
    """(the dataset, its vocabulary, the subject that is meant: the only one with a skill of this name)."""
    folder = Workspace(workspace).need_dataset(dataset)
    vocabulary = folder.need_skill_map()
    if subject is not None:
        return folder, vocabulary, subject
    having = [of for of in vocabulary.as_lists() if vocabulary.find(of, skill)]
    if len(having) > 1:
        raise StatError(f"skill {skill} stands in {', '.join(having)}; say which with --subject")
    return folder, vocabulary, having[0] if having else next(iter(vocabulary.as_lists()), "")


def _edit(workspace: Path | None, folder: Dataset, edit: Edit, note: str, dry_run: bool, json: bool) -> None:
    found = editing.edit_vocabulary(Workspace(workspace), folder, edit, note, dry_run)
    show(found, json, _told(found))


def _told(found: dict[str, Any]) -> list[str]:
    runs = [
        row | {"training_sets": ", ".join(f"{name} ({n:,})" for name, n in row["training_sets"].items())}
        for row in found["runs"]
    ]
    columns = {
        "run": "run", "n_labels": "labels that name it", "n_decisions": "people's edits that do",
        "training_sets": "training sets (pairs that do)",
    }  # fmt: skip
    left_out = f"; {found['n_left_out']:,} of them lose it" if found["n_left_out"] else ""
    head = f"{found['edit']}: {found['n_changed']:,} entries of the Skill-Map change{left_out}"
    version = f"version {found['version']}, {found['n_skills']:,} skills"
    done = "nothing was written; it would be " if found["is_dry"] else ""
    return [head, done + version, *(table(runs, columns) if runs else [])]


VERBS: list[tuple[str, Callable[..., None]]] = [
    ("export", export),
    ("import", import_file),
    ("versions", list_versions),
    ("restore", restore),
    ("rename", rename),
    ("merge", merge),
    ("split", split),
    ("move", move),
]
