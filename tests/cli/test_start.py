"""A verb starts with what it needs: heavy libraries are loaded by the verbs that use them, and by no other."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from stat_engine import Workspace, cli
from stat_engine.config.shipped import ROOT

HEAVY = {
    "anthropic", "datasets", "duckdb", "httpx", "httpx2", "numpy", "openai", "pandas", "peft", "plotly", "psutil",
    "pyarrow", "rich", "scipy", "sklearn", "streamlit", "torch", "transformers", "trl",
}  # fmt: skip
LIST = "import sys; print('\\n' + ' '.join(sys.modules))"


def loaded(*arguments: str) -> set[str]:
    """The modules that a verb's process has loaded at its end."""
    code = f"from stat_engine import cli; cli.execute({list(arguments)!r}); {LIST}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_the_help_loads_no_verb_and_no_configuration() -> None:
    modules = loaded("--help")
    assert {name.split(".")[0] for name in modules} & (HEAVY | {"pydantic", "yaml"}) == set()
    assert {name for name in modules if name.startswith("stat_engine")} == {
        "stat_engine", "stat_engine.cli", "stat_engine.errors",
    }  # fmt: skip
    assert len(modules) <= 180


def test_status_loads_no_table_library_and_no_other_verb(finished: Workspace) -> None:
    modules = loaded("status", "small", "--workspace", str(finished.root))
    assert {name.split(".")[0] for name in modules} & HEAVY == set()
    assert {name for name in modules if name.startswith("stat_engine.cli.")} == {
        "stat_engine.cli.options", "stat_engine.cli.status", "stat_engine.cli.terminal", "stat_engine.cli.verbs",
    }  # fmt: skip
    assert not {"stat_engine.orders", "stat_engine.jobs", "stat_engine.api.labels"} & modules
    assert len(modules) <= 370


def test_the_help_shows_every_verb_with_the_start_of_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    cli.execute(["--help"])
    listed = dict(
        line.split(maxsplit=1) for line in capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    )
    assert list(listed) == list(cli.FILES)
    for name, command in cli.program().commands.items():
        assert command.command.help.startswith(listed[name].rstrip(".")), name


def registered(file: Path) -> set[str]:
    """The names under which a file's functions are verbs."""
    tree = ast.parse(file.read_text())
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    return {str(name) for function in functions for name in cli.registered_as(function)}


def test_a_file_is_named_as_its_group_or_one_of_its_verbs_and_the_list_of_verbs_is_whole() -> None:
    folder = ROOT / "stat_engine" / "cli"
    found = {}
    for file in sorted(folder.glob("*.py")):
        stem, names = file.stem.rstrip("_").replace("_", "-"), registered(file)
        if names and stem in cli.GROUPS:
            found[stem] = file.stem
        elif names:
            assert stem in names, file.name
            found |= dict.fromkeys(names, file.stem)
    assert found == cli.FILES
