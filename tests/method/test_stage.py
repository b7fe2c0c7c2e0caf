"""Every stage is whole: bound to its function, shown on a page that exists, and decided by known settings."""

import ast
from pathlib import Path
from typing import get_args

import pytest

from stat_engine.config import RunConfig, TeacherConfig, load
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError
from stat_engine.method import estimate, pipeline
from stat_engine.method.stage import (
    STAGES,
    STORED,
    Layout,
    Stage,
    is_reviewed_after,
    kept_and_stale,
    stage,
    stage_range,
)
from stat_engine.models.base import Task
from stat_engine.prompts import read_prompt
from stat_engine.records import LABEL_PARSER
from stat_engine.store.run_folder import RunFolder
from tests.factories import a_response

NAMES = [one.name for one in STAGES]
OF_SKILL_MAP = {"label_skills", "free_skills", "cluster_skills"}
"""Tasks on a dataset, which no stage of a run makes."""


def test_the_pipeline_binds_every_stage_in_order() -> None:
    assert list(pipeline.FUNCTIONS) == NAMES


def named(node: ast.AST) -> set[str]:
    """The texts that a written dict, list, set or tuple holds directly."""
    if not isinstance(node, ast.Dict | ast.List | ast.Set | ast.Tuple):
        return set()
    parts = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
    return {str(part.value) for part in parts if isinstance(part, ast.Constant)}


def test_no_other_file_lists_the_stages() -> None:
    words = {*NAMES, *(folder for one in STORED for folder in one.folders)}
    files = [path for path in (ROOT / "stat_engine").rglob("*.py") if path.name != "__init__.py"]
    listing = {
        path.name
        for path in files
        if any(len(named(node) & words) > 2 for node in ast.walk(ast.parse(path.read_text())))
    }
    assert listing == {"pipeline.py", "estimate.py"}  # what a stage does, and what it will pay for


def test_stages_come_in_the_order_of_the_papers_three() -> None:
    numbers = [one.paper_stage for one in STAGES]
    assert numbers == sorted(numbers) and set(numbers) == {1, 2, 3}


@pytest.mark.parametrize("one", STAGES, ids=NAMES)
def test_a_stage_has_what_is_shown_of_it(one: Stage) -> None:
    assert one.title[:1].isupper() and one.action
    assert (ROOT / "pages" / f"{one.page}.py").exists()
    assert bool(one.folders) == bool(one.unit) == bool(one.happens)


def test_every_setting_that_decides_a_run_decides_one_stage() -> None:
    without_a_stage = RunConfig.OPERATIONAL | {"grpo"}  # reinforcement is an order of its own
    sections = [section for one in STAGES for section in one.sections]
    assert sorted(sections) == sorted(set(RunConfig.model_fields) - without_a_stage)


def test_a_folder_belongs_to_one_stage_and_inputs_are_earlier_tables() -> None:
    folders = [folder for one in STORED for folder in one.folders]
    assert len(folders) == len(set(folders))
    for one in STORED:
        for earlier in map(stage, one.inputs):
            assert NAMES.index(earlier.name) < NAMES.index(one.name) and earlier.layout == "one table"
    assert {one.layout for one in STORED} == set(get_args(Layout))


def test_every_paid_task_of_a_run_belongs_to_one_stage_and_is_estimated() -> None:
    tasks = [task for one in STAGES for task in one.tasks]
    assert sorted(tasks) == sorted({*get_args(Task), "respond", "embed"} - OF_SKILL_MAP)
    assert list(estimate.ESTIMATES) == [one.name for one in STAGES if one.tasks]


@pytest.mark.parametrize(
    ("settings", "first_stale"),
    [
        (["dataset=other"], "split"), (["student.temperature=0.5"], "responses"),
        (["reward_model.batch_size=7"], "step_rewards"), (["difficulty.tau1=0.9"], "difficulty"),
        (["teacher.noise=0.1"], "missing_skills"), (["arms=[uniform]"], "training_sets"),
        (["sft.rank=4"], "sft"), (["evaluation.batch_size=7"], "evaluation"),
    ],
)  # fmt: skip
def test_a_change_makes_its_stage_and_all_later_ones_stale(settings: list[str], first_stale: str) -> None:
    at = NAMES.index(first_stale)
    assert kept_and_stale(load(), load(None, settings)) == (STAGES[:at], STAGES[at:])


@pytest.mark.parametrize(
    "setting", ["budget=5", "student.server.width=2", "grpo.epochs=3", "evaluation.top_skills=3"]
)
def test_a_setting_that_decides_no_stage_makes_none_stale(setting: str) -> None:
    assert kept_and_stale(load(), load(None, [setting])) == (STAGES, ())


def test_another_arm_is_no_change_where_lists_are_left_out() -> None:
    old, new = load(), load(None, ["arms=[random,stat-sel,uniform]", "seeds=[0,1]"])
    assert kept_and_stale(old, new, with_lists=False) == (STAGES, ())


def test_a_manifest_keeps_its_settings_so_that_old_runs_stay_fresh(tmp_path: Path) -> None:
    asked = ["domain.grader.backend=judge", "teacher.backend=openai", "teacher.model=m"]
    config = load(None, asked)
    second = TeacherConfig(name="second", noise=0.5)
    run = RunFolder(tmp_path, tmp_path).under(config)
    responses = run.responses.write("f", [a_response()], run.stage_settings("responses"))
    rewards = run.step_rewards.write("g", [], run.stage_settings("step_rewards"))
    judge = config.teacher.decides() | {"prompt": read_prompt("judge").version}
    assert responses.settings == config.student.decides() | {
        "grader": config.domain.grader.decides(), "judge": judge,
    }  # fmt: skip
    assert rewards.settings == config.reward_model.decides() | {"responses": responses.digest}
    derived = {
        "parser": LABEL_PARSER,
        "difficulty": config.difficulty.decides(),
        "step_rewards": rewards.digest,
    }
    prompts = {task: read_prompt(task).version for task in ("missing_skills", "self_check")}
    assert run.stage_settings("missing_skills") == {**config.teacher.decides(), "prompts": prompts, **derived}
    assert run.stage_settings("missing_skills", second) == {**second.decides(), **derived}


def test_decisions_are_about_labels_and_so_about_what_labels_are_made_from() -> None:
    before_labels = NAMES[: NAMES.index("missing_skills")]
    assert [name for name in NAMES if is_reviewed_after(name)] == before_labels
    assert {"responses", "step_rewards", "difficulty"} <= set(before_labels)
    assert not is_reviewed_after("self_check by gpt")


@pytest.mark.parametrize(
    ("first", "last", "names"),
    [
        (None, None, NAMES), ("profile", None, NAMES[NAMES.index("profile") :]), (None, "responses", NAMES[:2]),
        ("sft", "sft", ["sft"]),
    ],
)  # fmt: skip
def test_a_range_of_stages_has_both_its_ends(first: str | None, last: str | None, names: list[str]) -> None:
    assert [one.name for one in stage_range(first, last)] == names


def test_a_stage_that_is_none_and_a_range_backwards_are_refused() -> None:
    with pytest.raises(StatError, match=f"^stage best: expected one of {', '.join(NAMES)}$"):
        stage_range(last="best")
    with pytest.raises(StatError, match="^stages from sft until responses: the first comes after the last$"):
        stage_range("sft", "responses")


@pytest.mark.parametrize(
    ("setting", "loading"),
    [
        ("budget=5", ["responses", "step_rewards", "sft", "evaluation"]),
        ("student.backend=openai", ["step_rewards", "sft", "evaluation"]),
        ("reward_model.backend=rlhflow-server", ["responses", "sft", "evaluation"]),
        (
            "teacher.backend=student",
            ["responses", "step_rewards", "missing_skills", "training_sets", "sft", "evaluation"],
        ),
        ("training_set.drop_solved=3", ["responses", "step_rewards", "training_sets", "sft", "evaluation"]),
    ],
)
def test_a_stage_loads_a_model_as_the_configuration_says(setting: str, loading: list[str]) -> None:
    config = load(None, [setting, "prices={}"])
    assert [one.name for one in STAGES if one.loads_model(config)] == loading


@pytest.mark.parametrize(
    ("n", "of", "said"),
    [
        (1, None, "1 label"),
        (2, 2, "2 labels"),
        (1_000, 2_000, "1,000 of 2,000 labels"),
        (0, 1, "0 of 1 label"),
    ],
)
def test_outcomes_are_counted_in_their_unit(n: int, of: int | None, said: str) -> None:
    assert stage("missing_skills").counted(n, of) == said


def test_a_title_keeps_its_capitals_where_it_is_a_name() -> None:
    assert stage("difficulty").in_sentence == "difficult questions"
    assert stage("profile").in_sentence == "Missing-Skill-Profile"
