"""Rated steps as public data sets have them, imported as a user would."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace
from stat_engine.errors import InputError
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import write_jsonl


def imported(workspace: WorkspaceFolder, run: RunFolder, file: Path, skip: bool = False, **how: Any) -> Any:
    return Workspace(workspace.root).imports(**how).step_rewards(run.name, file, skip)


def stored(run: RunFolder) -> list[tuple[str, str, list[str], list[float]]]:
    rewards = {r.response_id: list(r.step_rewards) for r in run.step_rewards.read()}
    return [(r.question_id, r.model, list(r.steps), rewards[r.response_id]) for r in run.responses.read()]


def step(text: str, rating: int | None, chosen: int | None = 0) -> dict[str, Any]:
    return {
        "completions": [{"text": text, "rating": rating, "flagged": False}],
        "human_completion": None,
        "chosen_completion": chosen,
    }


PRM800K = {
    "labeler": "x",
    "question": {"problem": "2+2?", "ground_truth_answer": "4", "pre_generated_steps": ["a", "b", "c"]},
    "label": {"steps": [step("a", 1), step("b", -1, None)], "finish_reason": "found_error"},
}
BY_HAND = {
    "question": {"problem": "2+2?"},
    "label": {
        "steps": [
            {"completions": [{"text": "no", "rating": -1}], "human_completion": {"text": "a", "rating": None},
             "chosen_completion": None},
            step("b", 0),
        ],
        "finish_reason": "solution",
    },
}  # fmt: skip
SHEPHERD = {
    "input": "2+2? Step 1: We add. ки\nStep 2: The answer is: 5 ки",
    "label": "2+2? Step 1: We add. +\nStep 2: The answer is: 5 -",
    "task": "GSM8K",
}


@pytest.mark.parametrize(
    ("row", "model", "steps", "rewards"),
    [
        (PRM800K, "unnamed", ["a", "b", "c"], [1.0, 0.0, 0.0]),
        (BY_HAND, "unnamed", ["a", "b"], [1.0, 1.0]),
        (SHEPHERD, "unnamed", ["Step 1: We add.", "Step 2: The answer is: 5"], [1.0, 0.0]),
        ({"prompt": "2+2?", "completions": ["a", "b"], "labels": [True, False]}, "unnamed", ["a", "b"], [1.0, 0.0]),
        ({"prompt": "2+2?", "completions": ["a", "b"], "labels": [0.75, 0.5]}, "unnamed", ["a", "b"], [0.75, 0.5]),
        ({"id": "math-7", "generator": "g", "problem": "2+2?", "steps": ["a", "b"], "label": 1,
          "final_answer_correct": False}, "g", ["a", "b"], [1.0, 0.0]),
        ({"id": "math-8", "generator": "g", "problem": "2+2?", "steps": ["a"], "label": -1}, "g", ["a"], [1.0]),
    ],
    ids=["prm800k", "prm800k-by-hand", "math-shepherd", "trl", "trl-soft", "processbench", "processbench-right"],
)  # fmt: skip
def test_rated_rows_of_public_data_sets(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path, row: Any, model: str, steps: Any, rewards: Any
) -> None:
    path = write_jsonl(tmp_path / "s.jsonl", [row])
    dry = imported(workspace, run, path, is_dry=True)
    assert (dry["errors"], dry["options"]) == ([], "")
    imported(workspace, run, path)
    assert stored(run) == [("q/2", model, steps, rewards)]
    assert imported(workspace, run, path)["n_new"] == 0


def test_rated_steps_of_a_response_that_the_run_has_belong_to_it(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path
) -> None:
    given = {"problem_id": "q/2", "model": "m", "sample": 3, "response": "a\n\nb", "steps": ["a", "b"]}
    Workspace(workspace.root).imports().responses(run.name, write_jsonl(tmp_path / "r.jsonl", [given]))
    row = {"prompt": "2+2?", "completions": ["a", "b"], "labels": [True, False]}
    counts = imported(workspace, run, write_jsonl(tmp_path / "s.jsonl", [row]))
    assert (counts["n_new"], counts["n_new_responses"]) == (1, 0)
    assert stored(run) == [("q/2", "m", ["a", "b"], [1.0, 0.0])]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**SHEPHERD, "label": "2+2? Step 1: We add. ?"}, "field label: found '2+2? Step 1: We add. ?', expected"),
        ({**SHEPHERD, "input": "2+2? ки", "label": "2+2? +"}, "expected the question, then Step 1:"),
        ({**PRM800K, "label": {"steps": [{"completions": []}]}}, "field label.steps[0]: found"),
        ({"prompt": "2+2?", "completions": ["a"], "labels": ["yes"]}, "field step_scores[0]: found 'yes'"),
        ({"prompt": "9+9?", "completions": ["a"], "labels": [True]}, "this one is '9+9?'"),
    ],
)  # fmt: skip
def test_a_broken_row_is_refused(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path, row: Any, message: str
) -> None:
    with pytest.raises(InputError) as caught:
        imported(workspace, run, write_jsonl(tmp_path / "s.jsonl", [row]))
    assert message in str(caught.value) and "line 1" in str(caught.value)


def test_unknown_questions_are_skipped_where_that_is_asked(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path
) -> None:
    rows = [{"prompt": problem, "completions": ["a"], "labels": [True]} for problem in ("9+9?", "2+2?")]
    counts = imported(workspace, run, write_jsonl(tmp_path / "s.jsonl", rows), skip=True)
    assert (counts["n_skipped"], counts["n_new"]) == (1, 1)
