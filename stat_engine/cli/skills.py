"""Verbs that make a Skill-Map: label, discover, propagate; `vocabulary.py` adds those on the vocabulary."""

from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from stat_engine import config as configuration
from stat_engine.api import Workspace
from stat_engine.cli.terminal import (
    JsonOption,
    SettingsArgument,
    TerminalReport,
    WorkspaceOption,
    show,
    table,
)
from stat_engine.errors import StatError
from stat_engine.models.paid_calls.teacher import ask_through_store
from stat_engine.skill_map import discovery, labelling, propagation
from stat_engine.skill_map.discovery import Clustering, Method
from stat_engine.skill_map.labelling import Adviser, Choice, Part
from stat_engine.skill_map.propagation import Destination, Doubt

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
DatasetArgument = Annotated[str, typer.Argument(help="Dataset in the workspace", show_default=False)]
ConfigOption = Annotated[Path | None, typer.Option("--config", help="YAML file that names the teacher")]
SplitOption = Annotated[str, typer.Option("--split", help="train, validation, test or all")]
SeedOption = Annotated[int, typer.Option("--seed", help="Seed of the sample")]
DropOption = Annotated[bool, typer.Option("--drop", help="Take skills that are gone out of the Skill-Map")]
SUBJECTS = {"subject": "subject"}


@app.command("label")
def label(
    dataset: DatasetArgument,
    settings: SettingsArgument = None,
    config: ConfigOption = None,
    split: SplitOption = "train",
    per_subject: Annotated[int | None, typer.Option(help="Questions a subject; all by default")] = None,
    seed: SeedOption = 0,
    check: Annotated[bool, typer.Option("--check", help="Compare with the map there; save nothing")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Have a teacher name the skills of questions, from their subject's list: the Skill-Map by teacher."""
    folder = Workspace(workspace)
    choice, adviser = _choice(split, per_subject, seed), _adviser(folder, dataset, config, settings)
    result = labelling.label_skill_map(folder.need_dataset(dataset), adviser, choice, check)
    head = (
        f"{result['n_labelled']:,} of {result['n_questions']:,} questions labelled by {result['teacher']}, "
        f"{result['n_review']:,} for review{' (nothing saved)' if check else ''}"
    )
    show(result, json, [head, *_against(result)])


@app.command("discover")
def discover(
    dataset: DatasetArgument,
    settings: SettingsArgument = None,
    config: ConfigOption = None,
    split: SplitOption = "train",
    per_subject: Annotated[
        int | None, typer.Option(help="Questions named freely a subject; all by default")
    ] = None,
    seed: SeedOption = 0,
    clusters: Annotated[str, typer.Option(help="teacher or spelling")] = "teacher",
    distance: Annotated[float, typer.Option(help="Cosine distance at which names part, for spelling")] = 0.7,
    relabel: Annotated[str, typer.Option(help="train, validation, test or all")] = "all",
    drop: DropOption = False,
    out: Annotated[Path | None, typer.Option(help="Write the vocabulary there and change nothing")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Find a vocabulary: name skills freely, cluster the names, relabel from the clusters."""
    folder = Workspace(workspace)
    if not 0 < distance <= 1:
        raise StatError(f"--distance {distance}: expected a cosine distance above 0 and up to 1")
    method = Method(
        _one_of("--clusters", clusters, Clustering), distance, _one_of("--relabel", relabel, Part), drop
    )
    adviser, choice = _adviser(folder, dataset, config, settings), _choice(split, per_subject, seed)
    result = discovery.discover(folder.need_dataset(dataset), adviser, choice, method, out)
    columns = SUBJECTS | {"n_free_names": "free names", "n_skills": "skills"}
    where = f"written to {out}" if out else f"{result['n_labelled']:,} questions relabelled"
    head = f"{result['n_skills']:,} skills from {result['n_questions']:,} questions; {where}"
    show(result, json, [head, *table(result["subjects"], columns)])


@app.command("propagate")
def propagate(
    dataset: DatasetArgument,
    settings: SettingsArgument = None,
    config: ConfigOption = None,
    split: SplitOption = "train",
    per_subject: Annotated[int, typer.Option(help="Questions a subject that the teacher labels")] = 100,
    seed: SeedOption = 0,
    threshold: Annotated[float, typer.Option(help="Probability below which a label is doubtful")] = 0.8,
    doubtful: Annotated[str, typer.Option(help="Where doubtful labels go: teacher or review")] = "review",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Have a teacher label a sample, and a classifier the rest, with its held-out precision a skill."""
    folder = Workspace(workspace)
    if not 0 <= threshold <= 1:
        raise StatError(f"--threshold {threshold}: expected a probability from 0 to 1")
    doubt = Doubt(threshold, _one_of("--doubtful", doubtful, Destination))
    adviser, choice = _adviser(folder, dataset, config, settings), _choice(split, per_subject, seed)
    result = propagation.propagate(folder.need_dataset(dataset), adviser, choice, doubt)
    head = (
        f"{result['n_sample']:,} questions labelled by {result['teacher']}, {result['n_propagated']:,} "
        f"propagated, {result['n_doubtful']:,} doubtful, {result['n_review']:,} for review"
    )
    subjects = SUBJECTS | {
        "n_sample": "sample", "exact": "held-out exact", "ci_low": "95% from", "ci_high": "to",
        "n_sure": "sure", "exact_sure": "exact when sure", "n_propagated": "propagated",
        "n_doubtful": "doubtful",
    }  # fmt: skip
    skills = SUBJECTS | {
        "skill": "skill", "n_labelled": "labelled", "n_predicted": "predicted", "precision": "precision",
        "ci_low": "95% from", "ci_high": "to", "recall": "recall",
    }  # fmt: skip
    tables = [*table(result["subjects"], subjects), "", *table(result["skills"], skills)]
    show(result, json, [head, *tables, *result["notes"], *_against(result)])


def _adviser(workspace: Workspace, dataset: str, config: Path | None, settings: list[str] | None) -> Adviser:
    """The teacher that a file and settings name; the embedded one for numeracy where they name none."""
    workspace.need_dataset(dataset)
    tree = configuration.override(configuration.read_tree(config), settings or [])
    if dataset != "numeracy" and "teacher" not in tree:
        raise StatError(
            f"dataset {dataset}: no teacher to ask; name one, as in teacher.backend=openai "
            "teacher.model=NAME, or give --config FILE"
        )
    chosen = configuration.validate(tree | {"dataset": dataset}, str(config or "settings"))
    report = TerminalReport()
    ask = ask_through_store(workspace, chosen.teacher, chosen, None, report)
    return Adviser(ask, chosen.teacher.endpoint(), report)


def _choice(split: str, per_subject: int | None, seed: int) -> Choice:
    if per_subject is not None and per_subject < 1:
        raise StatError(f"--per-subject {per_subject}: expected at least 1")
    return Choice(_one_of("--split", split, Part), per_subject, seed)


def _one_of(option: str, value: str, kind: Any) -> Any:
    if value not in get_args(kind):
        raise StatError(f"{option} {value}: expected one of {', '.join(get_args(kind))}")
    return value


def _against(result: dict[str, Any]) -> list[str]:
    """How the labels compare with the map that was there; nothing where there was none."""
    columns = SUBJECTS | {
        "n": "questions", "equal": "equal to the map there", "ci_low": "95% from", "ci_high": "to",
        "overlap": "its skills named again",
    }  # fmt: skip
    return ["", *table(result["against"], columns)] if result["against"] else []
