"""Each page's time to its last redraw on a million responses, beside the same page on the demo.

    python benchmarks/big_workspace.py workspace /somewhere/big
    python benchmarks/pages.py workspace /somewhere/big

Baseline: the demo. A real browser opens each page by its address, in turns on either workspace; the time is
from the navigation to the last change of what is drawn. `first` is the server's first visit to the page, when
nothing is kept yet; `again` the median of three more. Memory is the server process's largest resident set."""

import argparse
import statistics
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import sync_playwright

from tests.pages.browsing import CHROMIUM, FLAGS, app_process

PAGES = [
    "", "run_stages", "difficult_questions", "skill_labels", "missing_skill_profile", "training_sets", "training",
    "compare", "skills_and_data", "jobs", "settings",
]  # fmt: skip
QUIET_MS = 1200
"""Without a change for so long, the last one was the last."""
WATCH = """
window.__last = 0;
new MutationObserver(() => { window.__last = performance.now(); })
  .observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""
DONE = f"""() => document.querySelector('h1')
  && document.querySelector('[data-test-script-state=notRunning][data-test-connection-state=CONNECTED]')
  && !document.querySelector('[data-testid=stSpinner], [data-stale=true]')
  && performance.now() - window.__last > {QUIET_MS}"""


def redrawn(browser: Any, address: str) -> float:
    """Seconds from navigating to the last redraw, in a browser session of its own."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.goto(address)
    page.wait_for_function(DONE, timeout=180_000, polling=50)
    assert page.get_by_test_id("stException").count() == 0, address
    seconds = float(page.evaluate("window.__last")) / 1000
    context.close()
    return seconds


def main() -> None:
    """Print each page's times on both workspaces and their ratio, then the memory of both servers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("demo", type=Path)
    parser.add_argument("big", type=Path)
    asked = parser.parse_args()
    print(
        f"{'page':<24}{'demo first':>12}{'again':>8}{'big first':>12}{'again':>8}{'ratio first':>13}{'again':>8}"
    )
    with sync_playwright() as playwright, app_process(asked.demo) as small, app_process(asked.big) as big:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        redrawn(browser, f"{small[0]}/jobs")  # imports and the browser's own cache are paid here
        redrawn(browser, f"{big[0]}/jobs")
        for name in PAGES:
            times: list[list[float]] = [[], []]
            for _ in range(4):
                for at, (address, _) in enumerate((small, big)):
                    times[at].append(redrawn(browser, f"{address}/{name}?run=demo"))
            (first, again), (big_first, big_again) = [(of[0], statistics.median(of[1:])) for of in times]
            print(
                f"{name or 'overview':<24}{first:>12.2f}{again:>8.2f}{big_first:>12.2f}{big_again:>8.2f}"
                f"{big_first / first:>13.2f}{big_again / again:>8.2f}",
                flush=True,
            )
        for what, (_, process) in (("demo", small), ("big", big)):
            peak = psutil.Process(process.pid).memory_info().rss / 2**30
            print(f"server on {what}: {peak:.2f} GiB resident at the end")


if __name__ == "__main__":
    main()
