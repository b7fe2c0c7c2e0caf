"""A teacher on a server, through the whole pipeline: rendering, sending, storing, parsing, paying."""

import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Run, Workspace, views
from stat_engine.config import TeacherConfig
from stat_engine.errors import StatError
from stat_engine.method.estimate import ASKED_AGAIN, Estimate, shared
from stat_engine.models.base import TeacherRequest
from stat_engine.models.paid_calls.teacher import is_refused, open_paid_teacher, place_of, usable
from stat_engine.store.paid_answers import REFUSED
from tests.conftest import Notes
from tests.factories import a_call
from tests.models.fault_server import Asked, FaultServer, Said, chat, error
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
    assert views.status.summary(scored, run.folder)["cost"] == pytest.approx(n_calls * CALL_COST)
    assert views.status.summary(scored, again.folder)["n_calls"] == 0


@pytest.mark.parametrize(
    ("settings", "place"),
    [
        ({"server": {"base_url": "http://127.0.0.1:8000/v1"}}, ""),  # ports change
        ({"server": {"base_url": None}}, ""),
        ({"server": {"base_url": "https://api.openai.com/v1"}}, ""),
        ({"server": {"base_url": "https://models.example.org/v1"}}, "https://models.example.org/v1"),
        ({"server": {"base_url": "https://models.example.org/v1"}, "name": "mine"}, ""),
        ({"backend": "student", "server": {"base_url": "https://models.example.org/v1"}}, ""),
    ],
)
def test_a_server_without_a_name_of_ours_is_known_by_its_address(
    settings: dict[str, Any], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    assert place_of(TeacherConfig.model_validate({"backend": "openai", "model": "m"} | settings)) == place


@pytest.mark.parametrize(("backend", "is_refused"), [("student", True), ("numeracy", False)])
def test_a_key_goes_to_a_students_server_only_where_it_teaches_and_is_confirmed(
    scored: Workspace, backend: str, is_refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    student = [
        "student.backend=openai",
        "student.model=m",
        "student.server.base_url=https://models.example.org",
    ]
    scored.run("small").fork("elsewhere", [*student, f"teacher.backend={backend}"])
    config = scored.run("elsewhere").folder.config
    folder = scored.run("small").context().workspace
    with pytest.raises(StatError, match="is not sent to") if is_refused else nullcontext():
        open_paid_teacher(folder, config.teacher, config, None, Notes())


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
    assert views.status.summary(scored, run.folder)["left"] == pytest.approx(1 - 0.003 * len(server.asked))


def test_several_answers_to_one_prompt_are_several_calls(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        run = served(scored, server.url)
        run.run(last="profile")
        run.build("stat-syn", "mine", pairs=20)
        solved = Counter(asked.text for asked in server.asked if "Solve this step by step" in asked.text)
        assert set(solved.values()) == {3}
    assert len(run.training_set("mine")) == 20
    tasks = {row["task"]: row["n_calls"] for row in views.status.summary(scored, run.folder)["calls"]}
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
    assert labels.n_calls == n_labels + round(ASKED_AGAIN * n_labels) and labels.n_known == 0
    assert (
        labels.basis == f"the difficult responses there are; {labels.n_calls - n_labels} of them asked again"
    )
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


def test_an_answer_that_cannot_be_used_is_not_forgotten_by_the_budget(scored: Workspace) -> None:
    def empty(asked: Asked, before: int) -> Said:
        return chat("")

    with FaultServer(empty) as server:
        run = served(scored, server.url, "served", "teacher.server.retries=0")
        with pytest.raises(StatError, match="an empty answer"):
            run.run(last="missing_skills")
        n_charged = len(server.asked)
    spent = views.status.summary(scored, run.folder)
    assert spent["cost"] == pytest.approx(n_charged * CALL_COST)
    assert len([call for call in _kept(scored) if call["key"]]) == 0


def test_refused_prompts_are_asked_again_by_the_next_start(scored: Workspace) -> None:
    def too_long(asked: Asked, before: int) -> Said:
        return error(400, "This model's maximum context length is 10 tokens")

    with FaultServer(too_long) as server:
        run = served(scored, server.url)
        with pytest.raises(
            StatError, match=r"all \d+ prompts were refused, the last because: .*maximum context"
        ):
            run.run(last="missing_skills")
        server.script = teach
        run.run(last="missing_skills")
    assert {label.status for label in run.folder.labels()} == {"ok"}
    assert views.status.summary(scored, run.folder)["cost"] == pytest.approx(
        len(run.folder.labels()) * CALL_COST
    )


def refusing_one(message: str, refused: list[str]) -> Callable[[Asked, int], Said]:
    """A server that refuses one prompt, which is put into `refused`."""

    def script(asked: Asked, before: int) -> Said:
        if not refused or asked.text == refused[0]:
            refused[:] = [asked.text]
            return error(400, message)
        return teach(asked, before)

    return script


def test_one_refused_prompt_goes_to_review_and_is_said(scored: Workspace) -> None:
    refused: list[str] = []
    script = refusing_one("maximum context length", refused)
    notes = Notes()
    with FaultServer(script) as server:
        run = served(scored, server.url, notes=notes)
        run.run(last="missing_skills")
        assert server.n_asked(refused[0]) == 1  # a refusal is not asked about again
    n = len(run.folder.labels())
    assert f"missing_skills by served: of {n} labels 1 could not be read: they are for review" in notes.said


def test_two_processes_take_turns_and_pay_once(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        first, second = served(scored, server.url), served(scored, server.url, "again")
        workers = [
            threading.Thread(target=run.run, kwargs={"last": "missing_skills"}) for run in (first, second)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        assert len(server.asked) == len(first.folder.labels()) == len(second.folder.labels())


def test_a_student_on_a_server_that_teaches_itself_is_paid_for(scored: Workspace) -> None:
    def student_and_teacher(asked: Asked, before: int) -> Said:
        return teach(asked, before) if len(asked.body["messages"]) > 1 else chat("1+1=3\nAnswer: 3")

    with FaultServer(student_and_teacher) as server:
        run = served(
            scored, server.url, "self",
            "teacher.backend=student", f"student.server.base_url={server.url}", "student.backend=openai",
            "student.model=checker-1", "student.name=numeracy-student",
        )  # fmt: skip
        run.run(last="missing_skills")
    paid = {row["task"]: row["cost"] for row in views.status.summary(scored, run.folder)["calls"]}
    assert paid["missing_skills"] > 0


def test_a_dry_run_under_other_settings_changes_nothing(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        run = served(scored, server.url)
        before = run.folder.card
        fewer = run.estimate(["arms=[stat-syn]", "training_set.proposals=1"])
        more = run.estimate(["arms=[stat-syn]", "training_set.proposals=4"])
        assert server.asked == []
    assert run.folder.card == before
    asked = [next(row.n_calls for row in rows if row.task == "propose_question") for rows in (fewer, more)]
    assert asked[1] == 4 * asked[0] > 0


def _settings(run: Run, name: str) -> dict[str, Any]:
    """What decided a training set, by its manifest."""
    manifest = run.folder.training_set(name).manifest()
    assert manifest is not None
    return manifest.settings


def test_finished_sets_are_not_made_again_and_ask_nobody(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        run = served(scored, server.url, "served", "arms=[stat-syn,random]", "training_set.rewrites=1")
        run.run(last="training_sets")
        n_calls = len(server.asked)
        (scored.root / "teacher_calls" / "served.jsonl").unlink()  # whoever asks again now is found out
        run.run(last="training_sets")
        assert len(server.asked) == n_calls
    decided = {name: sorted(_settings(run, name)) for name in ("random", "stat-syn")}
    assert decided == {
        "random": ["asked", "dataset", "method", "prompts", "teacher", "training_set"],
        "stat-syn": ["asked", "dataset", "difficulty", "label_events", "method", "profile", "prompts", "teacher",
                     "training_set"],
    }  # fmt: skip
    assert sorted(_settings(run, "stat-syn")["prompts"]) == [
        "propose_another",
        "propose_question",
        "rewrite",
        "solve",
    ]


def test_vectors_of_an_endpoint_are_paid_for_once_and_by_no_dry_run(scored: Workspace) -> None:
    def script(asked: Asked, before: int) -> Said:
        if asked.path.endswith("/embeddings"):
            rows = [
                {"index": at, "embedding": [float(len(text)), 1.0]}
                for at, text in enumerate(asked.body["input"])
            ]
            return Said(json.dumps({"data": rows, "usage": {"prompt_tokens": 10}}).encode())
        return teach(asked, before)

    def n_embeddings(server: FaultServer) -> int:
        return sum(asked.path.endswith("/embeddings") for asked in server.asked)

    prices = "prices={checker-1: {input: 0, output: 0}, embedder: {input: 1000, output: 0}}"
    with FaultServer(script) as server:
        run = served(
            scored, server.url, "served", "embeddings.backend=openai", "embeddings.model=embedder", prices,
            f"embeddings.server.base_url={server.url}", "arms=[embed-sel]",
        )  # fmt: skip
        run.estimate()
        assert n_embeddings(server) == 0
        run.run(last="training_sets")
        once = n_embeddings(server)
        run.build("embed-sel", "again", pairs=10)
        assert n_embeddings(server) == once > 0
    costs = {row["task"]: row["cost"] for row in views.status.summary(scored, run.folder)["calls"]}
    assert costs["embed"] == pytest.approx(once * 0.01)


def test_a_rewrite_that_several_sets_draw_is_counted_for_the_first() -> None:
    def row(method: str, n: int, task: str = "rewrite") -> Estimate:
        return Estimate(method, task, "served", n, 0, 10 * n, 20 * n, 1.0 * n, "")

    rows = [row("random", 400), row("stat-sel", 400), row("stat-syn", 300, "solve"), row("uniform", 800)]
    assert [(one.purpose, one.n_calls, one.input_tokens, one.cost) for one in shared(rows, 800)] == [
        ("random", 400, 4000, 400.0),
        ("stat-sel", 200, 2000, 200.0),
        ("stat-syn", 300, 3000, 300.0),
        ("uniform", 200, 2000, 200.0),
    ]


def answer_of(asked: Asked) -> str:
    return str(json.loads(teach(asked, 0).body)["choices"][0]["message"]["content"])


def ending(content: str, reason: str = "stop") -> Said:
    return chat("", choices=[{"message": {"content": content}, "finish_reason": reason}])


def test_thoughts_are_kept_and_not_parsed_and_a_thought_that_never_ends_is_no_answer(
    scored: Workspace,
) -> None:
    endless: set[str] = set()

    def thinking(asked: Asked, before: int) -> Said:
        if not endless or asked.text in endless:
            endless.add(asked.text)
            return ending(f"<think>{answer_of(asked)}")
        return ending(f"<skill>nothing of the kind</skill><judge>correct</judge></think>\n{answer_of(asked)}")

    with FaultServer(thinking) as server:
        run = served(scored, server.url)
        run.run(last="missing_skills")
    n = len(run.folder.labels())
    assert Counter(label.status for label in run.folder.labels()) == {"ok": n - 1, "parse_failed": 1}
    assert all("think>" in str(call["answer"]) for call in _kept(scored))


def test_a_cut_answer_is_kept_said_and_not_used(scored: Workspace) -> None:
    cut: set[str] = set()

    def script(asked: Asked, before: int) -> Said:
        if len(cut) < 2:
            cut.add(asked.text)
        return ending(answer_of(asked), "length" if asked.text in cut else "stop")

    notes = Notes()
    with FaultServer(script) as server:
        run = served(scored, server.url, notes=notes)
        run.run(last="missing_skills")
    labels = run.folder.labels()
    assert Counter(label.status for label in labels)["parse_failed"] == 2
    assert len(_kept(scored)) == len(labels)  # asking again under the same limit would be cut again
    expected = f"2 of {len(labels)} answers were cut off and are not used; allow longer ones with teacher.max_tokens=N"
    assert [said for said in notes.said if expected in said]


def test_a_prompt_that_is_refused_at_every_start_blocks_no_run(scored: Workspace) -> None:
    refused: list[str] = []
    script = refusing_one("Content Exists Risk", refused)
    with FaultServer(script) as server:
        for name in ("served", "again"):
            run = served(scored, server.url, name)
            run.run(last="missing_skills")
            assert Counter(label.status for label in run.folder.labels())["parse_failed"] == 1
        assert server.n_asked(refused[0]) == 2
        assert len(server.asked) == len(run.folder.labels()) + 1


def test_settings_that_change_the_answers_are_part_of_their_key_and_others_are_not(scored: Workspace) -> None:
    with FaultServer(teach) as server:
        served(scored, server.url).run(last="missing_skills")
        n = len(server.asked)
        served(scored, server.url, "narrow", "teacher.server.width=3").run(last="missing_skills")
        assert len(server.asked) == n
        effort = "teacher.server.extra_body={reasoning_effort: low}"
        served(scored, server.url, "effort", effort, "teacher.temperature=null").run(last="missing_skills")
        assert len(server.asked) == 2 * n
        assert "temperature" not in server.asked[-1].body
        assert server.asked[-1].body["reasoning_effort"] == "low"


def test_a_teacher_on_this_machine_costs_nothing_and_is_foretold_so(scored: Workspace) -> None:
    scored.run("small").fork("self", ["teacher.backend=student", "second_teachers=[]"])
    rows = scored.run("self").estimate()
    assert rows and {(row.teacher, row.cost) for row in rows} == {("checker", 0.0)}
    assert all(row.n_calls for row in rows)


@pytest.mark.parametrize(
    ("reason", "used", "refused"),
    [(None, "A", False), ("stop", "A", False), ("length", "", False), (f"{REFUSED} too long", "", True)],
)
def test_only_whole_answers_are_used_and_without_their_thoughts(
    reason: str | None, used: str, refused: bool
) -> None:
    call = a_call("k", "<think>B</think>\nA", finish_reason=reason)
    assert (usable(call), is_refused(call)) == (used, refused)


def test_a_prompt_is_as_long_as_its_characters_whatever_their_alphabet(finished: Workspace) -> None:
    teacher = finished.run("small").context().paid_teacher()
    plain, other = (TeacherRequest(task="solve", problem=problem) for problem in ("weiss 1", "weiß 11"))
    assert teacher.prompt_length(other) == teacher.prompt_length(plain)
    assert teacher.prompt_length(plain) > len("weiss 1")


def test_two_servers_share_no_answers_but_use_those_that_were_stored_without_one(copy: Workspace) -> None:
    own = copy.run("small").context().paid_teacher()
    a, b = (replace(own, server=f"https://{name}.example.org") for name in "ab")
    request = TeacherRequest(task="solve", problem="What is 1 + 2?")
    again = replace(request, repeat=1)
    keys = [of.key(one) for of in (own, a, b) for one in (request, again)]
    assert len(set(keys)) == 6 and keys == [of.key(one) for of in (own, a, b) for one in (request, again)]
    own.account.calls.record(a_call(own.key(request)))
    assert a.key(request) == b.key(request) == own.key(request) and a.key(again) == keys[3]
