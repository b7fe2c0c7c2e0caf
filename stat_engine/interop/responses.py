"""Responses of any model in: `{problem_id, model, sample, response, steps?, correct?}`.

`model` is "unnamed" and `sample` 0 where not given; without `steps` the response is split as the
run splits, without `correct` it is graded against the dataset's answer.

An outcome reward model's score of the whole response may come along. `outcome_reward` must be in
[0, 1]. `reward` is whatever the tool that wrote it used: it is taken for an outcome reward only
where every value of the file is in [0, 1], since one logit may lie there by chance."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from stat_engine import answers
from stat_engine.config import Splitter
from stat_engine.interop.joins import FirstLines, known_question
from stat_engine.interop.row import Row
from stat_engine.interop.rows import read_rows
from stat_engine.models.steps import split_steps
from stat_engine.records import Question, Response, response_id

UNNAMED = "unnamed"
SAMPLING = "imported"
"""Stands for the sampling settings in the ids of imported responses."""


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
    path: Path, questions: Mapping[str, Question], splitter: Splitter, skip_unknown: bool
) -> ResponseImport:
    """The responses of a file, in its order.

    Raises InputError for a question that is unknown (unless skipped) and for a second response with
    the same question, model and sample."""
    seen, responses, n_skipped = FirstLines(), [], 0
    outcomes: dict[str, float] = {}
    raw_rewards: dict[str, float] = {}
    for row in read_rows(path, required=("problem_id", "response")):
        question = known_question(row, "problem_id", questions, skip_unknown)
        if question is None:
            n_skipped += 1
            continue
        response = _response(row, question, splitter)
        key = (question.id, response.model, response.sample)
        seen.once(row, "sample", key, f"{key[2]} of {key[1]} for question {key[0]}")
        responses.append(response)
        outcome, reward = _outcome(row), row.number("reward")
        if outcome is not None:
            outcomes[response.response_id] = outcome
        elif reward is not None:
            raw_rewards[response.response_id] = reward
    if all(0 <= reward <= 1 for reward in raw_rewards.values()):
        return ResponseImport(responses, n_skipped, outcomes | raw_rewards)
    return ResponseImport(responses, n_skipped, outcomes, len(raw_rewards))


def _response(row: Row, question: Question, splitter: Splitter) -> Response:
    text = row.text("response")
    steps = row.texts("steps") if row.has("steps") else split_steps(text, splitter)
    if not steps and text.strip():
        raise row.refuse("steps", "an empty list", "the steps of a response that is not blank")
    return imported_response(
        question, row.name("model", UNNAMED), sample_of(row), text, steps, row.flag("correct")
    )


def imported_response(
    question: Question, model: str, sample: int, text: str, steps: list[str], is_correct: bool | None
) -> Response:
    """Record of a response from a file, graded here where the file does not say whether it is correct."""
    answer = answers.extract(text)
    if is_correct is None and question.answer is not None:
        is_correct = answers.equal(answer, question.answer)
    return Response(
        response_id=response_id(question.id, model, SAMPLING, sample, text),
        question_id=question.id,
        model=model,
        sample=sample,
        response=text,
        steps=steps,
        answer=answer,
        is_correct=is_correct,
    )


def sample_of(row: Row) -> int:
    """Which of the model's answers to the question; 0 where not given."""
    return row.whole("sample", low=0) or 0


def _outcome(row: Row) -> float | None:
    outcome = row.number("outcome_reward")
    if outcome is not None and not 0 <= outcome <= 1:
        raise row.refuse("outcome_reward", row.found("outcome_reward"), "a number in [0, 1]")
    return outcome
