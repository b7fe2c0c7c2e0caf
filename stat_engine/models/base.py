"""Protocols of language models, students, reward models and teachers, and the base of program teachers."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Generic, Literal, Protocol, TypedDict, TypeVar

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


TELL_S = 0.5
"""Tokens are reported at most so often."""
YIELD_S = 2.0
"""A program's answers are handed over at least so often."""
Place = TypeVar("Place")
Made = TypeVar("Made")


class Partial(Generic[Place, Made]):
    """The results of one call that are there: those of an earlier, unfinished call, and new ones.

    `keep` gets each new result as soon as it is made, `tell` the number of tokens written since it was last
    called."""

    def __init__(
        self,
        known: Mapping[Place, Made] | None = None,
        keep: Callable[[Mapping[Place, Made]], None] | None = None,
        tell: Callable[[int], None] | None = None,
    ) -> None:
        self.known: dict[Place, Made] = dict(known or {})
        self._keep, self._tell = keep, tell
        self._n_tokens, self._told_at = 0, 0.0

    def add(self, made: Mapping[Place, Made], n_tokens: int = 0) -> None:
        """Results that are finished, possibly none, and the tokens written since the last call."""
        self._n_tokens += n_tokens
        if made:
            self.known.update(made)
            if self._keep:
                self._keep(made)
        now = time.monotonic()
        if self._tell and (made or now - self._told_at >= TELL_S):
            written, self._n_tokens, self._told_at = self._n_tokens, 0, now
            self._tell(written)


AnswerPlace = tuple[int, int]
"""(place of the prompt, sample)."""
PartialAnswers = Partial[AnswerPlace, Completion]


@dataclass(frozen=True)
class Step:
    """The result of one step of a model."""

    n_tokens: int
    """Tokens written in it, by all rows."""
    finished: dict[AnswerPlace, Completion] = field(default_factory=dict)


class LanguageModel(Protocol):
    """Continues prompts: what students, and teachers on this machine, are made of."""

    @property
    def name(self) -> str:
        """The model, as configured."""
        ...

    def complete(
        self, prompts: Sequence[Prompt], sampling: Sampling, seed: int, partial: PartialAnswers | None = None
    ) -> list[list[Completion]]:
        """`n_samples` completions a prompt, in order; equal arguments give equal completions where the
        backend can promise it (not on a server that others use). Those in `partial` are not made again."""
        ...


@dataclass(frozen=True)
class Wanted:
    """What a streaming model is asked: `n_samples` answers to each prompt.

    A prompt's number, its place unless `numbers` are given, decides its random numbers together with the seed
    and the sample; which other rows are asked for does not."""

    prompts: Sequence[Prompt]
    sampling: Sampling
    seed: int
    known: Collection[AnswerPlace] = ()
    """Not answered again."""
    numbers: Sequence[int] | None = None

    def number(self, at: int) -> int:
        """The number of the prompt in this place."""
        return at if self.numbers is None else self.numbers[at]

    def places(self, of: Iterable[int]) -> list[AnswerPlace]:
        """(prompt, sample) of these prompts, but for the known ones."""
        samples = range(self.sampling.n_samples)
        return [(at, sample) for at in of for sample in samples if (at, sample) not in self.known]

    def no_room(self, placed: Collection[int]) -> Step:
        """The answers to all prompts but the placed ones: these leave no room in the model's context."""
        without = (at for at in range(len(self.prompts)) if at not in placed)
        return Step(0, dict.fromkeys(self.places(without), NO_ROOM))


class StreamingModel(ABC):
    """A language model whose answers are handed over one by one, as each of them ends."""

    name: str

    @abstractmethod
    def stream(self, wanted: Wanted) -> Generator[Step]:
        """Each (prompt, sample) once but for the known ones, in the order in which they end."""

    def complete(
        self, prompts: Sequence[Prompt], sampling: Sampling, seed: int, partial: PartialAnswers | None = None
    ) -> list[list[Completion]]:
        """`n_samples` completions a prompt, in order; those in `partial` are not made again."""
        partial = partial or Partial()
        wanted = Wanted(prompts, sampling, seed, frozenset(partial.known))
        with closing(self.stream(wanted)) as steps:
            for step in steps:
                partial.add(step.finished, step.n_tokens)
        samples = range(sampling.n_samples)
        return [[partial.known[at, sample] for sample in samples] for at in range(len(prompts))]


class Student(Protocol):
    """Answers questions."""

    name: str

    def respond(
        self, problems: Sequence[str], sampling: Sampling, seed: int, partial: PartialAnswers | None = None
    ) -> list[list[Completion]]:
        """`n_samples` completions a problem; equal arguments give equal completions. Those in `partial` are
        not made again."""
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


PartialScores = Partial[int, Scored]


class RewardModel(Protocol):
    """Scores responses."""

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """Scores of (problem, steps) items, in order; no rewards for an item without steps. Those in
        `partial`, by place, are not made again."""
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
    proposed: tuple[str, ...] = ()
    """propose_question: new questions that were written from the same references before this one."""

    def fields(self) -> dict[str, object]:
        """What was set; `proposed` only where there is one, so that older answers are known again."""
        return {name: value for name, value in asdict(self).items() if name != "proposed" or value}


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
    share_of_price: float = 1.0
    """What it cost of the price of a direct call."""


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
        return request.fields()

    def answer(
        self, requests: Sequence[TeacherRequest], meter: "Meter | None" = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """Answers in order, those of some seconds together; raises StatError for a request that the program
        cannot answer."""
        made: list[tuple[int, Answer]] = []
        yielded_at = time.monotonic()
        for at, request in enumerate(requests):
            made.append((at, Answer(self.written(request))))
            if time.monotonic() - yielded_at >= YIELD_S:
                yield made
                made, yielded_at = [], time.monotonic()
        yield made

    @abstractmethod
    def written(self, request: TeacherRequest) -> str:
        """The answer to one request, in the tagged text that the stages parse."""


class Meter(Protocol):
    """Stands between a client and its calls, and holds the budget."""

    def reserve(self, input_tokens: int, output_tokens: int, in_flight: int, share: float = 1.0) -> bool:
        """Whether a call of at most so many tokens may start now; False: ask again once one in flight is
        settled. `share`: of the price, less than 1 in a batch.

        Raises StatError where nothing is in flight and the call would break the budget."""
        ...

    def settle(self, reserved: tuple[int, int], spent: tuple[int, int], share: float = 1.0) -> None:
        """A call that was reserved for has ended; it took `spent` (input, output) tokens, (0, 0) if none."""
        ...
