"""Label review as people do it, in a real browser: by keyboard alone, two at once, and with hostile text."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import sync_playwright

from stat_engine.store.event_log import decisions
from stat_engine.store.label_log import conflicts
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.profile import profile
from tests.factories import a_label
from tests.pages.browsing import CHROMIUM, FLAGS, is_local, served, settled
from tests.reviewing import append, labels_of, run_to_review

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
HOSTILE = "<script>window.hacked=1</script><img src=x onerror='window.hacked=1'> **b** [l](javascript:alert(1)) &amp; :red[x]"
BROKEN = "so \\(\\frac{1}{\\) and $\\undefined{x$ and \\[\\begin{array} 1 & 2 \\] end"


@contextmanager
def visits(run: RunFolder, n: int) -> Iterator[tuple[list[Any], list[str]]]:
    """`n` browser sessions on the page of label review, and what their consoles complain of."""
    with served(run.folder.parent.parent) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        complaints: list[str] = []
        pages = [browser.new_context(viewport={"width": 1440, "height": 1000}).new_page() for _ in range(n)]
        for page in pages:
            page.on(
                "console",
                lambda message: complaints.append(message.text) if message.type == "error" else None,
            )
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "request", lambda request: None if is_local(request.url) else complaints.append(request.url)
            )
            page.goto(address)
            page.get_by_role("link", name="Skill labels").click()
            settled(page, "Skill labels")
        yield pages, complaints
        browser.close()


def tab_to(page: Any, label: str) -> None:
    """Move the focus with the Tab key alone."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('aria-label')") == label:
            return
    raise AssertionError(f"Tab does not reach {label}")


def give_name(page: Any, name: str) -> None:
    tab_to(page, "Your name")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.get_by_text(f"Reviewing as {name}").wait_for()
    quiet(page)


def press(page: Any, key: str, shows: str) -> None:
    """Hit a key and wait for what it brings about."""
    page.keyboard.press(key)
    page.get_by_text(shows).first.wait_for()
    quiet(page)


def quiet(page: Any) -> None:
    """Wait until the page is drawn to its end: a key that comes earlier meets the buttons of before."""
    page.locator("[data-test-script-state=notRunning]").wait_for()


def pictures(page: Any, name: str, folder: Path) -> None:
    """The page at both widths, with nothing hanging over."""
    for width in (1440, 900):
        page.set_viewport_size({"width": width, "height": 1000})
        page.wait_for_timeout(300)
        page.screenshot(path=folder / f"{name}-{width}.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.set_viewport_size({"width": 1440, "height": 1000})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(os.environ.get("STAT_PICTURES") or tmp_path)


def test_ten_labels_are_reviewed_by_keyboard_alone(tmp_path: Path, folder: Path) -> None:
    run = run_to_review(tmp_path, labels_of(12))
    with visits(run, 1) as ((page,), complaints):
        give_name(page, "Ada")
        for at in range(6):
            press(page, "a", f"{at + 1} of 12 labels decided")
        for at in range(6, 8):
            press(page, "d", f"{at + 1} of 12 labels decided")
        press(page, "e", "Which skills does the response lack?")
        press(page, "2", "If saved: Area 10 → 9")  # out with area
        press(page, "4", "Slopes 0 → 1")
        pictures(page, "labels-editor", folder)
        press(page, "s", "9 of 12 labels decided")
        press(page, "a", "10 of 12 labels decided")
        press(page, "u", "9 of 12 labels decided")
        press(page, "d", "10 of 12 labels decided")
        press(page, "j", "Label 2 of 2")
        press(page, "k", "Label 1 of 2")
        press(page, "n", "Add a note")
        tab_to(page, "A note on this label")
        page.keyboard.type("a dead end, undo nothing")
        press(page, "Control+Enter", "noted on by Ada")
        pictures(page, "labels", folder)
        assert complaints == []
    decided = decisions(run.label_log.events())
    assert [(id, event.action) for id, event in sorted(decided.items())] == [
        *((f"r{at:02d}", "accept") for at in range(6)),
        ("r06", "discard"), ("r07", "discard"), ("r08", "edit"), ("r09", "discard"),
    ]  # fmt: skip
    events = run.label_log.events()
    assert ({event.author for event in events}, conflicts(events), len(events)) == ({"Ada"}, [], 13)
    assert (events[-1].response_id, events[-1].note) == ("r10", "a dead end, undo nothing")
    assert profile(run)[["skill", "n_missing"]].values.tolist()[:2] == [["area", 8], ["slopes", 1]]


def test_the_second_of_two_who_edit_one_label_sees_the_conflict(tmp_path: Path, folder: Path) -> None:
    run = run_to_review(tmp_path, labels_of(2))
    with visits(run, 2) as ((ada, grace), complaints):
        give_name(ada, "Ada")
        give_name(grace, "Grace")
        for page in (ada, grace):
            press(page, "e", "Which skills does the response lack?")
        press(ada, "3", "If saved: Powers 0 → 1")
        press(ada, "s", "1 of 2 labels decided")
        press(grace, "1", "This label changed while you looked at it")
        press(grace, "s", "Somebody else decided on this label")
        pictures(grace, "labels-conflict", folder)
        assert [event.author for event in run.label_log.events()] == ["Ada"]
        grace.get_by_text("Theirs, which now applies: edited to area, powers by Ada").wait_for()
        grace.get_by_text("Yours, not saved: edit to area, addition").wait_for()
        press(grace, "s", "Label 1 of 1")  # once more, with theirs seen
        assert complaints == []
    assert [(event.author, event.skills) for event in run.label_log.events()] == [
        ("Ada", ["area", "powers"]),
        ("Grace", ["area", "addition"]),
    ]
    assert conflicts(run.label_log.events()) == []


def test_hostile_text_is_shown_as_text(tmp_path: Path, folder: Path) -> None:
    label = a_label(
        "r00", "q00", HOSTILE, reason=f"{HOSTILE} {BROKEN}", evidence_step=0, evidence_quote=HOSTILE
    )
    steps = [f"before {HOSTILE} after", BROKEN, "x" * 1_000_000, "$" * 5000]
    run = run_to_review(tmp_path, [label, *labels_of(2)[1:]], problem=f"{HOSTILE} {BROKEN}", steps=steps)
    append(run.label_log, "r00", "note", f"A {HOSTILE}", note=HOSTILE)
    with visits(run, 1) as ((page,), complaints):
        name = "<b>Eve</b> **x**"
        give_name(page, name)
        for text in ("<script>window.hacked=1</script>", "**b** [l](javascript:alert(1)) &amp; :red[x]"):
            assert page.get_by_text(text).count() >= 4  # question, step, skill, reason, history
        page.get_by_text("… (cut)").first.wait_for()
        assert len(page.content()) < 1_000_000
        pictures(page, "labels-hostile", folder)
        press(page, "e", "Which skills does the response lack?")
        press(page, "1", "Addition 0 → 1")
        press(page, "s", "1 of 2 labels decided")
        for part in ("Bulk actions", "Agreement", "Files", "History"):
            page.get_by_role("radio", name=part).or_(page.get_by_text(part, exact=True)).first.click()
            page.wait_for_timeout(500)
            assert page.get_by_test_id("stException").count() == 0
            if part == "Bulk actions":
                page.get_by_label("A note for all of them").type(
                    "add a dud"
                )  # letters that are keys elsewhere
        assert page.evaluate("[window.hacked, document.querySelectorAll('img[src=x], a[href^=javascript]').length]") == [
            None, 0,
        ]  # fmt: skip
        assert complaints == []
    assert [(event.action, event.author) for event in run.label_log.events()[1:]] == [("edit", name)]
