"""Open the backend that a configuration's section names."""

from pathlib import Path

from stat_engine.config import RewardModelConfig, RunConfig, StudentConfig, TeacherConfig
from stat_engine.errors import StatError
from stat_engine.models import checkpoints
from stat_engine.models.base import RewardModel, StreamingModel, Student, Teacher
from stat_engine.models.framing import FramedStudent
from stat_engine.models.process import RewardModelProcess, StudentProcess, in_own_process
from stat_engine.models.rewards.rlhflow_server import RlhflowServer
from stat_engine.models.servers.server import Server
from stat_engine.models.teachers import ChatTeacher, QuestionSkillsTeacher, on_server, on_this_machine
from stat_engine.models.worker import make_language_model, make_reward_model
from stat_engine.numeracy.teacher import NumeracyTeacher
from stat_engine.records import content_hash


def open_student(config: StudentConfig, adapter: Path | None = None, name: str | None = None) -> Student:
    """The student, with an adapter's weights where one is given. Raises StatError for an imported one."""
    return FramedStudent(open_language_model(config, adapter), config, name)


def open_language_model(config: StudentConfig, adapter: Path | None = None) -> StreamingModel:
    """The model behind a student: in this process or in one of its own.

    A student on a server is asked through the store of its answers: `paid_calls.student`."""
    if config.backend == "imported":
        raise StatError(
            "this run's responses were imported, so it has no student to train or evaluate; make a run "
            "with one: stat-studio new NAME student.backend=transformers student.model=CHECKPOINT"
        )
    if config.backend == "openai":
        raise StatError(
            f"student {config.model} is on a server, which has its own weights; train and evaluate arms with "
            "student.backend=transformers or vllm"
        )
    if in_own_process(config):
        return StudentProcess(config, adapter)
    return make_language_model(config, adapter)


def student_identity(config: StudentConfig) -> str:
    """What tells one student from another: its files with its adapters', or its name on a server."""
    if not config.is_local():
        return content_hash(config.model)
    model = checkpoints.identity(config.model)
    adapters = [checkpoints.identity(adapter, "adapter") for adapter in config.adapters()]
    return content_hash(model, *adapters) if adapters else model


def reward_model_identity(config: RewardModelConfig) -> str:
    """What tells one reward model from another: its files, or its name on a server."""
    return checkpoints.identity(config.model) if config.is_local() else content_hash(config.model)


def open_reward_model(config: RewardModelConfig, threads: int) -> RewardModel:
    """The process reward model. Raises StatError for an imported one."""
    if config.backend == "imported":
        raise StatError(
            "this run's step rewards are imported; import them with: "
            "stat-studio import step-rewards FILE --run RUN, or name a model with "
            "reward_model.backend=plus-minus reward_model.model=CHECKPOINT"
        )
    if config.backend == "rlhflow-server":
        return RlhflowServer(config)
    return (
        RewardModelProcess(config, threads) if in_own_process(config) else make_reward_model(config, threads)
    )


def open_teacher(config: TeacherConfig, run: RunConfig) -> Teacher:
    """The teacher; it loads nothing until it is asked. `run` gives the domain and the student."""
    if config.backend == "question-skills":
        return QuestionSkillsTeacher()
    if config.backend == "numeracy":
        return NumeracyTeacher(config.noise, config.solver_error, config.seed)
    if config.backend == "openai":
        identity: object = {"model": config.model, "seed": config.seed, **config.server.alters()}
        return ChatTeacher(config.model, identity, config, run.domain, on_server(Server(config.server)))
    student = run.student
    if student.backend == "imported":
        open_student(student)
    if student.backend == "openai":  # on a server it costs what it costs as a student
        identity = {"model": student.model, "seed": config.seed, **student.server.alters()}
        return ChatTeacher(student.model, identity, config, run.domain, on_server(Server(student.server)))
    identity = {"model": student_identity(student), "seed": config.seed}
    return ChatTeacher(
        None, identity, config, run.domain, on_this_machine(lambda: open_language_model(student))
    )
