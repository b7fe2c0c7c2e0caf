"""The house keeps its own rules: the import law, documented verbs, registered pages, no torch in the pages."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from stat_engine.models.checkpoints import ROOT

SOURCES = sorted((ROOT / "stat_engine").rglob("*.py"))
RANK = {
    "errors": 0, "records": 1, "skills": 1, "stats": 1, "prompts": 1, "config": 2, "answers": 2, "money": 2,
    "models": 3, "numeracy": 3, "graders": 3, "stages": 4, "store": 4, "audit": 5, "derived": 5, "interop": 5,
    "asking": 5, "bill": 5, "kept_student": 5, "views": 6, "jobs": 6, "skill_work": 6, "workbench": 6, "review": 6, "training_sets": 7, "arms": 7, "rounds": 8, "pipeline": 8, "estimate": 9, "notebook": 9,
    "demo": 10, "doctor": 10, "studies": 10, "ui": 11, "cli": 12,
}  # fmt: skip
FORBIDDEN = {
    ("views", "pipeline"), ("views", "arms"), ("views", "workbench"), ("views", "notebook"), ("views", "models"),
    ("ui", "pipeline"), ("ui", "arms"), ("ui", "workbench"), ("ui", "notebook"), ("ui", "models"),
    ("stages", "store"), ("store", "stages"), ("store", "models"), ("ui", "demo"), ("ui", "interop"),
}  # fmt: skip


def room(path: Path) -> str:
    return path.relative_to(ROOT / "stat_engine").parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Rooms of the engine that a file imports, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("stat_engine"):
            parts = (node.module or "").split(".")
            found |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
    return found & set(RANK)


def test_every_room_has_its_place_in_the_law() -> None:
    assert {room(path) for path in SOURCES if path.name != "__init__.py"} <= set(RANK)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way(path: Path) -> None:
    if path == ROOT / "stat_engine" / "__init__.py":
        return
    own = room(path)
    for other in imported(path) - {own}:
        assert RANK[other] <= RANK[own], f"{own} imports {other}"
        assert (own, other) not in FORBIDDEN, f"{own} imports {other}"


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
