"""Each page in Streamlit's own test harness: it runs, without an exception, with the engine's values."""

import json

import pytest

from stat_engine import Workspace, views
from stat_engine.models.checkpoints import ROOT
from stat_engine.records import step_reward
from stat_engine.stages.step_rewards import cut_short
from tests.pages.conftest import Open, metrics, texts

PAGES = sorted(path.name for path in (ROOT / "pages").glob("*.py"))
RUN_PAGES = [page for page in PAGES if page not in ("jobs.py", "settings.py", "skills_and_data.py")]


@pytest.mark.parametrize("page", RUN_PAGES)
def test_every_page_of_a_run_opens_on_an_empty_workspace_and_says_what_to_do(
    open_page: Open, tmp_path: object, page: str
) -> None:
    app = open_page(Workspace(f"{tmp_path}/w"), page)
    assert "There is no run here yet" in texts(app)
    assert [button.label for button in app.button] == [
        "Start the demo (a few minutes, free, on this machine)"
    ]


@pytest.mark.parametrize("page", RUN_PAGES)
def test_every_page_opens_on_a_run_of_which_nothing_is_done(
    open_page: Open, fresh: Workspace, page: str
) -> None:
    assert "stat-studio run small" in texts(open_page(fresh, page))


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_on_a_finished_run(open_page: Open, finished: Workspace, page: str) -> None:
    app = open_page(finished, page)
    assert len(app.title) == 1
    assert "There is no run" not in texts(app)


def test_overview_shows_the_engines_figures(open_page: Open, finished: Workspace) -> None:
    folder = finished.run("small").folder
    summary, result = views.difficult.summary(folder), views.compare.compare(folder)
    shown = metrics(open_page(finished, "overview.py"))
    assert shown["Validation questions"] == str(summary["n_questions"])
    assert shown["Difficult"] == str(summary["n_difficult"])
    assert shown["Student's test accuracy"] == f"{result['base']['accuracy']:.3f}"
    best = result["arms"][0]
    assert shown[f"Best arm: {best['arm']}"] == f"{best['accuracy']:.3f}"


def test_difficult_questions_lists_the_difficult_ones_and_filters(
    open_page: Open, finished: Workspace
) -> None:
    expected = views.difficult.questions(finished.run("small").folder)
    app = open_page(finished, "difficult_questions.py")
    assert list(app.dataframe[0].value.question_id) == list(expected[expected.is_difficult].question_id)
    subject = expected[expected.is_difficult].subject.iloc[0]
    app.selectbox(key="choice_subject").select(subject).run()
    rows = expected[expected.is_difficult & (expected.subject == subject)]
    assert list(app.dataframe[0].value.question_id) == list(rows.question_id)


def test_a_question_in_the_address_is_shown_step_by_step(open_page: Open, finished: Workspace) -> None:
    folder = finished.run("small").folder
    table = views.difficult.questions(folder)
    id = table[table.is_difficult].question_id.iloc[0]
    app = open_page(finished, "difficult_questions.py")
    app.query_params["question"] = id
    app.run()
    assert not app.exception
    entry = views.difficult.question(folder, id)["responses"][0]
    shown = texts(app)
    for reward in entry["step_rewards"]:
        assert f"{reward:.2f}" in shown
    assert "first failing step" in shown


def test_the_profile_page_shows_the_engines_profile(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "missing_skill_profile.py")
    expected = finished.run("small").profile()
    assert app.dataframe[0].value.to_dict("list") == expected.to_dict("list")
    bars = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert len(bars["data"][0]["y"]) == min(10, len(expected))


def test_compare_shows_every_arm_with_its_accuracy(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "compare.py")
    result = views.compare.compare(finished.run("small").folder)
    shown = dict(zip(app.dataframe[0].value.arm, app.dataframe[0].value.accuracy, strict=True))
    assert shown == {"base": result["base"]["accuracy"]} | {a["arm"]: a["accuracy"] for a in result["arms"]}


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
    app = open_page(fresh, "difficult_questions.py", run="small", question=cut.question_id)
    assert "not scored" in texts(app)
    assert "1 of 120 responses are longer than the reward model's context" in texts(
        open_page(fresh, "overview.py")
    )
