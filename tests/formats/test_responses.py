"""Responses in: joined to questions, cut into steps, graded where the file does not say."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import DifficultyConfig, GraderConfig, load, validate
from stat_engine.errors import InputError, StatError
from stat_engine.formats import into_run
from stat_engine.formats.by_question import Part
from stat_engine.formats.responses import ResponseRows, read_responses
from stat_engine.formats.rows import Reading
from stat_engine.grading import open_grader
from stat_engine.grading.isolation import Isolation
from stat_engine.records import Response, response_id
from stat_engine.store.run_folder import RunFolder
from tests.formats.files import listing, write_jsonl

ROW: dict[str, Any] = {"problem_id": "q/2", "model": "m", "sample": 1, "response": "a\nThe answer is 4."}


def read(run: RunFolder, path: Path) -> Any:
    """What a file that fits in one part holds."""
    rows = ResponseRows(run.dataset, False, Reading())
    part = Part(questions=run.dataset.questions, rows=[row for _, row in rows.placed(path)])
    grader = open_grader(GraderConfig())
    return read_responses(part, "newline", False, grader, Reading(), rows.are_probabilities)


def test_a_response_is_split_and_graded(tmp_path: Path, run: RunFolder) -> None:
    found = read(run, write_jsonl(tmp_path / "r.jsonl", [ROW]))
    assert found == (
        [
            Response(
                response_id=response_id("q/2", "m", "imported", 1, ROW["response"]),
                question_id="q/2",
                model="m",
                sample=1,
                response=ROW["response"],
                steps=["a", "The answer is 4."],
                answer="4",
                is_correct=True,
            )
        ],
        0,
        {},
        0,
        {response_id("q/2", "m", "imported", 1, ROW["response"]): 1},
    )


def test_what_the_file_says_is_kept(tmp_path: Path, run: RunFolder) -> None:
    row = {**ROW, "steps": ["all of it"], "correct": False, "outcome_reward": 0.25}
    (response,), _, outcomes, *_ = read(run, write_jsonl(tmp_path / "r.jsonl", [row]))
    assert (response.steps, response.is_correct) == (["all of it"], False)
    assert outcomes == {response.response_id: 0.25}


def test_model_and_sample_have_defaults_and_a_response_may_be_empty(tmp_path: Path, run: RunFolder) -> None:
    path = write_jsonl(tmp_path / "r.jsonl", [{"problem_id": "q/1", "response": " ", "steps": []}])
    (response,), *_ = read(run, path)
    assert (response.model, response.sample, response.steps) == ("unnamed", 0, [])
    assert (response.answer, response.is_correct) == (None, False)


def test_csv(tmp_path: Path, run: RunFolder) -> None:
    path = tmp_path / "r.csv"
    path.write_text('problem_id,model,sample,response,correct\nq/1,m,2,"x\ny",False\nq/1,,,z,\n')
    (first, second), *_ = read(run, path)
    assert (first.sample, first.steps, first.is_correct) == (2, ["x", "y"], False)
    assert (second.model, second.sample, second.is_correct) == ("unnamed", 0, False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"problem_id": "q/9"},
            "field problem_id: found 'q/9', expected the id of a question of the dataset",
        ),
        ({"problem_id": None}, "field problem_id: found null, expected text"),
        ({"response": None}, "field response: found null, expected text"),
        (
            {"steps": []},
            "field steps: found an empty list, expected the steps of a response that is not blank",
        ),
        ({"steps": ["a", 1]}, "field steps[1]: found 1, expected text"),
        ({"sample": -1}, "field sample: found -1, expected a whole number from 0, or null"),
        ({"sample": True}, "field sample: found True, expected a whole number from 0, or null"),
        ({"correct": 2}, "field correct: found 2, expected true, false, 1, 0 or null"),
        ({"model": "a\nb"}, r"field model: found 'a\nb', expected text without control characters"),
        (
            {"outcome_reward": 1.5},
            "field outcome_reward: found 1.5, expected a number in [0, 1], or --reward-scale logit",
        ),
        ({"reward": "high"}, "field reward: found 'high', expected a finite number, or null"),
        (
            {"sample": 0, "response": "another"},
            "field sample: found 0 of m for question q/2, which stands in line 1 too, "
            "expected each only once",
        ),
    ],
)
def test_bad_row_is_named_and_nothing_imported(
    change: dict[str, Any], message: str, tmp_path: Path, run: RunFolder
) -> None:
    path = write_jsonl(tmp_path / "r.jsonl", [{**ROW, "sample": 0}, {**ROW, **change}])
    before = listing(run.folder)
    with pytest.raises(InputError) as caught:
        into_run.import_responses(run, path, False)
    assert str(caught.value) == f"{path}, line 2, {message}"
    assert listing(run.folder) == before


def test_import_makes_the_student_an_imported_one(tmp_path: Path, run: RunFolder) -> None:
    rows = [{**ROW, "sample": 1, "response": "5"}, {**ROW, "sample": 0}, {**ROW, "problem_id": "x/1"}]
    counts = into_run.import_responses(run, write_jsonl(tmp_path / "r.jsonl", rows), True)
    assert counts == {
        "n_responses": 2,
        "n_new": 2,
        "n_questions": 1,
        "models": {"m": 2},
        "n_correct": 1,
        "n_ungraded": 0,
        "n_outcome_rewards": 0,
        "n_skipped": 1,
        "notes": ["rows skipped: 1, because dataset toy does not have their questions"],
    }
    assert [response.sample for response in run.responses.read()] == [0, 1]
    assert run.config.student.backend == "imported"
    assert run.config.reward_model.backend == "plus-minus"


def test_more_responses_are_added_and_the_same_ones_kept_once(tmp_path: Path, run: RunFolder) -> None:
    path = write_jsonl(tmp_path / "r.jsonl", [ROW])
    into_run.import_responses(run, path, False)
    before = listing(run.folder)
    assert into_run.import_responses(run, path, False)["n_new"] == 0
    assert listing(run.folder) == before
    more = write_jsonl(tmp_path / "more.jsonl", [ROW, {**ROW, "model": "a"}])
    assert into_run.import_responses(run, more, False)["n_responses"] == 2
    assert [response.model for response in run.responses.read()] == ["a", "m"]


def test_another_response_in_the_same_place_is_refused(tmp_path: Path, run: RunFolder) -> None:
    into_run.import_responses(run, write_jsonl(tmp_path / "r.jsonl", [ROW]), False)
    path = write_jsonl(tmp_path / "other.jsonl", [{**ROW, "model": "a"}, {**ROW, "response": "5"}])
    before = listing(run.folder)
    with pytest.raises(InputError) as caught:
        into_run.import_responses(run, path, False)
    assert str(caught.value) == (
        f"{path}, line 2: found response 1 of m to question q/2 with other text, steps or correctness than "
        "run r has, expected the same response, or another model or sample"
    )
    assert listing(run.folder) == before


def test_rewards_on_another_scale_are_left_out(tmp_path: Path, run: RunFolder) -> None:
    rows = [{**ROW, "sample": at, "reward": reward} for at, reward in enumerate((0.5, -4.25))]
    found = read(run, write_jsonl(tmp_path / "r.jsonl", rows))
    assert (found.outcome_rewards, found.n_other_rewards) == ({}, 2)
    noted = into_run.import_responses(run, write_jsonl(tmp_path / "r.jsonl", rows), False)["notes"]
    assert noted == [
        "values of reward left out: 2; not all are in [0, 1]; read logits with --reward-scale logit"
    ]
    rows[1]["reward"] = 1
    found = read(run, write_jsonl(tmp_path / "r.jsonl", rows))
    assert sorted(found.outcome_rewards.values()) == [0.5, 1.0]


def test_a_response_may_be_a_number(tmp_path: Path, run: RunFolder) -> None:
    rows = [
        {"problem_id": "q/2", "response": 4},
        {"problem_id": "q/2", "sample": 1, "response": 4.5, "correct": 1},
    ]
    found = read(run, write_jsonl(tmp_path / "r.jsonl", rows))
    assert [(r.response, r.is_correct) for r in found.responses] == [("4", True), ("4.5", True)]


def test_logits_are_kept_as_probabilities(tmp_path: Path, run: RunFolder) -> None:
    run.save_config(run.config.model_copy(update={"difficulty": DifficultyConfig(filter="orm")}))
    rows = [{**ROW, "reward": 0.0}, {**ROW, "sample": 5, "outcome_reward": -2.5}]
    path = write_jsonl(tmp_path / "r.jsonl", rows)
    counts = into_run.import_responses(run, path, False, reading=Reading(reward_scale="logit"))
    assert (counts["n_outcome_rewards"], counts["notes"]) == (2, [])
    assert [r.outcome_reward for r in run.step_rewards.read()] == pytest.approx([0.5, 0.07585818002124355])
    steps = write_jsonl(tmp_path / "s.jsonl", [{"problem_id": "q/2", "sample": 5, "step_rewards": [0, 2.5]}])
    with pytest.raises(InputError, match="found 2.5, expected a number in .0, 1., or --reward-scale logit$"):
        into_run.import_step_rewards(run, steps, False)
    into_run.import_step_rewards(run, steps, False, reading=Reading(reward_scale="logit"))
    kept = {r.response_id: r.step_rewards for r in run.step_rewards.read() if r.step_rewards}
    assert list(kept.values()) == [[0.5, pytest.approx(0.9241418199787566)]]


def test_outcome_rewards_are_kept_for_the_filter_that_reads_them(tmp_path: Path, run: RunFolder) -> None:
    path = write_jsonl(tmp_path / "r.jsonl", [{**ROW, "outcome_reward": 0.25}])
    counts = into_run.import_responses(run, path, False)
    assert counts["notes"] == [
        "outcome rewards left out: 1; only difficulty.filter=orm reads them: set it and import again"
    ]
    assert list(run.step_rewards.read()) == []
    run.save_config(load(None, ["dataset=toy", "difficulty.filter=orm"]))
    assert into_run.import_responses(run, path, False)["n_outcome_rewards"] == 1
    (reward,) = run.step_rewards.read()
    assert (reward.outcome_reward, reward.final, reward.step_rewards) == (0.25, 0.25, [])
    assert run.config.reward_model.backend == "imported"
    steps = {"problem_id": "q/2", "sample": 1, "step_rewards": [1, 0.5]}
    into_run.import_step_rewards(run, write_jsonl(tmp_path / "s.jsonl", [steps]), False)
    (reward,) = run.step_rewards.read()
    assert (reward.outcome_reward, reward.step_rewards, reward.final) == (0.25, [1.0, 0.5], 0.5)


def test_the_run_s_grader_grades_what_the_file_leaves_open(tmp_path: Path, run: RunFolder) -> None:
    run.save_config(validate({"dataset": "toy", "domain": {"grader": {"backend": "exact"}}}))
    rows = [
        {**ROW, "response": "The answer is 4."},
        {**ROW, "sample": 2, "response": "4.0"},
        {**ROW, "sample": 3, "response": "4.0", "correct": True},
    ]
    into_run.import_responses(run, write_jsonl(tmp_path / "r.jsonl", rows), False)
    assert [(r.answer, r.is_correct) for r in run.responses.read()] == [
        ("4.", True), ("4.0", False), ("4.0", True),
    ]  # fmt: skip


def test_a_judge_is_asked_only_about_what_the_file_leaves_open(tmp_path: Path, run: RunFolder) -> None:
    run.save_config(validate({"dataset": "toy", "domain": {"grader": {"backend": "judge"}}}))
    said = write_jsonl(tmp_path / "said.jsonl", [{**ROW, "correct": False}])
    into_run.import_responses(run, said, False)
    path = write_jsonl(tmp_path / "r.jsonl", [{**ROW, "correct": False}, {**ROW, "sample": 2}])
    before = listing(run.folder)
    with pytest.raises(StatError, match="^1 responses do not say whether they are correct, and grader judge"):
        into_run.import_responses(run, path, False)
    assert listing(run.folder) == before
    asked: list[Any] = []
    into_run.import_responses(run, path, False, lambda items: [asked.append(items) or True for _ in items])
    assert asked == [[("2+2?", "4", ROW["response"])]]
    assert [r.is_correct for r in run.responses.read()] == [False, True]


def test_what_a_grading_program_is_not_shut_off_from_is_said(
    tmp_path: Path, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    grader = {"backend": "command", "command": ["true"], "allow_writes": True}
    run.save_config(validate({"dataset": "toy", "domain": {"grader": grader}}))
    monkeypatch.setattr("stat_engine.grading.open.isolation", lambda: Isolation())
    counts: Any = into_run.import_responses(run, write_jsonl(tmp_path / "r.jsonl", [ROW]), False)
    assert (counts["n_correct"], counts["notes"]) == (1, [Isolation().notice])
