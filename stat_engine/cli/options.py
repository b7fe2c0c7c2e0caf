"""Arguments and options that several verbs share."""

from dataclasses import dataclass
from typing import Annotated

import typer

from stat_engine.errors import StatError

MOST_SEED = 2**32 - 1
"""The largest seed that NumPy, torch and Python all take."""
RunArgument = Annotated[str, typer.Argument(help="Run in the workspace", show_default=False)]
DatasetArgument = Annotated[str, typer.Argument(help="Dataset in the workspace", show_default=False)]
SetArgument = Annotated[
    str, typer.Argument(metavar="SET", help="Training set of the run", show_default=False)
]
SettingsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="Settings, as in difficulty.tau1=0.9")
]
NoteOption = Annotated[str | None, typer.Option("--note", help="A note for the history")]
BenchmarkOption = Annotated[str | None, typer.Option(help="Benchmark; the run's own questions by default")]
ReferenceOption = Annotated[str, typer.Option(help="Arm that the others are compared with")]
CallsOnly = Annotated[
    bool, typer.Option("--dry-run", help="Only show how many teacher calls it takes and what they cost")
]


@dataclass(frozen=True)
class Author:
    """Who decides."""

    author: Annotated[
        str, typer.Option("--author", help="Who decides; $STAT_REVIEWER or the system's user by default")
    ] = ""


def pairs(option: str, given: list[str] | None, expected: str, needs_right: bool = True) -> dict[str, str]:
    """{left: right} of a repeated LEFT=RIGHT option; raises StatError with the form that is expected."""
    found = {}
    for text in given or []:
        left, sign, right = text.partition("=")
        if not (sign and left.strip() and (right.strip() or not needs_right)):
            raise StatError(f"{option} {text}: expected {expected}")
        found[left.strip()] = right.strip() if needs_right else right
    return found
