"""Checks that a synthesised question must pass before it is solved.

It must be readable and new, and no near-duplicate of a reference, of another new question or of an
evaluation question. Each dropped question is counted and listed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stat_engine.method.training_sets.neighbours import NearTo, runs, share
from stat_engine.method.training_sets.select import Missing
from stat_engine.records import DroppedQuestion, Gate, Question, content_hash

SHOWN = 160
"""Characters of a near question that the list shows."""


@dataclass(frozen=True)
class Proposal:
    """One new question as the teacher wrote it, and what it was written for."""

    difficult_question_id: str
    subject: str
    skill: str | None
    """The skill it is to stress; None: written from near questions."""
    references: tuple[Question, ...]
    call: str
    problem: str | None
    """None: no question could be read in the answer."""
    tests: str | None = None
    """What a command checks solutions against; None: none could be read, or the domain has none."""

    @classmethod
    def of(
        cls,
        item: Missing,
        references: Sequence[Question],
        call: str,
        problem: str | None,
        tests: str | None = None,
    ) -> "Proposal":
        """A proposal for a (difficult question, missing skill)."""
        id, subject, skill = item
        return cls(id, subject, skill or None, tuple(references), call, problem or None, tests or None)

    def question(self, solution: str | None = None) -> Question:
        """The new question as a grader reads it, with its tests and a solution where they are known."""
        return Question(
            id=self.question_id,
            subject=self.subject,
            problem=self.problem or "",
            solution=solution,
            answer=self.tests,
        )

    @property
    def question_id(self) -> str:
        """Id of the new question, by its text."""
        return f"new-{content_hash(self.problem)}"


def drop(proposal: Proposal, gate: Gate, detail: str) -> DroppedQuestion:
    """The record of a proposal that was dropped."""
    return DroppedQuestion(
        question_id=proposal.question_id,
        problem=proposal.problem or "",
        gate=gate,
        detail=detail,
        difficult_question_id=proposal.difficult_question_id,
        missing_skill=proposal.skill,
        teacher_calls=[proposal.call],
    )


def pass_gates(
    proposals: Sequence[Proposal],
    questions: Mapping[str, Question],
    evaluation: Sequence[Question],
    near: float,
) -> tuple[list[Proposal], list[DroppedQuestion]]:
    """The proposals that are new, in order, and the others with their reasons.

    `questions` is every question there is, `evaluation` those of validation and test; `near` is the
    share from which two questions are near-duplicates. Of two new ones, the first stays."""
    known = {question.problem.strip(): question for question in questions.values()}
    readable = [proposal for proposal in proposals if proposal.problem]
    shares, positions = NearTo([question.problem for question in evaluation]).nearest(
        [proposal.problem or "" for proposal in readable]
    )
    leaks = {
        id(proposal): (float(one), evaluation[int(at)])
        for proposal, one, at in zip(readable, shares, positions, strict=True)
        if one >= near
    }
    passed: list[Proposal] = []
    dropped: list[DroppedQuestion] = []
    new = NewOnes(near)
    for proposal in proposals:
        reason = _reason(proposal, known, leaks.get(id(proposal)), near) or new.reason(proposal)
        if reason:
            dropped.append(drop(proposal, *reason))
        else:
            passed.append(proposal)
            new.add(proposal)
    return passed, dropped


def _reason(
    proposal: Proposal, known: Mapping[str, Question], leak: tuple[float, Question] | None, near: float
) -> tuple[Gate, str] | None:
    if not proposal.problem:
        return "unreadable", "no question in the teacher's answer"
    if leak:
        return "leak", _near_words(leak[0], leak[1].id, leak[1].problem)
    same = known.get(proposal.problem)
    if same is not None:
        return "known", f"is question {same.id}"
    for reference in proposal.references:
        of = share(proposal.problem, reference.problem)
        if of >= near:
            return "near", _near_words(of, reference.id, reference.problem)
    return None


class NewOnes:
    """The new questions kept so far, found by the runs of words they share."""

    def __init__(self, near: float) -> None:
        self._near = near
        self._kept: list[Proposal] = []
        self._sizes: list[int] = []
        self._by_run: dict[str, list[int]] = {}

    def add(self, proposal: Proposal) -> None:
        """Remember a question that is kept."""
        own = set(runs(proposal.problem or ""))
        for run in own:
            self._by_run.setdefault(run, []).append(len(self._kept))
        self._kept.append(proposal)
        self._sizes.append(len(own))

    def reason(self, proposal: Proposal) -> tuple[Gate, str] | None:
        """Why the proposal is too near to one kept before; None where it is not."""
        own = set(runs(proposal.problem or ""))
        common = Counter(at for run in own for at in self._by_run.get(run, ()))
        for at, n in common.items():
            of = n / (len(own) + self._sizes[at] - n)
            if of >= self._near:
                return "near", _near_words(of, self._kept[at].question_id, self._kept[at].problem or "")
        return None


def _near_words(of: float, id: str, problem: str) -> str:
    text = problem if len(problem) <= SHOWN else problem[: SHOWN - 3] + "..."
    return f"shares {of:.0%} of its wording with {id}: {text}"
