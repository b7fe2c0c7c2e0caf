"""Run stages in Streamlit's own harness: what it shows is the engine's, and what it starts is a job."""

import json
import time
from typing import Any

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, jobs, review
from stat_engine import config as configuration
from stat_engine.review import Decision
from stat_engine.ui.run_stages.form import FIELDS
from stat_engine.ui.shared.words import sentence as as_sentence
from stat_engine.views.status import status
from tests.models.fault_server import Asked, FaultServer, Said
from tests.pages.conftest import Open, texts
from tests.teaching import settings_for

NEW = {"stages_view": "A new run"}


def changed(app: AppTest, **held: Any) -> AppTest:
    """Hold other values in the widgets whose keys end so, as a person would."""
    for key, value in held.items():
        widget(app, key).set_value(value)
    app.run()
    assert not app.exception, app.exception
    return app


def widget(app: AppTest, end: str) -> Any:
    found = [one for kind in (app.selectbox, app.text_input, app.toggle) for one in kind]
    (match,) = [one for one in found if (one.key or "").endswith(end.replace("__", "."))]
    return match


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    return app.success[0].value.replace("\\", "")


def shown_yaml(app: AppTest) -> dict[str, Any]:
    text = next(code.value for code in app.code if not code.value.startswith("stat-studio "))
    return dict(yaml.safe_load(text) or {})


def commands(app: AppTest) -> list[str]:
    return [code.value for code in app.code if code.value.startswith("stat-studio ")]


@pytest.mark.parametrize("name", ["demo", "llama-3.2-3b-math", "self-teaching"])
def test_a_chosen_preset_resolves_to_just_its_settings(open_page: Open, fresh: Workspace, name: str) -> None:
    app = open_page(fresh, "run_stages.py", **NEW)
    changed(app, stages_start=f"Preset: {name}")
    expected = configuration.load(configuration.need_preset(name).path)
    assert configuration.validate(shown_yaml(app)) == expected
    changed(app, stages_full_new=True)
    assert shown_yaml(app) == expected.model_dump()
    assert f"stat-studio new NAME --preset {name}" in commands(app)


def test_a_preset_whose_data_is_not_there_says_so_and_is_refused_in_one_sentence(
    open_page: Open, fresh: Workspace
) -> None:
    app = open_page(fresh, "run_stages.py", **NEW)
    changed(app, stages_start="Preset: self-teaching", stages_name="mine")
    assert "Dataset math is not in this workspace yet" in texts(app)
    press(app, "stages_make")
    assert "No dataset math in" in app.error[0].value.replace("\\", "")
    assert fresh.run_names() == ["small"]


def test_a_taken_name_is_said_before_the_click(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "run_stages.py", **NEW)
    changed(app, stages_start="Preset: demo", stages_name="small")
    assert "The workspace has a run of that name" in texts(app)
    assert app.button(key="stages_make").disabled


def test_a_new_run_has_the_forms_settings_and_is_the_one_shown(open_page: Open, fresh: Workspace) -> None:
    app = open_page(fresh, "run_stages.py", **NEW)
    changed(app, stages_start="Preset: demo", stages_name="mine")
    changed(app, new_demo_student__name="mine-1")
    assert commands(app)[-1:] == ["stat-studio new mine --preset demo student.name=mine-1"]
    press(app, "stages_make")
    path = configuration.need_preset("demo").path
    assert fresh.run("mine").config == configuration.load(path, ["student.name=mine-1"])
    assert app.query_params["run"] == "mine"
    assert "Run mine is there; nothing of it has started yet." in said(app)
    assert "Models and data of mine" in [head.value for head in app.header]


def test_a_copy_of_a_run_keeps_what_the_settings_leave_as_it_is(open_page: Open, copy: Workspace) -> None:
    app = open_page(copy, "run_stages.py", **NEW)
    changed(app, stages_start="Run: small", stages_name="again")
    changed(app, stages_rest_copy_small=True)
    changed(app, stages_word="difficulty.tau1")
    changed(app, copy_small_difficulty__tau1="0.9")
    assert "keeps: responses, step rewards." in texts(app)
    press(app, "stages_make")
    made = copy.run("again")
    assert (made.config.difficulty.tau1, made.folder.card["parent"]) == (0.9, "small")
    rewards = copy.run("small").folder.step_rewards
    assert list(made.folder.step_rewards.read()) == list(rewards.read())


def test_the_stages_are_listed_with_their_state_and_counts(open_page: Open, finished: Workspace) -> None:
    app = open_page(finished, "run_stages.py", run="small")
    shown = texts(app)
    for stage in status(finished.run("small").folder)["stages"]:
        assert app.button(key=f"stages_from_{stage['stage']}").label == "Rerun from this stage"
        assert f"{stage['done']:,}" in shown
        for note in stage["notes"]:
            assert as_sentence(note) in shown


def test_a_start_is_a_job_with_exactly_these_arguments(
    open_page: Open, fresh: Workspace, submitted: list[list[str]]
) -> None:
    app = open_page(fresh, "run_stages.py", run="small")
    assert "Free: it runs here and calls no server" in texts(app)
    press(app, "stages_offer_start")
    press(app, "stages_from_step_rewards")
    changed(app, stages_until="missing_skills")
    assert "stat-studio run small --from step_rewards --until missing_skills" in texts(app)
    press(app, "stages_offer_start")
    assert submitted == [
        ["run", "small"],
        ["run", "small", "--from", "step_rewards", "--until", "missing_skills"],
    ]


def test_a_start_is_a_process_that_does_the_work(open_page: Open, copy: Workspace) -> None:
    app = changed(open_page(copy, "run_stages.py", run="small"), stages_until="step_rewards")
    press(app, "stages_offer_start")
    (job,) = jobs.listed(copy.root)
    assert (job["arguments"], job["run"]) == (["run", "small", "--until", "step_rewards"], "small")
    until = time.monotonic() + 60
    while jobs.job(copy.root, job["id"])["is_running"] and time.monotonic() < until:
        time.sleep(0.2)
    assert jobs.job(copy.root, job["id"])["state"] == "done"


def test_a_start_that_ends_before_it_begins_has_no_button(open_page: Open, fresh: Workspace) -> None:
    app = changed(open_page(fresh, "run_stages.py", run="small"), stages_until="responses")
    changed(app, stages_from="sft")
    assert "Fine-tuned students come after responses" in app.error[0].value
    assert not [button for button in app.button if button.key == "stages_offer_start"]
    press(app, "stages_from_training_sets")  # ends at the end again, so that it can be
    assert app.session_state["stages_until"] == "the end"


def test_calls_of_a_server_are_shown_before_the_start(
    open_page: Open, fresh: Workspace, submitted: list[list[str]]
) -> None:
    fresh.run("small").configure(settings_for("http://127.0.0.1:9/v1"))
    app = changed(open_page(fresh, "run_stages.py", run="small"), stages_until="missing_skills")
    press(app, "stages_offer_plan")
    assert submitted == []
    (row,) = fresh.run("small").estimate(last="missing_skills")
    assert f"{row.n_calls:,} calls, about ${row.cost:,.4f}." in texts(app)
    press(app, "stages_offer_start")
    assert submitted == [["run", "small", "--until", "missing_skills"]]


def test_a_server_is_checked_and_its_models_are_there_to_choose(open_page: Open, fresh: Workspace) -> None:
    def two_models(asked: Asked, _before: int) -> Said:
        return Said(json.dumps({"data": [{"id": "teacher-2"}, {"id": "checker-1"}]}).encode())

    app = changed(open_page(fresh, "run_stages.py", run="small"), teacher__backend="openai")
    assert "needs teacher.model" in app.error[0].value.replace("\\", "")
    with FaultServer(two_models) as server:
        changed(app, teacher__server__base_url=server.url)
        press(app, "stages_run_small_teacher_check")
        assert [asked.path for asked in server.asked] == ["/v1/models"]
    assert "with 2 models: checker-1, teacher-2" in said(app)
    assert widget(app, "teacher.model").options == ["checker-1", "teacher-2"]
    changed(app, teacher__model="teacher-2")
    press(app, "stages_run_small_teacher_check")
    assert "No connection to http://127.0.0.1" in app.error[0].value.replace("\\", "")
    press(app, "stages_save")
    saved = fresh.run("small").config.teacher
    assert (saved.backend, saved.model, saved.server.base_url) == ("openai", "teacher-2", server.url)


def test_a_bad_setting_is_said_in_the_configurations_sentence_and_changes_nothing(
    open_page: Open, fresh: Workspace
) -> None:
    before = fresh.run("small").config
    app = changed(open_page(fresh, "run_stages.py", run="small"), stages_rest=True)
    changed(app, stages_section="difficulty")
    for typed, sentence in (
        ("2", "Run small: setting difficulty.tau1: found 2, input should be less than or equal to 1"),
        ("[", "Setting difficulty.tau1: found '[', expected a YAML value"),
        ("", "Run small: setting difficulty.tau1: found None, input should be a valid number"),
    ):
        changed(app, difficulty__tau1=typed)
        assert [error.value.replace("\\", "") for error in app.error] == [sentence]
        assert not [button for button in app.button if button.key == "stages_save"]
    press(app, "stages_drop")
    assert widget(app, "difficulty.tau1").value == "0.85" and not app.error
    assert fresh.run("small").config == before


def test_what_becomes_stale_is_said_before_it_is_saved(open_page: Open, copy: Workspace) -> None:
    app = changed(open_page(copy, "run_stages.py", run="small"), stages_rest=True)
    changed(app, stages_section="difficulty")
    changed(app, difficulty__tau1="0.9")
    assert "Becomes stale: **missing skills, training sets, fine-tuned students, evaluations**." in texts(app)
    table = next(frame.value for frame in app.dataframe if {"Setting", "Current"} <= set(frame.value.columns))
    assert table.values.tolist() == [["difficulty.tau1", "0.85", "0.9"]]
    assert copy.run("small").config.difficulty.tau1 == 0.85
    press(app, "stages_save")
    assert copy.run("small").config.difficulty.tau1 == 0.9
    assert "Saved to small." in said(app)


def test_settings_that_decisions_hang_on_go_into_a_copy(open_page: Open, copy: Workspace) -> None:
    run = copy.run("small").folder
    review.decide(run, Decision(run.own_labels()[0].response_id, "accept"), "ada")
    app = changed(open_page(copy, "run_stages.py", run="small"), stages_rest=True)
    changed(app, stages_section="difficulty")
    changed(app, difficulty__tau1="0.9")
    assert "1 label decisions depend on these settings" in app.warning[0].value
    assert app.button(key="stages_save").disabled
    changed(app, stages_copy_name="strict")
    press(app, "stages_copy")
    assert app.query_params["run"] == "strict"
    assert copy.run("strict").config.difficulty.tau1 == 0.9
    assert copy.run("small").config.difficulty.tau1 == 0.85


def test_every_setting_has_a_widget_that_gives_its_value_back(open_page: Open, fresh: Workspace) -> None:
    app = changed(open_page(fresh, "run_stages.py", run="small"), stages_rest=True)
    changed(app, stages_word="e")
    widgets = [one for kind in (app.selectbox, app.text_input, app.toggle) for one in kind]
    keys = {(one.key or "").removeprefix("stages_run_small_") for one in widgets}
    assert {key for key in FIELDS if "e" in key} <= keys
    assert not app.error and "Not saved" not in texts(app)


def test_the_split_is_fixed_once_a_run_has_answered_it(
    open_page: Open, fresh: Workspace, finished: Workspace
) -> None:
    app = open_page(fresh, "run_stages.py", run="small")
    assert "60 validation, 100 test" in texts(app)
    app.number_input[0].set_value(40)
    press(app, "stages_split_numeracy")
    assert len(fresh.dataset("numeracy").split("validation")) == 40
    assert "Fixed: small answered the present validation questions" in texts(
        open_page(finished, "run_stages.py", run="small")
    )


def test_the_name_of_a_run_that_exists_is_refused_before_the_press(open_page: Open, fresh: Workspace) -> None:
    app = changed(open_page(fresh, "run_stages.py", run="small"), stages_rest=True)
    changed(app, stages_section="difficulty")
    changed(app, difficulty__tau1="0.9")
    changed(app, stages_copy_name="small")
    assert app.button(key="stages_copy").disabled
    assert "The workspace has a run of that name. Choose another name." in texts(app)
    changed(app, stages_copy_name="another")
    assert not app.button(key="stages_copy").disabled
