"""A teacher through the provider's batch files: submitted once, joined after a kill, paid at its part."""

import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import StatError
from stat_engine.models.paid_calls import batches
from tests.conftest import Notes
from tests.models.paid_calls.batch_server import BatchServer
from tests.teaching import CALL_COST, settings_for


@pytest.fixture
def scored(finished: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(batches, "WAIT_S", (0.01, 0.02))
    shutil.copytree(finished.root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def batched(
    workspace: Workspace, url: str, name: str = "served", notes: Notes | None = None, *others: str
) -> Any:
    settings = [*settings_for(url), "teacher.mode=batch", *others]
    workspace.run("small").fork(name, settings)
    return workspace.run(name, notes)


def states(workspace: Workspace) -> list[Path]:
    return list((workspace.root / "teacher_calls" / "batches").rglob("*.json"))


def test_labels_come_through_one_batch_at_half_the_price(scored: Workspace) -> None:
    notes = Notes()
    with BatchServer() as server:
        run = batched(scored, server.url, notes=notes)
        (foretold,) = [row for row in run.estimate() if row.purpose == "missing_skills"]
        run.run(last="missing_skills")
        n = len(run.folder.labels())
        assert (len(server.batches), server.n_rows, server.direct) == (1, n, [])
    assert Counter(label.status for label in run.folder.labels()) == {"ok": n}
    assert views.status.summary(scored, run.folder)["cost"] == pytest.approx(n * CALL_COST / 2)
    assert foretold.cost == pytest.approx((foretold.input_tokens + foretold.output_tokens) / 1000 / 2)
    assert states(scored) == []
    assert [said for said in notes.said if "is submitted; a later start joins it too" in said]


def test_rows_without_an_answer_are_asked_one_by_one_at_the_whole_price(scored: Workspace) -> None:
    failing: set[str] = set()

    def fails(body: dict[str, Any]) -> bool:
        text = body["messages"][-1]["content"]
        if len(failing) < 2:
            failing.add(text)
        return text in failing

    odd = scored.root / "teacher_calls" / "batches" / "served" / "odd.json"
    odd.parent.mkdir(parents=True)
    odd.write_text('{"batch": "without rows"}')  # passed over
    others = odd.with_name("others.json")
    others.write_text('{"batch": "none", "rows": ["not asked here"], "submitted": 0}')  # left alone
    with BatchServer(fails=fails) as server:
        run = batched(scored, server.url)
        run.run(last="missing_skills")
        assert {asked.body["messages"][-1]["content"] for asked in server.direct} == failing
    assert sorted(states(scored)) == [odd, others]
    n = len(run.folder.labels())
    assert Counter(label.status for label in run.folder.labels()) == {"ok": n}
    assert views.status.summary(scored, run.folder)["cost"] == pytest.approx(
        (n - 2) * CALL_COST / 2 + 2 * CALL_COST
    )


def test_a_process_that_was_killed_while_it_waited_joins_its_batch(
    scored: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(_: float) -> None:
        raise Killed

    with BatchServer() as server:
        run = batched(scored, server.url)
        with monkeypatch.context() as patch:
            patch.setattr(batches.time, "sleep", killed)
            with pytest.raises(Killed):
                run.run(last="missing_skills")
        assert len(states(scored)) == 1
        scored.run("served").run(last="missing_skills")
        n = len(run.folder.labels())
        assert (len(server.batches), server.n_rows, server.direct) == (1, n, [])
    assert views.status.summary(scored, run.folder)["cost"] == pytest.approx(n * CALL_COST / 2)


def test_a_batch_whose_submission_was_cut_off_is_found_by_its_mark(scored: Workspace) -> None:
    with BatchServer() as server:
        server.breaks_after_create = True
        run = batched(scored, server.url, "served", None, "teacher.server.retries=0")
        with pytest.raises(StatError, match="connection"):
            run.run(last="missing_skills")
        assert states(scored) == []
        scored.run("served").run(last="missing_skills")
        assert (len(server.batches), server.n_rows) == (1, len(run.folder.labels()))


def test_a_batch_that_expires_keeps_what_it_has_and_the_next_start_submits_the_rest(
    scored: Workspace,
) -> None:
    with BatchServer() as server:
        server.ends_as = "expired"
        run = batched(scored, server.url)
        with pytest.raises(
            StatError, match=r"is expired with \d+ of \d+ answers, which are kept; start again"
        ):
            run.run(last="missing_skills")
        server.ends_as = "completed"
        scored.run("served").run(last="missing_skills")
        n = len(run.folder.labels())
        assert (len(server.batches), server.n_rows) == (2, n + n - n // 2)
    assert views.status.summary(scored, run.folder)["cost"] == pytest.approx(n * CALL_COST / 2)


def test_a_batch_that_expires_with_all_answers_is_as_good_as_a_completed_one(
    scored: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked at after waits that grow by half, up to the longest."""
    waits: list[float] = []
    monkeypatch.setattr(batches.time, "sleep", waits.append)
    with BatchServer(n_looks=5) as server:
        server.ends_as, server.answers_all = "expired", True
        run = batched(scored, server.url)
        run.run(last="missing_skills")
        assert (len(server.batches), server.direct) == (1, [])
    assert [wait for wait in waits if 0.01 <= wait <= 0.02] == pytest.approx([0.01, 0.015, 0.02, 0.02])
    assert states(scored) == []


def test_no_batch_is_larger_than_a_provider_takes(scored: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_ROWS", 4)
    with BatchServer() as server:
        run = batched(scored, server.url)
        run.run(last="missing_skills")
        sizes = [len(server.files[batch["input_file_id"]].splitlines()) for batch in server.batches.values()]
    n = len(run.folder.labels())
    assert sizes == [4] * (n // 4) + [n % 4] * (n % 4 > 0)


def test_a_batch_that_fails_as_a_whole_is_one_sentence_and_asks_nothing_at_the_whole_price(
    scored: Workspace,
) -> None:
    with BatchServer() as server:
        server.ends_as = "failed"
        run = batched(scored, server.url)
        with pytest.raises(StatError, match="failed as a whole: no reason given"):
            run.run(last="missing_skills")
        assert server.direct == [] and states(scored) == []
