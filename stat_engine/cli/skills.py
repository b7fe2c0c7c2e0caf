"""Make a Skill-Map, and change the skill vocabulary."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Asked, Workspace
from stat_engine.cli.options import MOST_SEED, DatasetArgument, SettingsArgument, pairs
from stat_engine.cli.terminal import TerminalReport, table
from stat_engine.cli.verbs import READ, Shown, Verbs

app = Verbs(help=__doc__)
SUBJECTS = {"subject": "subject"}
VERSIONS = {
    "version": "version", "n_skills": "skills", "added": "added", "removed": "removed",
    "made_by": "made by", "note": "note",
}  # fmt: skip
INTERVAL = {"ci_low": "95% from", "ci_high": "to"}
SkillArgument = Annotated[
    str, typer.Argument(metavar="SKILL", help="A skill of the vocabulary", show_default=False)
]
SkillsArgument = Annotated[list[str], typer.Argument(metavar="SKILL...", help="Skills of one subject")]
NameOption = Annotated[str, typer.Option(help="The new name")]
IntoOption = Annotated[str, typer.Option(help="One of them, another skill of the subject, or a new name")]
ToOption = Annotated[str, typer.Option(help="The subject whose list it goes to; may be a new one")]
DropOption = Annotated[bool, typer.Option("--drop", help="Remove skills that are gone from the Skill-Map")]
NoteOption = Annotated[str, typer.Option("--note", help="The reason, for the list of versions")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show what it would change")]


@dataclass(frozen=True)
class Questions:
    """Which teacher is asked about which questions."""

    config: Annotated[
        Path | None, typer.Option("--config", help="YAML file that names the teacher"), READ
    ] = None
    split: Annotated[str, typer.Option("--split", help="train, validation, test or all")] = "train"
    per_subject: Annotated[int | None, typer.Option(min=1, help="Questions a subject; all by default")] = None
    seed: Annotated[int, typer.Option("--seed", min=0, max=MOST_SEED, help="Seed of the sample")] = 0

    def asked(self, settings: list[str] | None) -> Asked:
        """The same with settings, as the engine takes it."""
        return Asked(settings or [], **vars(self))


@dataclass(frozen=True)
class FreelyNamed(Questions):
    """Questions whose skills are named freely."""

    per_subject: Annotated[
        int | None, typer.Option(min=1, help="Questions named freely a subject; all by default")
    ] = None


@dataclass(frozen=True)
class Sample(Questions):
    """Questions that the teacher labels, and a classifier learns from."""

    per_subject: Annotated[int, typer.Option(min=1, help="Questions a subject that the teacher labels")] = 100


@app.verb("label")
def label(
    place: Workspace,
    dataset: DatasetArgument,
    settings: SettingsArgument = None,
    *,
    of: Questions,
    check: Annotated[bool, typer.Option("--check", help="Compare with the map there; save nothing")] = False,
) -> Shown:
    """Have a teacher name the skills of questions, from their subject's list: the Skill-Map by teacher."""
    result = place.skills(dataset, TerminalReport()).label(of.asked(settings), check)
    head = (
        f"{result['n_labelled']:,} of {result['n_questions']:,} questions labelled by {result['teacher']}, "
        f"{result['n_review']:,} for review{' (nothing saved)' if check else ''}"
    )
    return Shown(result, [head, *_against(result)])


@app.verb("discover")
def discover(
    place: Workspace,
    dataset: DatasetArgument,
    settings: SettingsArgument = None,
    *,
    of: FreelyNamed,
    clusters: Annotated[str, typer.Option(help="teacher or spelling")] = "teacher",
    distance: Annotated[
        float,
        typer.Option(
            min=0, max=2, help="Cosine distance above which names are different skills, for spelling"
        ),
    ] = 0.7,
    relabel: Annotated[str, typer.Option(help="train, validation, test or all")] = "all",
    drop: DropOption = False,
    out: Annotated[Path | None, typer.Option(help="Write the vocabulary there and change nothing")] = None,
) -> Shown:
    """Find a vocabulary: name skills freely, cluster the names, relabel from the clusters."""
    skills = place.skills(dataset, TerminalReport())
    result = skills.discover(of.asked(settings), clusters, distance, relabel, drop, out)
    columns = SUBJECTS | {"n_free_names": "free names", "n_skills": "skills"}
    where = f"written to {out}" if out else f"{result['n_labelled']:,} questions relabelled"
    head = f"{result['n_skills']:,} skills from {result['n_questions']:,} questions; {where}"
    return Shown(result, [head, *table(result["subjects"], columns)])


@app.verb("propagate")
def propagate(
    place: Workspace,
    dataset: DatasetArgument,
    settings: SettingsArgument = None,
    *,
    of: Sample,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Probability below which a label is doubtful")
    ] = 0.8,
    doubtful: Annotated[str, typer.Option(help="Where doubtful labels go: teacher or review")] = "review",
) -> Shown:
    """Have a teacher label a sample, and a classifier the rest, with its held-out precision a skill."""
    result = place.skills(dataset, TerminalReport()).propagate(of.asked(settings), threshold, doubtful)
    head = (
        f"{result['n_sample']:,} questions labelled by {result['teacher']}, {result['n_propagated']:,} "
        f"propagated, {result['n_doubtful']:,} doubtful, {result['n_review']:,} for review"
    )
    subjects = SUBJECTS | {"n_sample": "sample", "exact": "held-out exact"} | INTERVAL | {
        "n_sure": "sure", "exact_sure": "exact when sure", "n_propagated": "propagated",
        "n_doubtful": "doubtful",
    }  # fmt: skip
    skills = SUBJECTS | {
        "skill": "skill", "n_labelled": "labelled", "n_predicted": "predicted", "precision": "precision",
    } | INTERVAL | {"recall": "recall"}  # fmt: skip
    tables = [*table(result["subjects"], subjects), "", *table(result["skills"], skills)]
    return Shown(result, [head, *tables, *result["notes"], *_against(result)])


def _against(result: Mapping[str, Any]) -> list[str]:
    """How the labels compare with the map that was there; nothing where there was none."""
    columns = SUBJECTS | {"n": "questions", "equal": "equal to the map there"} | INTERVAL | {
        "overlap": "its skills named again",
    }  # fmt: skip
    return ["", *table(result["against"], columns)] if result["against"] else []


@app.verb("export")
def export(
    place: Workspace,
    dataset: DatasetArgument,
    *,
    out: Annotated[Path, typer.Option(help="JSON file to write")],
    version: Annotated[int | None, typer.Option(min=1, help="Version; the current one by default")] = None,
) -> Shown:
    """Write the vocabulary as a file to edit: {subject: [skill, ...]}."""
    result = place.skills(dataset).export(out, version)
    return Shown(result, [f"{result['n_skills']:,} skills written to {out}"])


@dataclass(frozen=True)
class Carrying:
    """How the Skill-Map is carried over to another vocabulary."""

    rename: Annotated[
        list[str] | None,
        typer.Option("--rename", metavar="OLD=NEW", help="The new name of a skill; repeat it"),
    ] = None
    drop: DropOption = False

    def renames(self) -> dict[str, str]:
        """{old name: new name}"""
        return pairs("--rename", self.rename, "OLD=NEW")


@app.verb("import")
def import_file(
    place: Workspace,
    file: Annotated[Path, typer.Argument(help="JSON object {subject: [skill, ...]}", show_default=False)],
    *,
    dataset: Annotated[str, typer.Option("--dataset", help="Dataset in the workspace")],
    carry: Carrying,
    note: NoteOption = "",
    dry_run: DryRunOption = False,
) -> Shown:
    """Make an edited vocabulary the current one, as a new version, and carry the Skill-Map over to it."""
    result = place.skills(dataset).import_file(file, carry.renames(), carry.drop, note, dry_run)
    return Shown(result, _changed(result))


@app.verb("versions")
def versions(place: Workspace, dataset: DatasetArgument) -> Shown:
    """List the vocabulary's versions, with what each added and removed."""
    rows = place.skills(dataset).versions()
    short = [row | {key: len(row[key]) for key in ("added", "removed")} for row in rows]
    return Shown({"dataset": dataset, "versions": rows}, table(short, VERSIONS))


@app.verb("restore")
def restore(
    place: Workspace,
    dataset: DatasetArgument,
    version: Annotated[int, typer.Argument(min=1, help="Version to restore", show_default=False)],
    *,
    carry: Carrying,
    with_map: Annotated[
        bool, typer.Option("--with-map", help="Put the Skill-Map back too, as it was under that version")
    ] = False,
    dry_run: DryRunOption = False,
) -> Shown:
    """Restore an earlier version of the vocabulary, as a new version."""
    result = place.skills(dataset).restore(version, carry.renames(), carry.drop, with_map, dry_run)
    return Shown(result, _changed(result))


def _changed(result: Mapping[str, Any]) -> list[str]:
    moved = (
        f"{result['n_changed']:,} entries of the Skill-Map changed, {result['n_dropped']:,} lost all skills"
    )
    head = f"version {result['version']}: {result['n_skills']:,} skills; {moved}"
    return [head, *(f"{key}: {_few(result[key])}" for key in ("added", "removed") if result[key])]


def _few(names: list[str], limit: int = 5) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more


@dataclass(frozen=True)
class Edit:
    """The subject of an edit, its note, and whether it is only shown."""

    subject: Annotated[
        str | None, typer.Option("--subject", help="The skill's subject; needed where two have the name")
    ] = None
    note: NoteOption = ""
    dry_run: DryRunOption = False

    def given(self) -> tuple[str | None, str, bool]:
        """As the engine takes it."""
        return self.subject, self.note, self.dry_run


@app.verb("rename")
def rename(
    place: Workspace, dataset: DatasetArgument, skill: SkillArgument, *, to: NameOption, edit: Edit
) -> Shown:
    """Give a skill another name, in the vocabulary and in the Skill-Map."""
    return _edited(place.skills(dataset).rename(skill, to, *edit.given()))


@app.verb("merge")
def merge(
    place: Workspace, dataset: DatasetArgument, skills: SkillsArgument, *, into: IntoOption, edit: Edit
) -> Shown:
    """Make several skills of a subject one."""
    return _edited(place.skills(dataset).merge(skills, into, *edit.given()))


@app.verb("split")
def split(
    place: Workspace,
    dataset: DatasetArgument,
    skill: SkillArgument,
    *,
    to: Annotated[str, typer.Option(help="A new name, or another skill of the subject")],
    question: Annotated[
        list[str] | None, typer.Option(help="Id of a question that changes; repeat it")
    ] = None,
    matching: Annotated[str, typer.Option(help="All its questions whose text contains this")] = "",
    edit: Edit,
) -> Shown:
    """Give some of a skill's questions another skill instead."""
    return _edited(place.skills(dataset).split(skill, to, question or [], matching, *edit.given()))


@app.verb("move")
def move(
    place: Workspace, dataset: DatasetArgument, skill: SkillArgument, *, to_subject: ToOption, edit: Edit
) -> Shown:
    """Move a skill to another subject's list."""
    return _edited(place.skills(dataset).move(skill, to_subject, *edit.given()))


def _edited(found: dict[str, Any]) -> Shown:
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
    return Shown(found, [head, done + version, *(table(runs, columns) if runs else [])])
