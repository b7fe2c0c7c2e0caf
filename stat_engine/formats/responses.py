"""Responses of any model in: `{problem_id, model, sample, response, steps?, correct?}`.

`model` is "unnamed" and `sample` 0 where not given; without `steps` the response is split as the
run splits, without `correct` it is graded as the run grades.

An outcome reward model's score of the whole response may come along, in [0, 1] or as logits where the
reading says so. `outcome_reward` must be on that scale. `reward` is whatever the tool that wrote it used:
unless the scale is said to be logits, it is taken for an outcome reward only where every value of the file
is in [0, 1], since one logit may lie there by chance.

Imported responses, graded by the run's own grader where their file does not say whether they are right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from stat_engine.config import RunConfig, Splitter
from stat_engine.errors import StatError, shown
from stat_engine.formats.answered_rows import (
    QUESTION_STANDS,
    RESPONSE_STANDS,
    question_text,
    response_text,
    unfolded,
)
from stat_engine.formats.columns import FirstLines, KnownProblems, known_question
from stat_engine.formats.row import RewardScale, Row
from stat_engine.formats.rows import Reading
from stat_engine.grading import Grader, Judge, open_grader
from stat_engine.grading.grader import Graded
from stat_engine.models.steps import split_steps
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
        self.needs_tests = grader.needs_tests
        self.extract, self.agree = grader.extract, grader.agree
        self.matches, self.faults, self.agreeing = grader.matches, grader.faults, grader.agreeing

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
                imported_verdict=item.is_correct,
            )
        )
    return responses


def _nobody(items: Sequence[tuple[str, str, str]]) -> list[bool | None]:
    raise StatError(
        f"{len(items):,} responses do not say whether they are correct, and grader judge has no teacher here "
        "to ask; give correct in the file, or import from the command line"
    )


UNNAMED = "unnamed"
NEEDED = (("problem_id", *QUESTION_STANDS), ("response", *RESPONSE_STANDS))
"""Columns that a file of responses must have, each with those that stand in for it."""


class ResponseImport(NamedTuple):
    """What a file of responses holds."""

    responses: list[Response]
    n_skipped: int
    """Rows whose question is not in the dataset."""
    outcome_rewards: dict[str, float]
    """By response id, each in [0, 1]; empty where the file has none on that scale."""
    n_other_rewards: int = 0
    """Values of `reward` that were left out, because the file's are on another scale."""


def read_responses(
    path: Path,
    questions: Mapping[str, Question],
    splitter: Splitter,
    skip_unknown: bool,
    grader: Grader,
    reading: Reading | None = None,
) -> ResponseImport:
    """The responses of a file, in its order.

    Raises InputError for a question that is unknown (unless skipped) and for a second response with
    the same question, model and sample."""
    reading, seen, known = reading or Reading(), FirstLines(), KnownProblems(questions)
    given, n_skipped = [], 0
    rewards: list[tuple[float | None, float | None]] = []
    for row in reading.rows(path, required=NEEDED):
        with reading.row():
            rows = unfolded(row)
            reading.n_failed += not rows
            question = _asked(rows[0], known, skip_unknown) if rows else None
            if question is None:
                n_skipped += bool(rows)
                continue
            for one in rows:
                item = _given(one, question, splitter)
                key = (question.id, item.model, item.sample)
                seen.once(row, "sample", key, f"{key[2]} of {key[1]} for question {key[0]}")
                scores = _scores(one, reading.reward_scale)
                given.append(item)
                rewards.append(scores)
    responses = as_responses(given, grader)
    outcomes, raw_rewards = _by_response([response.response_id for response in responses], rewards)
    if all(0 <= reward <= 1 for reward in raw_rewards.values()):
        return ResponseImport(responses, n_skipped, outcomes | raw_rewards)
    return ResponseImport(responses, n_skipped, outcomes, len(raw_rewards))


def _asked(row: Row, known: KnownProblems, skip_unknown: bool) -> Question | None:
    """The question that a row answers: by its id, else by its text; None where it is unknown and skipped."""
    text = None if "problem_id" in row.values else question_text(row)
    if text is None:
        return known_question(row, "problem_id", known.questions, skip_unknown)
    question = known.find([], text)
    if question is None and not skip_unknown:
        expected = f"it, or the text of a question of the dataset; this one is {shown(text)}"
        raise row.refuse("problem_id", "no such field", expected)
    return question


def _scores(row: Row, scale: RewardScale) -> tuple[float | None, float | None]:
    """(outcome reward, value of `reward`) of a row."""
    raw = row.reward("reward", "logit") if scale == "logit" else row.number("reward")
    return row.reward("outcome_reward", scale), raw


def _by_response(
    ids: Sequence[str], rewards: Sequence[tuple[float | None, float | None]]
) -> tuple[dict[str, float], dict[str, float]]:
    """(outcome rewards, values of `reward` of the responses without one), by response id."""
    pairs = list(zip(ids, rewards, strict=True))
    outcomes = {id: outcome for id, (outcome, _) in pairs if outcome is not None}
    return outcomes, {id: raw for id, (outcome, raw) in pairs if outcome is None and raw is not None}


def _given(row: Row, question: Question, splitter: Splitter) -> Given:
    text = response_text(row)
    steps = row.texts("steps") if row.has("steps") else split_steps(text, splitter)
    if not steps and text.strip():
        raise row.refuse("steps", "an empty list", "the steps of a response that is not blank")
    return Given(question, row.name("model", UNNAMED), sample_of(row), text, steps, row.flag("correct"))


def sample_of(row: Row) -> int:
    """Which of the model's answers to the question; 0 where not given."""
    return row.whole("sample", low=0) or 0
