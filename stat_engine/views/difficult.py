"""Difficult questions under any thresholds: counts, filtered pages of rows, and one question step by step."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict, TypeVar

import numpy as np
import pandas as pd

from stat_engine.config import DifficultyConfig
from stat_engine.errors import NotThereYet, StatError
from stat_engine.method import computed
from stat_engine.method.difficulty import CLAUSES, Counts, first_failing_step, summarise, unjudged
from stat_engine.records import MissingSkill, Question, Record, Response, StepReward
from stat_engine.store import query
from stat_engine.store.label_log import effective_labels
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable
from stat_engine.store.verdict_log import as_judged

CLAUSE_WORDS = {
    "final": "final step at or below τ1",
    "mean": "mean at or below τ1",
    "step": "an earlier step at or below τ2",
}
QUESTION_COLUMNS = [
    "question_id", "subject", "level", "is_difficult", "is_wrong", "n_responses", "n_difficult", "mean",
    "lowest", "clauses",
]  # fmt: skip
"""`is_wrong` is null where correctness is unknown; `mean` and `lowest` are the mean and the lowest step
reward over the question's responses, in [0, 1]; `clauses` names those that fired on any, comma-separated."""
PAGE_COLUMNS = [*QUESTION_COLUMNS, "problem"]
FIRED = [", ".join(c for at, c in enumerate(CLAUSES) if code >> at & 1) for code in range(1 << len(CLAUSES))]
"""The clauses that fired, by a number whose bits are CLAUSES."""
SHOWN = ("difficult", "easy", "all", "became difficult", "became easy")
"""The last two against the run's own thresholds."""
GRADED = ("any", "wrong", "right", "unknown")
LABELLED = ("any", "labelled", "not labelled")
SORTS: dict[str, tuple[str, bool]] = {
    "lowest mean reward": ("mean", True),
    "highest mean reward": ("mean", False),
    "lowest step reward": ("lowest", True),
    "most responses difficult": ("share", False),
    "hardest level": ("level", False),
    "question id": ("question_id", True),
}
"""Name -> (column, ascending). Where two are equal, by id."""
FIND = """
select id from questions where contains(lower(id), lower($1)) or contains(lower(problem), lower($1))
"""
R = TypeVar("R", bound=Record)


class Change(TypedDict):
    """What other thresholds change against the run's own, in questions."""

    became_difficult: int
    became_easy: int
    without_label: int
    """Difficult ones under the other thresholds that no label of the run's teacher covers."""


class CountsAt(Counts):
    """Counts under other thresholds than the run's own."""

    change: Change


class JudgedResponse(TypedDict):
    """One response step by step."""

    response: Response
    labels: list[MissingSkill]
    """The teacher's as people left them; empty: not labelled."""
    step_rewards: list[float] | None
    """One in [0, 1] a step; null, as `final`, `mean` and `lowest`: the response was not scored."""
    final: float | None
    mean: float | None
    lowest: float | None
    """Null too where there is no step."""
    clauses: list[str]
    """Those of CLAUSES that fired."""
    is_difficult: bool
    failing_step: int | None
    """From 0; null: not scored, or no step."""


class QuestionInSteps(TypedDict):
    """One question with all responses, by student and sample."""

    question: Question
    responses: list[JudgedResponse]


class Place(TypedDict):
    """Where one question stands in a sorted list."""

    place: int | None
    """From 0; null: it is not in the list."""
    before: str | None
    after: str | None
    """Ids of the questions beside it, null at the ends. Where it is not in the list, `after` is the first."""


class Page(Place):
    """A page of the filtered and sorted questions."""

    n: int
    """How many the filter leaves."""
    rows: pd.DataFrame
    """PAGE_COLUMNS."""


class Choices(TypedDict):
    """What the filters can ask for, sorted."""

    subjects: list[str]
    levels: list[int]


@dataclass(frozen=True)
class QuestionFilter:
    """Which questions are listed; None: all. Raises StatError for a word that is none of those above."""

    shown: str = "difficult"
    subject: str | None = None
    level: int | None = None
    clause: str | None = None
    """A clause that fired on one of its responses."""
    graded: str = "any"
    label: str = "any"
    search: str = ""
    """Stands in the id or the problem, in any case."""

    def __post_init__(self) -> None:
        for what, found, known in (
            ("shown", self.shown, SHOWN),
            ("graded", self.graded, GRADED),
            ("label", self.label, LABELLED),
        ):
            if found not in known:
                raise StatError(f"{what}: found {found}, expected one of {', '.join(known)}")


def with_thresholds(run: RunFolder, tau1: float, tau2: float) -> DifficultyConfig:
    """The run's difficulty settings under other thresholds; raises StatError outside [0, 1]."""
    for name, value in (("tau1", tau1), ("tau2", tau2)):
        if not 0 <= value <= 1:
            raise StatError(f"{name}: found {value}, expected a threshold from 0 to 1")
    return run.config.difficulty.model_copy(update={"tau1": tau1, "tau2": tau2})


def summary(run: RunFolder, config: DifficultyConfig | None = None) -> Counts:
    """Counts under the run's thresholds, or others."""
    return summarise(computed.difficulty(run, config))


def asked_of_test(run: RunFolder) -> tuple[int, int]:
    """(questions of the dataset's test split among those with responses, questions with responses)."""
    asked = computed.question_ids(run)
    test = {question.id for question in run.dataset.split("test")}
    return sum(id in test for id in asked), len(asked)


def asked_in_words(run: RunFolder) -> str:
    """What the questions with responses are called: those of a test split are no validation questions."""
    n_test, n = asked_of_test(run)
    return "validation questions" if not n_test else "test questions" if n_test == n else "questions"


def summary_at(run: RunFolder, tau1: float, tau2: float) -> CountsAt:
    """Counts under these thresholds, and what they change against the run's own."""
    config = with_thresholds(run, tau1, tau2)
    return {**summary(run, config), "change": change(run, config)}


def change(run: RunFolder, config: DifficultyConfig) -> Change:
    """What `config` changes against the run's own settings."""
    now = computed.difficulty(run).questions.is_difficult.to_numpy(bool)
    then = computed.difficulty(run, config).questions
    is_difficult = then.is_difficult.to_numpy(bool)
    return {
        "became_difficult": int((is_difficult & ~now).sum()),
        "became_easy": int((now & ~is_difficult).sum()),
        "without_label": int((is_difficult & ~then.question_id.isin(labelled(run)).to_numpy()).sum()),
    }


def labelled(run: RunFolder) -> list[str]:
    """Ids of the questions that the run's own teacher has labelled a response of."""
    return _labelled(computed.source(run.missing_skills()))


def warning(run: RunFolder, config: DifficultyConfig | None = None) -> str | None:
    """A sentence where questions could not be judged under the run's settings, or others, else None."""
    return unjudged(computed.difficulty(run, config))


def questions(run: RunFolder, config: DifficultyConfig | None = None) -> pd.DataFrame:
    """One row a question with PAGE_COLUMNS; difficult ones first."""
    table = _with_problems(run, by_question(run, config))
    return table.sort_values(["is_difficult", "mean"], ascending=[False, True], ignore_index=True)


def by_question(run: RunFolder, config: DifficultyConfig | None = None) -> pd.DataFrame:
    """One row a question, in id order, with QUESTION_COLUMNS."""
    found, rewards = computed.difficulty(run, config), computed.question_rewards(run)
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


def question(run: RunFolder, question_id: str, config: DifficultyConfig | None = None) -> QuestionInSteps:
    """One question with its responses, step by step, and its labels; only its own rows are read.

    Raises NotThereYet for a question that the run has no response to."""
    config, id = config or run.config.difficulty, question_id
    asked = _rows_of(run.dataset.question_table, Question, "id", id)
    flags = computed.difficulty(run, config).responses
    flags = flags[(flags.question_id == id).to_numpy()].set_index("response_id")
    if not asked or flags.empty:
        raise NotThereYet(f"question {id}: run {run.name} has no response to it")
    responses = as_judged(_rows_of(run.responses, Response, "question_id", id), run.verdicts())
    rewards = {row.response_id: row for row in _rows_of(run.step_rewards, StepReward, "question_id", id)}
    labels = _labels(run, id)
    return {
        "question": asked[0],
        "responses": [
            _judged(
                response,
                [label for label in labels if label.response_id == response.response_id],
                rewards.get(response.response_id),
                flags.loc[response.response_id],
                config,
            )
            for response in sorted(responses, key=lambda one: (one.model, one.sample, one.response_id))
        ],
    }


def question_at(run: RunFolder, question_id: str, tau1: float, tau2: float) -> QuestionInSteps:
    """`question` under these thresholds."""
    return question(run, question_id, with_thresholds(run, tau1, tau2))


def _judged(
    response: Response,
    labels: list[MissingSkill],
    reward: StepReward | None,
    flags: Any,
    config: DifficultyConfig,
) -> JudgedResponse:
    """`flags`: the response's row of `Difficulty.responses`."""
    return {
        "response": response,
        "labels": labels,
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
    labels: Sequence[MissingSkill]
    try:
        labels = _rows_of(run.own_label_table(), MissingSkill, "question_id", question_id)
    except NotThereYet:
        return []
    return effective_labels(labels, run.label_log.events())


def _rows_of(table: StageTable, record: type[R], key: str, id: str) -> tuple[R, ...]:
    found: tuple[R, ...] = _kept_rows(computed.source(table), record, key, id)
    return found


@lru_cache(maxsize=16)
def _kept_rows(source: computed.Source, record: type[Record], key: str, id: str) -> tuple[Any, ...]:
    """The rows of one question: moving a threshold reads none of them again."""
    return tuple(query.records(record, source[1], key, id))


@lru_cache(maxsize=4)
def _labelled(source: computed.Source) -> list[str]:
    tables: query.Tables = {"labels": (source[1], MissingSkill)}
    return list(query.frame("select distinct question_id from labels", tables).question_id)


@lru_cache(maxsize=16)
def _problems(source: computed.Source, ids: tuple[str, ...]) -> dict[str, str]:
    tables: query.Tables = {"questions": (source[1], Question)}
    sql = "select id, problem from questions where id in (select unnest(?))"
    return {row["id"]: row["problem"] for row in query.rows(sql, tables, [list(ids)])}


def page(
    run: RunFolder,
    tau1: float,
    tau2: float,
    wanted: QuestionFilter,
    sort: str = "lowest mean reward",
    first: int = 0,
    n: int = 50,
    opened: str | None = None,
) -> Page:
    """Rows `first` to `first + n` of the filtered and sorted questions, and where `opened` stands.

    Raises StatError for a sort that is none of SORTS."""
    if sort not in SORTS:
        raise StatError(f"sort: found {sort}, expected one of {', '.join(SORTS)}")
    table = by_question(run, with_thresholds(run, tau1, tau2))
    table = table[_kept(run, table, wanted)]
    table = _sorted(table, *SORTS[sort])
    rows = _with_problems(run, table.iloc[first : first + n].reset_index(drop=True))
    return {"n": len(table), "rows": rows, **_place(table.question_id, opened)}


def choices(run: RunFolder) -> Choices:
    """The subjects and levels of the questions that have responses."""
    scores = computed.scored_responses(run, with_answers=False)
    levels = sorted(int(level) for level in scores.level.dropna().unique())
    return {"subjects": sorted(map(str, scores.subject.cat.categories)), "levels": levels}


def _with_problems(run: RunFolder, table: pd.DataFrame) -> pd.DataFrame:
    problems = _problems(computed.source(run.dataset.question_table), tuple(table.question_id))
    return table.assign(problem=table.question_id.map(problems))


def _kept(run: RunFolder, table: pd.DataFrame, wanted: QuestionFilter) -> pd.Series:
    keep = _shown(run, table, wanted.shown)
    if wanted.subject is not None:
        keep &= table.subject == wanted.subject
    if wanted.level is not None:
        keep &= (table.level == wanted.level).fillna(False).astype(bool)
    if wanted.clause is not None:
        names = table.clauses.cat.categories
        keep &= table.clauses.isin([name for name in names if wanted.clause in name.split(", ")])
    if wanted.graded != "any":
        truth = {"wrong": table.is_wrong == True, "right": table.is_wrong == False}  # noqa: E712
        keep &= table.is_wrong.isna() if wanted.graded == "unknown" else truth[wanted.graded].fillna(False)
    if wanted.label != "any":
        keep &= table.question_id.isin(labelled(run)) == (wanted.label == "labelled")
    if wanted.search:
        tables: query.Tables = {"questions": (run.dataset.question_table.files(), Question)}
        keep &= table.question_id.isin(query.frame(FIND, tables, [wanted.search]).id)
    return keep.astype(bool)


def _shown(run: RunFolder, table: pd.DataFrame, shown: str) -> pd.Series:
    is_difficult = table.is_difficult
    if shown in ("difficult", "easy"):
        return is_difficult == (shown == "difficult")
    if shown == "all":
        return pd.Series(True, index=table.index)
    was = computed.difficulty(run).questions.is_difficult
    return is_difficult & ~was if shown == "became difficult" else was & ~is_difficult


def _sorted(table: pd.DataFrame, column: str, ascending: bool) -> pd.DataFrame:
    key = table.n_difficult / table.n_responses if column == "share" else table[column]
    order = key.reset_index(drop=True).sort_values(ascending=ascending, kind="stable").index
    return table.iloc[order]


def _place(ids: pd.Series, opened: str | None) -> Place:
    at = np.flatnonzero((ids == opened).to_numpy())  # nothing equals None
    if not len(at):
        return {"place": None, "before": None, "after": str(ids.iloc[0]) if len(ids) else None}
    place = int(at[0])
    before = str(ids.iloc[place - 1]) if place else None
    return {
        "place": place,
        "before": before,
        "after": str(ids.iloc[place + 1]) if place + 1 < len(ids) else None,
    }
