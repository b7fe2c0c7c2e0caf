"""Carrying out an order: its verb's own function is called with the order's fields, as the command line does.

A job's worker, a page's question and the command line so do the same work and return the same result."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import OptionInfo

from stat_engine.api import Workspace
from stat_engine.cli import verb_function
from stat_engine.cli.verbs import Shown
from stat_engine.errors import StatError
from stat_engine.orders.order import Order


def perform(order: Order, workspace: Workspace, is_dry: bool = False) -> Shown:
    """Do what an order asks for; `is_dry`: only tell what it would do, where its verb has --dry-run.

    Returns what the verb prints: the object of --json, and the same in lines. Raises the verb's StatError."""
    function = verb_function(order.path)
    values = _by_option(order) | ({"dry-run": True} if is_dry else {})
    positional = [getattr(order, name) for name in order.positional]
    given = {name: _taken(kind, name, values, positional) for name, kind in _parameters(function)}
    if values or positional:
        left = [*values, *map(str, positional)]
        raise StatError(f"order {order.verb}: its verb takes no {', '.join(left)}")
    done: Shown = function(
        workspace, **{name: value for name, value in given.items() if value is not MISSING}
    )
    return done


def _by_option(order: Order) -> dict[str, Any]:
    """{option's name: value} of the fields that differ from their defaults; `settings` without a name."""
    return dict(order.options()) | ({"settings": list(order.settings)} if order.settings else {})


def _parameters(function: Callable[..., Shown]) -> Iterator[tuple[str, Any]]:
    """(name, type) of what the verb's function takes behind the workspace."""
    hints = get_type_hints(function, include_extras=True)
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        yield parameter.name, hints[parameter.name]


def _taken(kind: Any, name: str, values: dict[str, Any], positional: list[Any]) -> Any:
    """A parameter's value, taken out of what is left; MISSING where the order says nothing of it."""
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        given = {of.name: _taken(hints[of.name], of.name, values, positional) for of in fields(kind)}
        return kind(**{key: value for key, value in given.items() if value is not MISSING})  # type: ignore[operator]
    option = _option(kind)
    if option is None and name != "settings":
        return _listed(positional.pop(0)) if positional else MISSING
    own = name if option is None else _name(option) or name.replace("_", "-")
    return _listed(values.pop(own, MISSING))


def _option(kind: Any) -> OptionInfo | None:
    """The option that a parameter's type declares; None for an argument."""
    marks = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    return next((mark for mark in marks if isinstance(mark, OptionInfo)), None)


def _name(option: OptionInfo) -> str | None:
    """The name that an option declares; inside Annotated, Typer keeps the first one as its default."""
    declared = [text for text in (option.default, *(option.param_decls or ())) if isinstance(text, str)]
    return next((text.removeprefix("--") for text in declared if text.startswith("--")), None)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
