"""A real browser over the real app: every page, no console error, what a person reads."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from stat_engine import Workspace, views
from stat_engine.models.checkpoints import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PAGES = ["Overview", "Difficult questions", "Skill labels", "Missing-Skill-Profile", "Compare"]
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


@contextmanager
def served(workspace: Path) -> Iterator[str]:
    """The app as `stat-studio app` serves it, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "stat_engine.cli",
        "app",
        "--port",
        str(port),
        "--workspace",
        str(workspace),
    ]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)


def test_all_pages_open_without_a_console_error_and_keep_the_run(finished: Workspace, tmp_path: Path) -> None:
    pictures = Path(os.environ.get("STAT_PICTURES") or tmp_path)
    with served(finished.root) as address, browser_page() as page:
        errors: list[str] = []
        outside: list[str] = []
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", lambda request: None if is_local(request.url) else outside.append(request.url))
        page.goto(f"{address}/?run=small")
        for title in PAGES:
            page.get_by_role("link", name=title).first.click()
            settled(page, title)
            assert page.get_by_test_id("stException").count() == 0
            assert "run=small" in page.url
            for width in (1440, 900):
                page.set_viewport_size({"width": width, "height": 1000})
                page.wait_for_timeout(300)
                page.screenshot(path=pictures / f"{title.lower().replace(' ', '-')}-{width}.png")
                assert page.evaluate("document.documentElement.scrollWidth") <= width  # nothing hangs over
            page.set_viewport_size({"width": 1440, "height": 1000})
        assert (errors, outside) == ([], [])


def test_a_copied_link_opens_the_same_question(finished: Workspace) -> None:
    table = views.difficult.questions(finished.run("small").folder)
    wanted = table[table.is_difficult].iloc[-1]
    with served(finished.root) as address, browser_page() as page:
        page.goto(f"{address}/difficult_questions?run=small&question={wanted.question_id}")
        settled(page, "Difficult questions")
        page.get_by_text("One question, step by step").wait_for()
        page.get_by_test_id("stCaptionContainer").filter(has_text=wanted.question_id).wait_for()
        page.get_by_text("first failing step").first.wait_for()


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


@contextmanager
def browser_page() -> "Iterator[Any]":
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page(viewport={"width": 1440, "height": 1000})
        browser.close()


def settled(page: Any, title: str) -> None:
    """Wait until the page has its title and nothing runs any more."""
    page.locator("h1", has_text=title).wait_for(timeout=30_000)
    page.wait_for_function("!document.querySelector('[data-testid=stStatusWidget]')", timeout=30_000)
    page.wait_for_timeout(500)
