"""Real public files go in whole: MATH, GSM8K, ProcessBench, sampled responses, benchmarks."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import DifficultyConfig, validate
from stat_engine.errors import InputError
from stat_engine.formats import into_dataset, into_run
from stat_engine.formats.exports import FORMATS, export
from stat_engine.formats.rows import Reading
from stat_engine.formats.training_sets import read_training_set
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import filters
from tests.formats.files import listing

LIMIT = 3.0
"""Seconds for MATH with its Skill-Map on a laptop; tests on a busy machine get three times that."""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> WorkspaceFolder:
    """MATH and GSM8K with their Skill-Maps."""
    folder = WorkspaceFolder(tmp_path_factory.mktemp("real"))
    for name in ("math", "gsm8k"):
        data = shared_data / name
        into_dataset.import_questions(folder, name, data / "problems.jsonl.gz")
        into_dataset.import_skill_map(folder, name, data / "skill_map.jsonl", data / "skills.json", False)
    return folder


def new_run(workspace: WorkspaceFolder, dataset: str, name: str) -> RunFolder:
    return workspace.new_run(name, validate({"dataset": dataset, "student": {"steps": "blank-line"}}))


def test_math(workspace: WorkspaceFolder) -> None:
    dataset = workspace.dataset("math")
    assert dataset.vocabulary is not None
    assert Counter(question.split for question in dataset.questions.values()) == {"train": 7500, "test": 5000}
    assert len({question.subject for question in dataset.questions.values()}) == 7
    assert sum(question.level is None for question in dataset.questions.values()) == 2
    assert (len(dataset.skill_map), len(dataset.vocabulary)) == (11552, 118)
    assert dataset.skill_map["test/algebra/1"].skills == ["graph_and_geometry_skills"]


def test_math_is_quick(tmp_path: Path, shared_data: Path) -> None:
    folder, data, begin = WorkspaceFolder(tmp_path), shared_data / "math", time.monotonic()
    counts = into_dataset.import_questions(folder, "math", data / "problems.jsonl.gz")
    into_dataset.import_skill_map(folder, "math", data / "skill_map.jsonl", data / "skills.json", False)
    assert counts["n_questions"] == 12500
    assert time.monotonic() - begin < 3 * LIMIT


def test_a_map_that_does_not_fit_a_smaller_vocabulary_names_the_row(
    workspace: WorkspaceFolder, shared_data: Path
) -> None:
    data, before = shared_data / "math", listing(workspace.root / "datasets")
    smaller = data / "skills_prompt_vocabulary.json"
    with pytest.raises(InputError) as caught:
        into_dataset.import_skill_map(workspace, "math", data / "skill_map.jsonl", smaller, False)
    place = f"{data / 'skill_map.jsonl'}, line 2089, field skills[0]"
    assert str(caught.value) == f"{place}: found 'calculus_skills', expected a skill of subject geometry"
    assert listing(workspace.root / "datasets") == before


def test_counts_are_no_vocabulary(workspace: WorkspaceFolder, shared_data: Path) -> None:
    data = shared_data / "math"
    with pytest.raises(InputError, match=r"line 1, field algebra: found .*, expected a list of text"):
        into_dataset.import_skill_map(
            workspace, "math", data / "skill_map.jsonl", data / "skills_counts.json", False
        )


def test_gsm8k_has_one_vocabulary_for_all(workspace: WorkspaceFolder) -> None:
    dataset = workspace.dataset("gsm8k")
    assert dataset.vocabulary is not None
    assert Counter(question.split for question in dataset.questions.values()) == {"train": 7473, "test": 1319}
    assert {entry.subject for entry in dataset.skill_map.values()} == {""}
    assert (len(dataset.skill_map), len(dataset.vocabulary.of_subject(""))) == (8792, 14)


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("amc23", 40),
        ("aime25", 30),
        ("olympiadbench", 675),
        ("college_math_ccby", 1250),
        ("math_perturb_simple", 279),
        ("math_perturb_hard", 279),
    ],
)
def test_benchmarks_are_questions(name: str, n: int, tmp_path: Path, shared_data: Path) -> None:
    path = shared_data / "benchmarks" / f"{name}.jsonl"
    counts = into_dataset.import_questions(WorkspaceFolder(tmp_path), name, path)
    assert (counts["n_questions"], counts["by_split"]) == (n, {"none": n})


@pytest.mark.parametrize(
    ("dataset", "name", "n", "n_correct", "n_models"),
    [
        ("math", "responses.jsonl.gz", 800, 728, 1),
        ("math", "responses_realcritic.jsonl", 268, 134, 10),
        ("gsm8k", "responses.jsonl.gz", 3957, 1543, 3),
        ("gsm8k", "responses_realcritic.jsonl", 273, 136, 10),
    ],
)
def test_responses(
    dataset: str,
    name: str,
    n: int,
    n_correct: int,
    n_models: int,
    workspace: WorkspaceFolder,
    shared_data: Path,
) -> None:
    run = new_run(workspace, dataset, f"{dataset}-{name.split('.')[0]}")
    path = shared_data / dataset / name
    counts: Any = into_run.import_responses(run, path, False)
    assert (counts["n_responses"], counts["n_correct"], len(counts["models"])) == (n, n_correct, n_models)
    assert all(response.steps for response in run.responses.read())
    before = listing(run.folder)
    assert into_run.import_responses(run, path, False)["n_new"] == 0
    assert listing(run.folder) == before


def test_rewards_that_are_logits_are_left_out_unless_they_are_said_to_be_logits(
    workspace: WorkspaceFolder, shared_data: Path
) -> None:
    run = new_run(workspace, "math", "logits")
    path = shared_data / "math" / "responses.jsonl.gz"
    counts = into_run.import_responses(run, path, False)
    assert counts["notes"] == [
        "values of reward left out: 800; not all are in [0, 1]; read logits with --reward-scale logit"
    ]
    run.save_config(run.config.model_copy(update={"difficulty": DifficultyConfig(filter="orm")}))
    counts = into_run.import_responses(run, path, False, reading=Reading(reward_scale="logit"))
    assert (counts["n_new"], counts["n_outcome_rewards"], counts["notes"]) == (0, 800, [])
    (row,) = [row for row in filters.compared(run) if row["filter"] == "orm"]
    assert (row["n_questions"], row["reason"], row["quality"] is None) == (100, None, False)


def test_processbench_joins_511_math_questions(workspace: WorkspaceFolder, shared_data: Path) -> None:
    run = new_run(workspace, "math", "processbench")
    path = shared_data / "step_scores" / "processbench.jsonl.gz"
    counts = into_run.import_step_rewards(run, path, True)
    assert counts == {
        "n_step_rewards": 511,
        "n_new": 511,
        "n_new_responses": 511,
        "n_responses_without": 0,
        "n_skipped": 1229,
        "notes": ["rows skipped: 1,229, because their question, response or rating is not known"],
    }
    rewards = {reward.response_id: reward for reward in run.step_rewards.read()}
    for response in run.responses.read():
        assert len(rewards[response.response_id].step_rewards) == len(response.steps)
    assert into_run.import_step_rewards(run, path, True)["n_new"] == 0


def test_processbench_names_the_first_question_that_is_not_there(
    workspace: WorkspaceFolder, shared_data: Path
) -> None:
    run = new_run(workspace, "math", "processbench-strict")
    path = shared_data / "step_scores" / "processbench.jsonl.gz"
    with pytest.raises(InputError) as caught:
        into_run.import_step_rewards(run, path, False)
    expected = "found 'gsm8k/test/01180', expected the id of a question of the dataset"
    assert str(caught.value) == f"{path}, line 1, field problem_id: {expected}"
    assert list(run.step_rewards.read()) == []


def test_other_step_labels(workspace: WorkspaceFolder, shared_data: Path) -> None:
    path = shared_data / "step_scores" / "small_samples.jsonl"
    counts = into_run.import_step_rewards(new_run(workspace, "math", "small"), path, True)
    # 117 Monte-Carlo values and one PRM800K row; 4 rows are of GSM8K, one PRM800K row ends unrated
    assert (counts["n_step_rewards"], counts["n_skipped"]) == (118, 5)


def test_math_as_a_training_set_survives_every_format(
    tmp_path: Path, workspace: WorkspaceFolder, shared_data: Path
) -> None:
    run = new_run(workspace, "math", "sets")
    counts = into_run.import_training_set(run, shared_data / "math" / "problems.jsonl.gz", "all")
    n_held_out = 5001  # the 5,000 test questions, and one of train that is one of them word for word
    (note,) = counts.pop("notes")
    assert f"validation or test questions of the run: {n_held_out:,}; " in note
    assert counts == {
        "n_pairs": 12500,
        "n_questions": 12500,
        "n_repeats": 0,
        "n_with_skills": 0,
        "n_skipped": 0,
        "n_held_out": n_held_out,
    }
    examples = list(run.training_set("all").read())
    for fmt in FORMATS:
        path = export(examples, fmt, tmp_path / fmt, "all")[0]
        assert [e.example_id for e in read_training_set(path)] == [e.example_id for e in examples]
