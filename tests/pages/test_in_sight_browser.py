"""In a real browser: the effect of a click is in sight, and going back restores what was there."""

from typing import Any
from urllib.parse import unquote

import pytest

from stat_engine import Workspace, views
from tests.pages.browsing import CHROMIUM, settled, tick_row

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]


def test_a_question_of_the_profile_opens_itself_with_its_skills_other_questions(
    finished: Workspace, address: str, page: Any
) -> None:
    run = finished.run("small").folder
    top = views.profile.profile(run).iloc[0]
    ids = views.profile.questions_lacking(run, top.subject, top.skill)
    assert len(ids) > 1
    page.goto(
        f"{address}/missing_skill_profile?run=small&profile_rank=Failure+rate&profile_skill={top.subject}/{top.skill}"
    )
    settled(page, "Missing-Skill-Profile")
    tick_row(page, "profile_questions", 0)
    page.wait_for_url(lambda url: f"question={ids[0]}" in unquote(url))
    settled(page, "Difficult questions")
    problem = page.get_by_text(ids[0], exact=False).first
    assert 0 < problem.bounding_box()["y"] < 700
    page.get_by_text(f"1 of {len(ids):,}").wait_for()
    page.keyboard.press("j")
    page.wait_for_url(lambda url: f"question={ids[1]}" in unquote(url))
    page.get_by_text(f"2 of {len(ids):,}").wait_for()
    page.get_by_text("Back to the profile").click()
    settled(page, "Missing-Skill-Profile")
    page.get_by_text("Click a row to read the response").wait_for()
    assert f"profile_skill={top.subject}" in unquote(page.url)
    assert "profile_rank=Failure+rate" in page.url  # the filter is as it was left
    page.go_back()
    settled(page, "Difficult questions")
    page.get_by_text(f"2 of {len(ids):,}").wait_for()
    page.go_forward()
    settled(page, "Missing-Skill-Profile")
    page.get_by_text("Click a row to read the response").wait_for()


def test_a_click_on_a_bar_lists_its_questions_beside_it(finished: Workspace, address: str, page: Any) -> None:
    run = finished.run("small").folder
    top = views.profile.profile(run).iloc[0]
    first = views.lacking.responses(run, top.subject, top.skill).iloc[0]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{address}/missing_skill_profile?run=small")
    settled(page, "Missing-Skill-Profile")
    bar = page.locator(".st-key-profile_bars .barlayer .point").last.bounding_box()  # the longest, on top
    page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    said = page.get_by_text("Click a row to read the response")
    said.wait_for()
    settled(page, "Missing-Skill-Profile")
    bars = page.locator(".st-key-profile_bars").bounding_box()
    table = page.locator(".st-key-profile_questions").bounding_box()
    assert table["x"] >= bars["x"] + bars["width"]
    assert 0 < said.bounding_box()["y"] < table["y"] < 900 - 36 - 66  # a row of it is in view
    shown = page.locator(".st-key-profile_questions table").inner_text()
    assert "Answer" in shown and "Reward" in shown and "pending" in shown
    assert f"{first['mean']:.2f}" in shown
