"""A real browser over the real app: every page, no console error, what a person reads."""

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from stat_engine import Workspace, views
from tests.pages.browsing import CHROMIUM, is_local, settled

PAGES = [
    "Overview", "Run stages", "Difficult questions", "Skill labels", "Missing-Skill-Profile", "Training sets",
    "Training", "Compare", "Skills and data", "Jobs", "Settings",
]  # fmt: skip
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


def test_all_pages_open_without_a_console_error_and_keep_the_run(address: str, page: Page) -> None:
    pictures = os.environ.get("STAT_PICTURES")
    errors: list[str] = []
    outside: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: None if is_local(request.url) else outside.append(request.url))
    page.goto(f"{address}/?run=small")
    for title in PAGES:
        page.get_by_role("link", name=title, exact=True).first.click()
        settled(page, title)
        assert page.get_by_test_id("stException").count() == 0
        assert "run=small" in page.url
        for width in (900, 1440):
            page.set_viewport_size({"width": width, "height": 1000})
            page.wait_for_timeout(300)
            if pictures:
                page.screenshot(path=Path(pictures) / f"{title.lower().replace(' ', '-')}-{width}.png")
            assert page.evaluate("document.documentElement.scrollWidth") <= width  # nothing hangs over
    assert (errors, outside) == ([], [])


def test_a_copied_link_opens_the_same_question(finished: Workspace, address: str, page: Page) -> None:
    table = views.difficult.questions(finished.run("small").folder)
    wanted = table[table.is_difficult].iloc[-1]
    page.goto(f"{address}/difficult_questions?run=small&question={wanted.question_id}")
    settled(page, "Difficult questions")
    page.get_by_text("One question, step by step").wait_for()
    page.get_by_test_id("stCaptionContainer").filter(has_text=wanted.question_id).wait_for()
    page.get_by_text("first failing step").first.wait_for()
