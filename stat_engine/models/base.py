"""Protocols of language models, students, reward models and teachers, and the base of program teachers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, Protocol, TypedDict

Task = Literal[
    "missing_skills",
    "self_check",
    "rewrite",
    "propose_question",
    "solve",
    "label_skills",
    "free_skills",
    "cluster_skills",
    "judge",
]


class Message(TypedDict):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


Prompt = list[Message] | str
"""A conversation for the model's chat template, or a text to continue as it stands."""


@dataclass(frozen=True)
class Sampling:
    """How a model samples; part of a response's identity."""

    temperature: float
    """0 is greedy."""
    top_p: float
    max_tokens: int
    n_samples: int = 1
    stop: tuple[str, ...] = ()
    """Texts that end an answer and are not part of it."""


@dataclass(frozen=True)
class Completion:
    """One sampled answer, before it becomes a Response."""

    text: str
    n_tokens: int
    """Tokens written, end of sequence excluded; on a server as it counts them."""
    finish_reason: Literal["stop", "length"]


NO_ROOM = Completion("", 0, "length")
"""The answer to a prompt that fills the model's context: one such question must not stop all others."""


class LanguageModel(Protocol):
    """Continues prompts: what students, and teachers on this machine, are made of."""

    @property
    def name(self) -> str:
        """The model, as configured."""
        ...

    def complete(self, prompts: Sequence[Prompt], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a prompt, in order; equal arguments give equal completions where the
        backend can promise it (not on a server that others use)."""
        ...


class Student(Protocol):
    """Answers questions."""

    name: str

    def respond(self, problems: Sequence[str], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a problem; equal arguments give equal completions."""
        ...


@dataclass(frozen=True)
class Scored:
    """What a reward model says of one response."""

    step_rewards: list[float]
    """One in [0, 1] a scored step; fewer than there are steps only where `is_cut`."""
    outcome_reward: float | None = None
    """An outcome reward model's score of the whole response, in [0, 1]; null: none ran."""
    is_cut: bool = False
    """The response is longer than the model's context; the steps from the first unscored one are left out."""


class RewardModel(Protocol):
    """Scores responses."""

    def score(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[Scored]:
        """Scores of (problem, steps) items, in order; no rewards for an item without steps."""
        ...


@dataclass(frozen=True)
class TeacherRequest:
    """One thing asked of a teacher. A real teacher renders it into a prompt; embedded ones read it."""

    task: Task
    problem: str
    steps: tuple[str, ...] = ()
    """The student's response: missing_skills, self_check, judge."""
    skills: tuple[str, ...] = ()
    """missing_skills, label_skills: the subject's vocabulary; propose_question: the one skill to stress;
    self_check: the skills labelled; cluster_skills: the free names."""
    subject: str = ""
    solution: str = ""
    """The solution to rewrite, to read skills off (label_skills, free_skills), or the reference (judge)."""
    mapped_skills: tuple[str, ...] = ()
    """The question's own Skill-Map entry; only `question-skills` reads it."""
    failing_step: int | None = None
    """First failing step by the reward model; only `question-skills` reads it."""
    references: tuple[str, ...] = ()
    """propose_question: pool questions that carry the skill, or near ones."""
    repeat: int = 0
    """Repeat index: three solutions to one problem are three calls."""
    previous: str = ""
    """The raw answer that could not be used, where this asks again."""
    complaint: str = ""
    """What was wrong with it, naming the invalid value."""


Ask = Callable[[Sequence[TeacherRequest]], list[tuple[str, str]]]
"""Requests in, (call key, raw answer) out, in order; raw answers are on disk before they are handed over."""


@dataclass(frozen=True)
class Answer:
    """A teacher's raw answer, before anything parses it."""

    text: str
    input_tokens: int | None = None
    """As the server counted them; null: it did not say, or there is no server."""
    output_tokens: int | None = None
    finish_reason: str | None = None


class Teacher(Protocol):
    """Answers requests in tagged text, which the stages parse."""

    @property
    def identity(self) -> object:
        """Everything beside the prompt that decides an answer, as JSON: model, seed, versions."""
        ...

    @property
    def model(self) -> str | None:
        """The model's name in the price table; None: it costs nothing."""
        ...

    def prompt(self, request: TeacherRequest) -> object:
        """What is sent for a request, as JSON; with the identity and the repeat it decides the answer."""
        ...

    def answer(
        self, requests: Sequence[TeacherRequest], meter: "Meter | None" = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """(position, answer) pairs as they come, each position once. What was yielded is kept.

        Raises StatError after yielding all that arrived, where no further answer will come."""
        ...


class ProgramTeacher(ABC):
    """A teacher that is a program and no model: it costs nothing, and gives equal requests equal answers."""

    identity: object
    model: str | None = None

    def prompt(self, request: TeacherRequest) -> object:
        """The request itself."""
        return asdict(request)

    def answer(
        self, requests: Sequence[TeacherRequest], meter: "Meter | None" = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """All answers at once; raises StatError for a request that the program cannot answer."""
        yield [(at, Answer(self.written(request))) for at, request in enumerate(requests)]

    @abstractmethod
    def written(self, request: TeacherRequest) -> str:
        """The answer to one request, in the tagged text that the stages parse."""


class Meter(Protocol):
    """Stands between a client and its calls, and holds the budget."""

    def reserve(self, input_tokens: int, output_tokens: int, in_flight: int) -> bool:
        """Whether a call of at most so many tokens may start now; False: ask again once one in flight is
        settled. Raises StatError where nothing is in flight and the call would break the budget."""
        ...

    def settle(self, reserved: tuple[int, int], spent: tuple[int, int]) -> None:
        """A call that was reserved for has ended; it took `spent` (input, output) tokens, (0, 0) if none."""
        ...
