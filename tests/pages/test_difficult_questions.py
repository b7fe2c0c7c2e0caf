"""The threshold workbench in Streamlit's own harness: its counts are the engine's, its buttons do what they say."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, views
from stat_engine.config.shipped import ROOT
from stat_engine.method.step_rewards import cut_short
from stat_engine.records import step_reward
from stat_engine.store.run_folder import RunFolder
from tests.factories import a_label, a_response, rewards
from tests.pages.conftest import Open, metrics, texts
from tests.reviewing import append, labels_of, run_to_review

PAGE = "difficult_questions.py"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """Three labelled questions that fail, one that passes the saved thresholds by 0.9."""
    made = run_to_review(tmp_path, [*labels_of(3), a_label("r03", "q03", "area")])
    scored = [
        rewards(f"r{at:02d}", f"q{at:02d}", *([0.1, 0.1] if at < 3 else [0.9, 0.95])) for at in range(4)
    ]
    made.step_rewards.write("g", scored, made.stage_settings("step_rewards"))
    made.missing_skills().write("g", labels_of(3), made.stage_settings("missing_skills"))
    monkeypatch.setenv("STAT_WORKSPACE", str(tmp_path / "workspace"))
    return made


def opened(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=30)
    for key, value in query.items():
        app.query_params[key] = value
    return checked(app.switch_page(f"pages/{PAGE}").run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def moved(app: AppTest, tau1: float, tau2: float) -> AppTest:
    app.slider(key="difficult_tau1").set_value(tau1)
    return checked(app.slider(key="difficult_tau2").set_value(tau2).run())


def press(app: AppTest, key: str) -> AppTest:
    return checked(app.button(key=f"difficult_{key}").click().run())


def table(app: AppTest, column: str = "problem") -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def counts(app: AppTest) -> dict[str, Any]:
    """The page's figures in the shape of `stat-studio difficult --json`."""
    buttons = {button.key: button.label for button in app.button}
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)["data"][0]["y"]
    rows = {name: of.split(" of ") for name, of in (bar.split(" · ") for bar in bars) if name != "All"}
    return {
        "head": app.markdown[0].value.split("**")[1],
        "by_subject": {name: (int(k), int(n)) for name, (k, n) in rows.items()},
        "clauses": [buttons[f"difficult_clause_{name}"].split(" ")[0] for name in ("final", "mean", "step")],
        "confusion": [buttons[f"difficult_cell_{cell}"].split(" ")[0] for cell in ("tp", "fp", "fn", "tn")],
    }


def as_shown(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "head": f"{found['n_difficult']:,} of {found['n_questions']:,}",
        "by_subject": {
            name.replace("_", " ").capitalize(): (row["n_difficult"], row["n_questions"])
            for name, row in found["by_subject"].items()
        },
        "clauses": [f"{n:,}" for n in found["clauses"].values()],
        "confusion": [f"{found['confusion'][cell]:,}" for cell in ("tp", "fp", "fn", "tn")],
    }


@pytest.mark.parametrize(("tau1", "tau2"), [(0.9, 0.6), (0.0, 0.7), (0.31, 0.0), (1.0, 1.0)])
def test_both_sliders_move_every_count_to_the_engines(
    open_page: Open, finished: Workspace, tau1: float, tau2: float
) -> None:
    folder = finished.run("small").folder
    app = open_page(finished, PAGE)
    assert counts(app) == as_shown(views.difficult.summary(folder))
    app = moved(app, tau1, tau2)
    found: dict[str, Any] = views.difficult.summary_at(folder, tau1, tau2)
    assert counts(app) == as_shown(found)
    quality = views.filters.quality(found["confusion"])
    assert metrics(app) == {
        name.capitalize(): "–" if one["value"] is None else f"{one['value']:.3f}"
        for name, one in quality.items()
    }


def test_thresholds_in_the_address_are_those_of_the_command_line(
    open_page: Open, finished: Workspace
) -> None:
    app = open_page(finished, PAGE, difficult_tau1="0.9", difficult_tau2="0.35")
    said = finished.run("small").difficult(tau1=0.9, tau2=0.35)
    assert counts(app) == as_shown(said)
    assert "τ1 = 0.9" in texts(app) and "τ2 = 0.35" in texts(app)


def test_the_map_has_every_pair_and_marks_the_point_now(open_page: Open, finished: Workspace) -> None:
    app = moved(open_page(finished, PAGE, difficult_measure="Recall"), 0.4, 0.25)
    spec = json.loads(app.get("plotly_chart")[1].proto.spec)["data"]
    grid = views.filters.grid(finished.run("small").folder)
    assert grid is not None
    best = grid.iloc[grid.recall.to_numpy().argmax()]
    points = {part["name"]: (part["y"], part["x"]) for part in spec[1:]}
    assert points == {"saved": ([0.85], [0.7]), "now": ([0.4], [0.25])}
    assert spec[0]["colorbar"]["title"]["text"] == "Recall"
    assert f"{best.recall:.3f} at τ1 = {best.tau1:g}" in texts(app)


def test_filters_are_compared_with_n_and_interval(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, PAGE)
    shown = table(app, "interval")
    rows = {row["filter"]: row for row in views.filters.compared(finished.run("small").folder)}
    assert list(shown["filter"]) == ["Reward filter", "Consistency", "Length"]
    for name, at in (("prm", 0), ("consistency", 1), ("length", 2)):
        accuracy = rows[name]["quality"]["accuracy"]
        assert shown.accuracy[at] == accuracy["value"]
        assert f"by question (n = {accuracy['n']})" in texts(app)
        assert shown.recall[at] == rows[name]["quality"]["recall"]["value"]
        assert shown.interval[at] == f"{accuracy['ci_low']:.3f} to {accuracy['ci_high']:.3f}"


def test_a_slider_off_the_saved_threshold_is_not_saved_and_says_what_changes(run: RunFolder) -> None:
    app = opened()
    assert "Saved in run small" in texts(app).replace("*", "")
    assert not [button for button in app.button if button.key == "difficult_save"]
    app = moved(app, 0.85, 0.9)
    assert "1 question becomes difficult" in texts(app)
    assert "1 question would be difficult without a label yet" in texts(app)
    app = press(app, "back")
    assert "Saved in run" in texts(app)
    assert run.config.difficulty.tau2 == 0.7


def test_saved_thresholds_are_the_runs_own_and_offer_the_labels_that_lack(run: RunFolder) -> None:
    app = press(moved(opened(), 0.96, 0.7), "save")
    config = run.config.difficulty
    assert (config.tau1, config.tau2) == (0.96, 0.7)
    assert "1 question is difficult and has no label yet" in texts(app)
    assert [b.label for b in app.button if (b.key or "").startswith("difficult_label")] == ["Label them"]
    assert "Saved in run" in texts(app)


def test_where_people_decided_only_a_copy_takes_other_thresholds(run: RunFolder) -> None:
    append(run.label_log, "r00", "accept", "ada")
    app = moved(opened(), 0.96, 0.7)
    assert "1 label decision depends on the saved thresholds" in texts(app)
    assert not [button for button in app.button if button.key == "difficult_save"]
    assert "A copy labels all 4 questions again, free." in texts(app)
    app = press(app, "fork")
    assert "4 questions are difficult and have no label yet" in texts(app)
    copy = RunFolder(run.folder.parent / "small-0.96-0.7", run._datasets)
    assert (run.config.difficulty.tau1, copy.config.difficulty.tau1) == (0.85, 0.96)
    assert len(copy.label_log.events()) == 1
    assert app.query_params["run"] == "small-0.96-0.7"
    assert "Saved in run" in texts(app)


def test_another_filter_than_the_reward_filter_leaves_the_sliders_still(run: RunFolder) -> None:
    config = run.config
    run.save_config(
        config.model_copy(update={"difficulty": config.difficulty.model_copy(update={"filter": "length"})})
    )
    app = opened()
    assert app.slider(key="difficult_tau1").disabled
    assert "reads no step reward" in texts(app)


def test_the_difficult_questions_are_listed_and_filtered(open_page: Open, finished: Workspace) -> None:
    expected = views.difficult.questions(finished.run("small").folder)
    difficult = expected[expected.is_difficult]
    app = open_page(finished, PAGE)
    assert list(table(app).question_id) == list(difficult.question_id)[:50]
    subject = difficult.subject.iloc[0]
    app = checked(app.selectbox(key="difficult_subject").select(subject).run())
    assert list(table(app).question_id) == list(difficult[difficult.subject == subject].question_id)[:50]
    app = press(app, "cell_fp")  # a figure lists what it counts
    right = difficult[difficult.is_wrong == False]  # noqa: E712
    assert list(table(app).question_id) == list(right.question_id)[:50]
    assert f"{len(right)} question" in texts(app)


def test_a_figure_that_is_clicked_stands_in_the_address_whatever_was_filtered_before(
    open_page: Open, finished: Workspace
) -> None:
    app = open_page(finished, PAGE, difficult_subject="Algebra", difficult_level="2", difficult_search="x")
    app = press(app, "cell_fp")
    address = {key: value for key, value in app.query_params.items() if key.startswith("difficult_")}
    assert address == {"difficult_graded": "Right"}
    right = views.difficult.questions(finished.run("small").folder).query(
        "is_difficult and is_wrong == False"
    )
    assert list(table(open_page(finished, PAGE, **address)).question_id) == list(right.question_id)[:50]


def test_words_are_searched_in_problems(run: RunFolder) -> None:
    app = opened()
    app = checked(app.text_input(key="difficult_search").input("(Q01)").run())
    assert list(table(app).question_id) == ["q01"]


def test_an_opened_question_is_shown_step_by_step_and_goes_on_by_button(
    open_page: Open, finished: Workspace
) -> None:
    folder = finished.run("small").folder
    found = views.difficult.questions(folder)
    first, second = found[found.is_difficult].question_id.iloc[:2]
    app = open_page(finished, PAGE, question=first)
    entries = views.difficult.question(folder, first)["responses"]
    assert list(table(app, "n_steps")["final"]) == [entry["final"] for entry in entries]
    for reward in min(entries, key=lambda entry: entry["mean"])["step_rewards"]:
        assert f"{reward:.2f}" in texts(app)
    assert "first failing step" in texts(app)
    app = press(app, "j")
    assert app.query_params["question"] == second
    assert f"2 of {int(found.is_difficult.sum())}" in texts(app)
    assert press(app, "k").query_params["question"] == first


def test_every_one_of_64_samples_can_be_read(run: RunFolder) -> None:
    made = [
        a_response(f"s{at:02d}", "q00", sample=at, steps=[f"sample {at} says"], response="x")
        for at in range(64)
    ]
    run.responses.write("h", made, run.stage_settings("responses"))
    scored = [rewards(f"s{at:02d}", "q00", at / 64) for at in range(64)]
    run.step_rewards.write("h", scored, run.stage_settings("step_rewards"))
    app = opened(question="q00")
    assert len(table(app, "n_steps")) == 64
    assert "sample 0 says" in texts(app)  # the worst of the difficult ones
    assert "sample 41 says" in texts(opened(question="q00", response="s41"))
    assert "sample 1 says" in texts(press(app, "n"))


def test_a_question_in_the_address_that_is_not_there_is_said(run: RunFolder) -> None:
    assert "question nope: run small has no response to it" in texts(opened(question="nope"))


def test_a_response_beyond_the_reward_models_context_is_shown_as_not_scored_there(
    open_page: Open, fresh: Workspace
) -> None:
    run = fresh.run("small")
    run.run(last="step_rewards")
    rows = list(run.folder.step_rewards.read())
    at = next(i for i, row in enumerate(rows) if len(row.step_rewards) > 2)
    cut = step_reward(rows[at].response_id, rows[at].question_id, [0.1], is_cut=True)
    manifest = run.folder.step_rewards.manifest()
    assert manifest is not None
    rows[at] = cut
    run.folder.step_rewards.write("cut", rows, manifest.settings, cut_short(rows))
    query = {"question": cut.question_id, "response": cut.response_id}
    app = open_page(fresh, PAGE, run="small", **query)
    assert "not scored" in texts(app)
    assert "1 of 120 responses are longer than the reward model's context" in texts(
        open_page(fresh, "overview.py")
    )
