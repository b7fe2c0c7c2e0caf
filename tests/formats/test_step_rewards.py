"""Step rewards in: joined to the run's responses, or rated responses that come with them."""

from pathlib import Path
from typing import Any

import pytest

from stat_engine.errors import InputError
from stat_engine.formats import into_run
from stat_engine.records import step_reward
from stat_engine.store.run_folder import RunFolder
from tests.formats.files import listing, write_jsonl

RESPONSES = [
    {"problem_id": "q/2", "model": "m", "sample": 0, "response": "a\n4"},
    {"problem_id": "q/2", "model": "n", "sample": 0, "response": "b\n5\nc"},
    {"problem_id": "q/3", "model": "m", "sample": 1, "response": ""},
]
SCORED = {"problem_id": "q/2", "model": "m", "sample": 0, "step_rewards": [1, 0.1]}
RATED: dict[str, Any] = {"problem_id": "q/1", "generator": "g", "response_steps": ["a", "b", "c"]}


@pytest.fixture
def answered(tmp_path: Path, run: RunFolder) -> RunFolder:
    into_run.import_responses(run, write_jsonl(tmp_path / "responses.jsonl", RESPONSES), False)
    return run


def imported(run: RunFolder, tmp_path: Path, rows: list[Any], skip: bool = False) -> Any:
    return into_run.import_step_rewards(run, write_jsonl(tmp_path / "s.jsonl", rows), skip)


def test_rewards_are_joined_to_their_responses(tmp_path: Path, answered: RunFolder) -> None:
    rows = [{"problem_id": "q/3", "sample": 1, "step_rewards": []}, SCORED]
    counts = imported(answered, tmp_path, rows)
    assert counts == {
        "n_step_rewards": 2,
        "n_new": 2,
        "n_new_responses": 0,
        "n_responses_without": 1,
        "n_skipped": 0,
        "notes": [],
    }
    ids = {(r.question_id, r.model): r.response_id for r in answered.responses.read()}
    assert list(answered.step_rewards.read()) == [
        step_reward(ids["q/2", "m"], "q/2", [1.0, 0.1]),
        step_reward(ids["q/3", "m"], "q/3", []),
    ]
    assert answered.config.reward_model.backend == "imported"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"problem_id": "q/2", "sample": 0, "step_rewards": [1, 1]},
            "field model: found no such field, expected the model that answered: one of m, n",
        ),
        (
            {**SCORED, "model": "n"},
            "field step_rewards: found 2 rewards, expected 3, one a step of the response",
        ),
        (
            {**SCORED, "sample": 7},
            "field sample: found 7, expected a response of m to question q/2 in the run",
        ),
        (
            {"problem_id": "q/1", "step_rewards": []},
            "field problem_id: found 'q/1', expected a question that the run has a response to",
        ),
        (
            {**SCORED, "model": "other"},
            "field model: found 'other', expected a model that answered question q/2: 'm, n'",
        ),
        (
            {**SCORED, "problem_id": "q/9"},
            "field problem_id: found 'q/9', expected the id of a question of the dataset",
        ),
        (
            {**SCORED, "step_rewards": [1, 1.01]},
            "field step_rewards[1]: found 1.01, expected a number in [0, 1], or --reward-scale logit",
        ),
        (
            {**SCORED, "step_rewards": [True, 1]},
            "field step_rewards[0]: found True, expected a number in [0, 1]",
        ),
        (
            {**SCORED, "step_rewards": [1, float("nan")]},
            "field step_rewards[1]: found nan, expected a number in [0, 1]",
        ),
        (
            {**SCORED, "step_rewards": None},
            "field step_rewards: found null, expected a list of numbers in [0, 1]",
        ),
        (
            {"problem_id": "q/3", "sample": 1, "step_rewards": []},
            "field problem_id: found response 1 of m to question q/3, which stands in line 1 too, "
            "expected each only once",
        ),
        (
            {**RATED, "first_error_step": 3},
            "field first_error_step: found 3, expected a whole number from -1 to 2",
        ),
        (
            {**RATED, "first_error_step": -2},
            "field first_error_step: found -2, expected a whole number from -1 to 2",
        ),
        (RATED, "field first_error_step: found no such field, expected it, or step_ratings"),
        (
            {**RATED, "step_ratings": [1, -1]},
            "field step_ratings: found 2 values, expected 3, one a step",
        ),
        (
            {**RATED, "step_ratings": [1, None, -1]},
            "field step_ratings[1]: found null, expected 1, 0 or -1 up to the first error",
        ),
        (
            {**RATED, "step_ratings": [True, 1, 1]},
            "field step_ratings[0]: found True, expected 1, 0 or -1 up to the first error",
        ),
        (
            {**RATED, "response_steps": [], "response": "x", "first_error_step": -1},
            "field response_steps: found an empty list, expected the steps of a response that is not blank",
        ),
        (
            {**RATED, "problem_id": "q/2", "model": "m", "sample": 0, "first_error_step": 0},
            "field sample: found 0, under which the run has another text, "
            "expected a number that is free for m and question q/2",
        ),
        (
            {
                "problem_id": "q/2",
                "model": "m",
                "response": "a\n4",
                "response_steps": ["a\n4"],
                "step_ratings": [1],
            },
            "field response_steps: found 1 steps, expected 2, as the run has of this response",
        ),
    ],
)
def test_bad_row_is_named_and_nothing_imported(
    row: dict[str, Any], message: str, tmp_path: Path, answered: RunFolder
) -> None:
    first, before = {"problem_id": "q/3", "sample": 1, "step_rewards": []}, listing(answered.folder)
    with pytest.raises(InputError) as caught:
        imported(answered, tmp_path, [first, row])
    assert str(caught.value) == f"{tmp_path / 's.jsonl'}, line 2, {message}"
    assert listing(answered.folder) == before


def test_rows_without_a_response_are_skipped_on_request(tmp_path: Path, answered: RunFolder) -> None:
    rows = [SCORED, {**SCORED, "sample": 7}, {"problem_id": None, "response_steps": ["a"]}]
    rows += [{**RATED, "step_ratings": [1, None, None]}]
    counts = imported(answered, tmp_path, rows, skip=True)
    assert (counts["n_step_rewards"], counts["n_skipped"], counts["n_new_responses"]) == (1, 3, 0)
    assert answered.responses.manifest().n_rows == 3  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("ratings", "rewards"),
    [
        ({"first_error_step": -1}, [1, 1, 1]),
        ({"first_error_step": 0}, [0, 0, 0]),
        ({"first_error_step": 2.0, "step_ratings": [-1, -1, -1]}, [1, 1, 0]),
        ({"first_error_step": None, "step_ratings": [1, 0, 1]}, [1, 1, 1]),
        ({"step_ratings": [1, -1, None]}, [1, 0, 0]),
        ({"step_ratings": [0, -1, 1]}, [1, 0, 0]),
        ({"step_ratings": None, "step_scores": [0.5, 0.25, 1]}, [0.5, 0.25, 1]),
    ],
)
def test_ratings_become_rewards(
    ratings: dict[str, Any], rewards: list[float], tmp_path: Path, run: RunFolder
) -> None:
    imported(run, tmp_path, [{**RATED, **ratings}])
    assert [reward.step_rewards for reward in run.step_rewards.read()] == [[float(r) for r in rewards]]


def test_rated_rows_make_their_responses(tmp_path: Path, run: RunFolder) -> None:
    rows = [
        {**RATED, "first_error_step": 1, "correct": True},
        {**RATED, "response_steps": ["x", "2"], "first_error_step": -1},
        {"problem_id": "q/1", "response_steps": ["p", "q"], "response": "p q", "step_ratings": [1, 1]},
    ]
    counts = imported(run, tmp_path, rows)
    assert (counts["n_new_responses"], counts["n_step_rewards"]) == (3, 3)
    found = [(r.model, r.sample, r.response, r.steps, r.is_correct) for r in run.responses.read()]
    assert found == [
        ("g", 0, "a\n\nb\n\nc", ["a", "b", "c"], True),
        ("g", 1, "x\n\n2", ["x", "2"], True),
        ("unnamed", 0, "p q", ["p", "q"], False),
    ]
    assert (run.config.student.backend, run.config.reward_model.backend) == ("imported", "imported")


def test_ratings_find_responses_that_the_run_has(tmp_path: Path, answered: RunFolder) -> None:
    row = {"problem_id": "q/2", "model": "n", "response": "b\n5\nc", "response_steps": ["b", "5", "c"]}
    new = {"problem_id": "q/2", "model": "n", "response_steps": ["other"], "first_error_step": -1}
    counts = imported(answered, tmp_path, [new, {**row, "first_error_step": 1}])
    assert (counts["n_new_responses"], counts["n_step_rewards"]) == (1, 2)
    assert [(r.sample, r.response) for r in answered.responses.read() if r.model == "n"] == [
        (0, "b\n5\nc"),
        (1, "other"),
    ]


def test_one_text_is_rated_once_unless_its_samples_are_named(tmp_path: Path, run: RunFolder) -> None:
    row = {**RATED, "first_error_step": 1}
    with pytest.raises(InputError, match="found response 0 of g to question q/1, which stands in line 1 too"):
        imported(run, tmp_path, [row, row])
    counts = imported(run, tmp_path, [{**row, "sample": 0}, {**row, "sample": 1}])
    assert counts["n_new_responses"] == 2


def test_importing_again_changes_nothing_and_other_rewards_are_refused(
    tmp_path: Path, answered: RunFolder
) -> None:
    rows = [SCORED, {**RATED, "first_error_step": 1}]
    imported(answered, tmp_path, rows)
    before = listing(answered.folder)
    assert imported(answered, tmp_path, rows)["n_new"] == 0
    assert listing(answered.folder) == before
    with pytest.raises(InputError) as caught:
        imported(answered, tmp_path, [{**RATED, "first_error_step": 0}])
    assert str(caught.value) == (
        f"{tmp_path / 's.jsonl'}, line 1: found rewards for response 0 of g to question q/1 other than run r has, "
        "expected the same rewards, or another run"
    )
    assert listing(answered.folder) == before
