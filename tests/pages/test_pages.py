"""Each page in Streamlit's own test harness: it runs, without an exception, with the engine's values."""

import json

import pytest

from stat_engine import Workspace, views
from stat_engine.config.shipped import ROOT
from stat_engine.ui.shared.draw import named
from tests.pages.conftest import Open, texts

PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
RUN_PAGES = [page for page in PAGES if page not in ("jobs.py", "settings.py", "skills_and_data.py")]
RESULT_PAGES = [page for page in RUN_PAGES if page != "studies.py"]
"""Pages that need something done in the run; a study does it by itself."""


@pytest.mark.parametrize("page", RUN_PAGES)
def test_every_page_of_a_run_opens_on_an_empty_workspace_and_says_what_to_do(
    open_page: Open, tmp_path: object, page: str
) -> None:
    app = open_page(Workspace(f"{tmp_path}/w"), page)
    assert "There is no run here yet" in texts(app)
    assert [button.label for button in app.button] == [
        "Start the demo (a few minutes, free, on this machine)"
    ]


@pytest.mark.parametrize("page", RESULT_PAGES)
def test_every_page_opens_on_a_run_of_which_nothing_is_done(
    open_page: Open, fresh: Workspace, page: str
) -> None:
    assert "stat-studio run small" in texts(open_page(fresh, page))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_finished_run(open_page: Open, finished: Workspace, page: str) -> None:
    app = open_page(finished, page)
    assert len(app.title) == 1
    assert "There is no run" not in texts(app)


def test_the_profile_page_shows_the_engines_profile(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "missing_skill_profile.py")
    expected = finished.run("small").profile()
    assert app.dataframe[0].value[list(expected)].to_dict("list") == named(expected).to_dict("list")
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(bars["data"][0]["y"]) == min(10, len(expected))


def test_compare_shows_every_arm_with_its_accuracy(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "compare.py")
    result = views.compare.compare(finished.run("small").folder)
    shown = dict(zip(app.dataframe[0].value.arm, app.dataframe[0].value.accuracy, strict=True))
    assert shown == {"base": result["base"]["accuracy"]} | {a["arm"]: a["accuracy"] for a in result["arms"]}
