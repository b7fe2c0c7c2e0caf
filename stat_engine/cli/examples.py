"""Look into a training set, and drop or edit its examples."""

import json
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from stat_engine.api import Examples, Workspace, output
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.options import Author, NoteOption, RunArgument, SetArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError, shown

app = Verbs(help=__doc__)
ExampleArgument = Annotated[
    str, typer.Argument(metavar="EXAMPLE", help="Example by id, as `examples list` shows it")
]
ExamplesArgument = Annotated[
    list[str], typer.Argument(metavar="EXAMPLE...", help="Examples by id, as `examples list` shows them")
]


@app.verb("list")
def list_examples(
    place: Workspace,
    run: RunArgument,
    set_name: SetArgument,
    skill: Annotated[str | None, typer.Option(help="SUBJECT/SKILL carried or aimed at")] = None,
    state: Annotated[str | None, typer.Option(help="as built, edited or dropped")] = None,
    question: Annotated[str | None, typer.Option(help="Difficult question that called for them")] = None,
    text: Annotated[str | None, typer.Option(help="Words in question or solution")] = None,
    page: Annotated[int, typer.Option(min=1, help="Page of rows")] = 1,
    rows: Annotated[int, typer.Option(min=1, help="Rows a page")] = 100,
) -> Shown:
    """List a training set's examples as people left them, with where each came from."""
    found = place.run(run).examples(set_name).page(_skill(skill), state, question, text, page - 1, rows)
    records = rows_of(found["rows"])
    columns = {
        "example_id": "example", "state": "state", "missing_skill": "for skill",
        "difficult_question_id": "for question", "problem": "question",
    }  # fmt: skip
    short = [{**row, "problem": shown(row["problem"])} for row in records]
    lines = [f"{found['n']:,} examples", *(table(short, columns) if short else [])]
    return Shown({"run": run, "set": set_name, "n": found["n"], "examples": records}, lines)


@app.verb("show")
def show(place: Workspace, run: RunArgument, set_name: SetArgument, example: ExampleArgument) -> Shown:
    """Show an example's lineage: from the training row to what people decided on the label behind it."""
    found = place.run(run).examples(set_name).lineage(example)
    return Shown(found, _lines(found))


@app.verb("edit")
def edit(
    place: Workspace,
    run: RunArgument,
    set_name: SetArgument,
    example: ExampleArgument,
    *,
    problem: Annotated[str | None, typer.Option(help="The question's new text; unchanged by default")] = None,
    solution: Annotated[str | None, typer.Option(help="The solution's new text")] = None,
    note: NoteOption = None,
    by: Author,
) -> Shown:
    """Replace an example's question or solution; the set as built, and the history, stay."""
    if problem is None and solution is None:
        raise StatError("examples edit: expected --problem TEXT, --solution TEXT, or both")
    of = place.run(run).examples(set_name)
    return _changed(run, of, of.edit(example, problem, solution, note, by.author))


@app.verb("drop")
def drop(
    place: Workspace,
    run: RunArgument,
    set_name: SetArgument,
    examples: ExamplesArgument,
    *,
    note: NoteOption = None,
    by: Author,
) -> Shown:
    """Leave examples out of what is trained on and exported."""
    of = place.run(run).examples(set_name)
    return _changed(run, of, of.decide("drop", examples, note, by.author))


@app.verb("undo")
def undo(
    place: Workspace, run: RunArgument, set_name: SetArgument, examples: ExamplesArgument, *, by: Author
) -> Shown:
    """Take back the last change of examples; the history keeps both."""
    of = place.run(run).examples(set_name)
    return _changed(run, of, of.decide("undo", examples, None, by.author))


@app.verb("copy")
def copy(
    place: Workspace,
    run: RunArgument,
    set_name: SetArgument,
    name: Annotated[str, typer.Argument(help="Name of the copy", show_default=False)],
) -> Shown:
    """Copy a training set under a new name, with its changes: one that was trained on stays as it is."""
    result = place.run(run).examples(set_name).copy(name)
    return Shown(result, [f"set {name}: a copy of {set_name}, {result['n_pairs']:,} pairs"])


def _changed(run: str, of: Examples, events: list[Any]) -> Shown:
    n_pairs = of.n_pairs()
    result = {
        "run": run, "set": of.name, "n_pairs": n_pairs, "events": [event.model_dump() for event in events],
    }  # fmt: skip
    lines = [f"example {event.example_id}: {output.example_event(event)}" for event in events]
    return Shown(result, [*lines, f"{n_pairs:,} pairs are left"])


def _skill(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    subject, _, skill = text.rpartition("/")
    return subject, skill


def _lines(found: Mapping[str, Any]) -> list[str]:
    example, made, difficult = found["example"], found["made"], found["difficult"]
    lines = [f"example {example['example_id']} ({example['state']}): {shown(example['problem'], 200)}"]
    lines += [f"  {event['in_words']}" for event in example["events"]]
    lines += [f"reference {one.id}: {shown(one.problem, 120)}" for one in made["references"]]
    lines += [f"solution: answer {one['answer']}, taken: {one['is_taken']}" for one in made["solutions"]]
    if difficult is None:
        return [*lines, "drawn without a difficult question"]
    lines.append(f"for missing skill {difficult['skill']} of question {example['difficult_question_id']}")
    for response in difficult["responses"]:
        rewards, failing = json.dumps(response["step_rewards"]), response["failing_step"]
        at = "none" if failing is None else failing + 1
        lines.append(f"response {response['response_id']}: rewards {rewards}, failing step {at}")
        if label := response["label"]:
            lines.append(f"  {label.teacher}: {', '.join(label.skills) or 'none'}")
        lines += [f"  {event['in_words']}" for event in response["events"]]
    return lines
