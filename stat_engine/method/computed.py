"""Difficulty and the Missing-Skill-Profile, computed from a run's tables and never stored."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from stat_engine.config import DifficultyConfig, GraderConfig
from stat_engine.errors import StatError
from stat_engine.grading import open_grader
from stat_engine.method.difficulty import READS_ANSWERS, READS_NO_REWARDS, Agree, Difficulty, find_difficult
from stat_engine.method.profile import SkillFailure, build_profile
from stat_engine.records import MissingSkill, Question, Response, SkillMapEntry, StepReward
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable

Source = tuple[str | None, tuple[Path, ...]]
"""A table's digest and files: what decides its rows."""
Verdicts = tuple[tuple[str, bool], ...]
"""(response id, is it correct) of the responses whose verdict a person overruled, sorted."""


def scored_responses(run: RunFolder, with_answers: bool = True) -> pd.DataFrame:
    """One row a response with the narrow columns that filters and thresholds read; not to be changed.

    Without answers and word counts, which two filters read, no response's text is read. The frame is kept,
    so that moving a threshold reads no file. Raises NotThereYet before there are responses."""
    return _judged(*_sources(run), with_answers, verdicts(run))


def difficulty(run: RunFolder, config: DifficultyConfig | None = None) -> Difficulty:
    """Stage 1c: the questions that fail the reward filter, under the run's thresholds or others.

    It is kept as `scored_responses` is, and not to be changed."""
    config = config or run.config.difficulty
    return _difficulty(*_sources(run), config, verdicts(run), _grader_of(run, config))


def question_rewards(run: RunFolder) -> pd.DataFrame:
    """What does not depend on thresholds, by question in id order: level, and the `mean` and the `lowest`
    step reward over its responses. It is kept as `scored_responses` is, and not to be changed."""
    return _question_rewards(*_sources(run))


def difficult_part(run: RunFolder, benchmark: str | None = None) -> set[str]:
    """MATH^D: the questions of a benchmark (the run's own unless named) that the filter flags for the
    student itself; none if unscored (`has_difficult_part`)."""
    benchmark = benchmark or run.config.evaluation.split
    rewards = run.benchmark_rewards(benchmark)
    if not has_difficult_part(run, benchmark):
        return set()
    found = _difficulty(
        source(run.dataset_of(benchmark).question_table),
        source(run.evaluation("base", 0, benchmark)),
        source(rewards),
        run.config.difficulty,
        verdicts(run),
        _grader_of(run, run.config.difficulty),
    )
    return set(found.difficult_ids())


def has_difficult_part(run: RunFolder, benchmark: str) -> bool:
    """Whether the student's own responses to a benchmark have the rewards that the filter reads, if any."""
    is_scored = run.benchmark_rewards(benchmark).manifest() is not None
    return is_scored or run.config.difficulty.filter in READS_NO_REWARDS


def profile(run: RunFolder, labels: Sequence[MissingSkill] | None = None) -> list[SkillFailure]:
    """Stage 2b: failures by skill of the effective labels, over the questions the student was asked.

    `labels`: those of the run, from a caller who has read them already."""
    labels = run.labels() if labels is None else labels
    skill_map = _skill_map_of_asked(source(run.responses), source(run.dataset.skill_map_table))
    return build_profile(list(skill_map), skill_map, labels)


def question_ids(run: RunFolder) -> list[str]:
    """Ids of the questions that the run has responses to, sorted."""
    tables: query.Tables = {"responses": (run.responses.files(), Response)}
    rows = query.rows("select distinct question_id from responses order by question_id", tables)
    return [row["question_id"] for row in rows]


@lru_cache(maxsize=4)
def _skill_map_of_asked(responses: Source, skill_map: Source) -> dict[str, SkillMapEntry]:
    """The Skill-Map without the pool's entries, which are most of it and count nothing in the profile."""
    tables: query.Tables = {"responses": (responses[1], Response), "skill_map": (skill_map[1], SkillMapEntry)}
    asked = "question_id in (select question_id from responses)"
    rows = query.rows(f"select question_id, subject, skills from skill_map where {asked}", tables)
    return {row["question_id"]: SkillMapEntry.model_construct(None, **row) for row in rows}


def verdicts(run: RunFolder) -> Verdicts:
    """People's verdicts in force, in a form that caches take."""
    return tuple(sorted(run.verdicts().items()))


def _sources(run: RunFolder) -> tuple[Source, Source, Source]:
    run.responses.need(f"stat-studio run {run.name} --until responses")
    return source(run.dataset.question_table), source(run.responses), source(run.step_rewards)


def source(table: StageTable) -> Source:
    """What decides a table's rows: two equal values have equal rows."""
    manifest = table.manifest()
    return (manifest.digest, tuple(table.files())) if manifest else (None, ())


@lru_cache(maxsize=6)
def _difficulty(
    questions: Source,
    responses: Source,
    step_rewards: Source,
    config: DifficultyConfig,
    overruled: Verdicts,
    grader: str | None,
) -> Difficulty:
    scores = _judged(questions, responses, step_rewards, config.filter in READS_ANSWERS, overruled)
    return (
        find_difficult(scores, config) if grader is None else find_difficult(scores, config, _agree(grader))
    )


_COSTS = {"command": "running programs", "judge": "asking the teacher"}
"""Grader -> what it takes to compare two answers."""


def _grader_of(run: RunFolder, config: DifficultyConfig) -> str | None:
    """The domain's grader as JSON, where the filter compares answers; null: it compares none.

    Raises StatError for a grader that cannot compare two answers by themselves."""
    grader = run.config.domain.grader
    if config.filter != "consistency":
        return None
    if grader.backend in _COSTS:
        raise StatError(
            f"filter consistency compares final answers, and grader {grader.backend} cannot compare two "
            f"without {_COSTS[grader.backend]}; set difficulty.filter to prm, orm, length or ground-truth"
        )
    return grader.model_dump_json()


def _agree(grader: str) -> Agree:
    return open_grader(GraderConfig.model_validate_json(grader)).agree


def _judged(
    questions: Source, responses: Source, step_rewards: Source, with_answers: bool, overruled: Verdicts
) -> pd.DataFrame:
    """`_scores` with people's verdicts in place of the stored ones; all other columns are shared."""
    rows = _scores(questions, responses, step_rewards, with_answers)
    if not overruled:
        return rows
    theirs = rows.response_id.map(dict(overruled))
    stored = rows.is_correct.astype(object)
    return rows.assign(is_correct=stored.where(theirs.isna(), theirs).infer_objects())


@lru_cache(maxsize=3)
def _question_rewards(questions: Source, responses: Source, step_rewards: Source) -> pd.DataFrame:
    rows = _scores(questions, responses, step_rewards, False)
    lowest = rows[["final", "min_before_final"]].min(axis=1)
    grouped = rows.assign(lowest=lowest).groupby("question_id", observed=True)
    return grouped.agg(level=("level", "first"), mean=("mean", "mean"), lowest=("lowest", "min"))


@lru_cache(maxsize=3)
def _scores(questions: Source, responses: Source, step_rewards: Source, with_answers: bool) -> pd.DataFrame:
    """Text that repeats is kept as categories: a million rows take about 100 MB."""
    tables: query.Tables = {
        "questions": (questions[1], Question),
        "responses": (responses[1], Response),
        "step_rewards": (step_rewards[1], StepReward),
    }
    if with_answers:
        answers = query.frame(query.ANSWERED_RESPONSES, tables)
        return _scores(questions, responses, step_rewards, False).merge(answers, on="response_id")
    asked, rows = query.frame(query.ASKED_QUESTIONS, tables), query.frame(query.SCORED_RESPONSES, tables)
    place: NDArray[np.int64] = rows.pop("place").to_numpy(np.int64)
    if rows.final.isna().any():  # an empty response earned nothing, whether it was scored or not
        is_empty = rows.response_id.isin(query.frame(query.EMPTY_RESPONSES, tables).response_id)
        rows[["final", "mean"]] = rows[["final", "mean"]].mask(is_empty & rows.final.isna(), 0.0)
    rows.insert(0, "question_id", pd.Series(pd.Categorical.from_codes(place, pd.Index(asked.id))))
    rows.insert(1, "subject", pd.Series(asked.subject.astype("category").array.take(place)))
    rows.insert(2, "level", pd.Series(asked.level.to_numpy(), dtype="Int64").array.take(place))
    return rows.astype({"model": "category", "sample": np.int32})
