"""Stage 1c: which questions are difficult (paper, section 3). Narrow columns in, flags out; no model runs.

Everything here is derived from stored step rewards and never stored itself, so a threshold can be
moved at no cost. Input is a frame with one row a response (`store.query.SCORED_RESPONSES`):
question_id, subject, response_id, final, mean, min_before_final, min_after_first, outcome_reward,
is_correct, answer, n_words.

Where the paper is silent: an empty response earned nothing, so its final and mean reward are 0; a
question with n samples is difficult when at least half of its responses are (`aggregate`). The
`adaptmi` rule is that of the authors' earlier code, short of the final step which that code
appends and scores: stored step rewards have none for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from stat_engine.config import Aggregate, DifficultyConfig
from stat_engine.errors import StatError

CLAUSES = ("final", "mean", "step")


@dataclass(frozen=True)
class Difficulty:
    """Flags for one configuration."""

    responses: pd.DataFrame
    """The input rows with bool columns final_fires, mean_fires, step_fires, is_difficult."""
    questions: pd.DataFrame
    """One row a question: question_id, subject, n_responses, is_difficult, is_wrong (null: unknown)."""

    def difficult_ids(self) -> list[str]:
        """Ids of the difficult questions, sorted."""
        return sorted(self.questions.loc[self.questions.is_difficult, "question_id"])


def find_difficult(scores: pd.DataFrame, config: DifficultyConfig) -> Difficulty:
    """Flag responses and questions.

    Raises StatError where the filter needs what no response has: step rewards or correctness."""
    rows = scores.assign(**_clauses(scores, config))
    rows["is_difficult"] = _response_flags(rows, config)
    aggregate = config.aggregate_used()
    questions = rows.groupby("question_id", sort=True).agg(
        subject=("subject", "first"), n_responses=("response_id", "size")
    )
    questions["is_difficult"] = _aggregate(rows, "is_difficult", aggregate).reindex(questions.index)
    if config.filter in ("consistency", "length"):  # these judge a question by all its samples at once
        questions["is_difficult"] = rows.groupby("question_id").is_difficult.any()
    known = rows[rows.is_correct.notna()]
    wrong = _aggregate(known.assign(is_wrong=known.is_correct == False), "is_wrong", aggregate)  # noqa: E712
    questions["is_wrong"] = wrong.astype("boolean").reindex(questions.index)
    questions["is_difficult"] = questions.is_difficult.astype(bool)
    return Difficulty(rows, questions.reset_index())


def summarise(difficulty: Difficulty) -> dict[str, object]:
    """Counts: questions, responses, by subject, responses under each clause, and the confusion.

    `confusion` counts questions, positive = difficult, against wrong under the same aggregate;
    null where no question's correctness is known."""
    questions, responses = difficulty.questions, difficulty.responses
    by_subject = {
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


def _response_flags(rows: pd.DataFrame, config: DifficultyConfig) -> "pd.Series[bool]":
    if config.filter in ("prm", "orm"):
        _need(rows.final, config.filter, "step rewards", "stat-studio run RUN --until step_rewards")
    if config.filter == "prm":
        return rows.final_fires | rows.mean_fires | rows.step_fires
    if config.filter == "orm":
        # without an outcome reward model the final step's reward is the score of the whole response
        return rows.outcome_reward.fillna(rows.final) <= config.orm_tau
    if config.filter == "ground-truth":
        _need(rows.is_correct, config.filter, "known correctness", "answers in the questions file")
        return rows.is_correct == False  # noqa: E712
    by_question = rows.groupby("question_id")
    if config.filter == "length":
        return by_question.n_words.transform("mean") >= config.max_words
    same = rows.groupby(["question_id", "answer"], dropna=True).response_id.transform("size")
    most_common = same.groupby(rows.question_id).transform("max").fillna(0)
    return most_common < config.min_agreeing


def _need(column: pd.Series, filter_name: str, what: str, way_out: str) -> None:
    if len(column) and column.isna().all():
        raise StatError(
            f"filter {filter_name} needs {what}, and no response has any; get them with: {way_out}"
        )


def _aggregate(rows: pd.DataFrame, column: str, aggregate: Aggregate) -> pd.Series:
    if aggregate == "best-mean":
        best = rows.loc[rows.groupby("question_id")["mean"].idxmax()] if rows["mean"].notna().all() else rows
        return best.groupby("question_id")[column].first()
    share = rows[column].astype(float).groupby(rows.question_id).mean()
    return {"any": share > 0, "half": share >= 0.5, "all": share >= 1}[aggregate]


def _confusion(questions: pd.DataFrame) -> dict[str, int] | None:
    known = questions[questions.is_wrong.notna()]
    if known.empty:
        return None
    difficult, wrong = known.is_difficult.to_numpy(bool), known.is_wrong.to_numpy(bool)
    cells = {
        "tp": difficult & wrong,
        "fp": difficult & ~wrong,
        "fn": ~difficult & wrong,
        "tn": ~difficult & ~wrong,
    }
    return {name: int(np.sum(cell)) for name, cell in cells.items()}
