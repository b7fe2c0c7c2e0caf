"""A student on a server whose answers are stored one by one.

A process killed at any moment repeats only the calls in flight, and their cost counts towards the run."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from json import dumps

from stat_engine.config import RunConfig
from stat_engine.grading.answers import without_thought
from stat_engine.models.base import NO_ROOM, Completion, PartialAnswers, Prompt, Sampling
from stat_engine.models.paid_calls.account import Report, open_account
from stat_engine.models.servers.calls import is_whole
from stat_engine.models.servers.server import Call, Reply, Server
from stat_engine.records import TeacherCall, content_hash
from stat_engine.store.paid_answers import REFUSED
from stat_engine.store.settings import check_destination
from stat_engine.store.workspace import WorkspaceFolder


class PaidStudent:
    """The language model of backend `openai`, behind the store of its raw answers."""

    def __init__(self, workspace: WorkspaceFolder, config: RunConfig, run: str, report: Report) -> None:
        self.name = config.student.model
        endpoint = "student-" + re.sub(r"[^A-Za-z0-9._-]", "-", config.student.name)[:50]
        self._account = open_account(workspace, config, endpoint, self.name, run, report)
        check_destination(workspace.root, config.student.server)
        self._server, self._altering = Server(config.student.server), config.student.server.alters()

    def complete(
        self, prompts: Sequence[Prompt], sampling: Sampling, seed: int, partial: PartialAnswers | None = None
    ) -> list[list[Completion]]:
        """`n_samples` completions a prompt, each a call of its own; known ones are read from the store of
        calls, which keeps each answer as it comes: `partial` is not used.

        A server that others use promises no equal answers to equal calls; the stored ones are equal."""
        one, n, account = replace(sampling, n_samples=1), sampling.n_samples, self._account
        calls = [
            # a server that samples by the seed would give equal samples for equal ones
            Call(prompt, self.name, one, seed * n + sample, may_be_empty=True)
            for prompt in prompts
            for sample in range(n)
        ]
        keys = [self._key(call) for call in calls]

        def ask(unknown: list[int]) -> Iterator[Sequence[tuple[int, Reply]]]:
            return self._server.run([calls[at] for at in unknown], account.budget)

        n_known = len(keys) - len(account.calls.unknown(keys))
        if n_known:
            account.report.say("responses", f"{n_known:,} answers of {self.name} were kept from before")
        sent = [dumps(call.prompt, ensure_ascii=False) for call in calls]
        found = account.answers("respond", keys, sent, ask, f"answers by {account.endpoint}")
        made = [_completion(call) for call in found]
        return [made[at * n : (at + 1) * n] for at in range(len(prompts))]

    def _key(self, call: Call) -> str:
        asked = (self._account.endpoint, self.name, call.prompt, asdict(call.sampling), call.seed)
        return content_hash(*asked, *([self._altering] if self._altering else []))


def _completion(call: TeacherCall) -> Completion:
    """A kept answer as a completion; uncounted tokens are taken to be four letters each."""
    if (call.finish_reason or "").startswith(REFUSED):
        return NO_ROOM
    n_tokens = call.output_tokens if call.output_tokens is not None else len(call.answer) // 4
    ended = is_whole(call.finish_reason)
    return Completion(without_thought(call.answer).strip(), n_tokens, "stop" if ended else "length")
