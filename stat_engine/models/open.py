"""From a configuration's section to the backend it names."""

from pathlib import Path

from stat_engine.config import RewardModelConfig, StudentConfig, TeacherConfig
from stat_engine.errors import StatError
from stat_engine.models.base import RewardModel, Student, Teacher
from stat_engine.models.plus_minus_reward_model import PlusMinusRewardModel
from stat_engine.models.question_skills import QuestionSkillsTeacher
from stat_engine.models.transformers_student import TransformersStudent
from stat_engine.numeracy.teacher import NumeracyTeacher


def open_student(config: StudentConfig, adapter: Path | None = None, name: str | None = None) -> Student:
    """The student, with an adapter's weights where one is given. Raises StatError for an imported one."""
    if config.backend == "imported":
        raise StatError(
            "this run's responses were imported, so it has no student to train or evaluate; make a run "
            "with one: stat-studio new NAME student.backend=transformers student.model=CHECKPOINT"
        )
    return TransformersStudent(name or config.name, config.model, adapter, config.threads)


def open_reward_model(config: RewardModelConfig, threads: int) -> RewardModel:
    """The process reward model. Raises StatError for an imported one."""
    if config.backend == "imported":
        raise StatError(
            "this run's step rewards are imported; import them with: "
            "stat-studio import step-rewards FILE --run RUN, or name a model with "
            "reward_model.backend=plus-minus reward_model.model=CHECKPOINT"
        )
    return PlusMinusRewardModel(config.model, threads)


def open_teacher(config: TeacherConfig) -> Teacher:
    """The teacher; it loads nothing until it is asked."""
    if config.backend == "question-skills":
        return QuestionSkillsTeacher()
    return NumeracyTeacher(config.noise, config.solver_error, config.seed)
