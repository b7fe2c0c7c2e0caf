"""The training page in Streamlit's own harness: what it shows, what it starts, what it asks."""

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace, jobs, views
from stat_engine.errors import StatError
from stat_engine.orders import Order, TrainOrder, TryOrder
from stat_engine.views.training_plan import config_of
from tests.jobs.conftest import end_all, until
from tests.pages.conftest import Open, metrics, texts


def opened(open_page: Open, workspace: Workspace, **query: str) -> AppTest:
    return open_page(workspace, "training.py", run="small", **query)


def traces(app: AppTest, at: int) -> dict[str, tuple[list[float], list[float]]]:
    """{name: (x, y)} of a chart's curves."""
    spec = json.loads(app.get("plotly_chart")[at].proto.spec)
    return {one["name"]: (numbers(one["x"]), numbers(one["y"])) for one in spec["data"]}


def numbers(packed: dict[str, str]) -> list[float]:
    """Plotly sends arrays as base64."""
    values: list[float] = np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"]).tolist()
    return values


def lines(workspace: Workspace, arm: str, name: str = "metrics") -> list[dict[str, Any]]:
    path = workspace.run("small").folder.arm_folder(arm, 0) / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def table(app: AppTest, column: str) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def test_the_curves_are_those_of_metrics(open_page: Open, finished: Workspace) -> None:
    app = opened(open_page, finished, training_smooth="false")
    for at, column in enumerate(("loss", "learning_rate")):
        assert traces(app, at) == {
            f"{arm}, seed 0": (
                [line["step"] for line in lines(finished, arm)], [line[column] for line in lines(finished, arm)]
            )
            for arm in ("random", "stat-sel", "stat-syn")
        }  # fmt: skip


def test_the_address_chooses_arms_and_axis(open_page: Open, finished: Workspace) -> None:
    app = opened(open_page, finished, training_arm="stat-sel", training_axis="seconds", training_log="true")
    (name,) = traces(app, 0)
    assert name == "stat-sel, seed 0"
    assert traces(app, 0)[name][0] == [line["seconds"] for line in lines(finished, "stat-sel", "pace")]
    assert json.loads(app.get("plotly_chart")[0].proto.spec)["layout"]["yaxis"]["type"] == "log"


def test_steps_doubled_by_a_resume_are_drawn_once(open_page: Open, copy: Workspace) -> None:
    path = copy.run("small").folder.arm_folder("random", 0) / "metrics.jsonl"
    expected = [line["step"] for line in lines(copy, "random")]
    path.write_text(path.read_text() + path.read_text().splitlines()[2] + "\n")
    assert traces(opened(open_page, copy), 0)["random, seed 0"][0] == expected


def test_the_table_is_the_engine_s(open_page: Open, finished: Workspace) -> None:
    expected = views.training.finished(finished.run("small").folder)
    shown = table(opened(open_page, finished), "adapter")
    for column in set(expected.columns) - {
        "memory_bytes",
        "start",
        "n_questions",
        "reward",
        "tokens_a_second",
    }:
        assert shown[column].tolist() == expected[column].tolist()
    assert shown.tokens_a_second.tolist() == expected.tokens_a_second.round().tolist()
    assert shown.memory.tolist() == (expected.memory_bytes / 1e9).tolist()


def test_the_form_says_what_it_will_do_and_starts_just_that(
    open_page: Open, finished: Workspace, submitted: list[list[str]]
) -> None:
    app = opened(open_page, finished)
    app.multiselect(key="training_set").set_value(["random", "stat-sel"])
    app.multiselect(key="training_seeds").set_value([1, 2])
    app.text_input(key="training_suffix").input("-two")
    app.number_input(key="training_epochs").set_value(2.0)
    app.number_input(key="training_learning_rate").set_value(1e-5).run()
    assert not app.exception
    plan = table(app, "set_pairs")
    assert plan[["arm", "seed", "n_pairs", "steps"]].values.tolist() == [
        ["random-two", 1, 40, 10], ["random-two", 2, 40, 10],
        ["stat-sel-two", 1, 40, 10], ["stat-sel-two", 2, 40, 10],
    ]  # fmt: skip
    shown = texts(app)
    assert "Trains **4** students on 160 pairs in all: 40 steps, about" in shown
    assert "Free: no server is called." in shown
    app.button(key="training_start_start").click().run()
    assert submitted == [
        ["train", "small", "--set", "random", "--set", "stat-sel", "--seed", "1", "--seed", "2", "--suffix=-two",
         "--evaluate", "sft.epochs=2.0", "sft.learning_rate=1e-05"]
    ]  # fmt: skip


def test_the_form_offers_every_setting_of_a_fine_tuning(
    open_page: Open, finished: Workspace, submitted: list[list[str]]
) -> None:
    app = opened(open_page, finished)
    app.multiselect(key="training_set").set_value(["random"])
    app.text_input(key="training_suffix").input("-chosen")
    app.multiselect(key="training_learning_rates").set_value([2e-4, 1e-4])
    app.selectbox(key="training_batches").set_value("Rows filled with several pairs")
    app.selectbox(key="training_method").set_value("qlora")
    app.multiselect(key="training_report_to").set_value(["tensorboard"])
    app.toggle(key="training_gradient_checkpointing").set_value(True).run()
    assert not app.exception
    assert (
        "Changed from the run's settings: method qlora (run: lora), grouped by length no (run: yes), packed rows "
        "yes (run: no), rates to choose from 0.0002, 0.0001 (run: none), metrics also to tensorboard (run: "
        "none), less memory yes (run: no)."
    ) in [caption.value for caption in app.caption]
    app.button(key="training_start_start").click().run()
    (words,) = submitted
    order = TrainOrder(run="small", settings=tuple(word for word in words if word.startswith("sft.")))
    own = finished.run("small").config.sft
    assert config_of(finished.run("small").folder, order).sft == own.model_copy(
        update={
            "method": "qlora", "group_by_length": False, "packing": True, "learning_rates": [2e-4, 1e-4],
            "report_to": ["tensorboard"], "gradient_checkpointing": True,
        }
    )  # fmt: skip
    shown = {"training_learning_rates", "training_batches"} | {
        f"training_{name}" for name in type(own).model_fields
    }
    fields = [*app.number_input, *app.selectbox, *app.multiselect, *app.toggle]
    assert shown - {field.key for field in fields} == {"training_group_by_length", "training_packing"}


def test_sets_of_unequal_size_are_cut_to_the_smallest_unless_told_otherwise(
    open_page: Open, copy: Workspace, submitted: list[list[str]]
) -> None:
    copy.run("small").build("uniform", "few", pairs=12)
    app = opened(open_page, copy, training_set="few")
    app.multiselect(key="training_set").set_value(["few", "random"]).run()
    assert "arm random is one of run small's own" in texts(app).replace("Arm", "arm")
    app.text_input(key="training_suffix").input("-12").run()
    assert table(app, "set_pairs")[["n_pairs", "set_pairs"]].values.tolist() == [[12, 12], [12, 40]]
    app.toggle(key="training_evaluate").set_value(False).run()
    app.button(key="training_start_start").click().run()
    assert submitted[0][-3:] == ["--pairs", "smallest", "--suffix=-12"]
    app.toggle(key="training_matched").set_value(False).run()
    assert table(app, "set_pairs").n_pairs.tolist() == [12, 40]


def test_what_is_trained_and_graded_already_is_not_offered(open_page: Open, finished: Workspace) -> None:
    app = opened(open_page, finished, training_set="stat-sel")
    assert "All of these are trained already. Choose another seed" in texts(app)
    assert "compare" in [link.proto.page for link in app.get("page_link")]
    assert table(app, "set_pairs").state.tolist() == ["done"]
    assert not [button for button in app.button if button.key == "training_start_start"]


def test_a_set_that_a_paid_teacher_writes_shows_its_calls_first(
    open_page: Open, copy: Workspace, submitted: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def answer(root: Path, order: Order, is_dry: bool) -> dict[str, Any]:
        asked.append([*order.words(), *(["--dry-run"] if is_dry else [])])
        row = {"purpose": "embed-syn", "n_calls": 7, "cost": 0.5}
        return {"calls": [row], "cost": 0.5, "budget": None}

    monkeypatch.setattr(jobs, "answer", answer)
    copy.run("small").folder.save_config(served(copy))
    app = opened(open_page, copy)
    app.multiselect(key="training_build").set_value(["embed-syn"]).run()
    assert "Builds embed-syn first." in texts(app) and "Calls and cost are shown first." in texts(app)
    app.button(key="training_start_plan").click().run()
    order = ["train", "small", "--build", "embed-syn", "--evaluate"]
    assert (asked, submitted) == ([[*order, "--dry-run"]], [])
    assert "7 calls, about $0.5000" in texts(app)
    app.button(key="training_start_start").click().run()
    assert submitted == [order]


def served(workspace: Workspace) -> Any:
    run = workspace.run("small")
    run.configure(["sft.max_grad_norm=0.3"])
    return run.config.model_copy(
        update={"teacher": run.config.teacher.model_copy(update={"backend": "openai", "model": "m"})}
    )


def test_a_student_that_cannot_be_trained_here_is_said_to(open_page: Open, copy: Workspace) -> None:
    run = copy.run("small").folder
    student = run.config.student.model_copy(update={"backend": "imported"})
    run.save_config(run.config.model_copy(update={"student": student}))
    app = opened(open_page, copy)
    assert "cannot be fine-tuned here: its responses were imported" in texts(app)
    assert not app.multiselect(key="training_arm").disabled


def test_one_under_way_shows_its_figures(open_page: Open, copy: Workspace) -> None:
    run = copy.run("small").folder
    folder = run.arm_folder("random", 0)
    (folder / "manifest.json").unlink()
    (folder / "metrics.jsonl").touch()
    with run.lock():
        app = opened(open_page, copy)
    shown, last = metrics(app), lines(copy, "random")[-1]
    assert (shown["Step"], shown["Loss"], shown["Time left"]) == ("5 of 5", f"{last['loss']:.4f}", "0 s")
    pace = lines(copy, "random", "pace")
    rate = (last["n_tokens"] - lines(copy, "random")[0]["n_tokens"]) / (
        pace[-1]["seconds"] - pace[0]["seconds"]
    )
    assert shown["Tokens a second"] == f"{rate:,.0f}"
    (memory,) = (value for label, value in shown.items() if label.startswith("Memory"))
    assert memory == f"{pace[-1]['memory_bytes'] / 1e9:.1f} GB"
    assert "stopped at step 5 of 5" in texts(opened(open_page, copy))


def test_arms_are_asked_by_the_verb_and_hostile_text_is_shown_as_text(
    open_page: Open, finished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Order] = []
    hostile = "<script>alert(1)</script> **x** $\\href{a}$"

    def answer(root: Path, order: Order, is_dry: bool) -> dict[str, Any]:
        asked.append(order)
        one = {
            "seed": 0,
            "response": hostile,
            "answer": "<b>4</b>",
            "n_tokens": 3,
            "is_cut": False,
            "seconds": 2.0,
        }
        answers = [{"arm": "base", "is_correct": None, **one}, {"arm": "stat-sel", "is_correct": True, **one}]
        return {"question_id": None, "question": hostile, "reference": None, "answers": answers}

    monkeypatch.setattr(jobs, "answer", answer)
    app = opened(open_page, finished)
    assert app.button(key="training_ask").disabled
    app.text_area(key="training_text").input("-3 + 4?").run()
    app.button(key="training_ask").click().run()
    assert not app.exception
    assert asked == [TryOrder(run="small", arms=("base", "stat-sel"), question="-3 + 4?")]
    shown = [one.value for one in app.markdown]
    assert "\\<script\\>alert\\(1\\)\\</script\\> \\*\\*x\\*\\*" in "".join(shown).replace("\\/", "/")
    assert not any("<script>" in value or "<b>" in value for value in shown)


def test_a_refusal_of_the_engine_stands_on_the_page(
    open_page: Open, finished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(*_: Any, **__: Any) -> None:
        raise StatError("dataset numeracy has no question q")

    monkeypatch.setattr(jobs, "answer", answer)
    app = opened(open_page, finished)
    app.segmented_control(key="training_kind").set_value("A test question").run()
    app.text_input(key="training_question").input("q").run()
    app.button(key="training_ask").click().run()
    assert [error.value.replace("\\", "") for error in app.error] == ["Dataset numeracy has no question q"]


def test_a_training_from_the_page_ends_in_the_table(open_page: Open, copy: Workspace) -> None:
    app = opened(open_page, copy, training_set="random")
    app.text_input(key="training_suffix").input("-page").run()
    app.toggle(key="training_evaluate").set_value(False).run()
    try:
        app.button(key="training_start_start").click().run()
        assert not app.exception
        until(copy.root, "train-small-1", "done", 60)
    finally:
        end_all(copy.root)
    shown = table(opened(open_page, copy), "adapter").set_index("arm").loc["random-page"]
    assert (shown.set, shown.n_pairs, shown.steps) == ("random", 40, 5)
