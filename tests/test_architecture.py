"""docs/architecture.md: its list of modules is current, and the files that it names exist."""

import re
import subprocess
import sys

from stat_engine.config.shipped import ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text()


def test_the_list_of_modules_is_current() -> None:
    done = subprocess.run([sys.executable, "scripts/architecture.py", "--check"], cwd=ROOT)
    assert done.returncode == 0, "run: python scripts/architecture.py"


def test_the_files_that_the_page_names_exist() -> None:
    written = PAGE.split("<!-- modules")[0]
    named = set(re.findall(r"`((?:\w+/)+\w+\.(?:py|md|yaml)|\w+\.py)`", written)) - {
        "pages/NAME.py",
        "ui/NAME/__init__.py",
    }
    bare = {path.name for path in (ROOT / "stat_engine").rglob("*.py")}  # a name behind that of its folder
    missing = {
        name
        for name in named - bare
        if not any((root / name).exists() for root in (ROOT, ROOT / "stat_engine"))
    }
    assert len(named) > 20
    assert missing == set()


def test_every_module_says_in_a_sentence_what_it_is() -> None:
    listed = PAGE.split("<!-- modules")[1]
    assert re.findall(r"^- `\w+\.py`: *$", listed, re.MULTILINE) == []
