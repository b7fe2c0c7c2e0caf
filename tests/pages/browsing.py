"""A real browser over the real app, for tests of what people do."""

import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from stat_engine.config.shipped import ROOT

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
IDLE = "document.querySelector('[data-test-script-state=notRunning][data-test-connection-state=CONNECTED]')"


HEADING_PX, ROW_PX, TICK_PX = 36, 36, 12
"""Of a table: heights of its heading and a row, and the middle of the ticks."""
PROGRAM = (sys.executable, "-m", "stat_engine.cli")


@contextmanager
def served(workspace: Path, **options: Any) -> Iterator[str]:
    """The address of the app as `stat-studio app` serves it; options as `app_process` has them."""
    with app_process(workspace, **options) as (address, _):
        yield address


@contextmanager
def app_process(
    workspace: Path,
    program: Sequence[str] = PROGRAM,
    folder: Path = ROOT,
    environment: Mapping[str, str] | None = None,
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of the app over a workspace, once it answers, and the process that serves it.

    `program`: the command, started in `folder`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [*program, "app", "--port", str(port), "--workspace", str(workspace)]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address, process
    finally:
        process.terminate()
        process.wait(10)


def is_local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:"))


@contextmanager
def running_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


def new_page(browser: Browser) -> Page:
    return browser.new_page(viewport={"width": 1440, "height": 1000})


@contextmanager
def browser_page() -> "Iterator[Any]":
    with running_browser() as browser:
        yield new_page(browser)


def settled(page: Any, title: str) -> None:
    """Wait until the page has its title and nothing runs any more."""
    # the whole title: "Training" is a part of the title "Training sets"
    page.get_by_role("heading", level=1, name=title, exact=True).wait_for(timeout=30_000)
    for _ in range(20):  # a part that arrives late may start another run of the page
        page.wait_for_function(IDLE, timeout=60_000)
        page.wait_for_timeout(500)
        if page.evaluate(IDLE) is not None:
            break


def choose_set(page: Any, name: str) -> None:
    """Open the form of the Training page and choose a set in it."""
    page.get_by_text("Train an arm, or several at equal size").click()
    page.locator(".st-key-training_set input").click()
    page.get_by_role("option", name=name, exact=True).click()
    page.keyboard.press("Escape")


def tick_row(page: Page, key: str, at: int) -> None:
    """Tick a row, from 0, of the table with this key."""
    table = page.locator(f".st-key-{key} canvas").first
    table.wait_for()
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(1000)
    box = table.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + TICK_PX, box["y"] + HEADING_PX + (at + 0.4) * ROW_PX)
