"""In a real browser: search from any page by the key `/`, and the link to what is shown."""

from typing import Any
from urllib.parse import unquote

import pytest

from stat_engine import Workspace
from tests.pages.browsing import CHROMIUM, settled

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]


def test_the_key_goes_to_the_search_and_a_hit_opens_its_page(
    finished: Workspace, address: str, page: Any
) -> None:
    id = sorted({response.question_id for response in finished.run("small").folder.responses.read()})[0]
    page.goto(f"{address}/settings?run=small")
    settled(page, "Settings")
    page.keyboard.press("/")
    page.keyboard.type(id)
    page.keyboard.press("Enter")
    hit = page.locator(".st-key-frame_hits a")
    hit.wait_for()
    assert hit.count() == 1
    hit.click()
    page.wait_for_url(lambda url: f"question={id}" in unquote(url))
    settled(page, "Difficult questions")
    page.get_by_text("One question, step by step").wait_for()
    page.locator(".st-key-frame_search input").fill("inclusion exclusion")
    page.keyboard.press("Enter")
    page.locator(".st-key-frame_hits a", has_text="nclusion and exclusion").click()
    settled(page, "Missing-Skill-Profile")
    page.get_by_text("Click a row to read the response").wait_for()


def test_the_button_copies_the_address_of_what_is_shown(address: str, page: Any) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}/missing_skill_profile?run=small&profile_tab=Training+pool")
    settled(page, "Missing-Skill-Profile")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url
    assert "profile_tab=Training+pool" in copied
