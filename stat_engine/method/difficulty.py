"""Stage 1c: find the difficult questions from step rewards (paper, section 3). No model runs.

Rows of numbers in, flags out. Nothing here is stored, so moving a threshold costs nothing. The input is a
frame with one row for each response (`store.query.SCORED_RESPONSES`): question_id, subject, response_id,
final, mean, min_before_final, min_after_first, outcome_reward, is_correct, and for two of the filters
answer, n_words.

Where the paper gives no detail: an empty response has final and mean reward 0; a question with n samples
is difficult when at least half of its responses are (`aggregate`). The `adaptmi` rule is that of the
authors' earlier code, without the final step that their code appends and scores: stored step rewards do
not have it.

`confusion_grid` is table 8 of the paper for a run: the filter against correctness for all pairs of
thresholds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stat_engine.config import Aggregate, DifficultyConfig
from stat_engine.errors import StatError
from stat_engine.grading.answers import equal

Agree = Callable[[str | None, str | None], bool]
"""Whether two final answers mean the same, as the domain's grader says."""
CLAUSES = ("final", "mean", "step")
READS_ANSWERS = ("consistency", "length")
"""Filters that read the columns `answer` and `n_words`; no other does."""
WITHOUT = "filters that need none: consistency, length, ground-truth"
READS_NO_REWARDS = (*READS_ANSWERS, "ground-truth")
"""Filters for responses without step rewards."""


@dataclass(frozen=True)
class Difficulty:
    """Flags for one configuration."""

    responses: pd.DataFrame
    """The input rows with bool columns final_fires, mean_fires, step_fires, is_difficult."""
    questions: pd.DataFrame
    """One row a question: question_id, subject, n_responses, is_difficult, is_wrong (null: unknown), and
    is_judged: false where no response of it has what the filter reads, so that it is not difficult."""

    def difficult_ids(self) -> list[str]:
        """Ids of the difficult questions, sorted."""
        return sorted(self.questions.loc[self.questions.is_difficult, "question_id"])


class SubjectCounts(TypedDict):
    """Questions of one subject."""

    n_questions: int
    n_difficult: int


class Confusion(TypedDict):
    """Questions by what the filter says against correctness; positive = difficult."""

    tp: int
    """Difficult and wrong."""
    fp: int
    """Difficult and right."""
    fn: int
    """Easy and wrong."""
    tn: int
    """Easy and right."""


class Counts(TypedDict):
    """What a filter found in a run."""

    n_questions: int
    n_responses: int
    n_difficult: int
    """Questions."""
    by_subject: dict[str, SubjectCounts]
    clauses: dict[str, int]
    """Responses on which each of CLAUSES fired."""
    confusion: Confusion | None
    """Under the same aggregate; null: no question's correctness is known."""


def find_difficult(scores: pd.DataFrame, config: DifficultyConfig, agree: Agree = equal) -> Difficulty:
    """Flag responses and questions. A categorical question_id column saves sorting ids again each time.

    `agree` compares the answers of one question, for filter consistency. Raises StatError where the filter
    needs what no response has: step rewards or correctness."""
    ids = scores.question_id.astype("category")
    of = _Questions(ids.cat.codes.to_numpy(), len(ids.cat.categories))
    rows = scores.assign(**_clauses(scores, config))
    rows["is_difficult"] = _response_flags(rows, config, agree)
    overall = _aggregate(rows, config)
    means, aggregate = rows["mean"].fillna(-1).to_numpy(), overall
    if config.filter in ("consistency", "length"):  # these judge a question by all its samples at once
        aggregate = "any"
    is_scored = _scored(rows, config)
    difficult = of.aggregate(rows.is_difficult.to_numpy(), means, aggregate, is_scored)
    wrong, is_known = _wrong(rows)
    is_wrong = of.aggregate(wrong, means, overall, is_known)
    first = of.first_rows()
    questions = pd.DataFrame(
        {
            "question_id": ids.cat.categories,
            "subject": rows.subject.array.take(first),  # text stays in Arrow
            "n_responses": of.n_rows,
            "is_difficult": difficult == 1,
            "is_judged": ~np.isnan(difficult),
            "is_wrong": pd.Series(is_wrong).astype("boolean"),
        }
    )
    return Difficulty(rows, questions)


class _Questions:
    """Rows grouped by question, by number rather than by name: a million ids are compared once."""

    def __init__(self, codes: NDArray[np.integer[Any]], n: int) -> None:
        self.codes = codes
        self.n = n
        self.n_rows = np.bincount(codes, minlength=n)

    def first_rows(self) -> NDArray[np.int64]:
        """Position of each question's first row."""
        first = np.zeros(self.n, dtype=np.int64)
        first[self.codes[::-1]] = np.arange(len(self.codes))[::-1]
        return first

    def aggregate(
        self,
        flags: NDArray[np.bool_],
        means: NDArray[np.float64],
        aggregate: Aggregate,
        is_known: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float64]:
        """1 or 0 a question, over its rows whose flag is known; NaN where none is."""
        known = np.ones(len(flags), dtype=bool) if is_known is None else is_known
        if aggregate == "best-mean":
            best = self._best_rows(means)
            return np.where(known[best], flags[best], np.nan)
        n = np.bincount(self.codes[known], minlength=self.n)
        count = np.bincount(self.codes[known & flags], minlength=self.n)
        share = np.divide(count, n, out=np.full(self.n, np.nan), where=n > 0)
        reached = {"any": share > 0, "half": share >= 0.5, "all": share >= 1}[aggregate]
        return np.where(np.isnan(share), np.nan, reached)

    def _best_rows(self, means: NDArray[np.float64]) -> NDArray[np.int64]:
        order = np.lexsort((np.arange(len(means)), -means, self.codes))
        first: NDArray[np.int64] = order[np.searchsorted(self.codes[order], np.arange(self.n))]
        return first


def _aggregate(rows: pd.DataFrame, config: DifficultyConfig) -> Aggregate:
    """The aggregate in force. `best-mean` reads step rewards: without any, the rule's own gives way to `half`
    for a filter that reads none, and one that is set is refused."""
    aggregate = config.aggregate_used()
    if aggregate == "best-mean" and rows["mean"].isna().all():
        if config.aggregate is None and config.filter in READS_NO_REWARDS:
            return "half"
        _need(rows["mean"], "best-mean", "step rewards", "stat-studio run RUN --until step_rewards")
    return aggregate


def _scored(rows: pd.DataFrame, config: DifficultyConfig) -> NDArray[np.bool_]:
    """Which responses the filter can judge: a response without step rewards is neither difficult nor easy."""
    if config.filter in ("prm", "orm"):
        return rows.final.notna().to_numpy()
    if config.filter == "ground-truth":
        return rows.is_correct.notna().to_numpy()
    return np.ones(len(rows), dtype=bool)


def _wrong(rows: pd.DataFrame) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    is_known = rows.is_correct.notna().to_numpy()
    wrong = np.zeros(len(rows), dtype=bool)
    wrong[is_known] = ~rows.is_correct[is_known].astype(bool).to_numpy()
    return wrong, is_known


def summarise(difficulty: Difficulty) -> Counts:
    """The flags counted: questions, responses, by subject, by clause, and against correctness."""
    questions, responses = difficulty.questions, difficulty.responses
    by_subject: dict[str, SubjectCounts] = {
        str(subject): {"n_questions": len(group), "n_difficult": int(group.is_difficult.sum())}
        for subject, group in questions.groupby("subject", sort=True)
    }
    return {
        "n_questions": len(questions),
        "n_responses": len(responses),
        "n_difficult": int(questions.is_difficult.sum()),
        "by_subject": by_subject,
        "clauses": {clause: int(responses[f"{clause}_fires"].sum()) for clause in CLAUSES},
        "confusion": _confusion(questions),
    }


def unjudged(difficulty: Difficulty) -> str | None:
    """A warning where questions lack the step rewards or the correctness that the filter reads, else None."""
    n = int((~difficulty.questions.is_judged).sum())
    if not n:
        return None
    of = f"{n:,} of {len(difficulty.questions):,} questions"
    return f"{of} have nothing that the filter reads; they count as easy"


def first_failing_step(step_rewards: Sequence[float], tau1: float, tau2: float) -> int | None:
    """The step, from 0, at which a difficult response first fails: the first i < t with r_i <= tau2;
    else t where the final clause fired; else the step with the lowest reward. None without steps."""
    if not step_rewards:
        return None
    last = len(step_rewards) - 1
    early = next((i for i in range(last) if tau2 > 0 and step_rewards[i] <= tau2), None)
    if early is not None:
        return early
    if tau1 > 0 and step_rewards[last] <= tau1:
        return last
    return min(range(len(step_rewards)), key=lambda i: step_rewards[i])


def _clauses(scores: pd.DataFrame, config: DifficultyConfig) -> dict[str, pd.Series]:
    # a comparison with a missing reward is False: a one-step response has no step before the final one
    before = scores.min_before_final if config.rule == "paper" else scores.min_after_first
    return {
        "final_fires": (scores.final <= config.tau1) & (config.tau1 > 0),
        "mean_fires": (scores["mean"] <= config.tau1) & (config.tau1 > 0),
        "step_fires": (before <= config.tau2) & (config.tau2 > 0),
    }


def _response_flags(rows: pd.DataFrame, config: DifficultyConfig, agree: Agree) -> "pd.Series[bool]":
    if config.filter in ("prm", "orm"):
        what = "step rewards" if config.filter == "prm" else "outcome rewards or step rewards"
        _need(
            rows.outcome_reward.fillna(rows.final) if config.filter == "orm" else rows.final,
            config.filter,
            what,
            f"stat-studio run RUN --until step_rewards; {WITHOUT}",
        )
    if config.filter == "prm":
        return rows.final_fires | rows.mean_fires | rows.step_fires
    if config.filter == "orm":
        # without an outcome reward model the final step's reward is the score of the whole response
        return rows.outcome_reward.fillna(rows.final) <= config.orm_tau
    if config.filter == "ground-truth":
        _need(rows.is_correct, config.filter, "known correctness", "answers in the questions file")
        return rows.is_correct == False  # noqa: E712
    by_question = rows.groupby("question_id", observed=True)
    if config.filter == "length":
        return by_question.n_words.transform("mean") >= config.max_words
    if by_question.ngroups == len(rows):
        raise StatError("filter consistency needs several responses a question; set student.n_samples")
    agreeing = rows.question_id.map(_most_agreeing(rows, config.min_agreeing, agree)).astype(float)
    return agreeing.fillna(0) < config.min_agreeing


def _most_agreeing(rows: pd.DataFrame, enough: int, agree: Agree) -> "pd.Series[int]":
    """By question id, how many responses have its most common answer; without an answer a question is left
    out. Answers are compared only where too few have the same text."""
    counts = rows.groupby(["question_id", "answer"], dropna=True, observed=True).size()
    of_question = counts.groupby(level=0, observed=True)
    most, total = of_question.max(), of_question.sum()
    for question in most.index[(most < enough) & (most < total)]:
        sizes = {str(answer): int(n) for answer, n in counts.loc[question].items()}
        most.loc[question] = max(_grouped(sizes, agree).values())
    return most


def _grouped(sizes: dict[str, int], agree: Agree) -> dict[str, int]:
    """Sizes of the groups of equal answers, by the first answer of each."""
    groups: dict[str, int] = {}
    for answer, n in sizes.items():
        first = next((other for other in groups if agree(other, answer)), answer)
        groups[first] = groups.get(first, 0) + n
    return groups


def _need(column: pd.Series, filter_name: str, what: str, way_out: str) -> None:
    if len(column) and column.isna().all():
        raise StatError(
            f"filter {filter_name} needs {what}, and no response has any; get them with: {way_out}"
        )


def _confusion(questions: pd.DataFrame) -> Confusion | None:
    known = questions[questions.is_wrong.notna() & questions.is_judged]
    if known.empty:
        return None
    difficult, wrong = known.is_difficult.to_numpy(bool), known.is_wrong.to_numpy(bool)
    return {
        "tp": int(np.sum(difficult & wrong)),
        "fp": int(np.sum(difficult & ~wrong)),
        "fn": int(np.sum(~difficult & wrong)),
        "tn": int(np.sum(~difficult & ~wrong)),
    }


STEPS = tuple(round(at / 20, 2) for at in range(21))
"""0, 0.05 .. 1: the paper's own thresholds are among them."""
BLOCK = 2048
"""Questions in memory at a time."""
Cells = NDArray[np.int64]


def confusion_grid(
    found: Difficulty, config: DifficultyConfig, steps: Sequence[float] = STEPS
) -> pd.DataFrame:
    """One row a pair of thresholds: tau1, tau2, tp, fp, fn, tn, positive = difficult, against wrong.

    The counts are those of `difficulty.summarise` under that pair. `found` is the run's difficulty under any
    thresholds; its filter must be `prm`. Questions of unknown correctness or without rewards are left out."""
    questions = found.questions
    counted = questions.is_wrong.notna() & questions.is_judged
    wrong = questions.is_wrong.fillna(False).to_numpy(bool)
    first = _first_catches(found.responses, config, steps)
    codes, cells = _judged_rows(found.responses, first, config)
    difficult_wrong = difficult_right = np.zeros((len(steps), len(steps)), dtype=np.int64)
    for begin in range(0, len(questions), BLOCK):
        block = slice(begin, begin + BLOCK)
        low, high = np.searchsorted(codes, [begin, begin + BLOCK])
        flags = _difficult(codes[low:high] - begin, cells[:, low:high], len(wrong[block]), len(steps), config)
        of_wrong, is_counted = wrong[block], counted[block].to_numpy(bool)
        difficult_wrong = difficult_wrong + flags[of_wrong & is_counted].sum(axis=0)
        difficult_right = difficult_right + flags[~of_wrong & is_counted].sum(axis=0)
    n_wrong, n = int((wrong & counted).sum()), int(counted.sum())
    tp, fp = difficult_wrong.ravel(), difficult_right.ravel()
    pairs = pd.MultiIndex.from_product([steps, steps], names=["tau1", "tau2"]).to_frame(index=False)
    return pairs.assign(tp=tp, fp=fp, fn=n_wrong - tp, tn=n - n_wrong - fp)


def _first_catches(rows: pd.DataFrame, config: DifficultyConfig, steps: Sequence[float]) -> Cells:
    """Index of the first tau1, and of the first tau2, that catches each row; len(steps): none does."""
    before = rows.min_before_final if config.rule == "paper" else rows.min_after_first
    lowest = np.fmin(rows.final.to_numpy(), rows["mean"].to_numpy())
    found = [np.searchsorted(steps, reward) for reward in (lowest, before.to_numpy())]
    first = np.stack(found)  # a missing reward sorts after every threshold
    off = np.asarray(steps).searchsorted(0, side="right")  # a threshold of 0 is switched off
    return np.maximum(first, off)


def _judged_rows(rows: pd.DataFrame, cells: Cells, config: DifficultyConfig) -> tuple[Cells, Cells]:
    """Question number and cells of the rows that count, by question: with rewards, or the best by mean."""
    codes = rows.question_id.astype("category").cat.codes.to_numpy().astype(np.int64)
    means = rows["mean"].fillna(-1).to_numpy()
    if config.aggregate_used() == "best-mean":
        order = np.lexsort((np.arange(len(codes)), -means, codes))
        order = order[np.diff(codes[order], prepend=-1) > 0]
    else:
        order = np.argsort(codes, kind="stable")
    order = order[rows.final.notna().to_numpy()[order]]
    return codes[order], cells[:, order]


def _difficult(
    codes: Cells, cells: Cells, n_questions: int, n_steps: int, config: DifficultyConfig
) -> NDArray[np.bool_]:
    """Which questions of a block are difficult under each pair: questions x steps x steps."""
    side = n_steps + 1
    at = (codes * side + cells[0]) * side + cells[1]
    counts = np.bincount(at, minlength=n_questions * side * side).reshape(n_questions, side, side)
    passing = counts[:, ::-1, ::-1].cumsum(axis=1).cumsum(axis=2)[:, ::-1, ::-1]
    n = passing[:, :1, :1]
    caught = n - passing[:, 1:, 1:]
    if config.aggregate_used() == "half":
        return np.asarray((n > 0) & (2 * caught >= n))
    return np.asarray((n > 0) & (caught == n) if config.aggregate_used() == "all" else caught > 0)
