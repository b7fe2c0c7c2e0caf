"""Numbers given as options have bounds: a nonsense one is refused before anything is opened."""

from collections.abc import Iterator
from typing import Any

import pytest

from stat_engine.cli import Later, program
from tests.cli.conftest import Verb

CHECKED_LATER = {
    "build --answers-per-question", "build --pairs", "build --per-skill", "build --rewrites", "clean --days",
    "difficult --tau1", "difficult --tau2", "question --tau1", "question --tau2", "questions --tau1",
    "questions --tau2",
}  # fmt: skip
"""Options that the configuration, or the verb, bounds."""


def numbers(command: Any = None, name: str = "") -> Iterator[tuple[str, str, Any]]:
    """(verb, its name, option) of every option that takes a number."""
    command = command or program()
    for key, of in getattr(command, "commands", {}).items():
        yield from numbers(of.command if isinstance(of, Later) else of, f"{name} {key}".strip())
    if not hasattr(command, "commands"):
        for one in command.params:
            if one.type_descriptor.annotation in (int, float):
                yield name, one.opts[0], one


def test_every_number_has_a_lower_bound() -> None:
    found = list(numbers())
    assert len(found) > 40
    assert {f"{verb} {option}" for verb, option, kind in found if kind.min is None} == CHECKED_LATER


@pytest.mark.parametrize(
    "words",
    [
        ["app", "--port", "-5"], ["app", "--port", "0"], ["app", "--port", "70000"],
        ["disagreements", "small", "--limit", "-5"], ["examples", "list", "small", "stat-sel", "--rows", "0"],
        ["leakage", "small", "stat-sel", "--top", "-1"], ["train", "small", "--set", "x", "--seed", "-1"],
        ["power", "small", "--questions", "0"], ["power", "small", "--power", "2"], ["power", "small", "--level", "nan"],
        ["flips", "small", "stat-sel", "--limit", "1e23"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_number_out_of_range_is_refused_in_one_line(stat: Verb, finished: Any, words: list[str]) -> None:
    said = stat(*words, workspace=None if words[0] == "app" else finished.root)
    assert (said.status, said.out, said.err.count("\n")) == (2, "", 1), said.err
    assert said.err.startswith(f"stat-studio: Invalid value for '{words[-2]}': ")
