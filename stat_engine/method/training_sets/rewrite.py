"""The correct solutions of a pool question: the dataset's own and the teacher's rewrites (paper, B.1).

A solution is rewritten only for a pair in a training set. A rewrite is used only when the domain's grader
finds the result of the original in it: the same final answer, tests that it passes, or a judge's verdict.
The others are counted and left out."""

from collections.abc import Sequence

from stat_engine.config import TrainingSetConfig
from stat_engine.grading import Grader
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.teacher_answers import tag
from stat_engine.records import Question

Solution = tuple[str, list[str]]
"""(text, keys of the teacher calls that made it)"""


class Solutions:
    """The solutions of pool questions by index: the dataset's own first, then its others, then rewrites."""

    def __init__(self, settings: TrainingSetConfig, grader: Grader, ask: Ask | None = None) -> None:
        self.n_rewritten = 0
        self.n_refused = 0
        self._rewrites = settings.rewrites if ask else 0
        self._most = settings.answers_per_question
        self._grader = grader
        self._ask = ask
        self._refusal = (
            "they do not pass the question's tests"
            if grader.needs_tests
            else "they do not end in the answer of the original"
        )

    def indices(self, question: Question, method: str) -> range:
        """Which of a question's solutions a method may take.

        `math-train` takes the dataset's own; `math-augment` the teacher's and the dataset's others, and
        the own one only where there is no other; all others take from the own one on."""
        n = 1 + len(question.other_solutions) + self._rewrites
        if method == "math-train":
            return range(1)
        begin = 1 if method == "math-augment" and n > 1 else 0
        return range(begin, min(begin + self._most, n))

    def texts(self, slots: Sequence[tuple[Question, int]]) -> list[Solution | None]:
        """The solution at each (question, index); None for a rewrite that ends in another answer."""
        own = [_own(question) for question, _ in slots]
        asked = [at for at, (_, index) in enumerate(slots) if index >= len(own[at])]
        requests = [rewrite_request(slots[at][0], slots[at][1] - len(own[at])) for at in asked]
        found: list[Solution | None] = [
            (texts[index], []) if index < len(texts) else None
            for texts, (_, index) in zip(own, slots, strict=True)
        ]
        answered = self._ask(requests) if self._ask and asked else []
        for at, rewritten in zip(asked, self._checked([slots[at][0] for at in asked], answered), strict=True):
            found[at] = rewritten
        return found

    def notes(self) -> list[str]:
        """How many rewrites were used and dropped."""
        if not self.n_rewritten:
            return []
        return [
            f"{self.n_refused:,} of {self.n_rewritten:,} rewritten solutions are left out: {self._refusal}"
        ]

    def _checked(
        self, questions: Sequence[Question], answered: Sequence[tuple[str, str]]
    ) -> list[Solution | None]:
        texts = [tag(raw, "solution") or "" for _, raw in answered]
        matched = self._grader.matches(list(zip(texts, questions, strict=True)))
        kept: list[Solution | None] = [
            (text, [call]) if text and matches else None
            for text, matches, (call, _) in zip(texts, matched, answered, strict=True)
        ]
        self.n_rewritten += len(kept)
        self.n_refused += kept.count(None)
        return kept


class Planned(Solutions):
    """The same places with no text in them: how many there are, before any is bought."""

    def __init__(self, settings: TrainingSetConfig, grader: Grader) -> None:
        super().__init__(settings, grader)
        self._rewrites = settings.rewrites

    def texts(self, slots: Sequence[tuple[Question, int]]) -> list[Solution | None]:
        """An empty solution for each."""
        return [("", []) for _ in slots]


def _own(question: Question) -> list[str]:
    return [question.solution or "", *question.other_solutions]


def rewrite_request(question: Question, repeat: int) -> TeacherRequest:
    """What the teacher is asked for one more wording of a question's solution."""
    return TeacherRequest(
        task="rewrite",
        problem=question.problem,
        solution=question.solution or "",
        subject=question.subject or "",
        repeat=repeat,
    )
