"""The documentation says what the code does: every verb and option, every file it names."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer

from stat_engine.cli import app
from stat_engine.models.checkpoints import ROOT

REFERENCE = (ROOT / "docs" / "cli.md").read_text()
SHARED = {"--help", "--workspace", "--json"}


def verbs(command: Any, name: str = "stat-studio") -> Iterator[tuple[str, Any]]:
    if getattr(command, "commands", None):
        for key, of in command.commands.items():
            yield from verbs(of, f"{name} {key}")
    else:
        yield name, command


VERBS = dict(verbs(typer.main.get_command(app)))


def section(verb: str) -> str:
    found = re.search(rf"^## {re.escape(verb)}\n(.*?)(?=^## |\Z)", REFERENCE, re.DOTALL | re.MULTILINE)
    assert found, f"docs/cli.md has no section for {verb}"
    return found.group(1)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_with_its_help_and_all_its_options(verb: str) -> None:
    text = section(verb)
    assert (VERBS[verb].help or "").strip() in text
    options = {option for p in VERBS[verb].params if p.param_type_name == "option" for option in p.opts}
    assert {option for option in options - SHARED if f"`{option}`" not in text} == set()
    assert set(re.findall(r"^\| `(--[a-z0-9-]+)`", text, re.MULTILINE)) == options - SHARED


def test_no_verb_is_documented_that_is_not_there() -> None:
    assert set(re.findall(r"^## (stat-studio .*)$", REFERENCE, re.MULTILINE)) == set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_a_workspace_and_all_but_the_app_json(verb: str) -> None:
    options = {option for p in VERBS[verb].params for option in p.opts}
    assert "--workspace" in options
    assert ("--json" in options) == (verb != "stat-studio app")


def test_the_readme_names_files_that_are_there() -> None:
    readme = (ROOT / "README.md").read_text()
    linked = re.findall(r"\]\((?!http)([^)#]+)\)", readme)
    assert linked
    assert [path for path in linked if not (ROOT / path).exists()] == []


def test_nothing_names_a_machine_or_a_registry() -> None:
    words = re.compile(r"/work/|/root/|files\.pythonhosted|pypi\.org")
    files = [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        *(ROOT / "stat_engine").rglob("*.py"),
        ROOT / "Makefile",
    ]
    assert [str(path) for path in files if words.search(path.read_text())] == []
