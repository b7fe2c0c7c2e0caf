"""How a verb is declared and run: its options, the workspace it works in, and how its outcome is printed."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec, get_args, get_type_hints

import typer
from typer.core import TyperCommand
from typer.models import OptionInfo

from stat_engine.api import Workspace
from stat_engine.cli import GROUPS, Group
from stat_engine.cli.terminal import show
from stat_engine.errors import StatError

P = ParamSpec("P")
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of datasets and runs [default: $STAT_WORKSPACE or workspace]"),
]
OverwriteOption = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace files that this verb did not write, or that were changed since; others it replaces",
    ),
]
READ = "read"
"""Marks an option, as in `Annotated[Path, typer.Option(), READ]`, whose file is read; others are written."""
NAMED = {"run", "name", "dataset", "arm", "benchmark", "preset", "launcher", "reference", "against"}
"""Arguments and options that hold names of runs, datasets, sets, arms and the like."""
OWN_RULE = "own rule"
"""Marks an option whose place is replaced by a rule of the verb's own, without `--overwrite`."""
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else")]


@dataclass(frozen=True)
class Shown:
    """What a verb found: an object for `--json`, and the same as lines for people."""

    result: Mapping[str, object]
    lines: Sequence[str]


def counted(result: Mapping[str, Any]) -> Shown:
    """Counts one a line, and their `notes` as the sentences that they are."""
    notes = [str(note) for note in result.get("notes", [])]
    lines = [f"{key.replace('_', ' ')}: {value}" for key, value in result.items() if key != "notes"]
    return Shown(result, [*lines, *notes])


class Command(TyperCommand):
    """A verb. An argument with one hyphen before it is text, as in `grade 3 -3`: no option has one letter."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments. An unknown option with two hyphens is refused."""
        options = args[: args.index("--")] if "--" in args else args
        known = {*ctx.help_option_names}
        for one in self.params:
            known.update(one.opts, one.secondary_opts)
        unknown = [given for given in options if given[:2] == "--" and given.partition("=")[0] not in known]
        ctx.ignore_unknown_options = not unknown
        return super().parse_args(ctx, unknown or args)


Verb = Callable[Concatenate[Workspace, P], Shown]


class Verbs(typer.Typer):
    """The verbs of one file, and the group of that name where the file is one."""

    def __init__(self, help: str | None = None, cls: type[Group] = Group) -> None:
        super().__init__(help=help, cls=cls, rich_markup_mode=None, add_completion=False)
        self.functions: dict[str, Callable[..., Shown]] = {}

    def verb(self, name: str) -> Callable[[Verb[P]], Verb[P]]:
        """Register a function as a verb; its docstring is the help, its parameters are arguments and options.

        The first parameter is the workspace. One whose type is a dataclass stands for an option a field, so
        that verbs share options. `--workspace` and `--json` are added, and what is returned is printed. An
        option that is a path, unless it is marked READ, may not lie among a workspace's records, and
        `--overwrite` is added with it."""

        def register(function: Verb[P]) -> Verb[P]:
            guarded = _guarded(function)
            self.functions[name] = guarded
            self.command(name, cls=Command)(_command(guarded, _full_name(function, name)))
            return function

        return register


def _full_name(function: Callable[..., Shown], name: str) -> str:
    """The verb as it is typed, with its group."""
    file = function.__module__.rpartition(".")[2]
    return f"{file} {name}" if file in GROUPS and file != name else name


def _guarded(function: Callable[..., Shown]) -> Callable[..., Shown]:
    """The function, which refuses to write among a workspace's records before it does anything."""
    written = written_options(function)

    @functools.wraps(function)
    def guarded(place: Workspace, **given: Any) -> Shown:
        for name in written:
            if given.get(name) is not None:
                place.output_place(given[name])
        return function(place, **given)

    return guarded


def written_options(function: Callable[..., Shown]) -> list[str]:
    """Names of a verb's options whose files or folders it writes."""
    hints = get_type_hints(function, include_extras=True)
    return [name for name, kind in hints.items() if _is_written(kind)]


def _is_written(kind: Any) -> bool:
    held, *marks = get_args(kind) or (None,)
    return _is_path(held) and READ not in marks and any(isinstance(mark, OptionInfo) for mark in marks)


def _is_path(kind: Any) -> bool:
    return kind is Path or Path in get_args(kind)


def _may_overwrite(function: Callable[..., Shown]) -> bool:
    """Whether the verb writes files that `--overwrite` is about."""
    hints = get_type_hints(function, include_extras=True)
    return any(OWN_RULE not in get_args(hints[name]) for name in written_options(function))


def _command(function: Callable[..., Shown], verb: str) -> Callable[..., None]:
    """The function as Typer calls it."""
    hints = get_type_hints(function, include_extras=True)
    own = list(inspect.signature(function).parameters.values())[1:]
    may_overwrite = _may_overwrite(function)
    shared = {one.name: hints[one.name] for one in own if is_dataclass(hints[one.name])}

    named = [one.name for one in own if one.name in NAMED and one.default != ""]

    def command(workspace: Path | None, json: bool, **given: Any) -> None:
        _need_names({name: given[name] for name in named})
        objects = {
            name: kind(**{field.name: given.pop(field.name) for field in fields(kind)})
            for name, kind in shared.items()
        }
        place = Workspace(workspace)
        writing = place.writing(verb, given.pop("overwrite")) if may_overwrite else nullcontext()
        with writing:
            shown = function(place, **given, **objects)
        show(shown.result, json, shown.lines)

    options = [
        *(option for one in own for option in _options(one.replace(annotation=hints[one.name]))),
        *([_option("overwrite", OverwriteOption, False)] if may_overwrite else []),
        _option("workspace", WorkspaceOption, None),
        _option("json", JsonOption, False),
    ]
    command.__doc__ = function.__doc__
    command.__signature__ = inspect.Signature(options)  # type: ignore[attr-defined]
    command.__annotations__ = {option.name: option.annotation for option in options}
    return command


def _need_names(given: Mapping[str, Any]) -> None:
    """Refuse an empty name, which would else stand for the name that is taken by default."""
    for option, value in given.items():
        if value == "" or (isinstance(value, list) and "" in value):
            raise StatError(f"{option}: found an empty text, expected a name")


def _options(parameter: inspect.Parameter) -> Iterator[inspect.Parameter]:
    """The parameter, or one a field of the dataclass that is its type."""
    kind = parameter.annotation
    if not is_dataclass(kind):
        yield _option(parameter.name, kind, parameter.default)
        return
    hints = get_type_hints(kind, include_extras=True)
    for field in fields(kind):
        default = inspect.Parameter.empty if field.default is MISSING else field.default
        yield _option(field.name, hints[field.name], default)


def _option(name: str, annotation: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
