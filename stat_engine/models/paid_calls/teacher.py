"""A teacher whose raw answers are stored: none is paid for twice, none is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from json import dumps

from stat_engine.config import RunConfig, TeacherConfig
from stat_engine.grading.answers import without_thought
from stat_engine.models.base import Answer, Ask, Teacher, TeacherRequest
from stat_engine.models.gguf import with_checkpoint
from stat_engine.models.open import open_teacher
from stat_engine.models.paid_calls.account import Account, Report, open_account
from stat_engine.models.servers.calls import is_whole
from stat_engine.records import TeacherCall, content_hash
from stat_engine.store.paid_answers import REFUSED
from stat_engine.store.workspace import WorkspaceFolder


@dataclass(frozen=True)
class PaidTeacher:
    """One teacher with the account that its calls are stored in and paid from."""

    teacher: Teacher
    account: Account

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
        label = f"{task} by {self.account.endpoint}" if self.account.model is not None else ""
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
        """Under which an answer is stored: endpoint, the teacher's identity, what is sent, repeat index."""
        return content_hash(
            self.account.endpoint, self.teacher.identity, self.teacher.prompt(request), request.repeat
        )

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
    opened = open_teacher(teacher, config.model_copy(update={"student": student}))
    return PaidTeacher(opened, open_account(workspace, config, teacher.endpoint(), opened.model, run, report))


def ask_through_store(
    workspace: WorkspaceFolder, teacher: TeacherConfig, config: RunConfig, run: str | None, report: Report
) -> Ask:
    """A way to ask a teacher through the store of its raw answers."""
    return open_paid_teacher(workspace, teacher, config, run, report).ask
