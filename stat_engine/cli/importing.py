"""Verbs that import: questions, a Skill-Map, responses, step rewards, training sets, and whole data sets."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, said, show
from stat_engine.config import default_config
from stat_engine.errors import StatError
from stat_engine.formats import evaluations, hub, into_dataset, into_run, lm_eval
from stat_engine.formats.columns import Kind, checked
from stat_engine.formats.hub import PRESETS
from stat_engine.formats.previews import preview
from stat_engine.formats.questions import SPLITS
from stat_engine.formats.rows import Reading
from stat_engine.grading import Judge
from stat_engine.models.teacher_answers import judge_by

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
FileArgument = Annotated[Path, typer.Argument(help="JSON Lines, CSV or Parquet; .gz too", show_default=False)]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Dataset in the workspace")]
RunOption = Annotated[str, typer.Option("--run", help="Run in the workspace")]
SkipOption = Annotated[bool, typer.Option("--skip-unknown", help="Count and skip rows that join nothing")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option("--column", metavar="OURS=THEIRS", help="The file's column for a field of ours; repeat it"),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only show columns, first rows, first errors and what would change")
]


@app.command("questions")
def import_questions(
    file: FileArgument,
    dataset: DatasetOption,
    split: Annotated[
        str | None, typer.Option(help="train, validation or test, for rows that name no split")
    ] = None,
    column: ColumnOption = None,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import questions: {id, split, subject, level, problem, solution, answer}; id and problem required."""
    place = Workspace(workspace)
    rest = next((name for name in SPLITS if name == split), None)
    if split is not None and rest is None:
        raise StatError(f"--split {split}: expected one of {', '.join(SPLITS)}")

    def read(reading: Reading) -> dict[str, object]:
        return into_dataset.import_questions(place, dataset, file, reading, rest)

    _import("questions", file, column, read, dry_run, json)


@app.command("skill-map")
def import_skill_map(
    file: FileArgument,
    dataset: DatasetOption,
    vocabulary: Annotated[Path | None, typer.Option(help="JSON object {subject: [skill, ...]}")] = None,
    skip_unknown: SkipOption = False,
    column: ColumnOption = None,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import a Skill-Map: {id, subject, skills}. With a vocabulary, skills outside it are refused."""
    place = Workspace(workspace)

    def read(reading: Reading) -> dict[str, object]:
        return into_dataset.import_skill_map(place, dataset, file, vocabulary, skip_unknown, reading)

    _import("skill-map", file, column, read, dry_run, json)


@app.command("responses")
def import_responses(
    file: FileArgument,
    run: RunOption,
    skip_unknown: SkipOption = False,
    column: ColumnOption = None,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import responses of any model: {problem_id, model, sample, response, steps?, correct?}."""
    folder, judge = Workspace(workspace).run_folder(run), _judge(Workspace(workspace), run)

    def read(reading: Reading) -> dict[str, object]:
        return into_run.import_responses(folder, file, skip_unknown, judge, reading)

    _import("responses", file, column, read, dry_run, json)


@app.command("step-rewards")
def import_step_rewards(
    file: FileArgument,
    run: RunOption,
    skip_unknown: SkipOption = False,
    column: ColumnOption = None,
    dry_run: DryRunOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import step rewards {problem_id, sample, step_rewards}, or human ratings with their responses."""
    folder, judge = Workspace(workspace).run_folder(run), _judge(Workspace(workspace), run)

    def read(reading: Reading) -> dict[str, object]:
        return into_run.import_step_rewards(folder, file, skip_unknown, judge, reading)

    _import("step-rewards", file, column, read, dry_run, json)


@app.command("training-set")
def import_training_set(
    file: FileArgument,
    run: RunOption,
    name: Annotated[str, typer.Option(help="Name of the set; the file's own by default")] = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import a training set: question and solution under any usual name, messages, alpaca or sharegpt."""
    name = name or file.name.split(".")[0]
    said(into_run.import_training_set(Workspace(workspace).run_folder(run), file, name), json)


@app.command("lm-eval")
def import_lm_eval(
    file: FileArgument,
    dataset: DatasetOption,
    run: RunOption,
    filter: Annotated[
        str | None, typer.Option(help="Filter to read; needed where the file has several")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model that answered")] = "unnamed",
    arm: Annotated[
        str | None, typer.Option(help="Take the file for this arm's evaluation; base: the student itself")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="With --arm: seed of its fine-tuning")] = 0,
    benchmark: Annotated[
        str | None, typer.Option(help="With --arm: benchmark of the run; by default the one on the dataset")
    ] = None,
    skip_unknown: SkipOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Import samples_*.jsonl of lm-evaluation-harness; makes the dataset and the run where not there."""
    place, config = Workspace(workspace), default_config(dataset)
    judge = _judge(place, run)
    if arm is not None:
        folder = place.run_folder(run)
        given = (arm, seed, dataset, benchmark, filter, skip_unknown, judge)
        said(evaluations.import_evaluation(place, folder, file, *given), json)
        return
    if benchmark is not None:
        raise StatError(f"--benchmark {benchmark}: only an arm is evaluated on one; add --arm")
    said(lm_eval.import_lm_eval(place, file, run, config, model, filter, skip_unknown, judge), json)


@app.command("hub")
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
    if hub.is_rated(name):
        config, judge, run = default_config(dataset or name), _judge(place, run or name), run or name
        said(hub.import_rated(place, name, run, config, file, split, skip_unknown, judge), json)
    else:
        said(hub.import_hub(place, name, dataset or name, file, split), json)


def _judge(workspace: Workspace, run: str) -> Judge | None:
    """The run's teacher as judge, opened when it is first asked; None for a run that is to be made."""
    return judge_by(workspace.run(run).context().ask) if run in workspace.run_names() else None


def _import(
    kind: Kind,
    file: Path,
    column: list[str] | None,
    read: Callable[[Reading], dict[str, object]],
    dry_run: bool,
    json: bool,
) -> None:
    columns = checked(kind, _pairs(column))
    if not dry_run:
        said(read(Reading(columns)), json)
        return
    found = preview(kind, file, columns, read)
    fields = [f"{ours}: {theirs or '(none)'}" for ours, theirs in found["columns"].items()]
    would = [f"would be {key.replace('_', ' ')}: {value}" for key, value in (found["would"] or {}).items()]
    head = f"{found['n_rows']:,} rows, {found['n_errors']:,} that do not fit; nothing was written"
    show(found, json, [head, *fields, *would, *found["errors"]])


def _pairs(column: list[str] | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in column or []]
    for ours, sign, _ in pairs:
        if not (sign and ours.strip()):
            raise StatError(f"--column {ours}: expected OURS=THEIRS")
    return {ours.strip(): theirs for ours, _, theirs in pairs}
