"""Write the list of modules in docs/architecture.md: one line a file, its docstring's first sentence.

python scripts/architecture.py           # rewrites the list
python scripts/architecture.py --check   # exits with 1 where the list is not current
"""

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- modules: written by scripts/architecture.py -->", "<!-- end of modules -->"
ENGINE = ROOT / "stat_engine"


def sentence(path: Path) -> str:
    """The first sentence of a module's docstring on one line; empty where it has none."""
    first = (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split("\n\n")[0]
    return re.split(r"(?<=\.)\s+(?=[A-Z`])", " ".join(first.split()))[0].rstrip(".:")


def modules() -> str:
    """The list: a heading for each folder of the engine with its own sentence, and a line for each file."""
    folders = [ENGINE, *sorted(path.parent for path in ENGINE.rglob("__init__.py") if path.parent != ENGINE)]
    lines = []
    for folder in folders:
        files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
        about = sentence(folder / "__init__.py")
        lines += [f"### {folder.relative_to(ROOT)}/", "", *([f"{about}.", ""] if about else [])]
        lines += [f"- `{path.name}`: {sentence(path)}" for path in files]
        lines += [""] if files else []
    return "\n".join(lines).strip()


def page() -> str:
    """The whole page with a current list."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n\n{modules()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    current = page()
    if "--check" in sys.argv:
        sys.exit(PAGE.read_text(encoding="utf-8") != current)
    PAGE.write_text(current, encoding="utf-8")
