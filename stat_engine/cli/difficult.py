"""Verbs on difficult questions: how many under which thresholds, which, and one step by step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from stat_engine.api import Run, Workspace, choices
from stat_engine.api.choices import GRADED, LABELLED, SHOWN, SORTS, QuestionFilter
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.options import RunArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError

app = Verbs()
PAPER = "paper"
ChangeOption = Annotated[
    bool, typer.Option("--change", help="What these thresholds change against the run's own")
]
GridOption = Annotated[
    bool, typer.Option("--grid", help="The reward filter against correctness under many thresholds")
]


@dataclass(frozen=True)
class Thresholds:
    """In place of the run's own."""

    tau1: Annotated[float | None, typer.Option(help="On the final and the mean reward; 0: off")] = None
    tau2: Annotated[float | None, typer.Option(help="On the steps before the final one; 0: off")] = None


@app.verb("difficult")
def difficult(
    place: Workspace,
    run: RunArgument,
    which: Annotated[
        str | None,
        typer.Argument(metavar="[paper]", help="Behind --grid: only the 16 pairs of the paper's table 8"),
    ] = None,
    *,
    at: Thresholds,
    rule: Annotated[str | None, typer.Option(help="paper or adaptmi")] = None,
    filter: Annotated[str | None, typer.Option(help="prm, consistency, length, orm or ground-truth")] = None,
    aggregate: Annotated[str | None, typer.Option(help="any, half, all or best-mean")] = None,
    change: ChangeOption = False,
    grid: GridOption = False,
    filters: Annotated[bool, typer.Option("--filters", help="The reward filter beside the others")] = False,
) -> Shown:
    """Count the difficult questions under the run's thresholds, or others; nothing is changed."""
    if which is not None and run == PAPER:  # --grid paper RUN
        run, which = which, run
    if which is not None and (which != PAPER or not grid):
        raise StatError(f"difficult {run} {which}: expected nothing behind the run, or --grid {PAPER}")
    chosen = place.run(run)
    asked = {**vars(at), "rule": rule, "filter": filter, "aggregate": aggregate}
    if filters and not (change or grid):
        return _compared(chosen, asked)
    result: dict[str, Any] = dict(chosen.difficult(**asked))
    if change:
        result["change"] = chosen.difficulty_change(**asked)
    if grid:
        found = chosen.difficulty_grid(is_paper=which == PAPER)
        result["grid"] = None if found is None else rows_of(found)
    if filters:
        result["filters"] = chosen.difficulty_filters()
    return Shown(result, _lines(result, chosen.difficulty_warning(**asked)))


def _compared(chosen: Run, asked: dict[str, Any]) -> Shown:
    """All filters side by side, also where the run's own cannot be computed: then with the reason."""
    filters = [dict(row) for row in chosen.difficulty_filters()]
    try:
        counts: dict[str, Any] = dict(chosen.difficult(**asked))
    except StatError as error:
        if all(row["reason"] for row in filters):
            raise
        return Shown({"reason": str(error), "filters": filters}, [str(error), *_filters(filters)])
    result = {**counts, "filters": filters}
    return Shown(result, _lines(result, chosen.difficulty_warning(**asked)))


@app.verb("questions")
def questions(
    place: Workspace,
    run: RunArgument,
    *,
    at: Thresholds,
    shown: Annotated[str, typer.Option("--show", help=", ".join(SHOWN))] = SHOWN[0],
    subject: Annotated[str | None, typer.Option(help="Only of this subject")] = None,
    level: Annotated[int | None, typer.Option(min=0, help="Only of this level")] = None,
    clause: Annotated[str | None, typer.Option(help="Where it fired: final, mean or step")] = None,
    graded: Annotated[str, typer.Option("--answer", help=", ".join(GRADED))] = GRADED[0],
    label: Annotated[str, typer.Option(help=", ".join(LABELLED))] = LABELLED[0],
    search: Annotated[str, typer.Option(help="Words in the problem or the id")] = "",
    sort: Annotated[str, typer.Option(help=", ".join(SORTS))] = next(iter(SORTS)),
    first: Annotated[int, typer.Option(min=0, help="Rows to skip")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="Rows to show")] = 50,
) -> Shown:
    """List the questions of a run, a page of rows at a time: difficult ones unless --show says otherwise."""
    wanted = QuestionFilter(shown, subject, level, clause, graded, label, search)
    page = place.run(run).page_of_questions(wanted, sort, first, limit, at.tau1, at.tau2)
    rows = rows_of(page["rows"])
    columns = {
        "question_id": "question", "subject": "subject", "level": "level", "n_difficult": "difficult",
        "n_responses": "responses", "mean": "mean", "clauses": "clauses", "problem": "problem",
    }  # fmt: skip
    result = {"run": run, "n": page["n"], "questions": rows}
    return Shown(result, [f"{page['n']:,} questions", *table(rows, columns)])


@app.verb("question")
def question(
    place: Workspace,
    run: RunArgument,
    id: Annotated[str, typer.Argument(metavar="QUESTION", help="Id of the question", show_default=False)],
    *,
    at: Thresholds,
) -> Shown:
    """Show one question with all its responses, step by step, and their labels."""
    found = place.run(run).question(id, at.tau1, at.tau2)
    lines, responses = [found["question"].problem], []
    for entry in found["responses"]:
        labels = [label.model_dump() for label in entry["labels"]]
        responses.append({**entry, "response": entry["response"].model_dump(), "labels": labels})
        lines += ["", *_response_lines(entry)]
        lines += [f"  {label['teacher']}: {', '.join(label['skills']) or 'no skill'}" for label in labels]
    return Shown({"run": run, "question": found["question"].model_dump(), "responses": responses}, lines)


def _response_lines(entry: Mapping[str, Any]) -> list[str]:
    response, rewards = entry["response"], entry["step_rewards"] or []
    lines = [f"{response.model}, sample {response.sample}: {_verdict(entry)}"]
    for at, step in enumerate(response.steps):
        reward = f"{rewards[at]:.2f}" if at < len(rewards) else "-"
        is_failing = entry["is_difficult"] and at == entry["failing_step"]
        lines.append(f"  {at + 1} {reward:>5}  {step}{'  <- first failing step' if is_failing else ''}")
    return lines


def _verdict(entry: Mapping[str, Any]) -> str:
    graded = {True: "right", False: "wrong", None: "not graded"}[entry["response"].is_correct]
    fired = f" ({', '.join(entry['clauses'])})" if entry["clauses"] else ""
    return f"{'difficult' if entry['is_difficult'] else 'easy'}{fired}, {graded}"


def _lines(result: dict[str, Any], warning: str | None) -> list[str]:
    rows = [{"subject": subject or "all", **counts} for subject, counts in result["by_subject"].items()]
    columns = {"subject": "subject", "n_questions": "questions", "n_difficult": "difficult"}
    clauses = ", ".join(f"{name} {n:,}" for name, n in result["clauses"].items())
    return [
        *([f"warning: {warning}"] if warning else []),
        f"{result['n_difficult']:,} of {result['n_questions']:,} questions are difficult "
        f"({result['n_responses']:,} responses; responses under each clause: {clauses})",
        *_confusion(result["confusion"]),
        *_changed(result.get("change")),
        *table(rows, columns),
        *_grid(result),
        *_filters(result.get("filters")),
    ]


def _confusion(confusion: Any) -> list[str]:
    if confusion is None:
        return ["no question's correctness is known"]
    found = choices.quality(confusion)
    parts = [
        f"{name.upper() if name == 'f1' else name} "
        + (f"{one['value']:.3f} (n={one['n']:,})" if one["value"] is not None else "-")
        for name, one in found.items()
    ]
    return [f"against correctness: {', '.join(parts)}"]


def _changed(change: dict[str, int] | None) -> list[str]:
    if change is None:
        return []
    return [
        f"{change['became_difficult']:,} become difficult, {change['became_easy']:,} become easy; "
        f"{change['without_label']:,} difficult ones have no label"
    ]


def _grid(result: dict[str, Any]) -> list[str]:
    names = ("tau1", "tau2", "accuracy", "precision", "recall", "f1")
    if "grid" not in result:
        return []
    none = ["no grid of thresholds: it needs step rewards and known correctness"]
    return table(result["grid"], {name: name for name in names}) if result["grid"] else none


def _filters(found: list[dict[str, Any]] | None) -> list[str]:
    rows = [
        {"filter": row["filter"], "setting": row["setting"], "n_difficult": row["n_difficult"]}
        | ({name: one["value"] for name, one in row["quality"].items()} if row["quality"] else {})
        | {"note": row["reason"] or ""}
        for row in found or []
    ]
    columns = {
        "filter": "filter", "setting": "difficult when", "n_difficult": "difficult", "accuracy": "accuracy",
        "precision": "precision", "recall": "recall", "f1": "F1", "note": "note",
    }  # fmt: skip
    return table(rows, columns) if rows else []
