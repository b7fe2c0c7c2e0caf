"""A student on a server whose answers are stored one by one.

A process killed at any moment repeats only the calls in flight, and their cost counts towards the run."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from json import dumps

from stat_engine.config import RunConfig
from stat_engine.models.base import NO_ROOM, Completion, Prompt, Sampling
from stat_engine.models.paid_calls.budget import Bill, Purse, cost_of
from stat_engine.models.paid_calls.teacher import Report
from stat_engine.models.servers.server import Call, Reply, Server
from stat_engine.records import TeacherCall, content_hash
from stat_engine.store.paid_answers import REFUSED
from stat_engine.store.workspace import WorkspaceFolder


class KeptStudent:
    """The language model of backend `openai`, behind the store of its raw answers."""

    def __init__(self, workspace: WorkspaceFolder, config: RunConfig, run: str, report: Report) -> None:
        self.name = config.student.model
        self._student, self._run, self._report = config.student, run, report
        self._endpoint = "student-" + re.sub(r"[^A-Za-z0-9._-]", "-", config.student.name)[:50]
        self._calls = workspace.teacher_calls(self._endpoint)
        self._server = Server(config.student.server)
        self._price = config.prices.get(self.name)
        raise_it = f"stat-studio run {run} budget=USD"
        self._purse = Purse(self._price, config.budget, workspace.spent(run), raise_it)

    def complete(self, prompts: Sequence[Prompt], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a prompt, each a call of its own; known ones are read from the store.

        A server that others use promises no equal answers to equal calls; the kept ones are equal."""
        one, n = replace(sampling, n_samples=1), sampling.n_samples
        calls = [
            # a server that samples by the seed would give equal samples for equal ones
            Call(prompt, self.name, one, seed * n + sample, may_be_empty=True)
            for prompt in prompts
            for sample in range(n)
        ]
        keys = [self._key(call) for call in calls]

        def ask(unknown: list[int]) -> Iterator[list[TeacherCall]]:
            with Bill(self._purse, self._calls, self._endpoint, "respond", self._run, self.name) as bill:
                for batch in self._server.run([calls[at] for at in unknown], self._purse):
                    kept = [self._kept(keys[unknown[at]], calls[unknown[at]], reply) for at, reply in batch]
                    yield kept
                    bill.add(kept)
                    self._report.progress(f"answers by {self._endpoint}", bill.n_calls, len(unknown))
            bill.end_if_all_refused()

        n_known = len(keys) - len(self._calls.unknown(keys))
        if n_known:
            self._report.say("responses", f"{n_known:,} answers of {self.name} were kept from before")
        found = [_completion(call) for call in self._calls.kept(keys, ask)]
        return [found[at * n : (at + 1) * n] for at in range(len(prompts))]

    def _key(self, call: Call) -> str:
        return content_hash(self._endpoint, self.name, call.prompt, asdict(call.sampling), call.seed)

    def _kept(self, key: str, call: Call, reply: Reply) -> TeacherCall:
        return TeacherCall(
            key=key,
            endpoint=self._endpoint,
            task="respond",
            prompt=dumps(call.prompt, ensure_ascii=False),
            answer=reply.text,
            run=self._run,
            model=self.name,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            cost=cost_of(self._price, reply.input_tokens, reply.output_tokens),
            finish_reason=reply.finish_reason,
        )


def _completion(call: TeacherCall) -> Completion:
    """A kept answer as a completion; uncounted tokens are taken to be four letters each."""
    if (call.finish_reason or "").startswith(REFUSED):
        return NO_ROOM
    n_tokens = call.output_tokens if call.output_tokens is not None else len(call.answer) // 4
    return Completion(call.answer.strip(), n_tokens, "length" if call.finish_reason == "length" else "stop")
