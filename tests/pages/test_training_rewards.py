"""The form that reinforces an arm, and the chart of its rewards."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import Workspace
from stat_engine.store.files import write_json
from tests.pages.conftest import Open, metrics, texts
from tests.pages.test_training import numbers, table


@pytest.fixture
def rewarded(finished: Workspace, tmp_path: Path) -> Workspace:
    """The finished run with an arm that learned from rewards: 4 steps, a batch of answers before each second."""
    shutil.copytree(finished.root, tmp_path / "w")
    folder = Workspace(tmp_path / "w").run("small").folder.arm_folder("stat-sel-grpo", 0)
    lines = [
        {
            "step": at,
            "max_steps": 4,
            "epoch": at / 4,
            "loss": 0.0,
            "learning_rate": 1e-4,
            "n_tokens": 100 * at,
        }
        | ({"reward": at / 10} if at % 2 else {})
        for at in range(1, 5)
    ]
    pace = [{"step": at, "seconds": 2.0 * at, "memory_bytes": 9, "device": "cpu"} for at in range(1, 5)]
    plan = {"start": "stat-sel", "n_questions": 16, "settings": {"epochs": 1}, "fingerprint": ""}
    write_json(folder / "plan.json", plan)
    for name, rows in (("metrics", lines), ("pace", pace)):
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    card = {
        **plan, "arm": "stat-sel-grpo", "seed": 0, "set": "stat-sel", "n_pairs": 40, "method": "grpo",
        "n_answers": 64, "weights": "", "outcome": {"steps": 4, "reward": 0.3, "first_reward": 0.1},
    }  # fmt: skip
    write_json(folder / "manifest.json", card)
    return Workspace(tmp_path / "w")


def opened(open_page: Open, workspace: Workspace, **query: str) -> AppTest:
    return open_page(workspace, "training.py", run="small", **query)


def traces(app: AppTest) -> list[dict[str, tuple[list[float], list[float]]]]:
    """{name: (x, y)} of every chart's curves."""
    specs = [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]
    return [{one["name"]: (numbers(one["x"]), numbers(one["y"])) for one in spec["data"]} for spec in specs]


def fill(app: AppTest) -> AppTest:
    for name, value in (("questions", 16), ("questions_a_batch", 8), ("mini_batch", 4)):
        app.number_input(key=f"training_grpo_{name}").set_value(value)
    return app.run()


def test_the_form_says_what_it_will_do_and_starts_just_that(
    open_page: Open, finished: Workspace, submitted: list[list[str]]
) -> None:
    app = opened(open_page, finished, grpo_start="stat-sel")
    app.number_input(key="training_grpo_epochs").set_value(1.0)
    app = fill(app)
    app.segmented_control(key="training_grpo_weighs").set_value("reward").run()
    assert not app.exception
    plan = table(app, "n_answers")
    assert plan[["arm", "start", "seed", "n_questions", "n_answers", "steps"]].values.tolist() == [
        ["stat-sel-skill-grpo", "stat-sel", 0, 16, 64, 4]
    ]
    assert "Trains **1** student on 64 answers in all: 4 steps, for how long is not known" in texts(app)
    app.button(key="training_grpo_start_start").click().run()
    assert submitted == [
        ["grpo", "small", "--start", "stat-sel", "--evaluate", "grpo.profile_weighs=reward",
         "grpo.epochs=1.0", "grpo.questions=16", "grpo.questions_a_batch=8", "grpo.mini_batch=4"]
    ]  # fmt: skip


def test_what_cannot_be_is_said_and_nothing_is_offered(open_page: Open, finished: Workspace) -> None:
    app = opened(open_page, finished, grpo_start="stat-sel")
    app.number_input(key="training_grpo_mini_batch").set_value(100).run()
    assert "questions_a_batch=256 is no multiple of mini_batch=100" in texts(app)
    assert not [button for button in app.button if button.key == "training_grpo_start_start"]


def test_the_chart_shows_rewards_for_such_an_arm_and_losses_for_the_others(
    open_page: Open, rewarded: Workspace
) -> None:
    losses, rewards, rates = traces(opened(open_page, rewarded, training_smooth="false"))
    assert set(losses) == {"random, seed 0", "stat-sel, seed 0", "stat-syn, seed 0"}
    assert rewards == {"stat-sel-grpo, seed 0": ([1, 3], [0.1, 0.3])}
    assert set(rates) == {*losses, *rewards}
    alone, _ = traces(opened(open_page, rewarded, training_arm="stat-sel-grpo"))
    assert alone == rewards


def test_the_table_of_finished_trainings_tells_start_questions_and_reward(
    open_page: Open, finished: Workspace, rewarded: Workspace
) -> None:
    rows = table(opened(open_page, rewarded), "adapter").set_index("arm")
    assert rows.loc["stat-sel-grpo", ["start", "n_questions", "reward"]].tolist() == ["stat-sel", 16, 0.3]
    assert "start" not in table(opened(open_page, finished), "adapter")


def test_a_training_under_way_shows_its_reward(open_page: Open, rewarded: Workspace) -> None:
    run = rewarded.run("small").folder
    (run.arm_folder("stat-sel-grpo", 0) / "manifest.json").unlink()
    with run.lock():
        app = opened(open_page, rewarded)
        assert "is learning from 16 questions." in texts(app)
        assert metrics(app)["Reward"] == "0.300" and "Loss" not in metrics(app)


def test_a_run_from_before_there_was_reinforcement_has_the_form(
    open_page: Open, finished: Workspace, tmp_path: Path
) -> None:
    shutil.copytree(finished.root, tmp_path / "older")
    older = Workspace(tmp_path / "older")

    def without(card: dict[str, Any]) -> dict[str, Any]:
        config = {key: value for key, value in card["config"].items() if key != "grpo"}
        return {**card, "config": config}

    older.run_folder("small").change_card(without)
    app = opened(open_page, older, grpo_start="stat-sel")
    assert app.number_input(key="training_grpo_epochs").value == 6.0
