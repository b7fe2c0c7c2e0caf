"""What is computed from a run's tables and never stored: difficulty and the Missing-Skill-Profile."""

import pandas as pd

from stat_engine.config import DifficultyConfig
from stat_engine.records import Question, Response, StepReward
from stat_engine.stages.difficulty import Difficulty, find_difficult
from stat_engine.stages.profile import SkillFailure, build_profile
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable


def scored_responses(run: RunFolder) -> pd.DataFrame:
    """One row a response with the narrow columns that filters and thresholds read.

    Raises NotThereYet before there are responses."""
    run.responses.need(f"stat-studio run {run.name} --until responses")
    return _scores(run, run.responses, run.step_rewards)


def difficulty(run: RunFolder, config: DifficultyConfig | None = None) -> Difficulty:
    """Stage 1c: the questions that fail the reward filter, under the run's thresholds or others."""
    return find_difficult(scored_responses(run), config or run.config.difficulty)


def difficult_part(run: RunFolder) -> set[str]:
    """MATH^D: the benchmark's questions that the filter flags for the student itself; none if unscored."""
    benchmark = run.config.evaluation.split
    rewards = run.benchmark_rewards(benchmark)
    if rewards.manifest() is None:
        return set()
    scores = _scores(run, run.evaluation("base", 0, benchmark), rewards)
    return set(find_difficult(scores, run.config.difficulty).difficult_ids())


def profile(run: RunFolder) -> list[SkillFailure]:
    """Stage 2b: failures by skill of the effective labels, over the questions the student was asked."""
    labels = run.labels()
    return build_profile(question_ids(run), run.dataset.skill_map, labels)


def question_ids(run: RunFolder) -> list[str]:
    """Ids of the questions that the run has responses to, sorted."""
    return sorted({response.question_id for response in run.responses.read()})


def _scores(run: RunFolder, responses: StageTable, step_rewards: StageTable) -> pd.DataFrame:
    tables: query.Tables = {
        "questions": (run.dataset.question_table.files(), Question),
        "responses": (responses.files(), Response),
        "step_rewards": (step_rewards.files(), StepReward),
    }
    scores = query.frame(query.SCORED_RESPONSES, tables)
    return scores.astype({"question_id": "category"})
