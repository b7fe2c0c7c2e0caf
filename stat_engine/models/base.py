"""What a student, a reward model and a teacher must do. Backends in this folder do it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal, Protocol

from stat_engine.records import content_hash

Task = Literal["missing_skills", "propose_question", "solve"]


@dataclass(frozen=True)
class Sampling:
    """How a student samples; part of a response's identity."""

    temperature: float
    top_p: float
    max_tokens: int
    n_samples: int = 1


@dataclass(frozen=True)
class Completion:
    """One sampled answer, before it becomes a Response."""

    text: str
    n_tokens: int
    finish_reason: Literal["stop", "length"]


class Student(Protocol):
    """Answers questions."""

    name: str

    def respond(self, problems: Sequence[str], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a problem; equal arguments give equal completions."""
        ...


class RewardModel(Protocol):
    """Scores each step of a response."""

    def score(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        """One reward in [0, 1] a step, for (problem, steps) items; none for no steps."""
        ...


@dataclass(frozen=True)
class TeacherRequest:
    """One thing asked of a teacher. A real teacher renders it into a prompt; embedded ones read it."""

    task: Task
    problem: str
    steps: tuple[str, ...] = ()
    """The student's response, for missing_skills."""
    skills: tuple[str, ...] = ()
    """missing_skills: the subject's vocabulary; propose_question: the one skill to stress."""
    subject: str = ""
    mapped_skills: tuple[str, ...] = ()
    """The question's own Skill-Map entry; only `question-skills` reads it."""
    failing_step: int | None = None
    """First failing step by the reward model; only `question-skills` reads it."""
    references: tuple[str, ...] = ()
    """propose_question: pool questions that carry the skill."""
    repeat: int = 0
    """Repeat index: three solutions to one problem are three calls."""


class Teacher(Protocol):
    """Answers requests in tagged text, which the stages parse."""

    identity: object
    """Everything beside the request that decides an answer: model, sampling, prompt version."""

    def answer(self, requests: Sequence[TeacherRequest]) -> list[str]:
        """One raw answer a request, in order."""
        ...


def request_key(endpoint: str, identity: object, request: TeacherRequest) -> str:
    """Key under which an answer is kept: endpoint name, the teacher's identity and the whole request."""
    return content_hash(endpoint, identity, asdict(request))
