"""The compare page in Streamlit's own harness, with values asserted against the engine's."""

import base64
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, views
from stat_engine.orders import RoundOrder, RunOrder
from stat_engine.store.run_folder import RunFolder
from tests.evaluating import run_with_arms
from tests.factories import a_response
from tests.pages.conftest import Open, texts

SKILLS, FLIPPED, ROUNDS = "Skills and subjects", "Questions that flipped", "Rounds"


@pytest.fixture
def folder(finished: Workspace) -> RunFolder:
    return finished.run("small").folder


def table(app: AppTest, column: str) -> pd.DataFrame:
    """The first table on the page that has the column."""
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def charts(app: AppTest) -> list[Any]:
    """The figures on the page, their number arrays read as lists."""
    return [json.loads(chart.proto.spec, object_hook=_array) for chart in app.get("plotly_chart")]


def _array(value: dict[str, Any]) -> Any:
    if set(value) - {"shape"} != {"bdata", "dtype"}:
        return value
    return np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"]).tolist()


def test_the_headline_is_the_engines_verdict(open_page: Open, finished: Workspace, folder: RunFolder) -> None:
    shown = texts(open_page(finished, "compare.py"))
    for sentence in views.compare.compare(folder)["verdict"]:
        assert sentence in shown


def test_arms_and_benchmarks_equal_the_engines(
    open_page: Open, finished: Workspace, folder: RunFolder
) -> None:
    cells = views.benchmarks.benchmark_table(folder)
    shown = open_page(finished, "compare.py").dataframe[0].value.set_index("arm")
    assert list(shown.columns) == ["accuracy", "test difficult", "mean"]
    for column, benchmark, part in (
        ("accuracy", "test", ""),
        ("test difficult", "test", "difficult"),
        ("mean", "mean", ""),
    ):
        rows = cells[(cells.benchmark == benchmark) & (cells.part == part)].set_index("arm")
        assert shown[column].to_dict() == rows.accuracy.to_dict()


def test_differences_follow_the_chosen_arm(open_page: Open, finished: Workspace, folder: RunFolder) -> None:
    app = open_page(finished, "compare.py", compare_reference="random")
    expected = views.compare.differences(folder, "random")
    shown = table(app, "n_gained")
    for column in ("arm", "difference", "ci_low", "ci_high", "p_value", "n_gained", "n_lost"):
        assert shown[column].tolist() == expected[column].tolist()
    app.selectbox(key="compare_reference").select("base").run()
    assert table(app, "n_gained").arm.tolist() == views.compare.differences(folder).arm.tolist()


def test_circles_show_the_accuracy_unless_another_scale_is_chosen(
    open_page: Open, finished: Workspace, folder: RunFolder
) -> None:
    app = open_page(finished, "compare.py", compare_part=SKILLS)
    _, subjects, _ = charts(app)
    assert subjects["layout"]["title"]["text"] == "Radial axis: Accuracy (fraction)"
    by_subject = views.compare.by_group(folder, "subject")
    base = next(trace for trace in subjects["data"] if trace["name"] == "base")
    assert base["r"][:-1] == by_subject[by_subject.arm == "base"].accuracy.tolist()
    app.segmented_control(key="compare_scale").set_value("student").run()
    _, subjects, _ = charts(app)
    assert subjects["layout"]["title"]["text"] == "Radial axis: Accuracy divided by the student's"
    assert {trace["name"] for trace in subjects["data"]} == {"base", "random", "stat-sel", "stat-syn"}
    base = next(trace for trace in subjects["data"] if trace["name"] == "base")
    assert set(base["r"]) == {1.0}
    app.segmented_control(key="compare_scale").set_value("best").run()
    skills, _, _ = charts(app)
    values = pd.DataFrame({trace["name"]: trace["r"] for trace in skills["data"]})
    assert values.max(axis="columns").tolist() == [1.0] * len(values)


def test_the_maps_corrected_p_values_are_scipys(
    open_page: Open, finished: Workspace, folder: RunFolder
) -> None:
    app = open_page(finished, "compare.py", compare_part=SKILLS, compare_level="0.1")
    cells = views.differences.skill_gains(folder)
    corrected = false_discovery_control(cells.p_value)
    (markers,) = (t for t in charts(app)[2]["data"] if t["type"] == "scatter")
    assert [row[9] for row in markers["customdata"]] == pytest.approx(corrected.tolist())
    assert f"{(corrected <= 0.1).sum()}** of {len(cells)} cells are significant at 0.1" in texts(app)
    app.selectbox(key="compare_correction").select("none").run()
    assert f"{(cells.p_value <= 0.1).sum()}** of {len(cells)} cells" in texts(app)


def test_flips_equal_a_recomputation_from_the_tables(
    open_page: Open, finished: Workspace, folder: RunFolder
) -> None:
    ours, theirs = (
        {row.question_id: bool(row.is_correct) for row in folder.evaluation(arm, 0, "test").read()}
        for arm in ("stat-sel", "base")
    )
    gained = sorted(id for id in ours if ours[id] and not theirs[id])
    lost = sorted(id for id in ours if theirs[id] and not ours[id])
    assert gained and lost
    app = open_page(finished, "compare.py", compare_part=FLIPPED, compare_arm="stat-sel")
    assert table(app, "change").question_id.tolist() == sorted(gained + lost)[:50]
    shown = texts(app)
    assert f"{len(gained)}** right more often than **base" in shown and f"and **{len(lost)}** less" in shown
    for direction, ids in (("gained", gained), ("lost", lost)):
        app.selectbox(key="compare_direction").select(direction).run()
        assert table(app, "change").question_id.tolist() == ids[:50]


def test_filters_that_leave_no_question_say_so(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path)  # where stat-sel lost one question, of Geometry
    shown = {"compare_part": FLIPPED, "compare_arm": "stat-sel", "compare_direction": "right to wrong"}
    for subject, is_empty in (("Algebra", True), ("Geometry", False)):
        app = open_page(Workspace(tmp_path / "workspace"), "compare.py", compare_subject=subject, **shown)
        assert ("No question under these filters" in texts(app)) == is_empty


def test_a_flipped_question_shows_both_responses(
    open_page: Open, finished: Workspace, folder: RunFolder
) -> None:
    id = views.differences.flips(folder, "stat-sel")["rows"].question_id[0]
    app = open_page(finished, "compare.py", compare_part=FLIPPED, compare_arm="stat-sel", compare_question=id)
    shown = texts(app)
    for side in views.differences.flip(folder, id, "stat-sel")["sides"]:
        for line in side["responses"][0]["response"].splitlines():
            assert line in shown


def test_hostile_text_is_shown_as_text(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path, problem="<script>alert(1)</script> **bold** [x](http://e.com) $\\href{a}{b}$")
    app = open_page(
        Workspace(tmp_path / "workspace"), "compare.py", compare_part=FLIPPED, compare_question="t0"
    )
    shown = next(element.value for element in app.markdown if "script" in element.value)
    assert (
        "\\<script\\>" in shown
        and "\\*\\*bold\\*\\*" in shown
        and "\\[x\\]" in shown
        and "$" not in shown.replace("\\$", "")
    )


def test_a_run_without_rounds_says_what_makes_one(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "compare.py", compare_part=ROUNDS)
    assert "has no other round yet" in texts(app)
    best = views.compare.compare(finished.run_folder("small"))["arms"][0]["arm"]
    assert f"Round 2, run small-round2-{best}: student numeracy-student+{best} answers 60" in texts(app)
    assert app.code[0].value == f"stat-studio round small --arm {best} --detach"
    assert app.button(key="round_start").label == "Make the round and start it"


def test_the_next_round_is_made_and_started_as_a_job(
    open_page: Open, finished: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    app = open_page(Workspace(tmp_path / "w"), "compare.py", compare_part=ROUNDS)
    app.selectbox(key="round_arm").set_value("stat-syn").run()
    asked: list[Any] = []
    monkeypatch.setattr("stat_engine.jobs.answer", lambda _, order: asked.append(order) or {})
    monkeypatch.setattr("stat_engine.jobs.submit", lambda _, order: asked.append(order))
    app.button(key="round_start").click().run()
    assert asked == [RoundOrder(run="small", arm="stat-syn"), RunOrder(run=asked[-1].run)]


def test_rounds_show_every_run_of_the_chain(open_page: Open, tmp_path: Path) -> None:
    run = run_with_arms(tmp_path)
    workspace = Workspace(tmp_path / "workspace")
    made = {"number": 2, "arm": "stat-sel", "seed": 0}
    kept = ["responses", "step_rewards", "evaluations"]
    second = workspace.new_run("second", run.config, run, kept, round=made)
    workspace.new_run("copy", run.config, run, kept)  # is no round
    second.missing_skills().write("f", run.own_labels(), second.stage_settings("missing_skills"))
    app = open_page(workspace, "compare.py", run="second", compare_part=ROUNDS)
    bars, dots = charts(app)
    assert {trace["name"]: trace["x"] for trace in bars["data"]}["stat-sel"] == ["small", "second"]
    assert [trace["name"] for trace in dots["data"]] == ["small", "second"]
    assert set(table(app, "moved").moved) == {0.0}


def test_only_the_student_evaluated_is_no_error(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path, {"base": ["rw"]})
    workspace = Workspace(tmp_path / "workspace")
    assert "Only the student itself is evaluated: 0.500" in texts(open_page(workspace, "compare.py"))
    for part in (SKILLS, FLIPPED, ROUNDS):
        open_page(workspace, "compare.py", compare_part=part)


def test_a_page_beyond_what_a_filter_leaves_shows_the_last_there_is(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path, {"base": ["w" * 120], "stat-sel": ["r" * 120]})
    workspace = Workspace(tmp_path / "workspace")
    app = open_page(workspace, "compare.py", compare_part=FLIPPED, compare_arm="stat-sel", compare_page="3")
    assert len(table(app, "change")) == 20
    app.selectbox(key="compare_skill").select(("Algebra", "addition")).run()
    assert not app.exception
    assert "Of **30** questions" in texts(app) and len(table(app, "change")) == 30


def test_the_student_may_stand_against_an_arm(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path)
    workspace = Workspace(tmp_path / "workspace")
    app = open_page(
        workspace, "compare.py", compare_part=FLIPPED, compare_arm="base", compare_reference="stat-syn"
    )
    assert "has **0** right more often than **stat-syn" in texts(app)
    assert table(app, "change").question_id.tolist() == ["t0", "t1", "t2"]
    app = open_page(workspace, "compare.py", compare_part=FLIPPED)
    assert app.selectbox(key="compare_arm").value == "stat-sel"


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"compare_question": "t7"}, "This question did not flip"),
        ({"compare_direction": "right to wrong"}, "but is outside the filters above"),
        ({"compare_subject": "Geometry"}, "but is outside the filters above"),
    ],
)
def test_an_open_question_that_is_not_listed_says_so(
    open_page: Open, tmp_path: Path, chosen: dict[str, str], says: str
) -> None:
    run_with_arms(tmp_path)
    asked = {"compare_part": FLIPPED, "compare_arm": "stat-sel", "compare_question": "t0"}
    app = open_page(Workspace(tmp_path / "workspace"), "compare.py", **asked | chosen)
    assert says in texts(app)
    app = open_page(Workspace(tmp_path / "workspace"), "compare.py", **asked)
    assert "did not flip" not in texts(app) and "outside the filters" not in texts(app)


def select(app: AppTest, key: str, **chosen: Any) -> AppTest:
    """Choose in a table, as a click does."""
    app.session_state[key] = {"selection": {"rows": [], "cells": [], **chosen}}
    app.run()
    assert not app.exception, app.exception
    return app


def test_going_to_the_questions_closes_the_one_that_was_open(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path)
    app = open_page(
        Workspace(tmp_path / "workspace"), "compare.py", compare_question="t7", compare_page="2",
        compare_direction="right to wrong",
    )  # fmt: skip
    order = table(app, "n_gained").arm.tolist()
    app = select(app, "compare_table", cells=[[order.index("stat-syn"), "n_gained"]])
    assert "compare_question" not in app.query_params
    assert app.selectbox(key="compare_arm").value == "stat-syn"
    assert app.selectbox(key="compare_direction").value == "gained"
    assert table(app, "change").question_id.tolist() == ["t0", "t1", "t2"]


def test_a_row_of_arms_and_benchmarks_leads_to_its_questions(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path)
    workspace = Workspace(tmp_path / "workspace")
    app = open_page(workspace, "compare.py")
    arms = app.dataframe[0].value.arm.tolist()
    app = select(app, "compare_benchmarks", rows=[arms.index("stat-syn")])
    assert app.selectbox(key="compare_arm").value == "stat-syn"
    app = select(open_page(workspace, "compare.py"), "compare_benchmarks", rows=[arms.index("base")])
    assert "All are compared with base" in texts(app)


def test_the_flipped_question_that_is_open_is_marked(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path)
    app = open_page(
        Workspace(tmp_path / "workspace"), "compare.py", compare_part=FLIPPED, compare_arm="stat-sel",
        compare_question="t2",
    )  # fmt: skip
    (marked,) = (
        value for key, value in app.session_state._state.filtered_state.items() if "compare_flips" in key
    )
    assert marked["selection"]["rows"] == [2]


def test_a_skills_name_of_two_subjects_stands_with_its_subject(open_page: Open, tmp_path: Path) -> None:
    run_with_arms(tmp_path)
    app = open_page(Workspace(tmp_path / "workspace"), "compare.py", compare_part=SKILLS)
    gains = charts(app)[-1]  # two axes make no circle; Algebra has an area too, which is not drawn
    assert gains["data"][0]["y"] == ["Addition · 2", "Area (Geometry) · 2"]


def test_another_benchmark_and_what_cannot_be_graded_are_shown(open_page: Open, tmp_path: Path) -> None:
    run = run_with_arms(tmp_path)
    for arm, right in (("base", [True, False]), ("random", [True, True])):
        rows = [
            a_response(f"{arm}-x{at}", f"t{at}", answer="2" if one else None, is_correct=one)
            for at, one in enumerate(right)
        ]
        run.evaluation(arm, 0, "extra").write("f", rows, {})
    app = open_page(Workspace(tmp_path / "workspace"), "compare.py", compare_benchmark="extra")
    assert [box.value for box in app.selectbox if box.label == "Benchmark"] == ["extra"]
    shown = texts(app)
    assert "2 extra questions" in shown
    assert "Not gradable are 1 of 2 of base responses: no answer can be read in them" in shown
    assert views.compare.compare(run, "extra")["verdict"][0] in shown


@pytest.mark.parametrize(("by", "group"), [("Subjects", "subject"), ("Levels", "level")])
def test_gains_are_shown_by_subject_and_level(
    open_page: Open, finished: Workspace, folder: RunFolder, by: str, group: Any
) -> None:
    app = open_page(finished, "compare.py", compare_part=SKILLS, compare_skills_shown=by)
    cells = views.differences.skill_gains(folder, only_missed=False, group=group)
    heat = next(figure for figure in charts(app) if figure["data"][0]["type"] == "heatmap")
    assert len(heat["data"][0]["y"]) == cells[group].nunique()
    assert sorted(np.ravel(heat["data"][0]["z"])) == pytest.approx(sorted(cells.gain))


def test_the_training_plan_says_what_cannot_be_seen(
    open_page: Open, finished: Workspace, folder: RunFolder
) -> None:
    app = open_page(finished, "training.py", training_set="stat-sel", training_open=True)
    assert views.benchmarks.smallest_effects(folder)[0]["sentence"] in texts(app)
