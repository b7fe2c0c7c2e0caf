"""Teachers that are language models, and the stand-in teacher `question-skills`.

Requests become prompts from `prompts/`; answers stay raw. The model is on an OpenAI-compatible server, or
it is the run's own student (self-teaching). `question-skills` names a question's mapped skills and needs
no key."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from stat_engine.config import DomainConfig, TeacherConfig
from stat_engine.errors import StatError
from stat_engine.models.base import (
    Answer,
    Message,
    Meter,
    ProgramTeacher,
    Sampling,
    StreamingModel,
    Task,
    TeacherRequest,
    Wanted,
)
from stat_engine.models.servers.server import Call, Reply
from stat_engine.prompts import PromptFile
from stat_engine.records import content_hash

WRITING: frozenset[Task] = frozenset({"rewrite", "propose_question", "solve"})
"""Tasks of which several answers should differ."""
GROUP = 64
"""Requests that a local model is given together."""
Answering = Callable[[Sequence[Call], Meter | None], Iterator[list[tuple[int, Answer]]]]
"""Calls in, (position, answer) as they come."""


@dataclass(frozen=True)
class ChatTeacher:
    """Renders, sends and hands over; it parses nothing."""

    model: str | None
    """The model's name in the price table; null: the student, which costs nothing."""
    identity: object
    """What the model is: its name and seed on a server; its checkpoint for the student."""
    config: TeacherConfig
    domain: DomainConfig
    answering: Answering

    def prompt(self, request: TeacherRequest) -> object:
        """Messages, sampling and the prompt file's version."""
        return {
            "messages": self._messages(request),
            "temperature": self._temperature(request),
            "max_tokens": self.config.max_tokens,
            "prompt_version": "+".join(file.version for file in self._files(request)),
        }

    def answer(
        self, requests: Sequence[TeacherRequest], meter: Meter | None = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """(position, answer) pairs as the model gives them."""
        return self.answering([self._call(request) for request in requests], meter)

    def _call(self, request: TeacherRequest) -> Call:
        seed, temperature = self.config.seed + request.repeat, self._temperature(request)
        sampling = Sampling(temperature or 0.0, 1.0, self.config.max_tokens)
        omit = frozenset({"temperature"} if temperature is None else ())
        return Call(self._messages(request), self.model or "", sampling, seed, omit=omit)

    def _temperature(self, request: TeacherRequest) -> float | None:
        config = self.config
        return config.writing_temperature if request.task in WRITING else config.temperature

    def _files(self, request: TeacherRequest) -> list[PromptFile]:
        """The task's prompt, and behind it what tells a second proposal of the first."""
        more = ["propose_another"] if request.proposed else []
        return [self.domain.prompt(task) for task in (request.task, *more)]

    def _messages(self, request: TeacherRequest) -> list[Message]:
        files, values = self._files(request), _values(request, self.domain.name)
        file = files[0]
        said = "\n\n".join(one.fill("user", values) for one in files)
        messages = [Message(role="user", content=said)]
        if "system" in file.sections:
            messages.insert(0, Message(role="system", content=file.fill("system", values)))
        if request.complaint and "again" in file.sections:
            messages += [
                Message(role="assistant", content=request.previous),
                Message(role="user", content=file.fill("again", values)),
            ]
        return messages


class Asked(Protocol):
    """A server, asked call by call or through batch files."""

    def run(self, calls: Sequence[Call], meter: Meter | None = None) -> Iterator[list[tuple[int, Reply]]]:
        """(position, reply) pairs as they come, each position once."""
        ...


def on_server(server: Asked) -> Answering:
    """Answers from a server."""

    def answering(calls: Sequence[Call], meter: Meter | None) -> Iterator[list[tuple[int, Answer]]]:
        for batch in server.run(calls, meter):
            yield [
                (
                    at,
                    Answer(
                        reply.text,
                        reply.input_tokens,
                        reply.output_tokens,
                        reply.finish_reason,
                        reply.share_of_price,
                    ),
                )
                for at, reply in batch
            ]

    return answering


def on_this_machine(load: Callable[[], StreamingModel]) -> Answering:
    """Answers from a language model that is loaded at the first call, each as it ends.

    What is sampled depends on a call's own prompt and seed, not on what is asked beside it."""
    loaded: list[StreamingModel] = []

    def answering(calls: Sequence[Call], meter: Meter | None) -> Iterator[list[tuple[int, Answer]]]:
        if not loaded:
            loaded.append(load())
        kinds = dict.fromkeys((call.sampling, call.seed) for call in calls)
        for sampling, seed in kinds:
            alike = [at for at, call in enumerate(calls) if (call.sampling, call.seed) == (sampling, seed)]
            for begin in range(0, len(alike), GROUP):
                group = alike[begin : begin + GROUP]
                prompts = [calls[at].prompt for at in group]
                numbers = [int(content_hash(prompt), 16) % 2**32 for prompt in prompts]
                wanted = Wanted(prompts, sampling, seed or 0, numbers=numbers)
                with closing(loaded[0].stream(wanted)) as steps:
                    for step in steps:
                        yield [
                            (group[at], Answer(one.text, None, one.n_tokens, one.finish_reason))
                            for (at, _), one in step.finished.items()
                        ]

    return answering


def _values(request: TeacherRequest, domain: str) -> dict[str, str]:
    """What fills the places of a prompt."""
    numbered = "\n".join(f"[{at}] {step}" for at, step in enumerate(request.steps))
    is_proposal = request.task == "propose_question"  # of which none to stress is no skill at all
    listed = "\n".join(f"- {skill}" for skill in request.skills) or "(none)"
    return {
        "domain": domain,
        "problem": request.problem,
        "steps": numbered or "(the response is empty)",
        "skills": ", ".join(request.skills) if is_proposal else listed,
        "subject": request.subject.replace("_", " ") or domain,
        "solution": request.solution,
        "references": _counted(request.references),
        "proposed": _counted(request.proposed),
        "previous": request.previous,
        "complaint": request.complaint,
    }


def _counted(texts: Sequence[str]) -> str:
    return "\n\n".join(f"({at}) {text}" for at, text in enumerate(texts, start=1))


LINE = "\n"


class QuestionSkillsTeacher(ProgramTeacher):
    """Answers `missing_skills` only."""

    identity = "question-skills 1"

    def written(self, request: TeacherRequest) -> str:
        """The question's mapped skills; raises StatError for another task."""
        if request.task != "missing_skills":
            raise StatError(
                "teacher question-skills names mapped skills only; it cannot write or solve questions"
            )
        step = request.failing_step
        quote = request.steps[step] if step is not None and step < len(request.steps) else ""
        return (
            "<judge>incorrect</judge><reason>Not judged: these are the skills that the Skill-Map gives "
            f"the question.</reason><step>{'' if step is None else step}</step><quote>{quote}</quote>"
            f"<skill>{LINE.join(request.mapped_skills)}</skill>"
        )
