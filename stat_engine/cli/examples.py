"""Verbs on what is in a training set: examples list|show|edit|drop|undo|copy, allocation, leakage."""

import json as json_text
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.api import Workspace
from stat_engine.cli.label import author_or_default
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError, shown
from stat_engine.records import ExampleAction
from stat_engine.review.examples import change_examples, copy_set
from stat_engine.store.example_log import Change, example_words, newest_events
from stat_engine.store.files import write_json
from stat_engine.store.run_folder import RunFolder

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
SetArgument = Annotated[
    str, typer.Argument(metavar="SET", help="Training set of the run", show_default=False)
]
ExampleArgument = Annotated[
    str, typer.Argument(metavar="EXAMPLE", help="Example by id, as `examples list` shows it")
]
ExamplesArgument = Annotated[
    list[str], typer.Argument(metavar="EXAMPLE...", help="Examples by id, as `examples list` shows them")
]
AuthorOption = Annotated[
    str, typer.Option("--author", help="Who decides; $STAT_REVIEWER or the system's user by default")
]
NoteOption = Annotated[str | None, typer.Option("--note", help="A note for the history")]


@app.command("list")
def list_examples(
    run: RunArgument,
    set_name: SetArgument,
    skill: Annotated[str | None, typer.Option(help="SUBJECT/SKILL carried or aimed at")] = None,
    state: Annotated[str | None, typer.Option(help="as built, edited or dropped")] = None,
    question: Annotated[str | None, typer.Option(help="Difficult question that called for them")] = None,
    text: Annotated[str | None, typer.Option(help="Words in question or solution")] = None,
    page: Annotated[int, typer.Option(min=1, help="Page of rows")] = 1,
    rows: Annotated[int, typer.Option(min=1, help="Rows a page")] = 100,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List a training set's examples as people left them, with where each came from."""
    folder = Workspace(workspace).run_folder(run)
    found = views.examples.page(folder, set_name, _skill(skill), state, question, text, page - 1, rows)
    records = found["rows"].to_dict("records")
    columns = {
        "example_id": "example", "state": "state", "missing_skill": "for skill",
        "difficult_question_id": "for question", "problem": "question",
    }  # fmt: skip
    short = [{**row, "problem": shown(row["problem"])} for row in records]
    lines = [f"{found['n']:,} examples", *(table(short, columns) if short else [])]
    show({"run": run, "set": set_name, "n": found["n"], "examples": records}, json, lines)


@app.command("show")
def show_example(
    run: RunArgument,
    set_name: SetArgument,
    example: ExampleArgument,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show an example's lineage: from the training row to what people decided on the label behind it."""
    found = views.examples.lineage(Workspace(workspace).run_folder(run), set_name, example)
    show(found, json, _lines(found))


@app.command("edit")
def edit(
    run: RunArgument,
    set_name: SetArgument,
    example: ExampleArgument,
    problem: Annotated[
        str | None, typer.Option(help="The question's new words; as they are by default")
    ] = None,
    solution: Annotated[str | None, typer.Option(help="The solution's new words")] = None,
    note: NoteOption = None,
    author: AuthorOption = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Put an example's question or solution in other words; the set as built, and the history, stay."""
    if problem is None and solution is None:
        raise StatError("examples edit: expected --problem TEXT, --solution TEXT, or both")
    folder = Workspace(workspace).run_folder(run)
    now = views.examples.one(folder, set_name, example)
    texts = {"problem": problem or now["problem"], "solution": solution or now["solution"]}
    change = Change(example, "edit", now["newest"], note=note, **texts)
    _changed(folder, set_name, [change], author_or_default(author), json)


@app.command("drop")
def drop(
    run: RunArgument,
    set_name: SetArgument,
    examples: ExamplesArgument,
    note: NoteOption = None,
    author: AuthorOption = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Leave examples out of what is trained on and exported."""
    _over(Workspace(workspace).run_folder(run), set_name, "drop", examples, author, note, json)


@app.command("undo")
def undo(
    run: RunArgument,
    set_name: SetArgument,
    examples: ExamplesArgument,
    author: AuthorOption = "",
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Take back the last change of examples; the history keeps both."""
    _over(Workspace(workspace).run_folder(run), set_name, "undo", examples, author, None, json)


@app.command("copy")
def copy(
    run: RunArgument,
    set_name: SetArgument,
    name: Annotated[str, typer.Argument(help="Name of the copy", show_default=False)],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Copy a training set under a new name, with its changes: one that was trained on stays as it is."""
    result = copy_set(Workspace(workspace).run_folder(run), set_name, name)
    show(result, json, [f"set {name}: a copy of {set_name}, {result['n_pairs']:,} pairs"])


def allocation(
    run: RunArgument,
    allocation: Annotated[str | None, typer.Option(help="proportional or lower-bound")] = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Pairs of the set")] = None,
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write, to be edited and given to build")
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show how many pairs of a targeted set each skill is to get, and write that down to be edited."""
    if allocation not in (None, "proportional", "lower-bound"):
        raise StatError(f"--allocation {shown(allocation)}: expected proportional or lower-bound")
    plan = views.training_sets.plan(Workspace(workspace).run_folder(run), allocation, pairs)  # type: ignore[arg-type]
    if out is not None:
        write_json(out, views.training_sets.as_allocation(plan))
    rows: list[Any] = plan[plan.n_missing > 0].to_dict("records")
    columns = {
        "subject": "subject", "skill": "skill", "n_missing": "missing in", "n_aimed": "aimed at",
        "pairs": "pairs", "n_pool": "pool questions",
    }  # fmt: skip
    lines = table(rows, columns) if rows else ["no difficult question misses a skill"]
    show(
        {"run": run, "skills": plan.to_dict("records")},
        json,
        [*lines, *([f"written to {out}"] if out else [])],
    )


def leakage(
    run: RunArgument,
    set_name: SetArgument,
    top: Annotated[int, typer.Option(min=1, help="Nearest questions to list")] = 50,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Tell how near a training set's questions come to those of validation and test."""
    found = views.training_sets.leakage(Workspace(workspace).run_folder(run), set_name, top)
    columns = {"share": "share", "split": "split", "near_id": "is near to", "problem": "question"}
    short = [{**row, "problem": shown(row["problem"])} for row in found["nearest"][:10]]
    head = (
        f"{found['n_near']:,} of {found['n_questions']:,} questions share {found['threshold']:.0%} or more "
        f"of their wording with one of {found['n_evaluation']:,} evaluation questions; "
        f"{found['n_equal']:,} are equal"
    )
    show(found, json, [head, *(table(short, columns) if short else [])])


def _over(
    run: RunFolder,
    set_name: str,
    action: ExampleAction,
    examples: list[str],
    author: str,
    note: str | None,
    as_json: bool,
) -> None:
    """The same for every example named, on top of what its history says now."""
    newest = newest_events(run.example_log(set_name).events())
    seen = {id: event.event_id for id, event in newest.items()}
    changes = [Change(id, action, seen.get(id), note=note) for id in examples]
    _changed(run, set_name, changes, author_or_default(author), as_json)


def _changed(run: RunFolder, set_name: str, changes: list[Change], author: str, as_json: bool) -> None:
    events = change_examples(run, set_name, changes, author)
    result = {
        "run": run.name, "set": set_name, "n_pairs": run.n_examples(set_name),
        "events": [event.model_dump() for event in events],
    }  # fmt: skip
    lines = [f"example {event.example_id}: {example_words(event)}" for event in events]
    show(result, as_json, [*lines, f"{result['n_pairs']:,} pairs are left"])


def _skill(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    subject, _, skill = text.rpartition("/")
    return subject, skill


def _lines(found: dict[str, Any]) -> list[str]:
    example, made, difficult = found["example"], found["made"], found["difficult"]
    lines = [f"example {example['example_id']} ({example['state']}): {shown(example['problem'], 200)}"]
    lines += [f"  {event['in_words']}" for event in example["events"]]
    lines += [f"reference {one['id']}: {shown(one['problem'], 120)}" for one in made["references"]]
    lines += [f"solution: answer {one['answer']}, taken: {one['is_taken']}" for one in made["solutions"]]
    if difficult is None:
        return [*lines, "drawn without a difficult question"]
    lines.append(f"for missing skill {difficult['skill']} of question {difficult['question']['id']}")
    for response in difficult["responses"]:
        rewards, failing = json_text.dumps(response["step_rewards"]), response["failing_step"]
        at = "none" if failing is None else failing + 1
        lines.append(f"response {response['response_id']}: rewards {rewards}, failing step {at}")
        if response["label"]:
            lines.append(
                f"  {response['label']['teacher']}: {', '.join(response['label']['skills']) or 'none'}"
            )
        lines += [f"  {event['in_words']}" for event in response["events"]]
    return lines


VERBS = [allocation, leakage]
