"""Verbs on datasets: import, split, audit-skill-map, export, export-steps."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.audit import audit
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.graders import Judge
from stat_engine.interop import imports
from stat_engine.interop.exports import export as write_export
from stat_engine.interop.hub_presets import PRESETS
from stat_engine.interop.step_labels import export_step_labels
from stat_engine.notebook import Workspace, default_config
from stat_engine.stages.judge import judge_by

importing = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
FileArgument = Annotated[Path, typer.Argument(help="JSON Lines, CSV or Parquet; .gz too", show_default=False)]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Dataset in the workspace")]
RunOption = Annotated[str, typer.Option("--run", help="Run in the workspace")]
SkipOption = Annotated[bool, typer.Option("--skip-unknown", help="Count and skip rows that join nothing")]


@importing.command("questions")
def import_questions(
    file: FileArgument, dataset: DatasetOption, workspace: WorkspaceOption = None, json: JsonOption = False
) -> None:
    """Import questions: {id, split, subject, level, problem, solution, answer}; id and problem required."""
    _said(imports.import_questions(Workspace(workspace), dataset, file), json)


@importing.command("skill-map")
def import_skill_map(
    file: FileArgument,
    dataset: DatasetOption,
    vocabulary: Annotated[Path | None, typer.Option(help="JSON object {subject: [skill, ...]}")] = None,
    skip_unknown: SkipOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import a Skill-Map: {id, subject, skills}. With a vocabulary, skills outside it are refused."""
    _said(imports.import_skill_map(Workspace(workspace), dataset, file, vocabulary, skip_unknown), json)


@importing.command("responses")
def import_responses(
    file: FileArgument,
    run: RunOption,
    skip_unknown: SkipOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import responses of any model: {problem_id, model, sample, response, steps?, correct?}."""
    folder, judge = Workspace(workspace).run_folder(run), _judge(Workspace(workspace), run)
    _said(imports.import_responses(folder, file, skip_unknown, judge), json)


@importing.command("step-rewards")
def import_step_rewards(
    file: FileArgument,
    run: RunOption,
    skip_unknown: SkipOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import step rewards {problem_id, sample, step_rewards}, or human ratings with their responses."""
    folder, judge = Workspace(workspace).run_folder(run), _judge(Workspace(workspace), run)
    _said(imports.import_step_rewards(folder, file, skip_unknown, judge), json)


@importing.command("training-set")
def import_training_set(
    file: FileArgument,
    run: RunOption,
    name: Annotated[str, typer.Option(help="Name of the set; the file's own by default")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import a training set: question and solution under any usual name, messages, alpaca or sharegpt."""
    name = name or file.name.split(".")[0]
    _said(imports.import_training_set(Workspace(workspace).run_folder(run), file, name), json)


@importing.command("lm-eval")
def import_lm_eval(
    file: FileArgument,
    dataset: DatasetOption,
    run: RunOption,
    filter: Annotated[
        str | None, typer.Option(help="Filter to read; needed where the file has several")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model that answered")] = "unnamed",
    skip_unknown: SkipOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import samples_*.jsonl of lm-evaluation-harness; makes the dataset and the run where not there."""
    place, config = Workspace(workspace), default_config(dataset)
    judge = _judge(place, run)
    _said(imports.import_lm_eval(place, file, run, config, model, filter, skip_unknown, judge), json)


@importing.command("hub")
def import_hub(
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(PRESETS)}", show_default=False)],
    file: Annotated[
        Path | None, typer.Option(help="File with the hub's own rows; nothing is fetched")
    ] = None,
    dataset: Annotated[str, typer.Option(help="Dataset in the workspace; the name by default")] = "",
    split: Annotated[str | None, typer.Option(help="The hub's split to fetch, or that the file is")] = None,
    run: Annotated[str, typer.Option(help="Run for rated responses; the name by default")] = "",
    skip_unknown: SkipOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import a public data set by name, from the Hugging Face hub or from a file."""
    place, name = Workspace(workspace), name.lower()
    if imports.is_rated(name):
        config, judge, run = default_config(dataset or name), _judge(place, run or name), run or name
        _said(imports.import_rated(place, name, run, config, file, split, skip_unknown, judge), json)
    else:
        _said(imports.import_hub(place, name, dataset or name, file, split), json)


def split(
    dataset: Annotated[str, typer.Argument(help="Dataset in the workspace", show_default=False)],
    validation: Annotated[int, typer.Option(help="Questions in Q_val; the others become Q_test")],
    of: Annotated[str, typer.Option("--from", help="Split to draw from")] = "test",
    seed: Annotated[int, typer.Option(help="Seed of the draw")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Split evaluation questions at random into validation (Q_val) and test (Q_test)."""
    _said(Workspace(workspace).split(dataset, validation, of, seed), json)


def audit_skill_map(
    dataset: Annotated[str, typer.Argument(help="Dataset in the workspace", show_default=False)],
    seed: Annotated[int, typer.Option(help="Seed of shuffling and folds")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Check a Skill-Map: does a classifier fitted on one split find the other split's labels?"""
    folder = Workspace(workspace).need_dataset(dataset)
    found = audit(folder, seed)
    folder.save_audit(found["findings"])
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
    """Write a training set for another tool."""
    if format not in ("trl", "openai", "alpaca", "sharegpt", "parquet"):
        raise StatError(f"--format {format}: expected trl, openai, alpaca, sharegpt or parquet")
    examples = list(Workspace(workspace).run_folder(run).need_training_set(set_name).read())
    written = write_export(examples, format, out, set_name)
    _said(
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
    _said(export_step_labels(Workspace(workspace).run_folder(run), out), json)


def _judge(workspace: Workspace, run: str) -> Judge | None:
    """The run's teacher as judge, opened when it is first asked; None for a run that is to be made."""
    return judge_by(workspace.run(run).bench().ask) if run in workspace.run_names() else None


def _said(result: dict[str, Any], as_json: bool) -> None:
    notes = [str(note) for note in result.get("notes", [])]
    lines = [f"{key.replace('_', ' ')}: {value}" for key, value in result.items() if key != "notes"]
    show(result, as_json, [*lines, *notes])


VERBS = [split, ("audit-skill-map", audit_skill_map), export, ("export-steps", export_steps)]
