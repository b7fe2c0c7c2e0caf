"""The page of all jobs in Streamlit's own harness: what it lists, one opened, and what its buttons do."""

import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, jobs
from stat_engine.jobs import events as events_module
from stat_engine.store.files import write_json
from stat_engine.store.workspace import WorkspaceFolder
from tests.pages.conftest import Open, texts

HOSTILE = "<b>x</b> **y** $z$ [a](http://b)"


def when(seconds_ago: float) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat(timespec="milliseconds")


def a_job(
    root: Path, id: str, *said: dict[str, Any], run: str | None = "small", ago: float = 100, **process: Any
) -> Path:
    """A job that was asked for and said this, without a worker of its own."""
    folder = root / "jobs" / id
    card = {
        "id": id,
        "arguments": ["run", run or "x"],
        "run": run,
        "lane": "device",
        "launcher": None,
        "created": when(ago),
    }
    write_json(folder / "job.json", card)
    events = [{"at": when(ago), "kind": "state", **one} for one in said]
    (folder / "events.jsonl").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    write_json(
        folder / "process.json", {"host": "elsewhere", "pid": 1, "running_since": when(ago + 30), **process}
    )
    return folder


def at_work(root: Path, id: str, **card: Any) -> Path:
    """A job whose worker is this very process."""
    running = {"state": "running"}
    progress = [
        {"state": "running", "kind": "progress", "stage": "step_rewards", "done": done, "total": 200,
         "at": when(40 - done / 5)}
        for done in (0, 50, 100, 150)
    ]  # fmt: skip
    return a_job(root, id, running, *progress, ago=50, **events_module.describe(), **card)


DONE, FAILED = {"state": "done"}, {"state": "failed", "sentence": f"the numbers ran out {HOSTILE}"}


@pytest.fixture
def place(tmp_path: Path) -> WorkspaceFolder:
    """One job at work, one done, one failed and one lost."""
    folder = at_work(tmp_path, "run-small-4")
    write_json(
        folder / "heartbeat.json",
        {"spent": {"calls": 7, "input_tokens": 900, "output_tokens": 80, "cost": 0.0125}},
    )
    a_job(tmp_path, "run-small-1", {"state": "running"}, DONE, ago=400)
    a_job(tmp_path, "run-small-2", {"state": "running"}, FAILED, ago=300)
    lost = a_job(
        tmp_path, "demo", {"state": "running"}, run=None, ago=200, host=socket.gethostname(), started=1.0
    )
    (lost / "log.txt").write_text("$ stat-studio x\nout of memory\n")
    return WorkspaceFolder(tmp_path)


def table(app: Any) -> list[str]:
    """Ids of the ended jobs, in the table's order."""
    return [id for frame in app.dataframe if "id" in frame.value.columns for id in frame.value["id"]]


def cards(app: Any) -> list[str]:
    """Ids of the jobs at work."""
    return [
        button.key.removeprefix("jobs_open_")
        for button in app.button
        if (button.key or "").startswith("jobs_open_")
    ]


def test_a_job_at_work_shows_command_progress_cost_and_place(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py")
    shown = texts(app)
    assert cards(app) == ["run-small-4"]
    assert [code.value for code in app.code] == ["stat-studio run small"]
    bar = app.get("progress")[0].proto
    assert bar.value == 75
    assert bar.text.replace("\\", "") == "Step rewards: 150 of 200 · 5.0 a second · 10 s left"
    assert "7 calls · 900 tokens in, 80 out · $0.0125 · Lane device" in shown
    assert f"on {socket.gethostname()}, process " in shown


def test_ended_jobs_stand_in_a_table_newest_first(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py")
    assert table(app) == ["demo", "run-small-2", "run-small-1"]
    rows = app.dataframe[0].value.set_index("id")
    assert list(rows.state) == ["lost", "failed", "done"]
    assert rows.last_words.tolist() == ["out of memory", f"the numbers ran out {HOSTILE}", ""]
    assert rows.loc["run-small-1", "took"] == "30 s"


def test_filters_stand_in_the_address(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py", jobs_state="Failed or lost")
    assert (cards(app), table(app)) == ([], ["demo", "run-small-2"])
    app = open_page(place, "jobs.py", jobs_state="All", jobs_run="No run")
    assert (cards(app), table(app)) == ([], ["demo"])
    app.selectbox(key="jobs_run").select("small").run()
    assert (cards(app), table(app)) == (["run-small-4"], ["run-small-2", "run-small-1"])
    app.segmented_control(key="jobs_state").set_value("Stopped").run()
    assert "No job is under this filter." in texts(app)


def test_one_opened_shows_its_log_its_events_and_its_last_words(
    open_page: Open, place: WorkspaceFolder
) -> None:
    app = open_page(place, "jobs.py", job="demo")
    shown = [code.value for code in app.code]
    assert shown == [
        "stat-studio run x",
        "$ stat-studio x\nout of memory",
        "$ stat-studio x\nout of memory",
        "stat-studio jobs log demo",
    ]
    assert app.dataframe[0].value.state.tolist() == ["running"]
    assert [button.key for button in app.button] == ["jobs_back", "jobs_one_resume_demo"]
    app.button(key="jobs_back").click().run()
    assert "job" not in app.query_params and table(app) == ["demo", "run-small-2", "run-small-1"]


def test_a_failed_job_shows_its_sentence_as_text(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py", job="run-small-2")
    assert f"the numbers ran out {HOSTILE}" in [code.value for code in app.code]
    assert app.dataframe[0].value.sentence.tolist()[0] == f"the numbers ran out {HOSTILE}"


def test_stop_asks_the_job_to_end_at_its_batch(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py", job="run-small-4")
    app.button(key="jobs_one_stop_run-small-4").click().run()
    assert not app.exception
    assert jobs.job(place.root, "run-small-4")["state"] == "stopping"
    assert "stopping" in [markdown.value.split("[")[-1].rstrip("]") for markdown in app.markdown]


def test_go_on_starts_it_again(
    open_page: Open, place: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    monkeypatch.setattr(jobs, "resume", lambda root, id: asked.append((root, id)))
    app = open_page(place, "jobs.py", job="run-small-2")
    app.button(key="jobs_one_resume_run-small-2").click().run()
    assert asked == [(place.root, "run-small-2")]


def test_what_is_refused_stands_on_the_page(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py", job="run-small-2")
    app.button(key="jobs_one_resume_run-small-2").click().run()
    assert "Job run-small-4 is doing just that" in texts(app)
    assert jobs.job(place.root, "run-small-2")["state"] == "failed"


def test_a_dead_worker_is_seen_at_the_next_look_with_its_last_words(
    open_page: Open, place: WorkspaceFolder
) -> None:
    app = open_page(place, "jobs.py")
    folder = place.root / "jobs" / "run-small-4"
    write_json(folder / "process.json", {"host": socket.gethostname(), "pid": 2**22 + 1, "started": 1.0})
    (folder / "log.txt").write_text("killed at 150\n")
    app.run()
    assert cards(app) == []
    row = app.dataframe[0].value.set_index("id").loc["run-small-4"]
    assert (row.state, row.last_words) == ("lost", "killed at 150")


def test_a_job_that_is_not_there_is_said_with_the_way_back(open_page: Open, place: WorkspaceFolder) -> None:
    app = open_page(place, "jobs.py", job="none")
    assert "No job none in" in app.error[0].value.replace("\\", "")
    assert [button.key for button in app.button] == ["jobs_back"]


def test_a_workspace_without_jobs_says_how_one_is_started(
    open_page: Open, fresh: Workspace, tmp_path: Path
) -> None:
    app = open_page(fresh, "jobs.py")
    assert "There is no job yet" in texts(app)
    app.button(key="jobs_to_stages").click().run()
    assert app.title[0].value == "Run stages"
    app = open_page(Workspace(tmp_path / "empty"), "jobs.py")
    assert [button.label for button in app.button] == [
        "Start the demo (a few minutes, free, on this machine)"
    ]


def test_many_old_jobs_stand_on_pages_of_a_hundred(open_page: Open, tmp_path: Path) -> None:
    for at in range(230):
        a_job(tmp_path, f"j{at}", DONE, ago=10_000 - at)
    app = open_page(WorkspaceFolder(tmp_path), "jobs.py")
    assert (len(table(app)), table(app)[0]) == (100, "j229")
    assert "230 ended" in [heading.value for heading in app.header]
    app = open_page(WorkspaceFolder(tmp_path), "jobs.py", jobs_page="3")
    assert (len(table(app)), table(app)[-1]) == (30, "j0")


def test_a_damaged_job_is_in_the_table_and_opens_with_what_is_wrong(open_page: Open, copy: Workspace) -> None:
    (a_job(copy.root, "bad", DONE) / "job.json").write_text("{")
    a_job(copy.root, "good", DONE)
    app = open_page(copy, "jobs.py")
    table = next(frame.value for frame in app.dataframe if "command" in frame.value.columns).set_index("id")
    assert table.state.to_dict() == {"bad": "damaged", "good": "done"}
    opened = open_page(copy, "jobs.py", job="bad")
    assert "A file of the job cannot be read:" in texts(opened)
    assert any("jobs/bad/job.json" in code.value for code in opened.code)
