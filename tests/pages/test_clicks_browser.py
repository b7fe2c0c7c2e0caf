"""By clicks alone in a real browser: from an empty workspace through the demo to a newly trained arm."""

import re
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace
from tests.pages.browsing import CHROMIUM, browser_page, choose_set, served, settled

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
DEMO_MS = 15 * 60_000


def go_to(page: Any, title: str) -> None:
    page.get_by_role("link", name=title, exact=True).first.click()
    settled(page, title)


def test_from_an_empty_workspace_through_the_demo_to_a_trained_arm(tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    complaints: list[str] = []
    with served(root) as address, browser_page() as page:
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        settled(page, "Overview")
        page.get_by_role("button", name=re.compile("^Start the demo")).click()
        page.get_by_text("1 · What is difficult").wait_for(timeout=120_000)
        page.reload()  # a page that was closed meanwhile comes back to the same work
        page.get_by_text("1 · What is difficult").wait_for(timeout=60_000)
        page.get_by_text("Compare the arms").wait_for(timeout=DEMO_MS)

        go_to(page, "Training sets")
        page.get_by_role("button", name="Build the set").click()
        wait_for(page, lambda: "stat-sel-2" in Workspace(root).run("demo").folder.training_set_names())

        go_to(page, "Training")
        choose_set(page, "stat-sel-2")
        page.get_by_role("button", name="Train", exact=True).click()
        wait_for(page, lambda: Workspace(root).run("demo").folder.trained_seeds("stat-sel-2") == [0])
        go_to(page, "Compare")
        page.get_by_text("Best arm:").first.wait_for()
        assert page.get_by_test_id("stException").count() == 0
        assert complaints == []


def wait_for(page: Any, is_there: Any, seconds: int = 300) -> None:
    for _ in range(seconds):
        if is_there():
            return
        page.wait_for_timeout(1000)
    raise AssertionError("it did not come")
