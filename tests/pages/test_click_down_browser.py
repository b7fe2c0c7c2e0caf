"""In a real browser: what is clicked leads to what it counts, and the address holds it."""

from typing import Any

import pytest

from stat_engine import Workspace
from tests.pages.browsing import CHROMIUM, settled, tick_row

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]


def click_middle(page: Any, box: dict[str, float]) -> None:
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_a_subjects_and_a_levels_cell_open_their_questions(address: str, page: Any) -> None:
    for by, parameter in (("Subjects", "compare_subject"), ("Levels", "compare_of_level")):
        page.goto(f"{address}/compare?compare_part=Skills+and+subjects&compare_skills_shown={by}")
        settled(page, "Compare")
        cell = page.locator(".st-key-compare_map .scatterlayer .point").first
        cell.wait_for(state="attached")
        cell.scroll_into_view_if_needed()
        click_middle(page, cell.bounding_box())
        page.wait_for_url(lambda url, of=parameter: f"{of}=" in url and "Questions+that+flipped" in url)
        settled(page, "Compare")
        assert page.get_by_text("right more often than").count() == 1


def test_the_set_that_its_row_opens_stands_in_the_address(
    finished: Workspace, address: str, page: Any
) -> None:
    names = finished.run("small").folder.training_set_names()
    page.goto(f"{address}/training_sets")
    settled(page, "Training sets")
    tick_row(page, "sets_listed", 1)
    page.wait_for_url(lambda url: "sets_name=" in url and "sets_tab=Examples" in url)
    settled(page, "Training sets")
    link, chosen = page.url, page.locator(".st-key-sets_name input").input_value()
    assert chosen in names[1:] and f"sets_name={chosen}" in link
    page.goto(link)
    settled(page, "Training sets")
    assert page.locator(".st-key-sets_name input").input_value() == chosen
