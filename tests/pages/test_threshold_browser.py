"""Both sliders moved by the arrow keys in a real browser: the counts on the page are the command line's."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, views
from tests.pages.browsing import CHROMIUM, is_local, settled

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
CELLS = ("tp", "fp", "fn", "tn")


def said(root: Path, tau1: float, tau2: float) -> dict[str, Any]:
    verb = [sys.executable, "-m", "stat_engine.cli", "difficult", "small", "--workspace", str(root), "--json"]
    done = subprocess.run(
        [*verb, "--tau1", f"{tau1:g}", "--tau2", f"{tau2:g}"], capture_output=True, text=True, check=True
    )
    return dict(json.loads(done.stdout))


def press(page: Any, slider: int, key: str, times: int) -> float:
    """Focus a slider and hit a key so often; where it then stands, once the page has followed."""
    handle = page.get_by_role("slider").nth(slider)
    handle.focus()
    for _ in range(times):
        page.keyboard.press(key)
    value = float(handle.input_value())
    page.wait_for_url(re.compile(rf"difficult_tau{slider + 1}={value:g}(&|$)"))
    page.get_by_text(re.compile(rf"With .*τ{slider + 1} = {value:g}\b(?!\.)")).wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for()
    return value


def counts(page: Any) -> tuple[list[int], list[int], list[int]]:
    """(difficult and all questions, responses under each clause, the confusion) as a person reads them."""
    head = page.get_by_text("validation questions are difficult").inner_text()
    names = ["clause_final", "clause_mean", "clause_step", *(f"cell_{cell}" for cell in CELLS)]
    page.locator(f".st-key-difficult_{names[-1]}").get_by_text(re.compile(r"\d")).first.wait_for()
    texts = [page.locator(f".st-key-difficult_{name}").first.inner_text() for name in names]
    first = [int(re.match(r"\d+", text.replace(",", ""))[0]) for text in texts]  # type: ignore[index]
    return [int(n) for n in re.findall(r"\d+", head.replace(",", ""))[:2]], first[:3], first[3:]


def test_the_counts_follow_both_sliders_and_equal_the_command_line(
    finished: Workspace, address: str, page: Any, tmp_path: Path
) -> None:
    pictures = Path(os.environ.get("STAT_PICTURES") or tmp_path)
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: None if is_local(request.url) else errors.append(request.url))
    page.goto(f"{address}/?run=small")
    page.get_by_role("link", name="Difficult questions", exact=True).first.click()
    settled(page, "Difficult questions")
    for times, *keys in (
        (12, "ArrowRight", "ArrowLeft"),
        (15, "ArrowLeft", "ArrowLeft"),
        (1, "Home", "End"),
    ):
        tau1, tau2 = (press(page, at, key, times) for at, key in enumerate(keys))
        found = said(finished.root, tau1, tau2)
        assert counts(page) == (
            [found["n_difficult"], found["n_questions"]],
            list(found["clauses"].values()),
            [found["confusion"][cell] for cell in CELLS],
        ), (tau1, tau2)
        assert page.get_by_text("not saved").count() == 1
        assert f"difficult_tau1={tau1:g}" in page.url
    page.screenshot(path=pictures / "thresholds.png", full_page=True)
    link = page.url
    page.goto(link)  # a copied link opens the same view
    settled(page, "Difficult questions")
    assert counts(page)[0] == [found["n_difficult"], found["n_questions"]]
    assert [error for error in errors if "404" not in error] == []  # a deep link's probing of its own path


def test_questions_are_gone_through_by_key(finished: Workspace, address: str, page: Any) -> None:
    table = views.difficult.questions(finished.run("small").folder)
    first, second = table[table.is_difficult].question_id.iloc[:2]
    page.goto(f"{address}/difficult_questions?run=small&question={first}")
    settled(page, "Difficult questions")
    page.get_by_role("button", name="Next response").wait_for()
    head = page.get_by_test_id("stCaptionContainer")
    head.filter(has_text=first).wait_for()
    settled(page, "Difficult questions")
    page.keyboard.press("j")
    head.filter(has_text=second).wait_for()
    head.get_by_text("1 of 2", exact=True).wait_for()
    page.keyboard.press("n")
    head.get_by_text("2 of 2", exact=True).wait_for()
    page.keyboard.press("k")
    head.filter(has_text=first).wait_for()
