"""axe-core over all pages, light and dark: nothing serious or critical that these pages cause."""

from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe

from stat_engine import Workspace
from tests.pages.browsing import CHROMIUM, settled

pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")]
VIEWS = (
    "Overview", "Run stages", "Run stages?stages_view=A+new+run", "Difficult questions", "Skill labels",
    "Missing-Skill-Profile", "Missing-Skill-Profile?profile_tab=Training+pool", "Training sets",
    "Training sets?sets_part=Fit+to+the+profile", "Training", "Compare",
    "Compare?compare_part=Skills+and+subjects", "Compare?compare_part=Rounds", "Studies", "Skills and data",
    "Skills and data?skills_part=Audit", "Skills and data?skills_part=Import", "Jobs", "Settings",
    "Settings?settings_part=Machine",
)  # fmt: skip
OF_STREAMLIT = {
    "list": ("[data-testid=stSidebarNavItems]", "the navigation's list holds a div for each section"),
    "listitem": ("[data-testid=stSidebarNav] li", "and its items stand in those"),
}
"""Rule of axe -> what it may be broken by, since Streamlit writes it, and why."""
FOUND = ("serious", "critical")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_have_no_serious_finding_of_their_own(
    finished: Workspace, address: str, browser: Any, theme: Literal["light", "dark"]
) -> None:
    page = browser.new_page(viewport={"width": 1440, "height": 1000}, color_scheme=theme)
    found = []
    for view in VIEWS:
        title, _, query = view.partition("?")
        path = title.lower().replace(" ", "_").replace("-", "_").replace("overview", "")
        page.goto(f"{address}/{path}?run=small&{query}")
        settled(page, title)
        found += [f"{view}: {words}" for words in _findings(page)]
    page.close()
    assert found == []


def _findings(page: Any) -> list[str]:
    """Each broken rule with the elements that break it; headings out of order, too, which axe calls moderate."""
    violations = Axe().run(page).response["violations"]
    assert {one["id"] for one in violations} >= {"list", "listitem"}, "axe has not seen the whole page"
    return [
        f"{one['id']}: {node['html'][:200]}: {node['failureSummary']}"
        for one in violations
        if one["impact"] in FOUND or one["id"] == "heading-order"
        for node in one["nodes"]
        if not _is_of_streamlit(page, one["id"], node["target"])
    ]


def _is_of_streamlit(page: Any, rule: str, target: list[str]) -> bool:
    selector, _ = OF_STREAMLIT.get(rule, ("", ""))
    of = "([target, selector]) => document.querySelector(target).matches(selector)"
    return bool(selector) and bool(page.evaluate(of, [target[0], selector]))


def test_primary_buttons_of_the_dark_theme_are_dark_on_light(address: str, browser: Any) -> None:
    page = browser.new_page(color_scheme="dark")
    page.goto(f"{address}/training_sets?run=small")
    settled(page, "Training sets")
    button = page.locator("[data-testid=stBaseButton-primary]").first
    style = "button => [getComputedStyle(button).color, getComputedStyle(button).backgroundColor]"
    ink, ground = (_luminance(colour) for colour in button.evaluate(style))
    page.close()
    assert (ground + 0.05) / (ink + 0.05) >= 4.5  # the contrast of WCAG 2.2, 1.4.3


def _luminance(colour: str) -> float:
    """Of a colour as in `rgb(1, 2, 3)`, by WCAG 2.2."""
    parts = [int(part) / 255 for part in colour.strip("rgba()").split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
