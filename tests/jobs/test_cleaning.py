"""What may be taken away, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.jobs import Wish, clean, losses
from stat_engine.store.files import write_json
from stat_engine.store.workspace import WorkspaceFolder


@pytest.fixture
def place(tmp_path: Path) -> WorkspaceFolder:
    """Two runs, each with unfinished batches and the checkpoints of a finished fine-tuning."""
    for name in ("a", "b"):
        run = tmp_path / "runs" / name
        write_json(run / "run.json", {"config": RunConfig().model_dump()})
        for path in ("responses/parts-1/0.parquet", "students/x/seed-0/checkpoints/o.pt"):
            (run / path).parent.mkdir(parents=True)
            (run / path).write_bytes(b"x" * 100)
        write_json(run / "students" / "x" / "seed-0" / "manifest.json", {})
    return WorkspaceFolder(tmp_path)


def a_job(place: WorkspaceFolder, id: str, run: str | None, state: str, at: str) -> Path:
    folder = place.root / "jobs" / id
    card = {
        "id": id,
        "arguments": ["run", str(run)],
        "run": run,
        "lane": "device",
        "launcher": None,
        "created": at,
    }
    write_json(folder / "job.json", card)
    (folder / "events.jsonl").write_text(f'{{"at": "{at}", "state": "{state}", "kind": "state"}}\n')
    (folder / "log.txt").write_text("printed")
    return folder


def paths(found: dict[str, Any]) -> list[str]:
    return [item["path"] for item in found["items"]]


def test_a_dry_run_says_what_would_go_and_takes_nothing(place: WorkspaceFolder) -> None:
    wish = Wish(unfinished=True, checkpoints=True)
    found = clean(place, wish, dry_run=True)
    assert sorted(paths(found)) == [
        "runs/a/responses/parts-1", "runs/a/students/x/seed-0/checkpoints",
        "runs/b/responses/parts-1", "runs/b/students/x/seed-0/checkpoints",
    ]  # fmt: skip
    assert (found["bytes"], found["dry_run"], found["passed_by"]) == (400, True, [])
    assert clean(place, wish)["bytes"] == 400
    assert clean(place, wish)["items"] == []


def test_one_run_and_one_kind_can_be_chosen(place: WorkspaceFolder) -> None:
    assert paths(clean(place, Wish("a", checkpoints=True))) == ["runs/a/students/x/seed-0/checkpoints"]
    assert (place.root / "runs/a/responses/parts-1").exists()


def test_a_run_at_work_is_passed_by_and_refused_where_it_is_named(place: WorkspaceFolder) -> None:
    with place.run_folder("a").lock():
        found = clean(place, Wish(unfinished=True))
        assert (paths(found), found["passed_by"]) == (["runs/b/responses/parts-1"], ["a"])
        with pytest.raises(StatError, match="^run a is being worked on by another process"):
            clean(place, Wish("a", unfinished=True))
        with pytest.raises(StatError, match="^run a is being worked on by another process"):
            clean(place, Wish(whole_run="a"))


def test_a_run_that_a_job_waits_for_is_refused(
    place: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = [{"run": "a", "id": "run-a-1", "is_running": True}]
    monkeypatch.setattr("stat_engine.jobs.cleaning.listed", lambda _: waiting)
    with pytest.raises(StatError, match="^run a: job run-a-1 works on it, or waits to; stop it first$"):
        clean(place, Wish(whole_run="a"))


def test_a_whole_run_goes_with_what_is_lost_said(place: WorkspaceFolder) -> None:
    assert losses(place.run_folder("a")) == ["1 fine-tuned student"]
    found = clean(place, Wish(whole_run="a"), dry_run=True)
    assert (paths(found), found["losses"]) == (["runs/a"], ["1 fine-tuned student"])
    assert sorted(place.run_names()) == ["a", "b"]
    clean(place, Wish(whole_run="a"))
    assert place.run_names() == ["b"] and not (place.root / "runs" / "a").exists()


def test_peoples_decisions_go_only_when_that_was_asked_for(place: WorkspaceFolder) -> None:
    log = place.run_folder("a").folder / "label_events.jsonl"
    log.write_text('{"event": 1}\n')
    with pytest.raises(StatError, match="^run a has 1 decision of people, which nothing brings back"):
        clean(place, Wish(whole_run="a"))
    assert log.exists()
    found = clean(place, Wish(whole_run="a", with_decisions=True))
    assert found["losses"][0] == "1 decision of people" and not log.exists()


def test_a_run_that_anothers_student_is_made_of_stays(place: WorkspaceFolder) -> None:
    adapter = place.root / "runs" / "a" / "students" / "x" / "seed-0" / "adapter"
    config = RunConfig.model_validate({"student": {"adapter": str(adapter)}})
    write_json(place.root / "runs" / "b" / "run.json", {"config": config.model_dump()})
    with pytest.raises(StatError, match="^run a stays: the student of run b is made of its files$"):
        clean(place, Wish(whole_run="a"))


def test_what_old_ended_jobs_printed_goes(place: WorkspaceFolder) -> None:
    old, new = "2020-01-01T00:00:00.000+00:00", "2100-01-01T00:00:00.000+00:00"
    a_job(place, "old", "a", "done", old)
    a_job(place, "new", "a", "done", new)
    a_job(place, "other", "b", "failed", old)
    assert paths(clean(place, Wish("a", jobs=True))) == ["jobs/old/log.txt"]
    assert paths(clean(place, Wish(jobs=True, days=1))) == ["jobs/other/log.txt"]
    assert (place.root / "jobs" / "old" / "job.json").exists()


@pytest.mark.parametrize("days", [-1.0, float("inf"), float("nan"), 1e6])
def test_days_that_no_calendar_has_are_refused(place: WorkspaceFolder, days: float) -> None:
    with pytest.raises(StatError, match=r"^--days .*: expected 0 to 36,500 days$"):
        clean(place, Wish(jobs=True, days=days))


def test_a_run_stays_while_another_ones_card_cannot_say_whether_it_needs_it(place: WorkspaceFolder) -> None:
    (place.root / "runs" / "b" / "run.json").write_text("{")
    with pytest.raises(
        StatError, match="^run a stays, because run b may need its files: .*run.json: found a damaged"
    ):
        clean(place, Wish(whole_run="a"))
    assert (place.root / "runs" / "a" / "run.json").exists()


def test_nothing_asked_for_is_refused(place: WorkspaceFolder) -> None:
    with pytest.raises(StatError, match="^clean: expected what to take away"):
        clean(place, Wish("a"))
