"""The command line, `stat-studio`: the same actions as the pages, with `--json` for other programs.

`FILES` lists the verbs with their files. Only the file of the verb that is asked for is imported."""

import ast
import errno
import os
import re
import shlex
import signal
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import cache, cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from stat_engine import __version__
from stat_engine.errors import DamagedFile, StatError

FILES = {
    "demo": "demo", "app": "app", "doctor": "doctor", "runs": "runs", "new": "runs", "fork": "runs",
    "diff": "runs", "note": "runs", "tag": "runs", "run": "run", "status": "status", "warnings": "status",
    "cost": "status", "round": "round", "rounds": "round", "presets": "settings", "show": "settings",
    "set": "settings", "settings": "settings", "models": "models", "difficult": "difficult",
    "questions": "difficult", "question": "difficult", "disagreements": "verdicts", "verdict": "verdicts",
    "verdicts": "verdicts", "profile": "profile", "agreement": "agreement",
    "label": "label", "build": "build", "allocation": "build", "dropped": "build", "leakage": "build",
    "examples": "examples", "train": "train", "grpo": "grpo", "evaluate": "evaluate", "try": "evaluate",
    "compare": "compare", "power": "compare", "report": "compare", "gains": "gains", "flips": "gains",
    "study": "study", "studies": "study", "study-report": "study", "split": "split",
    "audit-skill-map": "audit_skill_map", "skills": "skills", "import": "import_", "export": "export",
    "export-steps": "export", "export-model": "export", "jobs": "jobs", "disk": "disk", "clean": "disk",
    "verify": "verify", "numeracy": "numeracy", "grade": "grade",
}  # fmt: skip
"""Verb or group -> the file in this folder that holds it, in the order of `stat-studio --help`."""
GROUPS = ("label", "examples", "skills", "import", "jobs", "models", "numeracy")
"""Names in FILES that hold verbs of their own; a file's first line is its group's help."""


class Group(TyperGroup):
    """A group that shows its help where no verb is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments, or `--help`."""
        return super().parse_args(ctx, args or ["--help"])


class Later(TyperCommand):
    """A verb or group whose file is imported when it is run or asked for its own help."""

    @cached_property
    def command(self) -> Any:
        """The command itself."""
        name = str(self.name)
        found = get_group(import_module(f"{__name__}.{FILES[name]}").app)
        return found if name in GROUPS else found.commands[name]

    def make_context(self, *args: Any, **more: Any) -> Any:
        """What the command makes of its arguments."""
        return self.command.make_context(*args, **more)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The start of its help, read from the source: faster than importing every file."""
        self.help = _docstring(str(self.name))
        return super().get_short_help_str(limit)


def _docstring(name: str) -> str:
    file = Path(__file__).with_name(f"{FILES[name]}.py")
    tree = ast.parse(file.read_text(encoding="utf-8"))
    if name in GROUPS:
        return ast.get_docstring(tree) or ""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return next(ast.get_docstring(of) or "" for of in functions if name in registered_as(of))


def registered_as(function: ast.FunctionDef) -> set[Any]:
    """The names in its decorators, as in `@app.verb("status")`."""
    calls = [node for node in function.decorator_list if isinstance(node, ast.Call)]
    return {argument.value for of in calls for argument in of.args if isinstance(argument, ast.Constant)}


_program = typer.Typer(cls=Group, add_completion=False, rich_markup_mode=None)


def _show_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"stat-studio {__version__}")
        raise typer.Exit


@_program.callback()
def _options(
    debug: bool = typer.Option(False, "--debug", help="Show the traceback of an error"),
    version: bool = typer.Option(
        False, "--version", help="Show the version", callback=_show_version, is_eager=True
    ),
) -> None:
    """Skill-Targeted Adaptive Training: find the skills a student lacks, train on them, see if it helped."""


@cache
def program() -> TyperGroup:
    """`stat-studio` with all its verbs."""
    group = get_group(_program)
    for name in FILES:
        group.add_command(Later(name, rich_markup_mode=None))
    return group


def verb_function(path: Sequence[str]) -> Callable[..., Any]:
    """The function of a verb, as in ("skills", "label"): (workspace, its arguments and options) -> Shown."""
    app = import_module(f"{__name__}.{FILES[path[0]]}").app
    return cast(Callable[..., Any], app.functions[path[-1]])


def execute(arguments: list[str]) -> int:
    """Run a verb in this process and return its exit status; errors are raised."""
    status = program().main(arguments, standalone_mode=False)
    return status if isinstance(status, int) else 0


INTERRUPTED = 130
"""Typer's status of a verb that was interrupted."""
LONG = ("demo", "run", "build", "train", "grpo", "evaluate", "study", "skills", "numeracy")
"""Verbs that may be stopped: a signal to end is told, with the way on."""
RESUMED = LONG[:-1]
"""Those that go on from what they kept."""


def main() -> None:
    """Run a verb; an error is one line on stderr and exit status 2 (`--debug` anywhere: its traceback)."""
    is_debug = "--debug" in sys.argv
    warnings.showwarning = partial(_show_warning, warnings.showwarning, set())
    given = _verb_first([argument for argument in sys.argv[1:] if argument != "--debug"])
    stops: list[int] = []
    try:
        with _stoppable(stops) if given[:1] and given[0] in LONG else nullcontext():
            status = execute(given)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as error:
        if is_debug:
            raise
        sys.stderr.write(f"stat-studio: {sentence(error)}{os.linesep}")
        status = 2
    if status == INTERRUPTED:
        number = stops[0] if stops else signal.SIGINT
        status = 128 + number
        sys.stderr.write(_stopped(number, given) + os.linesep)
    sys.stdout.flush()
    sys.stderr.flush()
    if status:
        sys.exit(status)


def _verb_first(arguments: list[str]) -> list[str]:
    """The arguments with `--workspace` and `--json`, where they come before the verb, behind it."""
    moved: list[str] = []
    left = list(arguments)
    while left and (left[0] in ("--workspace", "--json") or left[0].startswith("--workspace=")):
        n = 2 if left[0] == "--workspace" else 1
        moved, left = [*moved, *left[:n]], left[n:]
    return [*left, *moved] if left and not left[0].startswith("-") else arguments


@contextmanager
def _stoppable(stops: list[int]) -> Iterator[None]:
    """SIGTERM ends the verb as Ctrl-C does, and is noted in `stops`; a second one ends the process."""

    def stop(number: int, _: object) -> None:
        stops.append(number)
        signal.signal(number, signal.SIG_DFL)
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # only the main thread may
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _stopped(number: int, arguments: list[str]) -> str:
    """What is said where a verb was stopped, on a line of its own."""
    begin = "\n" if sys.stderr.isatty() else ""  # behind a line of progress
    way = ""
    if arguments[:1] and arguments[0] in RESUMED:
        way = f"; what was finished is kept, go on with: {shlex.join(['stat-studio', *arguments])}"
    return f"{begin}stat-studio: stopped by {signal.Signals(number).name}{way}"


def _show_warning(
    as_python_does: Callable[..., None],
    said: set[str],
    message: Warning | str,
    category: type[Warning],
    *place: Any,
) -> None:
    """Name a damaged file, or a line of one, in one line, once; show other warnings as Python does."""
    if issubclass(category, DamagedFile):
        if str(message) not in said:  # several views may be without the same file
            said.add(str(message))
            sys.stderr.write(f"stat-studio: warning: {message}{os.linesep}")
    else:
        as_python_does(message, category, *place)


CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def sentence(error: Exception) -> str:
    """An error as one line for the user."""
    if isinstance(error, typer.TyperException):
        message = error.format_message()
    elif isinstance(error, StatError):
        message = str(error)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        message = f"{place}{error.strerror or error}"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            message += (
                "; free disk space (stat-studio disk shows what takes it), then give the same order again"
            )
    else:  # a bug, or a file that something else damaged: still one line
        reason = f"{type(error).__name__}: {error}"[:500]
        message = f"unexpected {reason} (--debug shows where)"
    return CONTROL.sub(lambda found: ascii(found[0])[1:-1], " ".join(message.split()))
