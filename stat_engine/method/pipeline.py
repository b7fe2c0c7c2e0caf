"""START HERE: Skill-Targeted Adaptive Training (arXiv 2510.10023), stage by stage.

    Stage 1   split -> responses -> step_rewards -> difficulty
    Stage 2   missing_skills -> profile
    Stage 3   training_sets -> sft -> evaluation

Each stage is a record in `stage.py`, which says what it is, and a function in the file of its name, which
gathers the stage's inputs and calls the pure part below it. Here the two are put together. Difficulty and
the profile store nothing: `computed.py` derives them from the tables whenever they are asked for.

A stage whose outcome was made from just these inputs does nothing, so a pipeline that was killed
continues when it is run again."""

from collections.abc import Callable

from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.context import RunContext
from stat_engine.method.evaluation import evaluate_arms
from stat_engine.method.missing_skills import make_missing_skills
from stat_engine.method.profile import too_sparse
from stat_engine.method.responses import make_responses
from stat_engine.method.sft.arm import train_arms
from stat_engine.method.split import check_split
from stat_engine.method.stage import stage_range
from stat_engine.method.step_rewards import make_step_rewards
from stat_engine.method.training_sets.build import make_training_sets
from stat_engine.skill_map.audit import find_faults
from stat_engine.store.changed import changed_files


def run_pipeline(context: RunContext, first: str | None = None, last: str | None = None) -> None:
    """Bring the stages from `first` to `last` up to date; by default all of them.

    One process at a time works on a run. Raises StatError as `stage_range` does, and where the student
    is on a server and would have to be fine-tuned."""
    stages = stage_range(first, last)
    is_served = context.config.student.backend == "openai"
    if is_served and context.config.arms and any(stage.trains for stage in stages):
        raise StatError(
            f"run {context.run.name}: a student on a server cannot be fine-tuned here; stop before that with "
            "--until training_sets, or name its checkpoint: student.backend=transformers student.model=PATH"
        )
    with context.run.lock():
        for name, sentences in changed_files(context.run).items():
            for sentence in sentences:
                context.report.say(name, sentence)
        for stage in stages:
            FUNCTIONS[stage.name](context)


def report_difficulty(context: RunContext) -> None:
    """Stage 1c, derived: report how many questions are difficult under the run's thresholds."""
    questions = computed.difficulty(context.run).questions
    share = f"{int(questions.is_difficult.sum()):,} of {len(questions):,} questions are difficult"
    context.report.say("difficulty", share)


def report_profile(context: RunContext) -> None:
    """Stage 2b, derived: report whether the Missing-Skill-Profile is too sparse to train on, and what an
    audit finds wrong with the Skill-Map that it is counted by; a Skill-Map without an audit gets one."""
    warning = too_sparse(computed.profile(context.run))
    dataset = context.pool_dataset
    if not dataset.is_audited():
        context.report.say("profile", "auditing the Skill-Map, once; a large one takes some seconds")
        dataset.save_audit(find_faults(dataset))
    for sentence in [*([warning] if warning else []), *dataset.audit_findings()]:
        context.report.say("profile", sentence)


FUNCTIONS: dict[str, Callable[[RunContext], None]] = {
    "split": check_split,
    "responses": make_responses,
    "step_rewards": make_step_rewards,
    "difficulty": report_difficulty,
    "missing_skills": make_missing_skills,
    "profile": report_profile,
    "training_sets": make_training_sets,
    "sft": train_arms,
    "evaluation": evaluate_arms,
}
"""Name of a stage -> what brings it up to date."""
