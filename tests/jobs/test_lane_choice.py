from pathlib import Path

import pytest

from stat_engine.config import RunConfig, override, validate
from stat_engine.jobs.lanes import lane_of
from stat_engine.orders import (
    AuditSkillMapOrder,
    BuildOrder,
    DemoOrder,
    EvaluateOrder,
    LabelSkillsOrder,
    Order,
    RunOrder,
    TrainOrder,
)
from stat_engine.store.files import write_json
from stat_engine.store.workspace import WorkspaceFolder
from tests.factories import a_response, rewards

SERVED = ["teacher.backend=openai", "teacher.model=m", "second_teachers=[]"]


def workspace(root: Path, *settings: str, is_scored: bool = False) -> WorkspaceFolder:
    """A run `small`; `is_scored`: its responses and step rewards are there, for these settings."""
    config = validate(override(RunConfig().model_dump(), [*SERVED, *settings]))
    write_json(root / "runs" / "small" / "run.json", {"config": config.model_dump()})
    made = WorkspaceFolder(root)
    if is_scored:
        run = made.run_folder("small")
        run.responses.write("a", [a_response()], run.stage_settings("responses"))
        run.step_rewards.write("b", [rewards("r1", "q1", 0.5, 1.0)], run.stage_settings("step_rewards"))
    return made


def a_run(first: str | None = None, until: str | None = None, *settings: str) -> RunOrder:
    return RunOrder(run="small", first=first, until=until, settings=settings)


@pytest.mark.parametrize(
    ("order", "lane"),
    [
        (a_run(), "device"),
        (a_run(None, "responses"), "device"),
        (a_run(None, "missing_skills"), "device"),
        (a_run("missing_skills", "training_sets"), "teacher"),
        (a_run(None, "missing_skills", "student.backend=openai"), "device"),
        (a_run(None, "responses", "student.backend=openai"), "teacher"),
        (a_run("missing_skills", "profile", "teacher.backend=student"), "device"),
        (BuildOrder(run="small", method="stat-syn"), "teacher"),
        (TrainOrder(run="small", sets=("stat-sel",)), "device"),
        (EvaluateOrder(run="small", arm="base"), "device"),
        (LabelSkillsOrder(dataset="numeracy", settings=tuple(SERVED)), "teacher"),
        (LabelSkillsOrder(dataset="numeracy", settings=("teacher.backend=student",)), "device"),
        (AuditSkillMapOrder(dataset="numeracy"), "device"),
        (DemoOrder(), "device"),
    ],
)
def test_work_that_loads_a_model_is_device_work(tmp_path: Path, order: Order, lane: str) -> None:
    workspace(tmp_path)
    assert lane_of(tmp_path, order) == lane


def test_with_responses_and_rewards_there_a_served_teachers_work_is_teacher_work(tmp_path: Path) -> None:
    workspace(tmp_path, is_scored=True)
    for setting, lane in (
        ("teacher.temperature=0.5", "teacher"),
        ("student.temperature=0.5", "device"),
        ("reward_model.batch_size=7", "device"),
    ):
        assert lane_of(tmp_path, a_run(None, "missing_skills", setting)) == lane
    assert lane_of(tmp_path, a_run(None, "missing_skills")) == "teacher"
    assert lane_of(tmp_path, a_run(None, "sft")) == "device"


def test_training_sets_load_a_model_where_the_student_or_a_checkpoint_is_asked(tmp_path: Path) -> None:
    stage = "training_sets"
    workspace(tmp_path, is_scored=True)
    assert lane_of(tmp_path, a_run(stage, stage)) == "teacher"
    assert lane_of(tmp_path, a_run(stage, stage, "training_set.drop_solved=3")) == "device"
    checkpoint = ["embeddings.backend=sentence-transformers", "embeddings.model=m"]
    assert lane_of(tmp_path, a_run(stage, stage, *checkpoint)) == "device"


def test_a_run_without_any_local_model_is_teacher_work(tmp_path: Path) -> None:
    workspace(tmp_path, "student.backend=imported", "reward_model.backend=imported")
    assert lane_of(tmp_path, a_run(None, "training_sets")) == "teacher"
    assert lane_of(tmp_path, a_run("evaluation")) == "teacher"
