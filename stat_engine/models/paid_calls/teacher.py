"""Ask a teacher through the store of its raw answers, so that no call is paid for twice."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from json import dumps
from typing import Protocol

from stat_engine.config import Price, RunConfig, TeacherConfig
from stat_engine.models.base import Answer, Ask, Teacher, TeacherRequest
from stat_engine.models.open import open_teacher
from stat_engine.models.paid_calls.budget import Bill, Purse, cost_of, in_words
from stat_engine.records import TeacherCall, content_hash
from stat_engine.store.paid_answers import TeacherCalls
from stat_engine.store.workspace import WorkspaceFolder


class Report(Protocol):
    """Is told how far the work is; the command line prints it, a notebook may not."""

    def progress(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` items of a stage are on disk."""
        ...

    def say(self, stage: str, sentence: str) -> None:
        """Something the user should know about a stage's outcome."""
        ...


@dataclass(frozen=True)
class Desk:
    """One teacher with the store of its answers and the purse it is paid from."""

    teacher: Teacher
    endpoint: str
    calls: TeacherCalls
    purse: Purse
    config: RunConfig
    run: str | None
    report: Report

    def ask(self, requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        """(call key, raw answer) a request, in order; what was asked before is read from the store."""
        keys = [self.key(request) for request in requests]
        return list(zip(keys, self.calls.answers(keys, self._asker(keys, requests)), strict=True))

    def key(self, request: TeacherRequest) -> str:
        """Under which an answer is kept: endpoint, the teacher's identity, what is sent, repeat index."""
        return content_hash(
            self.endpoint, self.teacher.identity, self.teacher.prompt(request), request.repeat
        )

    @property
    def price(self) -> Price | None:
        """What the model's tokens cost; None where it is not configured."""
        return self.config.prices.get(self.teacher.model) if self.teacher.model else None

    def prompt_length(self, request: TeacherRequest) -> int:
        """Characters of what is sent."""
        return len(dumps(self.teacher.prompt(request), ensure_ascii=False))

    def _asker(
        self, keys: Sequence[str], requests: Sequence[TeacherRequest]
    ) -> Callable[[list[int]], Iterator[list[TeacherCall]]]:
        def asked(unknown: list[int]) -> Iterator[list[TeacherCall]]:
            wanted = [requests[at] for at in unknown]
            bill = Bill(self.purse, self.calls, self.endpoint, wanted[0].task, self.run, self.teacher.model)
            label = f"{wanted[0].task} by {self.endpoint}"
            with bill:
                for batch in self.teacher.answer(wanted, self.purse):
                    kept = [self._call(keys[unknown[at]], wanted[at], answer) for at, answer in batch]
                    yield kept
                    bill.add(kept)
                    if self.teacher.model is not None:
                        self.report.progress(label, bill.n_calls, len(wanted))
            bill.end_if_all_refused()
            if self.teacher.model is not None:
                cost = bill.spent if self.price else None
                self.report.say(label, in_words(bill.n_calls, bill.n_tokens, cost))

        return asked

    def _call(self, key: str, request: TeacherRequest, answer: Answer) -> TeacherCall:
        return TeacherCall(
            key=key,
            endpoint=self.endpoint,
            task=request.task,
            prompt=dumps(self.teacher.prompt(request), ensure_ascii=False),
            answer=answer.text,
            run=self.run,
            model=self.teacher.model,
            input_tokens=answer.input_tokens,
            output_tokens=answer.output_tokens,
            cost=cost_of(self.price, answer.input_tokens, answer.output_tokens),
            finish_reason=answer.finish_reason,
        )


def desk(
    workspace: WorkspaceFolder, teacher: TeacherConfig, config: RunConfig, run: str | None, report: Report
) -> Desk:
    """A teacher ready to be asked on behalf of a run, or of no run, under its prices and its budget."""
    opened = open_teacher(teacher, config)
    price = config.prices.get(opened.model) if opened.model else None
    raise_it = f"stat-studio run {run} budget=USD" if run else "set budget=USD"
    purse = Purse(price, config.budget, workspace.spent(run), raise_it)
    calls = workspace.teacher_calls(teacher.endpoint())
    return Desk(opened, teacher.endpoint(), calls, purse, config, run, report)


def ask_through_store(
    workspace: WorkspaceFolder, teacher: TeacherConfig, config: RunConfig, run: str | None, report: Report
) -> Ask:
    """A way to ask a teacher through the store of its raw answers."""
    return desk(workspace, teacher, config, run, report).ask
