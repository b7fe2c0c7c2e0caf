"""Difficult questions: counts, the table of questions, and one question down to its steps."""

from typing import Any

import pandas as pd

from stat_engine import derived
from stat_engine.config import DifficultyConfig
from stat_engine.errors import NotThereYet
from stat_engine.records import MissingSkill, Response, StepReward
from stat_engine.stages.difficulty import CLAUSES, find_difficult, first_failing_step, summarise, unjudged
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder

CLAUSE_WORDS = {
    "final": "final step at or below τ1",
    "mean": "mean at or below τ1",
    "step": "an earlier step at or below τ2",
}
QUESTION_COLUMNS = [
    "question_id", "subject", "level", "is_difficult", "is_wrong", "n_responses", "mean", "lowest", "clauses",
]  # fmt: skip


def summary(run: RunFolder, config: DifficultyConfig | None = None) -> dict[str, object]:
    """Counts of `stages.difficulty.summarise` under the run's thresholds, or others."""
    return summarise(derived.difficulty(run, config))


def warning(run: RunFolder) -> str | None:
    """A sentence where questions could not be judged, else None."""
    return unjudged(derived.difficulty(run))


def questions(run: RunFolder, config: DifficultyConfig | None = None) -> pd.DataFrame:
    """One row a question with the columns of QUESTION_COLUMNS and `problem`; difficult ones first.

    `mean` and `lowest` are the mean and the lowest step reward over its responses, fractions."""
    found = derived.difficulty(run, config)
    rows = found.responses.assign(
        lowest=found.responses[["final", "min_before_final"]].min(axis=1),
        clauses=found.responses.apply(_clauses, axis=1) if len(found.responses) else "",
    )
    by_question = rows.groupby("question_id").agg(
        level=("level", "first"),
        mean=("mean", "mean"),
        lowest=("lowest", "min"),
        clauses=("clauses", _union),
    )
    table = found.questions.merge(by_question, on="question_id")
    problems = {id: question.problem for id, question in run.dataset.questions.items()}
    table = table[QUESTION_COLUMNS].assign(problem=table.question_id.map(problems))
    return table.sort_values(["is_difficult", "mean"], ascending=[False, True], ignore_index=True)


def question(run: RunFolder, question_id: str, config: DifficultyConfig | None = None) -> dict[str, Any]:
    """One question with its responses, step by step, and its labels.

    {"question": Question, "responses": [{"response": Response, "step_rewards": [...] or None,
    "clauses": [...], "failing_step": int or None, "labels": [MissingSkill, ...]}]}"""
    config = config or run.config.difficulty
    id = question_id
    responses: list[Response] = _rows_of(run.responses.files(), Response, id)
    rewards = {row.response_id: row for row in _rows_of(run.step_rewards.files(), StepReward, id)}
    labels = [label for label in _labels(run) if label.question_id == question_id]
    flags = find_difficult(_one(derived.scored_responses(run), id), config).responses.set_index("response_id")
    return {
        "question": run.dataset.questions[question_id],
        "responses": [
            {
                "response": response,
                "step_rewards": row.step_rewards if (row := rewards.get(response.response_id)) else None,
                "clauses": _fired(flags.loc[response.response_id]),
                "is_difficult": bool(flags.loc[response.response_id, "is_difficult"]),
                "failing_step": first_failing_step(row.step_rewards, config.tau1, config.tau2)
                if row
                else None,
                "labels": [label for label in labels if label.response_id == response.response_id],
            }
            for response in responses
        ],
    }


def _one(scores: pd.DataFrame, question_id: str) -> pd.DataFrame:
    return scores[scores.question_id == question_id]


def _labels(run: RunFolder) -> list[MissingSkill]:
    try:
        return run.labels()
    except NotThereYet:
        return []


def _rows_of(files: list[Any], record: type[Any], question_id: str) -> list[Any]:
    tables = {"rows": (files, record)}
    found = query.rows("select * from rows where question_id = ? order by response_id", tables, [question_id])
    return [record.model_construct(None, **row) for row in found]


def _fired(row: Any) -> list[str]:
    return [clause for clause in CLAUSES if row[f"{clause}_fires"]]


def _clauses(row: Any) -> str:
    return ", ".join(_fired(row))


def _union(values: "pd.Series[str]") -> str:
    fired = {clause for value in values for clause in value.split(", ")}
    return ", ".join(clause for clause in CLAUSES if clause in fired)
