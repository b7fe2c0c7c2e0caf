"""Import step rewards, in two shapes that the field `response_steps` distinguishes.

a. `{problem_id, model?, sample, step_rewards: [...]}` is joined to a response of the run.
b. `{problem_id, response_steps, first_error_step | step_ratings, model?, response?, correct?}`
   (ProcessBench, PRM800K) also makes the response that was rated; see `step_ratings.py`.

Rewards are kept as the doubles they are; logits become probabilities where the reading says that they are.

Responses with human step ratings (ProcessBench, PRM800K) as responses and step rewards of a run.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from stat_engine.errors import InputError, shown
from stat_engine.formats.columns import FirstLines, QuestionIds, known_question
from stat_engine.formats.rated_rows import rated
from stat_engine.formats.responses import UNNAMED, Given, as_responses, sample_of
from stat_engine.formats.row import RewardScale, Row, displayed
from stat_engine.formats.rows import Reading
from stat_engine.grading import Grader
from stat_engine.models.steps import join_steps
from stat_engine.records import Question, Response, StepReward, step_reward
from stat_engine.store.dataset import Dataset

Key = tuple[str, str]
"""(question id, model)"""


class RatedResponses:
    """The responses that rated rows stand for: those of the run where the text is the same, else new ones.

    A new one gets the next sample number that is free for its question and model, so the same file
    read again finds its own responses. Rows with a `sample` may repeat a text; without, one text of a
    model stands for one response, and a second row of it is a duplicate."""

    def __init__(
        self, responses: Iterable[Response], grader: Grader, scale: RewardScale = "probability"
    ) -> None:
        self.made: list[Response] = []
        self._scale = scale
        self._grader = grader
        self._taken: dict[Key, dict[int, Response]] = {}
        self._models: dict[str, dict[str, None]] = {}
        for response in responses:
            self._models.setdefault(response.question_id, {})[response.model] = None
            self._taken.setdefault((response.question_id, response.model), {})[response.sample] = response

    def read(self, row: Row, question: Question, skip_unknown: bool) -> tuple[Response, list[float]] | None:
        """The rated response and its step rewards; None where a rating is unknown and such rows are skipped.

        Raises InputError, also where the run has another response under the same sample number."""
        steps = row.texts("response_steps")
        text = row.text("response") if row.has("response") else join_steps(steps)
        if not steps and text.strip():
            raise row.refuse("response_steps", "an empty list", "the steps of a response that is not blank")
        rewards = _rewards(row, len(steps), skip_unknown, self._scale)
        if rewards is None:
            return None
        same = self._same(row, question, steps)
        if same is not None:
            return same, rewards
        model = row.name("model", row.name("generator", UNNAMED))
        taken = self._taken.setdefault((question.id, model), {})
        sample = self._sample(row, taken, text)
        if sample not in taken:
            given = Given(question, model, sample, text, steps, row.flag("correct"))
            (taken[sample],) = as_responses([given], self._grader)
            self.made.append(taken[sample])
        response = taken[sample]
        if response.response != text:
            found = f"{sample}, under which the run has another text"
            raise row.refuse("sample", found, f"a number that is free for {model} and question {question.id}")
        if len(response.steps) != len(rewards):
            expected = f"{len(response.steps)}, as the run has of this response"
            raise row.refuse("response_steps", f"{len(steps)} steps", expected)
        return response, rewards

    def _same(self, row: Row, question: Question, steps: list[str]) -> Response | None:
        """The run's only response with these steps, for a row that names neither model, sample nor text."""
        if any(row.has(name) for name in ("model", "generator", "sample", "response")):
            return None
        of = [self._taken[question.id, model] for model in self._models.get(question.id, ())]
        same = [one for taken in of for one in taken.values() if one.steps == steps]
        return same[0] if len(same) == 1 else None

    @staticmethod
    def _sample(row: Row, taken: dict[int, Response], text: str) -> int:
        given = row.whole("sample", low=0)
        if given is not None:
            return given
        same = [sample for sample, response in taken.items() if response.response == text]
        return same[0] if same else next(n for n in range(len(taken) + 1) if n not in taken)


def _rewards(row: Row, n_steps: int, skip_unknown: bool, scale: RewardScale) -> list[float] | None:
    if row.has("first_error_step"):
        first = row.whole("first_error_step", low=-1, high=n_steps - 1)
        return _until(n_steps if first is None or first < 0 else first, n_steps)
    field = next((name for name in ("step_ratings", "step_scores") if row.has(name)), None)
    if field is None:
        raise row.refuse("first_error_step", row.found("first_error_step"), "it, or step_ratings")
    values = row.items(field, "one rating a step")
    if len(values) != n_steps:
        raise row.refuse(field, f"{len(values)} values", f"{n_steps}, one a step")
    return row.rewards(field, scale) if field == "step_scores" else _from_ratings(row, values, skip_unknown)


def _from_ratings(row: Row, ratings: list[object], skip_unknown: bool) -> list[float] | None:
    for at, rating in enumerate(ratings):
        if rating is None and skip_unknown:
            return None
        if isinstance(rating, bool) or rating not in (1, 0, -1):
            raise row.refuse(f"step_ratings[{at}]", displayed(rating), "1, 0 or -1 up to the first error")
        if rating == -1:
            return _until(at, len(ratings))
    return _until(len(ratings), len(ratings))


def _until(first_error: int, n_steps: int) -> list[float]:
    return [1.0] * first_error + [0.0] * (n_steps - first_error)


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
    lines: dict[str, int] = field(default_factory=dict)
    """Line of the file by response id."""


def placed(
    rows: Iterable[Row], dataset: Dataset, skip_unknown: bool, reading: Reading
) -> Iterator[tuple[str, Row]]:
    """(question id, row in our form) of each row, in order; the id may be unknown, and is empty where a row
    that names none is to be skipped. Raises InputError for what can be no id."""
    ids = QuestionIds(lambda: dataset.questions, skip_unknown)
    for row in rows:
        with reading.row():
            one = rated(row)
            id = ids.of(one, one.text("problem") if one.has("problem") else None)
            yield id or "", replace(one, values={**one.values, "problem_id": id})


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
    rated = RatedResponses(known, grader, reading.reward_scale)
    for row in rows:
        with reading.row():
            question = known_question(row, "problem_id", questions, skip_unknown)
            how = skip_unknown, reading.reward_scale
            scored = _scored(row, question, rated, by_sample, *how) if question else None
            if scored is None:
                found.n_skipped += 1
                continue
            response, rewards = scored
            what = f"response {response.sample} of {response.model} to question {response.question_id}"
            seen.once(row, "problem_id", response.response_id, what)
            found.lines[response.response_id] = row.line
            found.step_rewards.append(step_reward(response.response_id, response.question_id, rewards))
    found.responses = rated.made
    return found


def _scored(
    row: Row,
    question: Question,
    rated: RatedResponses,
    by_sample: BySample,
    skip_unknown: bool,
    scale: RewardScale,
) -> tuple[Response, list[float]] | None:
    if "response_steps" in row.values:
        return rated.read(row, question, skip_unknown)
    return _joined(row, question, by_sample, skip_unknown, scale)


def _unknown_response(
    row: Row, question: Question, model: str, sample: int, by_sample: BySample
) -> InputError:
    """The error that names the field in which a row differs from every response of the run."""
    others = [one for (id, _), found in by_sample.items() if id == question.id for one in found]
    models = sorted({response.model for response in others})
    if not others:
        return row.refuse("problem_id", shown(question.id), "a question that the run has a response to")
    if model and model not in models:
        names = shown(", ".join(models), 200)
        return row.refuse("model", shown(model), f"a model that answered question {question.id}: {names}")
    of = f"{model} to " if model else "any model to "
    return row.refuse("sample", f"{sample}", f"a response of {of}question {question.id} in the run")


def _joined(
    row: Row, question: Question, by_sample: BySample, skip_unknown: bool, scale: RewardScale
) -> tuple[Response, list[float]] | None:
    """The run's response that the row means, with its rewards; None for an unknown one that is skipped."""
    rewards, sample = row.rewards("step_rewards", scale), sample_of(row)
    model = row.name("model", "")
    there = [r for r in by_sample.get((question.id, sample), []) if not model or r.model == model]
    if len(there) > 1:
        models = ", ".join(sorted(response.model for response in there))
        raise row.refuse("model", row.found("model"), f"the model that answered: one of {models}")
    if not there and skip_unknown:
        return None
    if not there:
        raise _unknown_response(row, question, model, sample, by_sample)
    if len(rewards) != len(there[0].steps):
        expected = f"{len(there[0].steps)}, one a step of the response"
        raise row.refuse("step_rewards", f"{len(rewards)} rewards", expected)
    return there[0], rewards
