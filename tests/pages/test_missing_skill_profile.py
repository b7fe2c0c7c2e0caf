"""The page of the Missing-Skill-Profile: its figures are the engine's, and its address holds what is chosen."""

import base64
import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, views
from stat_engine.charts import profile
from stat_engine.review import Decision, decide
from stat_engine.ui.shared.draw import named
from stat_engine.views.text import plain
from tests.conftest import with_an_empty_copy
from tests.pages.conftest import Open, texts

PAGE = "missing_skill_profile.py"


@pytest.fixture(scope="module")
def pair(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The finished run, a copy whose teacher found nothing, and a copy that people reviewed."""
    workspace = with_an_empty_copy(finished, tmp_path_factory.mktemp("pair"))
    reviewed = workspace.run("small").fork("reviewed").folder
    for at, label in enumerate(reviewed.own_labels()[:15]):
        decide(reviewed, Decision(label.response_id, "discard" if at % 3 == 0 else "accept"), "ada")
    return workspace


def charts(app: AppTest) -> list[Any]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def values(numbers: Any) -> list[float]:
    """A chart's numbers, which Plotly sends as bytes where they come from a frame."""
    if isinstance(numbers, dict):
        found = np.frombuffer(base64.b64decode(numbers["bdata"]), dtype=numbers["dtype"])
        return [float(number) for number in found]
    return list(numbers)


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table on the page that has the column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def test_bars_circle_and_table_are_the_engines(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, PAGE, run="small")
    expected = finished.run("small").profile()
    assert table(app, "failure_rate")[list(expected)].to_dict("list") == named(expected).to_dict("list")
    bars, circle, subjects = charts(app)
    assert values(bars["data"][0]["x"]) == list(expected.n_missing[:10][::-1])
    assert values(circle["data"][0]["r"]) == [*expected.failure_rate[:10], expected.failure_rate[0]]
    by_subject = views.profile.by_subject(finished.run("small").folder)
    assert values(subjects["data"][0]["x"]) == list(by_subject["share"][::-1])
    assert "Not corrected for teacher error: nobody has decided on a label yet." in texts(app)


def test_a_subject_and_a_number_of_skills_stand_in_the_address(open_page: Open, finished: Workspace) -> None:
    expected = views.profile.profile(finished.run("small").folder, "Algebra")
    app = open_page(finished, PAGE, run="small", profile_subject="Algebra", profile_top="3")
    assert app.selectbox(key="profile_subject").value == "Algebra"
    assert values(charts(app)[0]["data"][0]["x"]) == list(expected.n_missing[:3][::-1])
    assert list(table(app, "failure_rate").skill) == list(named(expected).skill)
    app.selectbox(key="profile_subject").select("Geometry").run()
    assert set(table(app, "failure_rate").subject) == {"Geometry"}


@pytest.mark.parametrize(("rank", "column"), views.profile.QUANTITIES.items())
def test_what_ranks_the_skills_is_what_the_bars_show(
    open_page: Open, finished: Workspace, rank: str, column: str
) -> None:
    app = open_page(finished, PAGE, run="small", profile_least="2")
    app.selectbox(key="profile_rank").set_value(rank).run()
    shown = table(app, column)
    assert shown.n_questions.min() >= 2
    assert list(shown[column]) == sorted(shown[column], reverse=True)
    bars = charts(app)[0]
    assert values(bars["data"][-1]["x"]) == list(shown[column][:10][::-1])
    assert bars["layout"]["xaxis"]["title"]["text"] == profile.AXES[rank]  # type: ignore[index]


def test_no_skill_of_so_many_questions_is_said(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, PAGE, run="small", profile_least="100000")
    assert "No skill is carried by 100,000 questions or more" in texts(app)


def test_listed_skills_are_drawn_in_place_of_the_first(open_page: Open, finished: Workspace) -> None:
    frame = finished.run("small").profile()
    listed = [f"{row.subject}/{row.skill}" for row in frame.iloc[[2, 5]].itertuples()]
    app = open_page(finished, PAGE, run="small")
    app.multiselect(key="profile_skills").set_value(listed).run()
    assert values(charts(app)[0]["data"][0]["x"]) == list(frame.n_missing.iloc[[5, 2]])
    assert "A circle needs 3 skills or more." in texts(app)


def test_a_skill_in_the_address_shows_its_questions(open_page: Open, finished: Workspace) -> None:
    folder = finished.run("small").folder
    top = views.profile.profile(folder).iloc[0]
    app = open_page(finished, PAGE, run="small", profile_skill=f"{top.subject}/{top.skill}")
    ids = views.profile.questions_lacking(folder, top.subject, top.skill)
    assert list(table(app, "problem").question_id) == ids
    assert f"{len(ids)} difficult questions lack" in texts(app)
    app = open_page(finished, PAGE, run="small", profile_skill="Algebra/flying")
    assert not app.exception and app.selectbox(key="profile_skill").value is None


def test_the_pool_beside_the_profile(open_page: Open, finished: Workspace) -> None:
    expected = views.profile.misfit(finished.run("small").folder)
    app = open_page(finished, PAGE, run="small", profile_tab="Training pool")
    pd.testing.assert_frame_equal(table(app, "gap"), named(expected))
    assert f"{views.profile.distance(expected):.0%}" in texts(app)
    points = {(x, y) for trace in charts(app)[0]["data"] if trace["mode"] != "lines"
              for x, y in zip(values(trace["x"]), values(trace["y"]), strict=True)}  # fmt: skip
    assert points == set(zip(expected.pool_share, expected.missed_share, strict=True))
    app.segmented_control(key="profile_measure").set_value("Failure rate").run()
    assert not app.exception
    assert charts(app)[0]["layout"]["yaxis"]["title"]["text"] == "Failure rate (fraction, 95% interval)"


def test_another_run_beside_this_one(open_page: Open, pair: Workspace) -> None:
    app = open_page(pair, PAGE, run="empty", profile_tab="Another run")
    assert app.selectbox(key="profile_other").value == "small"  # which it was made from
    expected = pair.run("empty").profile_against("small")
    pd.testing.assert_frame_equal(table(app, "difference"), named(expected))
    ours, theirs, difference = charts(app)[0]["data"]
    assert (ours["name"], theirs["name"]) == ("empty", "small")
    assert values(difference["x"]) == pytest.approx(list(expected.difference[:10][::-1]), nan_ok=True)


def test_without_another_run_the_page_says_how_one_comes_about(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, PAGE, run="small", profile_tab="Another run")
    assert "No other run of this dataset has labels yet" in texts(app)
    assert [code.value for code in app.code] == [
        "stat-studio run small --fork small-2 student.temperature=1.0"
    ]


def test_the_profile_is_corrected_where_people_measured_the_teachers_error(
    open_page: Open, pair: Workspace
) -> None:
    folder = pair.run("reviewed").folder
    found = views.agreement.corrected(folder)
    app = open_page(pair, PAGE, run="reviewed")
    assert "Corrected for teacher error by 15 labels that people decided on" in texts(app)
    shown = table(app, "corrected_rate")
    rates = {(of, plain(skill)): rate for (of, skill), (rate, *_) in found["skills"].items()}
    assert list(shown.corrected_rate) == [rates[key] for key in zip(shown.subject, shown.skill, strict=True)]
    app.selectbox(key="profile_rank").select("rate").run()
    shown = table(app, "corrected_rate")
    corrected, labelled = charts(app)[0]["data"]
    assert values(corrected["x"]) == list(shown.corrected_rate[:10][::-1])
    assert values(labelled["x"]) == list(shown.failure_rate[:10][::-1])


@pytest.mark.parametrize("tab", ["Skills", "Training pool", "Another run"])
def test_the_download_is_the_table_as_shown(
    open_page: Open, pair: Workspace, monkeypatch: pytest.MonkeyPatch, tab: str
) -> None:
    files: dict[str, str] = {}
    monkeypatch.setattr(
        st, "download_button", lambda _, text, name, *rest, **keys: files.update({name: text})
    )
    app = open_page(pair, PAGE, run="reviewed", profile_tab=tab, profile_subject="Algebra")
    ((name, text),) = files.items()
    assert name == {
        "Skills": "reviewed-profile.csv", "Training pool": "reviewed-misfit.csv",
        "Another run": "reviewed-against-small.csv",
    }[tab]  # fmt: skip
    pd.testing.assert_frame_equal(named(pd.read_csv(io.StringIO(text))), table(app, "subject"))
