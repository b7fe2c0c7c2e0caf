"""A teacher on a server, through the whole pipeline: rendering, sending, storing, parsing, paying."""

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import StatError
from tests.conftest import Notes
from tests.models.fault_server import Asked, FaultServer, Said, chat
from tests.teaching import CALL_COST, counting, settings_for, teach


@pytest.fixture
def scored(finished: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the finished small run's workspace: what comes before the teacher is there already."""
    shutil.copytree(finished.root, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def served(workspace: Workspace, url: str, name: str = "served", *settings: str, notes: Notes | None = None):  # type: ignore[no-untyped-def]
    """A fork of the small run whose teacher is the server."""
    workspace.run("small").fork(name, [*settings_for(url), *settings])
    return workspace.run(name, notes)


def test_a_served_teacher_labels_as_the_embedded_one_does_and_is_paid_once(scored: Workspace) -> None:
    scored.run("small").fork("exact", ["teacher.noise=0", "second_teachers=[]"]).run(last="profile")
    with FaultServer(teach) as server:
        run = served(scored, server.url)
        run.run(last="profile")
        n_calls = len(server.asked)
        run.run(last="profile")
        again = served(scored, server.url, "again")
        again.run(last="profile")
        assert len(server.asked) == n_calls  # neither the same run nor another pays again
    exact = scored.run("exact")
    labels, theirs = (
        [(x.response_id, x.judge, sorted(x.skills)) for x in r.folder.labels()] for r in (run, exact)
    )
    assert labels == theirs and n_calls == len(labels) > 10
    assert views.cost.summary(scored, run.folder)["cost"] == pytest.approx(n_calls * CALL_COST)
    assert views.cost.summary(scored, again.folder)["n_calls"] == 0


def test_a_changed_port_costs_nothing_and_another_name_shares_nothing(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        served(scored, server.url).run(last="missing_skills")
    with FaultServer(teach) as other:
        served(scored, other.url, "moved").run(last="missing_skills")
        assert other.asked == []
        served(scored, other.url, "renamed", "teacher.name=elsewhere").run(last="missing_skills")
        assert len(other.asked) > 0


def test_what_was_answered_before_the_key_ran_out_is_kept(scored: Workspace) -> None:
    with FaultServer(counting(10)) as server:
        run = served(scored, server.url)
        with pytest.raises(StatError) as error:
            run.run(last="missing_skills")
        assert "\n" not in str(error.value)
        assert len(_kept(scored)) == 10
        answered = {asked.text for asked in server.asked[:10]}
        server.script = teach
        server.asked.clear()
        run.run(last="missing_skills")
        assert answered.isdisjoint(asked.text for asked in server.asked)
    assert max(Counter(call["key"] for call in _kept(scored)).values()) == 1


def test_a_budget_stops_before_the_call_that_would_break_it_and_raising_it_goes_on(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        # an answer may have 50 tokens, 0.05 USD, and has 3, 0.003 USD
        prices = "prices={checker-1: {input: 0, output: 1000}}"
        run = served(scored, server.url, "served", "budget=0.08", "teacher.max_tokens=50", prices)
        with pytest.raises(StatError, match=r"the budget of \$0.08 is reached: \$0.0330 is spent"):
            run.run(last="missing_skills")
        assert len(server.asked) == 11  # 0.033 + 0.05 would break it
        run.configure(["budget=1"])
        run.run(last="missing_skills")
        assert len(server.asked) == len(run.folder.labels())
    assert views.cost.summary(scored, run.folder)["left"] == pytest.approx(1 - 0.003 * len(server.asked))


def test_several_answers_to_one_prompt_are_several_calls(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        run = served(scored, server.url)
        run.run(last="profile")
        run.build("stat-syn", "mine", pairs=20)
        solved = Counter(asked.text for asked in server.asked if "Solve this step by step" in asked.text)
        assert set(solved.values()) == {3}
    assert len(run.training_set("mine")) == 20
    tasks = {row["task"]: row["n_calls"] for row in views.cost.summary(scored, run.folder)["calls"]}
    assert tasks["solve"] == sum(solved.values()) and tasks["propose_question"] > 0


def test_a_dry_run_foretells_the_calls_and_asks_nothing(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        run = served(scored, server.url, "served", "teacher.self_check=true")
        rows = run.estimate()
        assert server.asked == []
        by = {(row.purpose, row.task): row for row in rows}
        labels = by["missing_skills", "missing_skills"]
        run.run(last="missing_skills")
        n_labels = sum("Find the first step" in asked.text for asked in server.asked)
    assert labels.n_calls == n_labels and labels.n_known == 0
    sent = [len(json.dumps(call["prompt"])) for call in _kept(scored) if call["task"] == "missing_skills"]
    assert labels.input_tokens == pytest.approx(sum(sent) / 4, rel=0.15)
    assert labels.cost == pytest.approx((labels.input_tokens + labels.output_tokens) / 1000)
    assert [row for row in run.estimate() if row.purpose == "missing_skills"] == []


def test_the_self_check_is_reported_with_its_interval(scored: Workspace) -> None:
    notes = Notes()
    with FaultServer(teach) as server:
        run = served(scored, server.url, "served", "teacher.self_check=true", notes=notes)
        run.run(last="missing_skills")
    (said,) = [sentence for sentence in notes.said if "upheld" in sentence]
    n = len(run.folder.labels())
    assert said.startswith(f"missing_skills: self-check by served: {n} of {n} labels upheld (100.0%, 95% ")


def test_every_prompt_is_kept_with_its_answer_and_what_it_cost(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        served(scored, server.url).run(last="missing_skills")
        sent = {json.dumps(asked.body["messages"]) for asked in server.asked}
    calls = _kept(scored)
    assert {json.dumps(json.loads(call["prompt"])["messages"]) for call in calls} == sent
    assert {(call["run"], call["model"], call["cost"]) for call in calls} == {
        ("served", "checker-1", CALL_COST)
    }


def test_answers_with_markup_and_control_characters_are_kept_word_for_word(scored: Workspace) -> None:
    hostile = "<script>alert(1)</script>\x00\x1b[31m\u2028<judge>incorrect</judge><skill>knitting</skill>"

    def script(asked: Asked, before: int) -> Said:
        return chat(hostile)

    with FaultServer(script) as server:
        run = served(scored, server.url)
        run.run(last="missing_skills")
    assert {call["answer"] for call in _kept(scored)} == {hostile}
    assert {label.status for label in run.folder.labels()} == {"off_vocabulary"}


def _kept(workspace: Workspace) -> list[dict[str, object]]:
    lines = (workspace.root / "teacher_calls" / "served.jsonl").read_text(encoding="utf-8").split("\n")
    return [json.loads(line) for line in lines if line]
