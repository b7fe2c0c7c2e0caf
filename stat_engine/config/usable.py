"""A run's stored settings as far as they can be used: numbers that are refused today are named and kept.

An older version may have stored a number that is refused now, such as a negative seed. The run opens all the
same, and only work on it waits until the number is corrected."""

from typing import Any, cast

from pydantic import BaseModel, ValidationError

from stat_engine.config.run import RunConfig
from stat_engine.config.section import MOST
from stat_engine.config.tree import as_setting, flat, validate
from stat_engine.errors import StatError


def usable(tree: dict[str, Any], source: str, run: str) -> tuple[RunConfig, list[str]]:
    """(configuration, sentences on the numbers in it that are refused today, each with its correction).

    A number stays as it is, so that what was made with it is still up to date; one that is not finite, or
    huge, is replaced by the default. Raises StatError, as `validate` does, where anything else is wrong."""
    left, found = tree, dict[tuple[str, ...], tuple[Any, str]]()
    while True:
        try:
            config = RunConfig.model_validate(left)
            break
        except ValidationError as error:
            path = _setting(error)
            value = _value(left, path)
            if not path or not _is_number(value):
                validate(tree, source)
            found[path] = value, _sentence(left, source)
            left = _without(left, path)
    defaults, faults = flat(config.model_dump()), []
    for path, (value, sentence) in found.items():
        key = ".".join(path)
        faults.append(
            f"{sentence}; correct it with: stat-studio set {run} {as_setting(key, defaults.get(key))}"
        )
        if _is_ordinary(value):
            config = cast(RunConfig, _with(config, path, value))
    return config, faults


def _setting(error: ValidationError) -> tuple[str, ...]:
    """Names on the way to the refused setting; of a list's entry, to the list; none for an unknown one."""
    first, names = error.errors(include_url=False)[0], list[str]()
    if first["type"] == "extra_forbidden":
        return ()
    for part in first["loc"]:
        if isinstance(part, int):
            break
        names.append(part)
    return tuple(names)


def _value(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree


def _without(tree: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    name, *rest = path
    if rest:
        return {**tree, name: _without(tree[name], tuple(rest))}
    return {key: value for key, value in tree.items() if key != name}


def _with(section: BaseModel, path: tuple[str, ...], value: Any) -> BaseModel:
    """The section with a value that its validation refuses."""
    name, *rest = path
    new = _with(getattr(section, name), tuple(rest), value) if rest else value
    return section.model_copy(update={name: new})


def _is_number(value: Any) -> bool:
    """Whether a value is a number, true or false among them, or a list of numbers that is not empty."""
    return isinstance(value, int | float) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, int | float) for one in value)
    )


def _is_ordinary(value: Any) -> bool:
    numbers = value if isinstance(value, list) else [value]
    return not any(isinstance(one, bool) or not abs(one) <= MOST for one in numbers)


def _sentence(tree: dict[str, Any], source: str) -> str:
    try:
        validate(tree, source)
    except StatError as error:
        return str(error)
    return f"{source}: found settings that are refused"
