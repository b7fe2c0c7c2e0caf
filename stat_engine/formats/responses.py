"""Responses of any model in: `{problem_id, model, sample, response, steps?, correct?}`.

`model` is "unnamed" and `sample` 0 where not given; without `steps` the response is split as the
run splits, without `correct` it is graded as the run grades.

An outcome reward model's score of the whole response may come along, in [0, 1] or as logits where the
reading says so. `outcome_reward` must be on that scale. `reward` is whatever the tool that wrote it used:
unless the scale is said to be logits, it is taken for an outcome reward only where every value of the file
is in [0, 1], since one logit may lie there by chance.

Imported responses, graded by the run's own grader where their file does not say whether they are right.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from stat_engine.config import RunConfig, Splitter
from stat_engine.errors import StatError
from stat_engine.formats.answered_rows import (
    QUESTION_STANDS,
    RESPONSE_STANDS,
    question_text,
    response_text,
    unfolded,
)
from stat_engine.formats.by_question import Part
from stat_engine.formats.chats import CHAT_FIELDS
from stat_engine.formats.columns import FIELDS, FirstLines, QuestionIds, known_question
from stat_engine.formats.row import RewardScale, Row, finite
from stat_engine.formats.rows import Reading
from stat_engine.grading import Grader, Judge, open_grader
from stat_engine.grading.grader import Graded
from stat_engine.models.steps import split_steps
from stat_engine.records import Question, Response, response_id
from stat_engine.store.dataset import Dataset

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
READ = (*FIELDS["responses"], *CHAT_FIELDS)
"""Fields of a row of one response."""


class ResponseImport(NamedTuple):
    """What a file of responses, or a part of it, holds."""

    responses: list[Response]
    n_skipped: int
    """Rows whose question is not in the dataset."""
    outcome_rewards: dict[str, float]
    """By response id, each in [0, 1]; empty where the file has none on that scale."""
    n_other_rewards: int = 0
    """Values of `reward` that were left out, because the file's are on another scale."""
    lines: Mapping[str, int] = {}
    """Line of the file by response id."""


class ResponseRows:
    """The rows of a file, one for each response, and what only the whole file shows."""

    def __init__(self, dataset: Dataset, skip_unknown: bool, reading: Reading) -> None:
        self._reading, self._ids = reading, QuestionIds(lambda: dataset.questions, skip_unknown)
        self.n_skipped = 0
        """Rows that name no question, or the text of none."""
        self.are_probabilities = True
        """Whether every value of `reward`, but beside an outcome reward, may be an outcome reward."""

    def placed(self, path: Path) -> Iterator[tuple[str, Row]]:
        """(question id, row) of each response, in order; the id may be unknown. Raises InputError."""
        for row in self._reading.rows(path, required=NEEDED):
            with self._reading.row():
                rows = unfolded(row)
                self._reading.n_failed += not rows
                id = self._ids.of(rows[0], self._text(rows[0])) if rows else None
                self.n_skipped += bool(rows) and id is None
                for one in rows if id is not None else []:
                    self._see(one)
                    yield str(id), replace(one, values={**one.values, "problem_id": id})

    @staticmethod
    def _text(row: Row) -> str | None:
        return None if "problem_id" in row.values else question_text(row)

    def _see(self, row: Row) -> None:
        value = row.values.get("reward")
        if value is None or row.has("outcome_reward") or self._reading.reward_scale == "logit":
            return
        if row.is_text:
            try:
                value = float(value)
            except ValueError:
                return  # whoever reads it says so
        number = finite(value)
        if number is not None and not 0 <= number <= 1:
            self.are_probabilities = False


def read_responses(
    part: Part,
    splitter: Splitter,
    skip_unknown: bool,
    grader: Grader,
    reading: Reading,
    keeps_rewards: bool = True,
) -> ResponseImport:
    """The responses of a part of a file, in its order; `keeps_rewards`: `reward` is an outcome reward.

    Raises InputError for a question that is unknown (unless skipped) and for a second response with
    the same question, model and sample."""
    seen, given, lines, skipped = FirstLines(), [], [], set()
    rewards: list[tuple[float | None, float | None]] = []
    for row in part.rows:
        with reading.row():
            question = known_question(row, "problem_id", part.questions, skip_unknown)
            if question is None:
                skipped.add(row.line)
                continue
            item = _given(row, question, splitter)
            key = (question.id, item.model, item.sample)
            seen.once(row, "sample", key, f"{key[2]} of {key[1]} for question {key[0]}")
            rewards.append(_scores(row, reading.reward_scale))
            given.append(item)
            lines.append(row.line)
    responses = as_responses(given, grader)
    ids = [response.response_id for response in responses]
    outcomes, others = _by_response(ids, rewards)
    at = dict(zip(ids, lines, strict=True))
    if keeps_rewards:
        return ResponseImport(responses, len(skipped), outcomes | others, lines=at)
    return ResponseImport(responses, len(skipped), outcomes, len(others), at)


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
