import json

import pytest

from stat_engine import Workspace
from tests.cli.conftest import Verb, assert_refused


def test_several_arms_are_trained_and_graded_by_one_command(stat: Verb, copy: Workspace) -> None:
    said = stat(
        "train", "small", "--set", "random", "--set", "stat-sel", "--seed", 1, "--seed", 2, "--pairs", 16,
        "--suffix=-s", "sft.rank=4", "--evaluate", "--json", workspace=copy.root,
    )  # fmt: skip
    rows = [(row["arm"], row["set"], row["seed"], row["n_pairs"], row["steps"]) for row in said.json["arms"]]
    assert rows == [
        ("random-s", "random", 1, 16, 2), ("random-s", "random", 2, 16, 2),
        ("stat-sel-s", "stat-sel", 1, 16, 2), ("stat-sel-s", "stat-sel", 2, 16, 2),
    ]  # fmt: skip
    run = copy.run("small").folder
    assert {arm: seeds for arm, seeds in run.evaluated("test").items() if arm.endswith("-s")} == {
        "random-s": [1, 2],
        "stat-sel-s": [1, 2],
    }
    adapter = json.loads((run.arm_folder("random-s", 1) / "adapter" / "adapter_config.json").read_text())
    assert adapter["r"] == 4


def test_a_method_s_set_is_built_before_it_is_trained_on(stat: Verb, copy: Workspace) -> None:
    arguments = ("train", "small", "--build", "uniform", "--json")
    told = stat(*arguments, "--dry-run", workspace=copy.root).json
    assert [(row["arm"], row["n_pairs"], row["state"]) for row in told["trainings"]] == [
        ("uniform", 40, "to do")
    ]
    assert (told["calls"], told["cost"], told["n_steps"]) == ([], 0, 5)
    assert copy.run("small").folder.training_set("uniform").manifest() is None  # a dry run makes nothing
    card = stat(*arguments, workspace=copy.root).json
    assert (card["arm"], card["method"], card["n_pairs"]) == ("uniform", "uniform", 40)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--set", "random", "--pairs", "few"],
            "--pairs: found 'few', expected a number above 0, or smallest",
        ),
        (["--set", "random", "--launcher", "gpu"], "--launcher gpu: only a job has a launcher; add --detach"),
        (["--set", "random", "sft.epochs=2"], "arm random is one of run small's own"),
        ([], "name a training set of run small with --set (there: random, stat-sel, stat-syn)"),
    ],
)
def test_an_order_that_cannot_be_is_one_sentence(
    stat: Verb, finished: Workspace, arguments: list[str], sentence: str
) -> None:
    assert_refused(stat("train", "small", *arguments, workspace=finished.root), sentence)


def test_arms_that_are_tried_answer_as_they_did_in_the_evaluation(stat: Verb, finished: Workspace) -> None:
    run = finished.run("small").folder
    graded = {arm: list(run.evaluation(arm, 0, "test").read()) for arm in ("base", "stat-sel")}
    changed = [one for one, other in zip(*graded.values(), strict=True) if one.is_correct != other.is_correct]
    id = (changed or graded["base"])[0].question_id
    said = stat(
        "try", "small", "--arm", "base", "--arm", "stat-sel", "--id", id, "--json", workspace=finished.root
    ).json
    expected = {arm: next(row for row in rows if row.question_id == id) for arm, rows in graded.items()}
    assert [(one["arm"], one["response"], one["answer"], one["is_correct"]) for one in said["answers"]] == [
        (arm, row.response, row.answer, row.is_correct) for arm, row in expected.items()
    ]
    question = run.dataset.questions[id]
    assert (said["question_id"], said["question"], said["reference"]) == (
        id,
        question.problem,
        question.answer,
    )
    own = stat(
        "try",
        "small",
        "--arm",
        "stat-sel",
        f"--question={question.problem}",
        "--json",
        workspace=finished.root,
    ).json
    (answer,) = own["answers"]
    assert (own["question_id"], own["reference"], answer["is_correct"]) == (None, None, None)
    assert answer["response"] == expected["stat-sel"].response


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--arm", "base", "--question", "  "], "the question is empty; expected its text"),
        (["--arm", "base", "--id", "none"], "dataset numeracy has no question none"),
        (["--arm", "best", "--question", "1+1"], "run small has no arm best with seed 0"),
        (["--arm", "random", "--seed", "7", "--question", "1+1"], "run small has no arm random with seed 7"),
    ],
)
def test_what_cannot_be_tried_is_one_sentence(
    stat: Verb, finished: Workspace, arguments: list[str], sentence: str
) -> None:
    assert_refused(stat("try", "small", *arguments, workspace=finished.root), sentence)
