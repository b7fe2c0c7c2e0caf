"""The verb `grpo`: what it says it will do, what it did, and the job it becomes."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, jobs
from stat_engine.errors import StatError
from stat_engine.jobs.lanes import lane_of
from stat_engine.orders import GrpoOrder, Order
from tests.cli.conftest import Verb, assert_refused
from tests.reinforcing import TINY


def test_a_dry_run_changes_nothing_and_the_work_does_what_it_said(
    stat: Verb, finished: Workspace, tmp_path: Path
) -> None:
    root = shutil.copytree(finished.root, tmp_path / "w")
    order = ["grpo", "small", "--start", "random", "--seed", "0", *TINY, "--json"]
    told = stat(*order, "--dry-run", workspace=root).json
    assert [(row["arm"], row["n_answers"], row["steps"]) for row in told["trainings"]] == [
        ("random-grpo", 64, 4)
    ]
    assert not (Workspace(root).run("small").folder.folder / "students" / "random-grpo").exists()
    card = stat(*order, workspace=root).json
    keys = ("arm", "start", "method", "seed", "n_questions", "n_answers", "steps")
    assert [card[key] for key in keys] == ["random-grpo", "random", "grpo", 0, 16, 64, 4]
    assert 0 <= card["first_reward"] <= 1 and 0 <= card["reward"] <= 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--start", "best"], "run small has no arm best with seed 0 to start from"),
        (["sft.rank=2"], "setting 'sft.rank=2': expected one of GRPO, as in grpo.epochs=2"),
        (["--launcher", "gpu"], "--launcher gpu: only a job has a launcher; add --detach"),
        (["--detach", "--arm", "base"], "arm base is the student itself"),
    ],
)
def test_an_order_that_cannot_be_is_one_sentence(
    stat: Verb, finished: Workspace, arguments: list[str], sentence: str
) -> None:
    assert_refused(stat("grpo", "small", *arguments, workspace=finished.root), sentence)


def test_as_a_job_it_is_the_same_order_on_the_device(
    stat: Verb, finished: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Order] = []

    def submit(root: Path, order: Order, **_: Any) -> str:
        given.append(order)
        raise StatError("seen")

    monkeypatch.setattr(jobs, "submit", submit)
    stat("grpo", "small", "--start", "stat-sel", "--detach", "--evaluate", *TINY, workspace=finished.root)
    assert given == [GrpoOrder(run="small", start="stat-sel", settings=TINY, evaluate=True)]
    assert lane_of(finished.root, given[0]) == "device"
