"""Work offered on a page: what it says first, what it starts, and how it is followed."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from stat_engine import jobs
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.orders import Order, RunOrder
from stat_engine.ui.shared import work

JOB: dict[str, Any] = {
    "id": "run-a-1", "arguments": ["run", "a"], "run": "a", "state": "running", "is_running": True,
    "stage": "step_rewards", "done": 50, "total": 200, "rate": 12.5, "seconds_left": 12.0, "calls": 3,
    "tokens": 1200, "cost": 0.25, "last_words": None, "launcher": None, "waits_on": None, "waits_for": None,
}  # fmt: skip


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> list[tuple[Order, str | None]]:
    asked: list[tuple[Order, str | None]] = []
    monkeypatch.setenv("STAT_WORKSPACE", str(tmp_path / "w"))
    monkeypatch.setattr(jobs, "submit", lambda root, order, launcher=None: asked.append((order, launcher)))
    return asked


def script(function: Callable[[], None]) -> AppTest:
    app = AppTest.from_function(function, default_timeout=20).run()
    assert not app.exception, app.exception
    return app


def free() -> None:
    from stat_engine.orders import RunOrder
    from stat_engine.ui.shared import work

    work.offer("Make the labels", RunOrder(run="a"), "Free, here.", "t")


def priced() -> None:
    from stat_engine.orders import RunOrder
    from stat_engine.ui.shared import work

    work.offer("Make the labels", RunOrder(run="a"), "Asks a teacher.", "t", costs=True)


def shown() -> None:
    from stat_engine.ui.shared import work

    work.at_work("a", ["run"])


def test_free_work_starts_at_the_first_press(submitted: list[Any]) -> None:
    app = script(free)
    assert [markdown.value for markdown in app.markdown] == ["Free, here."]
    app.button(key="t_start").click().run()
    assert submitted == [(RunOrder(run="a"), None)]


def test_work_that_costs_shows_calls_and_cost_before_it_can_start(
    submitted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = {"purpose": "missing_skills", "n_calls": 37, "cost": 0.12}
    plan = {"calls": [row], "cost": 0.12, "budget": 5.0}
    asked: list[tuple[Any, bool]] = []
    monkeypatch.setattr(jobs, "answer", lambda root, order, is_dry: asked.append((order, is_dry)) or plan)
    app = script(priced)
    assert [button.label for button in app.button] == ["Make the labels …"]
    app.button(key="t_plan").click().run()
    assert (submitted, asked) == ([], [(RunOrder(run="a"), True)])
    said = app.markdown[-1].value.replace("\\", "")
    assert said == "37 calls, about $0.1200; the run's budget is $5.00."
    app.button(key="t_start").click().run()
    assert submitted == [(RunOrder(run="a"), None)]


def test_work_can_go_where_a_launcher_puts_it(submitted: list[Any], tmp_path: Any) -> None:
    jobs.set_launcher(tmp_path / "w", "gpu", "srun {command}")
    app = script(free)
    app.selectbox(key="t_where").select("gpu").run()
    app.button(key="t_start").click().run()
    assert submitted == [(RunOrder(run="a"), "gpu")]


def test_what_a_job_refuses_stands_on_the_page(submitted: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StatError("job run-a-1 is doing just that")

    monkeypatch.setattr(jobs, "submit", refuse)
    app = script(free)
    app.button(key="t_start").click().run()
    assert [error.value.replace("\\", "") for error in app.error] == ["Job run-a-1 is doing just that"]


def test_a_job_at_work_tells_its_progress_rate_time_left_tokens_and_cost(
    submitted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "listed", lambda root: [JOB])
    app = script(shown)
    said = app.caption[0].value.replace("\\", "")
    expected = (
        "run-a-1 · step rewards: 50 of 200 · 12.5 a second · 12 s left · 3 calls, 1,200 tokens · $0.2500"
    )
    assert said == expected
    stopped: list[str] = []
    monkeypatch.setattr(jobs, "stop", lambda root, id: stopped.append(id))
    app.button(key="work_stop_run-a-1").click().run()
    assert stopped == ["run-a-1"]


def test_a_job_that_failed_is_shown_until_a_later_one_of_the_same_arguments(
    submitted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = JOB | {"state": "failed", "is_running": False, "last_words": "the disk is full"}
    monkeypatch.setattr(jobs, "listed", lambda root: [failed])
    app = script(shown)
    assert [code.value for code in app.code] == ["the disk is full"]
    done = JOB | {"id": "run-a-2", "state": "done", "is_running": False}
    monkeypatch.setattr(jobs, "listed", lambda root: [done, failed])
    assert len(script(shown).code) == 0


@pytest.mark.parametrize(
    ("settings", "costs"),
    [
        ({}, False),
        ({"teacher": {"backend": "openai", "model": "m"}}, True),
        ({"second_teachers": [{"backend": "openai", "model": "m"}]}, True),
        ({"student": {"backend": "openai", "model": "m"}}, True),
    ],
)
def test_only_a_run_that_asks_a_server_may_cost(settings: dict[str, Any], costs: bool) -> None:
    assert work.may_cost(RunConfig.model_validate({"dataset": "d", **settings})) is costs


@pytest.mark.parametrize(
    ("seconds", "words"), [(5, "5 s"), (89, "89 s"), (90, "2 min"), (5399, "90 min"), (9000, "2.5 h")]
)
def test_lengths_of_time_are_said_for_people(seconds: float, words: str) -> None:
    assert work.duration(seconds) == words
