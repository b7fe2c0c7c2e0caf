"""The documentation builds as a site that needs no network."""

import os
import re
import subprocess
import sys
from pathlib import Path

from stat_engine.config.shipped import ROOT


def test_the_site_builds_without_a_broken_link_and_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}, check=True, capture_output=True,
    )  # fmt: skip
    pages = sorted(tmp_path.rglob("*.html"))
    assert len(pages) > 20
    loads = re.compile(
        r"<(?:script|img|iframe)[^>]*\bsrc=[\"']?(?:https?:)?//|<link[^>]*href=[\"']?(?:https?:)?//"
    )
    assert [page.name for page in pages if loads.search(page.read_text())] == []
