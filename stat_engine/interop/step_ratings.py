"""Responses with human step ratings (ProcessBench, PRM800K) as responses and step rewards of a run.

A rated response counts as wrong from its first error on: steps before it have reward 1, the error
and all after it 0, because later steps rest on it (and ProcessBench does not judge them).
`first_error_step` counts from 0, -1 means no error; without it `step_ratings` say, where -1 is an
error and 0, neutral, is none. A rating that is null before any error is unknown: nothing is made up
for it. Automatic values, `step_scores` in [0, 1], are taken as they are."""

from collections.abc import Iterable

from stat_engine.graders import Grader
from stat_engine.interop.grading import Given, as_responses
from stat_engine.interop.responses import UNNAMED
from stat_engine.interop.row import Row, displayed
from stat_engine.models.steps import join_steps
from stat_engine.records import Question, Response

Key = tuple[str, str]
"""(question id, model)"""


class RatedResponses:
    """The responses that rated rows stand for: those of the run where the text is the same, else new ones.

    A new one gets the next sample number that is free for its question and model, so the same file
    read again finds its own responses. Rows with a `sample` may repeat a text; without, one text of a
    model stands for one response, and a second row of it is a duplicate."""

    def __init__(self, responses: Iterable[Response], grader: Grader) -> None:
        self.made: list[Response] = []
        self._grader = grader
        self._taken: dict[Key, dict[int, Response]] = {}
        for response in responses:
            self._taken.setdefault((response.question_id, response.model), {})[response.sample] = response

    def read(self, row: Row, question: Question, skip_unknown: bool) -> tuple[Response, list[float]] | None:
        """The rated response and its step rewards; None where a rating is unknown and such rows are skipped.

        Raises InputError, also where the run has another response under the same sample number."""
        steps = row.texts("response_steps")
        text = row.text("response") if row.has("response") else join_steps(steps)
        if not steps and text.strip():
            raise row.refuse("response_steps", "an empty list", "the steps of a response that is not blank")
        rewards = _rewards(row, len(steps), skip_unknown)
        if rewards is None:
            return None
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

    @staticmethod
    def _sample(row: Row, taken: dict[int, Response], text: str) -> int:
        given = row.whole("sample", low=0)
        if given is not None:
            return given
        same = [sample for sample, response in taken.items() if response.response == text]
        return same[0] if same else next(n for n in range(len(taken) + 1) if n not in taken)


def _rewards(row: Row, n_steps: int, skip_unknown: bool) -> list[float] | None:
    if row.has("first_error_step"):
        first = row.whole("first_error_step", low=-1, high=n_steps - 1)
        return _until(n_steps if first is None or first < 0 else first, n_steps)
    field = next((name for name in ("step_ratings", "step_scores") if row.has(name)), None)
    if field is None:
        raise row.refuse("first_error_step", row.found("first_error_step"), "it, or step_ratings")
    values = row.items(field, "one rating a step")
    if len(values) != n_steps:
        raise row.refuse(field, f"{len(values)} values", f"{n_steps}, one a step")
    return row.probabilities(field) if field == "step_scores" else _from_ratings(row, values, skip_unknown)


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
