from pathlib import Path

import pytest

from stat_engine.config import RunConfig, override, validate
from stat_engine.errors import StatError
from stat_engine.jobs.asked import lane_of, read_arguments
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


@pytest.mark.parametrize(
    ("arguments", "run"),
    [
        (["run", "small"], "small"),
        (["run", "--until", "profile", "small", "budget=5"], "small"),
        (["run", "small", "--fork", "other", "--from", "sft"], "other"),
        (["train", "small", "--set", "mine"], "small"),
        (["evaluate", "--arm", "base", "small"], "small"),
        (["demo"], "demo"),
        (["skills", "label", "numeracy"], None),
        (["status", "small"], None),
    ],
)
def test_the_run_of_a_job_stands_in_its_arguments(arguments: list[str], run: str | None) -> None:
    assert read_arguments(arguments).run == run


@pytest.mark.parametrize(
    ("arguments", "lane"),
    [
        (["run", "small"], "device"),
        (["run", "small", "--until", "responses"], "device"),
        (["run", "small", "--until", "missing_skills"], "device"),
        (["run", "small", "--from", "missing_skills", "--until", "training_sets"], "teacher"),
        (["run", "small", "--until", "missing_skills", "student.backend=openai"], "device"),
        (["run", "small", "--until", "responses", "student.backend=openai"], "teacher"),
        (["run", "small", "--from", "missing_skills", "--until", "profile", "teacher.backend=student"], "device"),
        (["build", "small", "--method", "stat-syn"], "teacher"),
        (["train", "small", "--set", "stat-sel"], "device"),
        (["evaluate", "small", "--arm", "base"], "device"),
        (["skills", "label", "numeracy", *SERVED], "teacher"),
        (["skills", "label", "numeracy", "teacher.backend=student"], "device"),
        (["demo"], "device"),
        (["knit"], "device"),
    ],
)  # fmt: skip
def test_work_that_loads_a_model_is_device_work(tmp_path: Path, arguments: list[str], lane: str) -> None:
    workspace(tmp_path)
    assert lane_of(tmp_path, arguments) == lane


def test_with_responses_and_rewards_there_a_served_teachers_work_is_teacher_work(tmp_path: Path) -> None:
    workspace(tmp_path, is_scored=True)
    labels = ["run", "small", "--until", "missing_skills"]
    assert lane_of(tmp_path, labels) == "teacher"
    assert lane_of(tmp_path, [*labels, "teacher.temperature=0.5"]) == "teacher"
    assert lane_of(tmp_path, [*labels, "student.temperature=0.5"]) == "device"
    assert lane_of(tmp_path, [*labels, "reward_model.batch_size=7"]) == "device"
    assert lane_of(tmp_path, ["run", "small", "--until", "sft"]) == "device"


def test_training_sets_load_a_model_where_the_student_or_a_checkpoint_is_asked(tmp_path: Path) -> None:
    sets = ["run", "small", "--from", "training_sets", "--until", "training_sets"]
    workspace(tmp_path, is_scored=True)
    assert lane_of(tmp_path, sets) == "teacher"
    assert lane_of(tmp_path, [*sets, "training_set.drop_solved=3"]) == "device"
    checkpoint = ["embeddings.backend=sentence-transformers", "embeddings.model=m"]
    assert lane_of(tmp_path, [*sets, *checkpoint]) == "device"


def test_a_run_without_any_local_model_is_teacher_work(tmp_path: Path) -> None:
    workspace(tmp_path, "student.backend=imported", "reward_model.backend=imported")
    assert lane_of(tmp_path, ["run", "small", "--until", "training_sets"]) == "teacher"
    assert lane_of(tmp_path, ["run", "small", "--from", "evaluation"]) == "teacher"


def test_an_option_without_its_value_is_refused() -> None:
    with pytest.raises(StatError, match=r"^job run small --until: argument --until: expected one argument$"):
        read_arguments(["run", "small", "--until"])
