"""Imported responses, graded by the run's own grader where their file does not say whether they are right."""

from collections.abc import Sequence
from dataclasses import dataclass

from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.graders import Grader, Judge, open_grader
from stat_engine.graders.grader import Graded
from stat_engine.records import Question, Response, response_id

SAMPLING = "imported"
"""Stands for the sampling settings in the ids of imported responses."""


@dataclass(frozen=True)
class Given:
    """A response as a file has it."""

    question: Question
    model: str
    sample: int
    text: str
    steps: list[str]
    is_correct: bool | None
    """Null: the file does not say."""


def run_grader(config: RunConfig, judge: Judge | None) -> Grader:
    """The grader of a run's domain; one that needs a judge raises StatError only when it has to ask."""
    return open_grader(config.domain.grader, judge or _nobody)


class Ungraded:
    """In a grader's place where nothing is to be graded yet: a preview asks no judge and runs no checker."""

    def __init__(self, grader: Grader) -> None:
        self.extract = grader.extract
        self.agree = grader.agree

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """The answers as found, with no word on them."""
        return [Graded(self.extract(text), None) for text, _ in items]


def as_responses(given: Sequence[Given], grader: Grader) -> list[Response]:
    """Records of responses from a file, in order; those without a verdict are graded together."""
    unsaid = [at for at, item in enumerate(given) if item.is_correct is None]
    grades = dict(
        zip(unsaid, grader.grade([(given[at].text, given[at].question) for at in unsaid]), strict=True)
    )
    responses = []
    for at, item in enumerate(given):
        grade = grades.get(at)
        responses.append(
            Response(
                response_id=response_id(item.question.id, item.model, SAMPLING, item.sample, item.text),
                question_id=item.question.id,
                model=item.model,
                sample=item.sample,
                response=item.text,
                steps=item.steps,
                answer=grade.answer if grade else grader.extract(item.text),
                is_correct=grade.is_correct if grade else item.is_correct,
            )
        )
    return responses


def _nobody(items: Sequence[tuple[str, str, str]]) -> list[bool | None]:
    raise StatError(
        f"{len(items):,} responses do not say whether they are correct, and grader judge has no teacher here "
        "to ask; give correct in the file, or import from the command line"
    )
