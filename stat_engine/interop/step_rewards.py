"""Step rewards in, in two shapes told apart by `response_steps`.

a. `{problem_id, model?, sample, step_rewards: [...]}` is joined to a response of the run.
b. `{problem_id, response_steps, first_error_step | step_ratings, model?, response?, correct?}`
   (ProcessBench, PRM800K) also makes the response that was rated; see `step_ratings.py`.

Rewards are kept as the doubles they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from stat_engine.graders import Grader
from stat_engine.interop.joins import FirstLines, known_question
from stat_engine.interop.reading import Reading
from stat_engine.interop.responses import sample_of
from stat_engine.interop.row import Row
from stat_engine.interop.step_ratings import RatedResponses
from stat_engine.records import Question, Response, StepReward, step_reward

BySample = dict[tuple[str, int], list[Response]]
"""(question id, sample) -> the responses of all models."""


@dataclass
class StepRewardImport:
    """What a file of step rewards holds."""

    responses: list[Response] = field(default_factory=list)
    """Responses that the run does not have yet."""
    step_rewards: list[StepReward] = field(default_factory=list)
    n_skipped: int = 0
    """Rows whose question, response or rating is unknown."""


def read_step_rewards(
    rows: Iterable[Row],
    questions: Mapping[str, Question],
    responses: Iterable[Response],
    skip_unknown: bool,
    grader: Grader,
    reading: Reading | None = None,
) -> StepRewardImport:
    """The step rewards of a file's rows, joined to the run's `responses`, and the responses that it adds.

    Raises InputError for a row whose question or response is not there (unless skipped), a count of
    rewards other than that of steps, and a response rewarded twice."""
    reading, known, seen, found = reading or Reading(), list(responses), FirstLines(), StepRewardImport()
    by_sample: BySample = {}
    for response in known:
        by_sample.setdefault((response.question_id, response.sample), []).append(response)
    rated = RatedResponses(known, grader)
    for row in rows:
        with reading.row():
            question = known_question(row, "problem_id", questions, skip_unknown)
            scored = _scored(row, question, rated, by_sample, skip_unknown) if question else None
            if scored is None:
                found.n_skipped += 1
                continue
            response, rewards = scored
            what = f"response {response.sample} of {response.model} to question {response.question_id}"
            seen.once(row, "problem_id", response.response_id, what)
            found.step_rewards.append(step_reward(response.response_id, response.question_id, rewards))
    found.responses = rated.made
    return found


def _scored(
    row: Row, question: Question, rated: RatedResponses, by_sample: BySample, skip_unknown: bool
) -> tuple[Response, list[float]] | None:
    if "response_steps" in row.values:
        return rated.read(row, question, skip_unknown)
    return _joined(row, question, by_sample, skip_unknown)


def _joined(
    row: Row, question: Question, by_sample: BySample, skip_unknown: bool
) -> tuple[Response, list[float]] | None:
    """The run's response that the row means, with its rewards; None for an unknown one that is skipped."""
    rewards, sample = row.probabilities("step_rewards"), sample_of(row)
    model = row.name("model", "")
    there = [r for r in by_sample.get((question.id, sample), []) if not model or r.model == model]
    if len(there) > 1:
        models = ", ".join(sorted(response.model for response in there))
        raise row.refuse("model", row.found("model"), f"the model that answered: one of {models}")
    if not there and skip_unknown:
        return None
    if not there:
        of = f"{model} to " if model else "any model to "
        raise row.refuse("sample", f"{sample}", f"a response of {of}question {question.id} in the run")
    if len(rewards) != len(there[0].steps):
        expected = f"{len(there[0].steps)}, one a step of the response"
        raise row.refuse("step_rewards", f"{len(rewards)} rewards", expected)
    return there[0], rewards
