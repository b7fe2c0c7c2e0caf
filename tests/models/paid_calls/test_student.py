import json
from pathlib import Path

import pytest

from stat_engine import Workspace, views
from stat_engine import config as configuration
from stat_engine.errors import StatError
from stat_engine.models.base import NO_ROOM, Completion, Message, Prompt, Sampling
from stat_engine.models.paid_calls.student import PaidStudent
from tests.conftest import Notes, small_workspace
from tests.models.fault_server import Asked, FaultServer, Said, chat, error

SETTINGS = (
    "student.backend=openai", "student.model=small-1", "student.name=served", "student.n_samples=2",
    "student.temperature=1", "student.server.retries=1", "student.framing=boxed", "student.batch_size=50",
    "prices={small-1: {input: 1000, output: 1000}}",
)  # fmt: skip


def served(root: Path, url: str) -> Workspace:
    workspace = small_workspace(root, n_validation=20)
    workspace.run("small").configure([*SETTINGS, f"student.server.base_url={url}"])
    return workspace


def wordy(asked: Asked, before: int) -> Said:
    return chat(f"I think.\nAnswer: {asked.body['seed']}")


def test_a_student_on_a_server_answers_every_sample_with_a_seed_of_its_own(tmp_path: Path) -> None:
    with FaultServer(wordy) as server:
        run = served(tmp_path, server.url).run("small")
        run.run(last="responses")
        assert len(server.asked) == 40
        assert {"boxed" in asked.text for asked in server.asked} == {True}
    rows = list(run.folder.responses.read())
    assert [(row.sample, row.n_tokens, row.finish_reason, row.model) for row in rows[:2]] == [
        (0, 3, "stop", "served"),
        (1, 3, "stop", "served"),
    ]
    assert rows[0].answer != rows[1].answer and rows[0].steps == ["I think.", f"Answer: {rows[0].answer}"]
    assert views.status.summary(Workspace(tmp_path), run.folder)["cost"] == pytest.approx(0.4)


def test_answers_that_came_before_the_server_failed_are_not_asked_for_again(tmp_path: Path) -> None:
    n = 0

    def stops(asked: Asked, before: int) -> Said:
        nonlocal n
        n += 1
        return wordy(asked, before) if n <= 15 else Said(b"{}", 401)

    with FaultServer(stops) as server:
        run = served(tmp_path, server.url).run("small")
        with pytest.raises(StatError):
            run.run(last="responses")
        answered = [json.dumps(asked.body, sort_keys=True) for asked in server.asked[:15]]
        server.script = wordy
        server.asked.clear()
        run.run(last="responses")
        again = {json.dumps(asked.body, sort_keys=True) for asked in server.asked}
    assert again.isdisjoint(answered) and len(again) == 25


def test_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    with FaultServer(lambda asked, before: chat("")) as server:
        run = served(tmp_path, server.url).run("small")
        run.run(last="responses")
        assert len(server.asked) == 40
    assert {row.response for row in run.folder.responses.read()} == {""}


def test_a_dry_run_foretells_what_a_student_on_a_server_is_asked(tmp_path: Path) -> None:
    with FaultServer(wordy) as server:
        run = served(tmp_path, server.url).run("small")
        (row,) = run.estimate()
        assert server.asked == []
        run.run(last="responses")
        assert (row.purpose, row.n_calls) == ("responses", len(server.asked))
    assert row.cost is not None and row.cost > 0
    assert run.estimate() == []


def test_what_the_server_leaves_out_is_filled_in_and_a_refusal_leaves_no_room(tmp_path: Path) -> None:
    def says(asked: Asked, before: int) -> Said:
        if asked.body["seed"] == 6:
            return error(400, "too long", code="context_length_exceeded")
        choice = {"index": 0, "message": {"content": " twelve chars"}, "finish_reason": "length"}
        return chat("", usage=None, choices=[choice])

    def asking(text: str) -> Prompt:
        return [Message(role="user", content=text)]

    notes = Notes()
    with FaultServer(says) as server:
        workspace = served(tmp_path, server.url)
        config = configuration.validate(
            configuration.override(
                workspace.run("small").config.model_dump(), ["student.name='a/b c'", "student.server.width=1"]
            ),
            "",
        )
        student = PaidStudent(workspace, config, "small", notes)
        sampling = Sampling(temperature=1, top_p=1, max_tokens=8, n_samples=2)
        first, second = student.complete([asking("one"), asking("two")], sampling, 3)
        n_asked = len(server.asked)
        assert student.complete([asking("one")], sampling, 3) == [first] and len(server.asked) == n_asked
    assert [asked.body["seed"] for asked in server.asked] == [6, 7, 6, 7]
    written = Completion("twelve chars", 3, "length")
    assert [first, second] == [[NO_ROOM, written]] * 2
    assert (tmp_path / "teacher_calls" / "student-a-b-c.jsonl").exists()
    assert notes.said[-1] == "responses: 2 answers of small-1 were kept from before"
