"""In a real browser: nothing that is pressed is lost, on whatever the page is just drawing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from stat_engine import review
from stat_engine.review import Decision
from stat_engine.store.event_log import decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import newest_event
from tests.pages.browsing import CHROMIUM, served, settled
from tests.reviewing import labels_of, run_to_review

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
N_LABELS = 60
PAGES = {
    "overview": "Overview", "run_stages": "Run stages", "difficult_questions": "Difficult questions",
    "skill_labels": "Skill labels", "missing_skill_profile": "Missing-Skill-Profile",
    "training_sets": "Training sets", "training": "Training", "compare": "Compare", "studies": "Studies",
    "skills_and_data": "Skills and data", "jobs": "Jobs", "settings": "Settings",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return run_to_review(tmp_path_factory.mktemp("presses"), labels_of(N_LABELS))


@pytest.fixture(scope="module")
def address(run: RunFolder) -> Iterator[str]:
    with served(run.folder.parent.parent) as at:
        yield at


@pytest.fixture
def desk(address: str, page: Any) -> Any:
    """The page of label review with a reviewer's name given."""
    page.goto(f"{address}/skill_labels")
    settled(page, "Skill labels")
    give_name(page, "Ada")
    return page


def give_name(page: Any, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_role("button", name="Review under this name").click()
    page.get_by_text(f"Reviewing as {name}").wait_for()
    settled(page, "Skill labels")


def in_force(run: RunFolder) -> dict[str, tuple[str, str]]:
    return {id: (event.action, event.author) for id, event in decisions(run.label_log.events()).items()}


def pending(run: RunFolder) -> list[str]:
    decided = in_force(run)
    return [f"r{at:02d}" for at in range(N_LABELS) if f"r{at:02d}" not in decided]


def saved(page: Any, text: str) -> None:
    page.locator(".presses[data-state=saved]", has_text=text).wait_for()


def test_six_keys_half_a_second_apart_are_six_decisions(run: RunFolder, desk: Any) -> None:
    wanted = pending(run)[:6]
    for _ in wanted:
        desk.keyboard.press("a")
        desk.wait_for_timeout(500)
    saved(desk, f"Accepted: q{wanted[-1][1:]}")
    assert [in_force(run).get(id) for id in wanted] == [("accept", "Ada")] * 6
    assert len(run.label_log.events()) == 6


def test_keys_without_a_pause_reach_one_label_after_another(run: RunFolder, desk: Any) -> None:
    first, second, third, fourth, fifth = pending(run)[:5]
    for key in ("a", "d", "e", "3", "s", "j", "d", "u", "d"):
        desk.keyboard.press(key)
    saved(desk, f"Discarded: q{fifth[1:]}")
    found = in_force(run)
    said = [found.get(id, ("pending",))[0] for id in (first, second, third, fourth, fifth)]
    assert said == ["accept", "discard", "edit", "pending", "discard"]
    edit = decisions(run.label_log.events())[third]
    assert edit.skills == ["area", "powers"]


def test_clicks_and_the_undo_beside_what_was_saved(run: RunFolder, desk: Any) -> None:
    wanted = pending(run)[:3]
    for _ in wanted:
        desk.get_by_role("button", name="Accept", exact=False).first.click()
        desk.wait_for_timeout(500)
    saved(desk, f"Accepted: q{wanted[-1][1:]}")
    assert all(id in in_force(run) for id in wanted)
    desk.locator(".presses button").click()
    saved(desk, f"Taken back: q{wanted[-1][1:]}")
    assert [id in in_force(run) for id in wanted] == [True, True, False]


def test_what_was_pressed_before_a_conflict_was_seen_is_dropped_and_said(run: RunFolder, desk: Any) -> None:
    theirs, mine = pending(run)[:2]
    review.decide(run, Decision(theirs, "discard", newest_event(run, theirs)), "Grace")
    for _ in range(3):
        desk.keyboard.press("a")
    desk.get_by_text("Somebody else decided on this label").wait_for()
    desk.locator(".presses", has_text="not carried out").wait_for()
    assert in_force(run)[theirs] == ("discard", "Grace") and mine not in in_force(run)


def test_a_bulk_action_is_taken_back_where_it_is_told(run: RunFolder, desk: Any) -> None:
    n = len(pending(run))
    desk.get_by_text("Bulk actions", exact=True).click()
    desk.get_by_role("button", name=f"Accept {n:,} of {n:,}").click()
    saved(desk, f"{n:,} labels accepted")
    assert pending(run) == []
    desk.locator(".presses button").click()
    saved(desk, f"{n:,} decisions taken back")
    assert len(pending(run)) == n


def test_a_browser_remembers_its_own_reviewer_and_shows_it_to_no_other(
    address: str, browser: "Browser"
) -> None:
    first, second = browser.new_context(), browser.new_context()
    for context, name in ((first, "Ada B"), (second, "Grace")):
        page = context.new_page()
        page.goto(f"{address}/skill_labels")
        settled(page, "Skill labels")
        assert page.get_by_label("Your name").input_value() == ""
        give_name(page, name)
        page.close()
    page = first.new_page()
    page.goto(f"{address}/skill_labels")
    page.get_by_text("Reviewing as Ada B").wait_for()
    page.get_by_role("button", name="Change").click()
    page.get_by_label("Your name").wait_for()
    page.reload()
    settled(page, "Skill labels")
    assert page.get_by_label("Your name").count() == 1
    first.close()
    second.close()


def test_every_page_lists_its_keys(address: str, page: Any) -> None:
    for path, title in PAGES.items():
        page.goto(f"{address}/{path}")
        settled(page, title)
        page.get_by_role("button", name="Keys (?)").wait_for()
        page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keys")
        keys.get_by_text("Accept the label").wait_for(timeout=10_000)
        page.keyboard.press("Escape")
        keys.wait_for(state="hidden")


def test_labels_are_reviewed_by_touch_on_a_phone(address: str, run: RunFolder, browser: "Browser") -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(f"{address}/skill_labels")
    settled(page, "Skill labels")
    give_name(page, "Ada")
    wanted = pending(run)[:2]
    for id in wanted:
        page.get_by_role("button", name="Discard", exact=False).first.tap()
        saved(page, f"Discarded: q{id[1:]}")
    assert [in_force(run)[id] for id in wanted] == [("discard", "Ada")] * 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()
