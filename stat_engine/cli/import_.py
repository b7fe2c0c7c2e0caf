"""Import questions, a Skill-Map, responses, rewards or sets."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Imports, Workspace
from stat_engine.api.choices import PRESETS
from stat_engine.cli.options import MOST_SEED, pairs
from stat_engine.cli.terminal import TerminalReport
from stat_engine.cli.verbs import READ, Shown, Verbs, counted
from stat_engine.errors import StatError

app = Verbs(help=__doc__)
FileArgument = Annotated[
    Path, typer.Argument(help="JSON Lines, CSV, TSV or Parquet; .gz too", show_default=False)
]
DatasetOption = Annotated[str, typer.Option("--dataset", help="Dataset in the workspace")]
RunOption = Annotated[str, typer.Option("--run", help="Run in the workspace")]
SplitOption = Annotated[
    str | None, typer.Option(help="train, validation or test, for rows that name no split")
]
ScaleOption = Annotated[
    str, typer.Option("--reward-scale", help="Rewards in the file: probability (in [0, 1]) or logit")
]
SkipOption = Annotated[bool, typer.Option("--skip-unknown", help="Count and skip rows that join nothing")]


@dataclass(frozen=True)
class Columns:
    """The names of the file's columns."""

    column: Annotated[
        list[str] | None,
        typer.Option(
            "--column", metavar="OURS=THEIRS", help="The file's column for a field of ours; repeat it"
        ),
    ] = None

    def imports(self, place: Workspace, is_dry: bool = False, scale: str = "probability") -> Imports:
        """Imports that read so."""
        columns = pairs("--column", self.column, "OURS=THEIRS", needs_right=False)
        return place.imports(columns, is_dry, scale, TerminalReport())


@dataclass(frozen=True)
class Reading(Columns):
    """How the file is read."""

    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show columns, first rows, first errors and what would change"),
    ] = False

    def imports(self, place: Workspace, is_dry: bool = False, scale: str = "probability") -> Imports:
        """Imports that read so, and write nothing in a dry run."""
        return super().imports(place, is_dry or self.dry_run, scale)

    def shown(self, found: Mapping[str, Any]) -> Shown:
        """What was imported, or what would be."""
        if not self.dry_run:
            return counted(found)
        fields = [f"{ours}: {theirs or '(none)'}" for ours, theirs in found["columns"].items()]
        would = found["would"] or {}
        needed = [ours for ours in found["suggested"] if f" {ours}=" in found["options"]]
        others = {a: b for a, b in found["suggested"].items() if a not in needed}
        fields += [f"needed: {found['options']}"] if found["options"] else []
        fields += [f"perhaps: --column {a}={shlex.quote(b)}" for a, b in others.items()]
        planned = [
            f"would be {key.replace('_', ' ')}: {value}" for key, value in would.items() if key != "notes"
        ]
        head = f"{found['n_rows']:,} rows, {found['n_errors']:,} that do not fit; nothing was written"
        return Shown(found, [head, *fields, *planned, *would.get("notes", []), *found["errors"]])


@dataclass(frozen=True)
class Scores(Reading):
    """How a file of responses or rewards is read."""

    skip_unknown: SkipOption = False
    reward_scale: ScaleOption = "probability"

    def imports(self, place: Workspace, is_dry: bool = False, scale: str = "") -> Imports:
        """Imports that read so; the scale is the one given here."""
        return super().imports(place, is_dry, scale or self.reward_scale)


@app.verb("questions")
def questions(
    place: Workspace,
    file: FileArgument,
    *,
    dataset: DatasetOption,
    split: SplitOption = None,
    how: Reading,
) -> Shown:
    """Import questions: {id, split, subject, level, problem, solution, answer}; id and problem required."""
    return how.shown(how.imports(place).questions(dataset, file, split))


@app.verb("skill-map")
def skill_map(
    place: Workspace,
    file: FileArgument,
    *,
    dataset: DatasetOption,
    vocabulary: Annotated[Path | None, typer.Option(help="JSON object {subject: [skill, ...]}"), READ] = None,
    skip_unknown: SkipOption = False,
    how: Reading,
) -> Shown:
    """Import a Skill-Map: {id, subject, skills}. With a vocabulary, skills outside it are refused."""
    return how.shown(how.imports(place).skill_map(dataset, file, vocabulary, skip_unknown))


@app.verb("responses")
def responses(place: Workspace, file: FileArgument, *, run: RunOption, how: Scores) -> Shown:
    """Import responses of any model: {problem_id, model, sample, response, steps?, correct?}."""
    return how.shown(how.imports(place).responses(run, file, how.skip_unknown))


@app.verb("step-rewards")
def step_rewards(place: Workspace, file: FileArgument, *, run: RunOption, how: Scores) -> Shown:
    """Import step rewards {problem_id, sample, step_rewards}, or human ratings with their responses."""
    return how.shown(how.imports(place).step_rewards(run, file, how.skip_unknown))


@app.verb("training-set")
def training_set(
    place: Workspace,
    file: FileArgument,
    *,
    run: RunOption,
    name: Annotated[str | None, typer.Option(help="Name of the set; the file's own by default")] = None,
    how: Columns,
) -> Shown:
    """Import a training set: question and solution under any usual name, messages, alpaca or sharegpt."""
    return counted(how.imports(place).training_set(run, file, name or ""))


@app.verb("lm-eval")
def lm_eval(
    place: Workspace,
    file: FileArgument,
    *,
    dataset: DatasetOption,
    run: RunOption,
    filter: Annotated[
        str | None, typer.Option(help="Filter to read; needed where the file has several")
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(help="Metric that decides; by default math_verify, else exact_match"),
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model that answered")] = "unnamed",
    arm: Annotated[
        str | None, typer.Option(help="Import the file as this arm's evaluation; base: the student itself")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="With --arm: seed of its fine-tuning")] = 0,
    benchmark: Annotated[
        str | None, typer.Option(help="With --arm: benchmark of the run; by default the one on the dataset")
    ] = None,
    skip_unknown: SkipOption = False,
    how: Columns,
) -> Shown:
    """Import samples_*.jsonl of lm-evaluation-harness; makes the dataset and the run where not there."""
    imports = how.imports(place)
    if arm is not None:
        given = arm, seed, benchmark, filter, skip_unknown, metric
        return counted(imports.evaluation(dataset, run, file, *given))
    if benchmark is not None:
        raise StatError(f"--benchmark {benchmark}: only an arm is evaluated on one; add --arm")
    return counted(imports.lm_eval(dataset, run, file, model, filter, skip_unknown, metric))


@app.verb("inspect")
def inspect(
    place: Workspace,
    file: Annotated[Path, typer.Argument(help="Log of Inspect, .eval or .json", show_default=False)],
    *,
    dataset: DatasetOption,
    run: RunOption,
    scorer: Annotated[
        str | None, typer.Option(help="Scorer that decides; by default the first of a sample")
    ] = None,
    model: Annotated[str, typer.Option(help="Name of the model; the log's own by default")] = "",
    skip_unknown: SkipOption = False,
    how: Columns,
) -> Shown:
    """Import a log of Inspect as responses; makes the dataset and the run where not there."""
    return counted(how.imports(place).inspect(dataset, run, file, model, scorer, skip_unknown))


@app.verb("hub")
def hub(
    place: Workspace,
    name: Annotated[str, typer.Argument(help=f"One of {', '.join(PRESETS)}", show_default=False)],
    *,
    file: Annotated[
        Path | None, typer.Option(help="File with the hub's own rows; nothing is downloaded"), READ
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="Dataset in the workspace; the name by default")] = None,
    split: Annotated[
        str | None, typer.Option(help="Split of the hub's to download, or that the file is")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Run for rated responses; the name by default")] = None,
    skip_unknown: SkipOption = False,
    how: Columns,
) -> Shown:
    """Import a public data set by name, from the Hugging Face hub or from a file."""
    return counted(how.imports(place).hub(name, dataset or "", run or "", file, split, skip_unknown))
