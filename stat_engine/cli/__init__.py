"""The command line: `stat-studio`, the same verbs as the pages."""

import os
import sys

import typer
from typer._click.exceptions import ClickException  # typer carries its own copy of click

from stat_engine.cli import (
    agreement,
    compare,
    data,
    difficult,
    editing,
    examples,
    export_model,
    grade,
    grpo,
    importing,
    jobs,
    label,
    labels,
    numeracy,
    results,
    rounds,
    runs,
    sets,
    settings,
    skills,
    studio,
    study,
    training,
    vocabulary,
    workspace,
    workspace_settings,
)
from stat_engine.errors import StatError

app = typer.Typer(
    name="stat-studio",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def options(debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error")) -> None:
    """Skill-Targeted Adaptive Training: find the skills a student lacks, train on them, see if it helped."""


app.add_typer(importing.app, name="import", help="Import questions, a Skill-Map, responses, rewards or sets")
app.add_typer(numeracy.app, name="numeracy", help="Make the embedded domain: dataset, student, reward model")
for name, verb in (*vocabulary.VERBS, *editing.VERBS):
    skills.app.command(name)(verb)
app.add_typer(jobs.app, name="jobs", help="Long work in processes of its own: list, log, stop, resume")
app.add_typer(skills.app, name="skills", help="Make a Skill-Map, and change the skill vocabulary")
for name, verb in labels.VERBS:
    label.app.command(name)(verb)
app.add_typer(label.app, name="label", help="Review the teacher's labels: decide, take back, carry as a file")
app.add_typer(examples.app, name="examples", help="Look into a training set, and drop or edit its examples")
ROOMS = (
    studio, runs, rounds, settings, difficult, results, compare, sets, training, grpo, study, data, agreement,
    examples, export_model, workspace, workspace_settings, grade,
)  # fmt: skip
for room in ROOMS:
    for verb in room.VERBS:
        app.command()(verb) if callable(verb) else app.command(verb[0])(verb[1])


def main() -> None:
    """Run a verb; an error is one line on stderr and exit status 2 (`--debug` anywhere: its traceback)."""
    is_debug = "--debug" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"] or ["--help"]
    try:
        status = app(args=arguments, standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        status = 130
    except Exception as error:
        if is_debug:
            raise
        sys.stderr.write(f"stat-studio: {sentence(error)}{os.linesep}")
        status = 2
    sys.stdout.flush()
    sys.stderr.flush()
    if isinstance(status, int) and status:
        sys.exit(status)


def sentence(error: Exception) -> str:
    """What a person is told of an error, in one line."""
    if isinstance(error, ClickException):
        message = error.format_message()
    elif isinstance(error, StatError):
        message = str(error)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        message = f"{place}{error.strerror or error}"
    else:  # a bug, or a file that something else damaged: still one line
        reason = f"{type(error).__name__}: {error}"[:500]
        message = f"unexpected {reason} (--debug shows where)"
    return " ".join(message.split())
