"""Difficult questions: counts, what other thresholds change, every question, and one down to its steps."""

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from stat_engine import derived
from stat_engine.config import DifficultyConfig
from stat_engine.errors import NotThereYet, StatError
from stat_engine.records import MissingSkill, Question, Record, StepReward
from stat_engine.stages.difficulty import CLAUSES, first_failing_step, summarise, unjudged
from stat_engine.store import query
from stat_engine.store.label_log import effective_labels
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable

CLAUSE_WORDS = {
    "final": "final step at or below τ1",
    "mean": "mean at or below τ1",
    "step": "an earlier step at or below τ2",
}
QUESTION_COLUMNS = [
    "question_id", "subject", "level", "is_difficult", "is_wrong", "n_responses", "n_difficult", "mean",
    "lowest", "clauses",
]  # fmt: skip
FIRED = [", ".join(c for at, c in enumerate(CLAUSES) if code >> at & 1) for code in range(1 << len(CLAUSES))]
"""The clauses that fired, by a number whose bits are CLAUSES."""


def with_thresholds(run: RunFolder, tau1: float, tau2: float) -> DifficultyConfig:
    """The run's difficulty settings under other thresholds; raises StatError outside [0, 1]."""
    for name, value in (("tau1", tau1), ("tau2", tau2)):
        if not 0 <= value <= 1:
            raise StatError(f"{name}: found {value}, expected a threshold from 0 to 1")
    return run.config.difficulty.model_copy(update={"tau1": tau1, "tau2": tau2})


def summary(run: RunFolder, config: DifficultyConfig | None = None) -> dict[str, object]:
    """Counts of `stages.difficulty.summarise` under the run's thresholds, or others."""
    return summarise(derived.difficulty(run, config))


def summary_at(run: RunFolder, tau1: float, tau2: float) -> dict[str, object]:
    """`summary` under these thresholds, with `change`: what they change against the run's own."""
    config = with_thresholds(run, tau1, tau2)
    return summary(run, config) | {"change": change(run, config)}


def change(run: RunFolder, config: DifficultyConfig) -> dict[str, int]:
    """Questions that become difficult and easy under `config`, and difficult ones then without a label."""
    now = derived.difficulty(run).questions.is_difficult.to_numpy(bool)
    then = derived.difficulty(run, config).questions
    is_difficult = then.is_difficult.to_numpy(bool)
    return {
        "became_difficult": int((is_difficult & ~now).sum()),
        "became_easy": int((now & ~is_difficult).sum()),
        "without_label": int((is_difficult & ~then.question_id.isin(labelled(run)).to_numpy()).sum()),
    }


def labelled(run: RunFolder) -> list[str]:
    """Ids of the questions that the run's own teacher has labelled a response of."""
    return _labelled(derived.source(run.missing_skills()))


def warning(run: RunFolder) -> str | None:
    """A sentence where questions could not be judged, else None."""
    return unjudged(derived.difficulty(run))


def questions(run: RunFolder, config: DifficultyConfig | None = None) -> pd.DataFrame:
    """One row a question with the columns of QUESTION_COLUMNS and `problem`; difficult ones first.

    `mean` and `lowest` are the mean and the lowest step reward over its responses, fractions."""
    table = by_question(run, config)
    table = table.assign(problem=table.question_id.map(problems(run, list(table.question_id))))
    return table.sort_values(["is_difficult", "mean"], ascending=[False, True], ignore_index=True)


def by_question(run: RunFolder, config: DifficultyConfig | None = None) -> pd.DataFrame:
    """One row a question, in id order, with the columns of QUESTION_COLUMNS."""
    found, rewards = derived.difficulty(run, config), derived.question_rewards(run)
    rows, n = found.responses, len(found.questions)
    codes = rows.question_id.cat.codes.to_numpy()
    fired = np.zeros(n, dtype=np.int8)
    for at, clause in enumerate(CLAUSES):
        fires = np.zeros(n, dtype=np.int8)
        fires[codes[rows[f"{clause}_fires"].to_numpy()]] = 1
        fired |= fires << at
    return found.questions.assign(
        **{name: rewards[name].array for name in ("level", "mean", "lowest")},
        n_difficult=np.bincount(codes[rows.is_difficult.to_numpy(bool)], minlength=n),
        clauses=pd.Categorical.from_codes(fired, pd.Index(FIRED)),
    )[QUESTION_COLUMNS]


def problems(run: RunFolder, ids: list[str]) -> dict[str, str]:
    """{question id: problem} of the named questions."""
    return _problems(derived.source(run.dataset.question_table), tuple(ids))


def question(run: RunFolder, question_id: str, config: DifficultyConfig | None = None) -> dict[str, Any]:
    """One question with its responses, step by step, and its labels; only its own rows are read.

    {"question": Question, "responses": [{"response": Response, "step_rewards": [...] or None, "final", "mean"
    and "lowest": float or None, "clauses": [...], "failing_step": int or None, "is_difficult": bool,
    "labels": [MissingSkill, ...]}]}. Raises NotThereYet for a question that the run has no response to."""
    config, id = config or run.config.difficulty, question_id
    asked = _rows_of(run.dataset.question_table, "id", id)
    flags = derived.difficulty(run, config).responses
    flags = flags[(flags.question_id == id).to_numpy()].set_index("response_id")
    if not asked or flags.empty:
        raise NotThereYet(f"question {id}: run {run.name} has no response to it")
    responses = _rows_of(run.responses, "question_id", id)
    found = _rows_of(run.step_rewards, "question_id", id)
    rewards = {row.response_id: row for row in found}
    labels = _labels(run, id)
    return {
        "question": asked[0],
        "responses": [
            {
                "response": response,
                "labels": [label for label in labels if label.response_id == response.response_id],
                **_judged(rewards.get(response.response_id), flags.loc[response.response_id], config),
            }
            for response in sorted(responses, key=lambda one: (one.model, one.sample, one.response_id))
        ],
    }


def question_at(run: RunFolder, question_id: str, tau1: float, tau2: float) -> dict[str, Any]:
    """`question` under these thresholds."""
    return question(run, question_id, with_thresholds(run, tau1, tau2))


def _judged(reward: StepReward | None, flags: Any, config: DifficultyConfig) -> dict[str, Any]:
    return {
        "step_rewards": reward.step_rewards if reward else None,
        "final": _known(flags.final),
        "mean": _known(flags["mean"]),
        "lowest": min(reward.step_rewards, default=None) if reward else None,
        "clauses": [clause for clause in CLAUSES if flags[f"{clause}_fires"]],
        "is_difficult": bool(flags.is_difficult),
        "failing_step": first_failing_step(reward.step_rewards, config.tau1, config.tau2) if reward else None,
    }


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _labels(run: RunFolder, question_id: str) -> list[MissingSkill]:
    try:
        labels = _rows_of(run.own_label_table(), "question_id", question_id)
    except NotThereYet:
        return []
    return effective_labels(labels, run.label_log.events())


def _rows_of(table: StageTable, key: str, id: str) -> tuple[Any, ...]:
    return _kept_rows(derived.source(table), table.record, key, id)


@lru_cache(maxsize=16)
def _kept_rows(source: derived.Source, record: type[Record], key: str, id: str) -> tuple[Any, ...]:
    """The rows of one question: moving a threshold reads none of them again."""
    found = query.rows(f"select * from rows where {key} = ?", {"rows": (source[1], record)}, [id])
    return tuple(record.model_construct(None, **row) for row in found)


@lru_cache(maxsize=4)
def _labelled(source: derived.Source) -> list[str]:
    tables: query.Tables = {"labels": (source[1], MissingSkill)}
    return list(query.frame("select distinct question_id from labels", tables).question_id)


@lru_cache(maxsize=16)
def _problems(source: derived.Source, ids: tuple[str, ...]) -> dict[str, str]:
    tables: query.Tables = {"questions": (source[1], Question)}
    sql = "select id, problem from questions where id in (select unnest(?))"
    return {row["id"]: row["problem"] for row in query.rows(sql, tables, [list(ids)])}
