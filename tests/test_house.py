"""The house keeps its own rules: the import law, documented verbs, registered pages, no torch in the pages."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from stat_engine.config.shipped import ROOT

SOURCES = sorted((ROOT / "stat_engine").rglob("*.py"))
RANK = {
    "errors": 0, "records": 1, "skills": 1, "stats": 1, "prompts": 1, "config": 2, "models": 3, "models.teacher_answers": 3, "numeracy": 3, "orders": 3, "orders.perform": 13,
    "grading": 3, "store": 4, "models.paid_calls": 5, "formats": 5, "skill_map": 6, "method": 7, "views": 8,
    "method.stage": 3, "method.rounds": 8, "formats.evaluations": 8, "jobs": 8, "review": 8, "charts": 9, "report": 10, "api": 11,
    "ui": 11, "doctor": 12, "studies": 12, "numeracy.demo": 12, "cli": 13,
}  # fmt: skip
"""Room, or a part of one with a place of its own, to its floor: a room imports from its own and lower ones."""
FORBIDDEN = {("store", "models"), ("views", "models")}
ONLY = {
    "cli": {"api", "config", "doctor", "errors", "jobs", "numeracy", "numeracy.demo", "orders", "orders.perform", "studies"},
    "ui": {
        "charts", "config", "errors", "jobs", "method.stage", "orders", "records", "report", "review", "skills", "stats",
        "views",
    },
}  # fmt: skip
"""Rooms that import nothing else: a verb asks the api for what a notebook could ask too; the other rooms in its
list are types, orders and jobs, the embedded domain, and what uses the api itself. A page reads through views,
writes through review, orders and jobs, and opens no file of the store."""


def room_of(parts: tuple[str, ...]) -> str:
    """The room of a module by its dotted parts below the engine."""
    part = ".".join(parts[:2])
    return part if part in RANK else parts[0]


def room(path: Path) -> str:
    return room_of(path.relative_to(ROOT / "stat_engine").with_suffix("").parts)


def imported(path: Path) -> set[str]:
    """Rooms of the engine that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stat_engine"):
            parts = tuple((node.module or "").split(".")[1:])
            found |= {room_of((*parts, alias.name)) for alias in node.names}
    return found & set(RANK)


def test_every_room_has_its_place_in_the_law() -> None:
    assert {room(path) for path in SOURCES if path.name != "__init__.py"} <= set(RANK)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    if path == ROOT / "stat_engine" / "__init__.py":
        return
    own = room(path)
    is_list = path.name == "__init__.py" and "on_demand(" in path.read_text()
    """It names the modules of its folder, which are imported when they are used."""
    for other in imported(path) - {own}:
        if is_list and other.startswith(f"{own}."):
            continue
        assert RANK[other] <= RANK[own], f"{own} imports {other}"
        assert (own, other) not in FORBIDDEN, f"{own} imports {other}"
        assert own not in ONLY or other in ONLY[own], f"{own} imports {other}"


def reached(start: str) -> set[str]:
    """Modules of the engine that importing a room's modules loads, those imported in functions left out."""
    paths = {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in SOURCES}
    todo = {name for name in paths if name.startswith(f"stat_engine.{start}.")}
    found: set[str] = set()
    while todo:
        name = todo.pop()
        found.add(name)
        imports = [n for n in ast.parse(paths[name].read_text()).body if isinstance(n, ast.ImportFrom)]
        named = {(n.module or "", f"{n.module}.{alias.name}") for n in imports for alias in n.names}
        todo |= {module for pair in named for module in pair if module in paths} - found
    return found


def test_views_load_the_pure_parts_of_the_method_and_not_what_runs_it() -> None:
    loaded = {name for name in reached("views") if name.startswith("stat_engine.method.")}
    assert "stat_engine.method.stage" in loaded
    assert not loaded & {"stat_engine.method.context", "stat_engine.method.pipeline"}


def test_views_return_declared_types() -> None:
    """No public function of a view gives a dictionary of anything, alone or in a list."""
    undeclared = [
        f"{path.stem}.{node.name}"
        for path in (ROOT / "stat_engine" / "views").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        and node.returns and "dict[str, Any]" in ast.unparse(node.returns)
    ]  # fmt: skip
    assert undeclared == []


def test_views_hide_no_type_error() -> None:
    texts = {path.name: path.read_text() for path in (ROOT / "stat_engine" / "views").glob("*.py")}
    hiding = re.compile(r"type: ignore|from typing import .*\bcast\b")
    assert [name for name, text in texts.items() if hiding.search(text)] == []


def test_views_write_nothing() -> None:
    writing = re.compile(
        r"write_json|append_made|replacing\(|\.write_text|\.write_bytes|\.mkdir\(|\.unlink\(|\.save_"
    )
    texts = {path.name: path.read_text() for path in (ROOT / "stat_engine" / "views").glob("*.py")}
    assert [name for name, text in texts.items() if writing.search(text)] == []


def test_only_one_file_opens_duckdb() -> None:
    openers = [path.name for path in SOURCES if "import duckdb" in path.read_text()]
    assert openers == ["query.py"]


def test_only_the_door_lets_text_into_markdown_and_nothing_is_html() -> None:
    for path in [*SOURCES, *(ROOT / "pages").glob("*.py"), ROOT / "app.py"]:
        text = path.read_text()
        assert "unsafe_allow_html" not in text and "st.html" not in text, path


def test_pages_are_thin() -> None:
    pages = sorted((ROOT / "pages").glob("*.py"))
    assert len(pages) >= 4
    for page in pages:
        text = page.read_text()
        assert text.count("\n") <= 120, page
        for word in (
            "import duckdb",
            "subprocess",
            "import torch",
            "threading",
            "\nclass ",
            "select ",
            "open(",
        ):
            assert word not in text, f"{page}: {word}"


def test_pages_import_ui_alone() -> None:
    for page in sorted((ROOT / "pages").glob("*.py")):
        assert imported(page) <= {"ui"}, page


def test_every_page_has_its_folder_under_ui_and_nothing_else_has() -> None:
    folders = {path.name for path in (ROOT / "stat_engine" / "ui").iterdir() if path.is_dir()}
    assert folders - {"shared", "__pycache__"} == {path.stem for path in (ROOT / "pages").glob("*.py")}


def test_a_pages_folder_imports_no_other_pages() -> None:
    ui = ROOT / "stat_engine" / "ui"
    for path in sorted(ui.glob("*/*.py")):
        own = path.parent.name
        modules = [
            node.module
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stat_engine.ui.")
        ]
        assert {(module or "").split(".")[2] for module in modules} <= {own, "shared"}, path


def test_every_page_is_registered() -> None:
    app = (ROOT / "app.py").read_text()
    assert [p.name for p in sorted((ROOT / "pages").glob("*.py")) if f'"pages/{p.name}"' not in app] == []


def test_the_pages_process_never_imports_torch() -> None:
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in SOURCES
        if room(path) == "ui" and path.name != "__init__.py"
    ]
    code = f"import sys, {', '.join(modules)}; " + (
        "assert not {'torch', 'transformers', 'sklearn'} & set(sys.modules), 'heavy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_repository_says_how_to_stay_on_this_machine() -> None:
    assert 'address = "127.0.0.1"' in (ROOT / ".streamlit" / "config.toml").read_text()


def test_no_table_offers_a_csv_that_is_not_made_safe() -> None:
    """Streamlit's own download writes formulas as they are; the pages' downloads go through `as_csv`."""
    from streamlit import config

    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["client"]["disableDataExport"] is True
    assert "client.disableDataExport" in config.get_config_options(), "this version of Streamlit has it"
    texts = {path: path.read_text() for path in SOURCES}
    assert [path.name for path, text in texts.items() if ".to_csv(" in text] == ["text.py"]
