"""From files and `key=value` overrides to a validated RunConfig, and back to YAML.

A configuration file is YAML with only the differences from the defaults; overrides take precedence. Each
stage hashes the settings that decide it (`Section.decides`), so a change repeats only what depends on it."""

import ast
import inspect
import json
from copy import copy
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from stat_engine.config.hints import meant
from stat_engine.config.keys import looks_like_key
from stat_engine.config.run import RunConfig
from stat_engine.config.shipped import ROOT
from stat_engine.config.yaml_text import read_yaml
from stat_engine.errors import StatError, shown


def load(path: Path | None = None, overrides: list[str] | None = None) -> RunConfig:
    """Configuration from a YAML file of differences and `key=value` overrides.

    Raises StatError in one sentence for a file that is none, an unknown key (with the nearest
    known one) or a value out of range."""
    tree = override(read_tree(path), overrides or [])
    return validate(tree, str(path) if path else "configuration")


def read_tree(path: Path | None) -> dict[str, Any]:
    """The settings of a YAML file, unchecked; none without a file.

    A relative path that does not exist, such as `data/presets/self-teaching.yaml`, is looked for among the
    shipped files."""
    if path is None:
        return {}
    place = next((at for at in (path, ROOT / path) if at.exists()), path)
    try:
        tree = read_yaml(place.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise StatError(f"{path}: not a readable YAML file ({reason})") from None
    if not isinstance(tree, dict):
        raise StatError(f"{path}: found {type(tree).__name__}, expected a mapping of settings")
    return tree


def merge(tree: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """The tree with the settings of `over` in place of its own, section by section."""
    merged = dict(tree)
    for key, value in over.items():
        own = merged.get(key)
        value = {"backend": value} if isinstance(own, dict) and isinstance(value, str) else value
        merged[key] = merge(own, value) if isinstance(own, dict) and isinstance(value, dict) else value
    return merged


def override(tree: dict[str, Any], overrides: list[str]) -> dict[str, Any]:
    """The tree with `a.b=value` set for each override; values are read as YAML."""
    for item in overrides:
        key, sign, text = item.partition("=")
        if not sign or not key:
            raise StatError(f"setting {shown(item)}: expected key=value, as in difficulty.tau1=0.9")
        try:
            value = read_yaml(text)
        except (ValueError, yaml.YAMLError):
            raise StatError(f"setting {key}: found {shown(text)}, expected a YAML value") from None
        tree = _set(tree, _path(key), value)
    return tree


def _path(key: str) -> list[str]:
    """The sections on the way to a setting; a model's name under `prices` may hold dots of its own."""
    parts = key.split(".")
    is_price = parts[0] == "prices" and parts[-1] in ("input", "output") and len(parts) > 3
    return ["prices", ".".join(parts[1:-1]), parts[-1]] if is_price else parts


def _set(tree: Any, path: list[str], value: Any) -> Any:
    if not path:  # a bare word for a section means its backend, the rest of it stays
        return {**tree, "backend": value} if isinstance(tree, dict) and isinstance(value, str) else value
    if isinstance(tree, str):
        tree = {"backend": tree}
    if isinstance(tree, list) and path[0].isdigit() and int(path[0]) < len(tree):
        at = int(path[0])
        return [*tree[:at], _set(tree[at], path[1:], value), *tree[at + 1 :]]
    base = tree if isinstance(tree, dict) else {}
    return {**base, path[0]: _set(base.get(path[0]), path[1:], value)}


def validate(tree: dict[str, Any], source: str = "configuration") -> RunConfig:
    """The tree as a RunConfig; raises StatError naming the first setting that does not fit."""
    try:
        return RunConfig.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = meant(path, known_keys())
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise StatError(f"{source}: unknown setting {path}{hint}") from None
        message = (first["msg"][0].lower() + first["msg"][1:]).removeprefix("value error, ")
        # a key that was pasted here must not show in a log
        is_secret = "server" in first["loc"] or looks_like_key(str(first["input"]))
        is_section = isinstance(first["input"], dict) and first["type"] == "value_error"
        found = "" if is_secret or is_section else f"found {shown(first['input'])}, "
        where = f"setting {path}: {found}" if path else ""
        raise StatError(f"{source}: {where}{message}") from None


def as_setting(key: str, value: Any) -> str:
    """`key=value` that `override` reads back as just this value."""
    is_plain = isinstance(value, str) and value.isprintable() and _read_back(value) == value
    return f"{key}={value if is_plain else json.dumps(value, ensure_ascii=False)}"  # JSON is YAML on one line


def _read_back(text: str) -> Any:
    try:
        return read_yaml(text)
    except (ValueError, yaml.YAMLError):
        return None


def fields(section: type[BaseModel] = RunConfig, prefix: str = "") -> dict[str, FieldInfo]:
    """Every setting that is no section, by its dotted name; its description is the line under the field."""
    found: dict[str, FieldInfo] = {}
    for name, field in section.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            found |= fields(kind, f"{prefix}{name}.")
        else:
            found[prefix + name] = copy(field)
            found[prefix + name].description = _lines_under(section).get(name)
    return found


@cache
def _lines_under(section: type[BaseModel]) -> dict[str, str]:
    """{field: the docstring under it}, read from the source when a page asks for it.

    pydantic's `use_attribute_docstrings` would read it whenever the configuration is imported, which takes a
    tenth of the time of `stat-studio status`."""
    found: dict[str, str] = {}
    for kind in reversed(section.__mro__[: section.__mro__.index(BaseModel)]):
        body = cast(ast.ClassDef, ast.parse(inspect.getsource(kind)).body[0]).body
        for field, line in pairwise(body):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
                continue
            if isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant):
                found[field.target.id] = inspect.cleandoc(str(line.value.value))
    return found


def known_keys(section: type[BaseModel] = RunConfig, prefix: str = "") -> list[str]:
    """The dotted name of every section and setting."""
    keys: list[str] = []
    for name, field in section.model_fields.items():
        kind = field.annotation
        keys.append(prefix + name)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            keys += known_keys(kind, f"{prefix}{name}.")
    return keys


def differences(config: BaseModel, other: BaseModel | None = None) -> dict[str, tuple[Any, Any]]:
    """{dotted key: (value, other value)} where the two differ; without another, against the defaults."""
    mine, theirs = flat(config.model_dump()), flat((other or RunConfig()).model_dump())
    return {
        key: (mine.get(key), theirs.get(key))
        for key in sorted(mine.keys() | theirs.keys())
        if mine.get(key) != theirs.get(key)
    }


def as_yaml(config: RunConfig, full: bool = False) -> str:
    """The configuration as YAML with only the differences from the defaults, or in full."""
    tree = config.model_dump()
    tree = tree if full else _changed(tree, RunConfig().model_dump())
    return yaml.safe_dump(tree, sort_keys=False, allow_unicode=True)


def _changed(tree: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """The tree without what is as in the defaults; a model's name under `prices` may hold dots."""
    found = {}
    for key, value in tree.items():
        other = defaults.get(key)
        if isinstance(value, dict) and isinstance(other, dict) and value != other:
            found[key] = _changed(value, other)
        elif value != other:
            found[key] = value
    return found


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """{dotted key: value} of every setting that is no section."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found
