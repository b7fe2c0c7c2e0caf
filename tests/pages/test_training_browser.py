"""A person launches a training in a real browser, leaves while it works, and comes back to it."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, jobs
from tests.jobs.conftest import end_all, until
from tests.pages.browsing import CHROMIUM, browser_page, choose_set, served, settled

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
POINTS = """() => {
  const chart = document.querySelector('.st-key-training_loss .js-plotly-plot');
  const curve = chart && (chart._fullData || []).find(one => one.name === 'random-again, seed 0');
  return curve ? curve.x.length : 0;
}"""


def drawn(page: Any, more_than: int) -> int:
    """How many steps the new arm's curve has, once it has more than these."""
    page.wait_for_function(f"({POINTS})() > {more_than}", timeout=90_000)
    return int(page.evaluate(POINTS))


def test_a_training_goes_on_through_a_reload_and_its_curve_with_it(
    finished: Workspace, tmp_path: Path
) -> None:
    root = tmp_path / "w"
    shutil.copytree(finished.root, root)
    with served(root) as address, browser_page() as page:
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        try:
            page.goto(f"{address}/?run=small")
            page.get_by_role("link", name="Training", exact=True).click()
            settled(page, "Training")
            choose_set(page, "random")
            page.get_by_role("textbox", name="Arm name suffix").fill("-again")
            page.keyboard.press("Tab")
            page.locator(".st-key-training_epochs input").fill("60")
            page.keyboard.press("Tab")
            page.get_by_text("students on").or_(page.get_by_text("300 steps")).first.wait_for()
            page.get_by_role("button", name="Train", exact=True).click()
            before = drawn(page, more_than=0)
            page.reload()
            settled(page, "Training")
            page.get_by_role("button", name="Stop", exact=True).wait_for()
            assert jobs.job(root, "train-small-1")["is_running"]
            after = drawn(page, more_than=before)
            assert drawn(page, more_than=after) <= 300
            page.get_by_role("button", name="Stop", exact=True).click()
            page.get_by_role("button", name="Resume").wait_for(timeout=60_000)
            stopped_at = int(page.evaluate(POINTS))
            page.get_by_role("button", name="Resume").click()
            until(root, "train-small-1", "done", 400)
            nothing_runs = "() => !document.querySelector('[data-testid=stProgress]')"
            page.wait_for_function(nothing_runs, timeout=60_000)
            assert drawn(page, more_than=stopped_at) == 300  # none is missing, none is doubled
        finally:
            end_all(root)
        assert errors == []
        assert page.get_by_test_id("stException").count() == 0
    steps = Workspace(root).run("small").folder
    assert steps.trained_seeds("random-again") == [0] and "random-again" in steps.evaluated("test")
