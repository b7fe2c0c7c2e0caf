"""A teacher whose raw answers are stored: none is paid for twice, none is lost."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from json import dumps

from stat_engine.config import RunConfig, TeacherConfig
from stat_engine.config.keys import PUBLIC
from stat_engine.grading.answers import without_thought
from stat_engine.models.base import Answer, Ask, ProgramTeacher, Teacher, TeacherRequest
from stat_engine.models.gguf import with_checkpoint
from stat_engine.models.open import open_teacher
from stat_engine.models.paid_calls.account import Account, Report, open_account
from stat_engine.models.paid_calls.batches import Batches
from stat_engine.models.servers.calls import is_whole
from stat_engine.models.servers.faults import locate
from stat_engine.models.servers.server import Server
from stat_engine.models.teachers import ChatTeacher, on_server
from stat_engine.records import TeacherCall, content_hash
from stat_engine.store.paid_answers import REFUSED
from stat_engine.store.settings import check_destination
from stat_engine.store.workspace import WorkspaceFolder


@dataclass(frozen=True)
class PaidTeacher:
    """One teacher with the account that its calls are stored in and paid from."""

    teacher: Teacher
    account: Account
    server: str = ""
    """Where it is, if no name of the teacher's own says so: part of the keys; empty on this machine."""
    share_of_price: float = 1.0
    """What its calls cost of the price: less than 1 in batches."""

    def ask(self, requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        """(call key, answer) a request, in order; what was asked before is read from the store.

        The store keeps what arrived. What is handed over is without the model's thoughts, and empty where
        the answer was refused, was cut off or consists of a thought that never ended."""
        keys = [self.key(request) for request in requests]
        if not requests:
            return []

        def asked(unknown: list[int]) -> Iterator[Sequence[tuple[int, Answer]]]:
            return self.teacher.answer([requests[at] for at in unknown], self.account.budget)

        task, prompts = requests[0].task, [self._sent(request) for request in requests]
        label = f"{task} by {self.account.endpoint}" if not isinstance(self.teacher, ProgramTeacher) else ""
        calls = self.account.answers(task, keys, prompts, asked, label)
        n_cut = sum(not is_whole(call.finish_reason) and not is_refused(call) for call in calls)
        if n_cut:
            self.account.report.say(
                label or task,
                f"{n_cut:,} of {len(calls):,} answers were cut off and are not used; allow longer ones with "
                "teacher.max_tokens=N",
            )
        return [(key, usable(call)) for key, call in zip(keys, calls, strict=True)]

    def key(self, request: TeacherRequest) -> str:
        """Under which an answer is stored: endpoint, the teacher's identity, what is sent, repeat index.

        Two servers that have a model of the same name share nothing. An answer that is stored without its
        server, as earlier versions did, is used on."""
        identity, sent = self.teacher.identity, self.teacher.prompt(request)
        key = content_hash(self.account.endpoint, identity, sent, request.repeat)
        if not self.server or key in self.account.calls:
            return key
        return content_hash(self.account.endpoint, identity, sent, request.repeat, self.server)

    def prompt_length(self, request: TeacherRequest) -> int:
        """Characters of what is sent."""
        return len(self._sent(request))

    def _sent(self, request: TeacherRequest) -> str:
        return dumps(self.teacher.prompt(request), ensure_ascii=False)


def is_refused(call: TeacherCall) -> bool:
    """Whether the server would not answer this prompt."""
    return (call.finish_reason or "").startswith(REFUSED)


def usable(call: TeacherCall) -> str:
    """What of a stored answer may be parsed: a whole answer without its thoughts, else nothing."""
    return without_thought(call.answer) if is_whole(call.finish_reason) else ""


def open_paid_teacher(
    workspace: WorkspaceFolder, teacher: TeacherConfig, config: RunConfig, run: str | None, report: Report
) -> PaidTeacher:
    """A teacher ready to be asked on behalf of a run, or of no run, under its prices and its budget."""
    student = with_checkpoint(config.student, workspace.root, lambda said: report.say("student", said))
    config = config.model_copy(update={"student": student})
    if teacher.backend == "openai":
        check_destination(workspace.root, teacher.server)
    if teacher.backend == "student" and config.student.backend == "openai":
        check_destination(workspace.root, config.student.server)
    opened, endpoint = open_teacher(teacher, config), teacher.endpoint()
    account = open_account(workspace, config, endpoint, opened.model, run, report)
    if teacher.mode == "batch" and isinstance(opened, ChatTeacher) and teacher.backend == "openai":
        label = f"batches of {endpoint}"
        batches = Batches(
            teacher.server,
            account.calls.path.parent / "batches" / account.calls.path.stem,
            teacher.batch_price,
            lambda sentence: report.say(label, sentence),
            lambda done, total: report.progress(label, done, total),
            Server(teacher.server),
        )
        opened = replace(opened, answering=on_server(batches))
        return PaidTeacher(opened, account, place_of(teacher), teacher.batch_price)
    return PaidTeacher(opened, account, place_of(teacher))


def place_of(teacher: TeacherConfig) -> str:
    """The server's address of a teacher without a name; empty on this machine, where ports change."""
    if teacher.backend != "openai" or teacher.name:
        return ""
    address, is_loopback = locate(teacher.server.base_url or os.environ.get("OPENAI_BASE_URL") or PUBLIC)
    return "" if is_loopback or address == PUBLIC else address


def ask_through_store(
    workspace: WorkspaceFolder, teacher: TeacherConfig, config: RunConfig, run: str | None, report: Report
) -> Ask:
    """A way to ask a teacher through the store of its raw answers."""
    return open_paid_teacher(workspace, teacher, config, run, report).ask
