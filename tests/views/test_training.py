"""What is told of a run's fine-tunings, and what an order will do before it does it."""

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stat_engine import Workspace
from stat_engine.errors import NotThereYet, StatError
from stat_engine.method.sft.arm import drawn
from stat_engine.orders import SMALLEST, TrainOrder
from stat_engine.records import TrainingExample
from stat_engine.store.files import read_json, write_json
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import training
from stat_engine.views.training_plan import plan
from tests.factories import an_example

SFT = {"epochs": 1.0, "batch_size": 8}


def run_with(root: Path, **sizes: int) -> RunFolder:
    """A run with empty hands but for training sets of these sizes."""
    write_json(root / "runs" / "small" / "run.json", {"config": {"sft": SFT, "arms": ["random", "stat-sel"]}})
    run = WorkspaceFolder(root).run_folder("small")
    for name, n in sizes.items():
        run.training_set(name.replace("_", "-")).write(name, [an_example(f"q{at}") for at in range(n)], {})
    return run


def begun(run: RunFolder, arm: str, seed: int = 0, n_steps: int = 3, **asked: Any) -> Path:
    """A fine-tuning that wrote some steps: 10 tokens and half a second each."""
    folder = run.arm_folder(arm, seed)
    write_json(folder / "plan.json", {"set": arm, "n_pairs": 40, "settings": {}, **asked})
    steps = [
        {"step": at, "max_steps": 10, "epoch": at / 5, "loss": 1 / at, "learning_rate": 0.1, "grad_norm": 1.0,
         "n_tokens": 10 * at}
        for at in range(1, n_steps + 1)
    ]  # fmt: skip
    pace = [
        {
            "step": at,
            "seconds": 0.5 * at,
            "memory_bytes": 100 + at,
            "memory_total_bytes": 1000,
            "device": "cpu",
        }
        for at in range(1, n_steps + 1)
    ]
    for name, lines in (("metrics", steps), ("pace", pace)):
        (folder / f"{name}.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder


def ended(run: RunFolder, arm: str, seed: int = 0, **card: Any) -> None:
    """A finished fine-tuning of 10 steps, 5 s in all."""
    folder = begun(run, arm, seed, 10)
    own = {"arm": arm, "set": arm, "seed": seed, "n_pairs": 40, "settings": run.config.sft.decides()}
    write_json(folder / "manifest.json", {**own, "outcome": {"loss": 0.1, "steps": 10}, **card})


def test_curves_are_the_lines_of_metrics_with_their_pace(finished: Workspace) -> None:
    run = finished.run("small").folder
    for arm, seed in (("random", 0), ("stat-sel", 0), ("stat-syn", 0)):
        folder = run.arm_folder(arm, seed)
        lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
        pace = [json.loads(line) for line in (folder / "pace.jsonl").read_text().splitlines()]
        rows = training.curve(run, arm, seed)
        assert list(rows.columns) == training.COLUMNS
        for key in ("step", "max_steps", "epoch", "loss", "learning_rate", "grad_norm", "n_tokens"):
            assert rows[key].tolist() == [line[key] for line in lines]
        for key in ("seconds", "memory_bytes"):
            assert rows[key].tolist() == [line[key] for line in pace]
        assert len(rows) == 5


def test_doubled_steps_are_told_once_and_a_curve_without_pace_is_there(tmp_path: Path) -> None:
    run = run_with(tmp_path)
    folder = begun(run, "random")
    with (folder / "metrics.jsonl").open("a") as handle:
        handle.write('{"step": 2, "max_steps": 10, "loss": 7.0}\n{"step": 4, "max_st')
    (folder / "pace.jsonl").unlink()
    rows = training.curve(run, "random", 0)
    assert rows[["step", "loss"]].values.tolist() == [[1, 1.0], [2, 7.0], [3, 1 / 3]]
    assert rows.seconds.isna().all()


def test_the_table_of_finished_fine_tunings_is_their_manifests(finished: Workspace) -> None:
    run = finished.run("small").folder
    table = training.finished(run)
    assert list(table.columns) == training.FINISHED
    for row in table.to_dict("records"):
        folder = run.arm_folder(row["arm"], row["seed"])
        card = read_json(folder / "manifest.json") or {}
        pace = json.loads((folder / "pace.jsonl").read_text().splitlines()[-1])
        tokens = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])["n_tokens"]
        assert row == {
            "arm": card["arm"], "seed": card["seed"], "set": card["set"], "n_pairs": card["n_pairs"],
            "steps": card["outcome"]["steps"], "epochs": card["settings"]["epochs"],
            "loss": card["outcome"]["loss"], "tokens_a_second": tokens / pace["seconds"],
            "seconds": pace["seconds"], "memory_bytes": pace["memory_bytes"],
            "adapter": f"students/{row['arm']}/seed-{row['seed']}/adapter",
            "start": None, "n_questions": None, "reward": None,
        }  # fmt: skip
        assert (run.folder / row["adapter"] / "adapter_model.safetensors").exists()
    assert table.arm.tolist() == ["random", "stat-sel", "stat-syn"]


def test_one_under_way_is_told_with_its_speed_and_the_time_left(tmp_path: Path) -> None:
    run = run_with(tmp_path)
    begun(run, "random")
    ended(run, "stat-sel")
    with run.lock():
        (one,) = training.under_way(run)
    assert one == {
        "arm": "random", "seed": 0, "set": "random", "n_pairs": 40, "n_questions": None, "reward": None,
        "step": 3, "max_steps": 10, "loss": 1 / 3,
        "learning_rate": 0.1, "seconds": 1.5, "memory_bytes": 103, "memory_total_bytes": 1000, "device": "cpu",
        "tokens_a_second": 20.0, "seconds_left": 3.5, "is_at_work": True,
    }  # fmt: skip
    assert [one["is_at_work"] for one in training.under_way(run)] == [False]  # nobody holds the run


def test_a_run_without_sets_names_the_command_that_makes_them(tmp_path: Path) -> None:
    with pytest.raises(NotThereYet, match="stat-studio run small --until training_sets"):
        training.sets(run_with(tmp_path))


def test_an_order_says_arms_pairs_steps_and_time(tmp_path: Path) -> None:
    run = run_with(tmp_path, random=100, stat_sel=81)
    order = TrainOrder(run="small", sets=("random", "stat-sel"), seeds=(0, 1))
    before = plan(run, order)
    assert [(row["arm"], row["seed"], row["n_pairs"], row["steps"]) for row in before["trainings"]] == [
        ("random", 0, 100, 13), ("random", 1, 100, 13), ("stat-sel", 0, 81, 11), ("stat-sel", 1, 81, 11),
    ]  # fmt: skip
    assert (before["n_to_do"], before["n_steps"], before["n_pairs"], before["seconds"]) == (4, 48, 362, None)
    ended(run, "measured")  # 40 pairs, one epoch, 5 s
    after = plan(run, order.but(suffix="-2", pairs=SMALLEST, settings=("sft.epochs=2",)))
    assert [(row["arm"], row["n_pairs"], row["set_pairs"], row["steps"]) for row in after["trainings"][1:3]] == [
        ("random-2", 81, 100, 22), ("stat-sel-2", 81, 81, 22),
    ]  # fmt: skip
    assert after["seconds"] == pytest.approx(4 * 81 * 2 * 5 / 40)


def test_what_is_done_or_begun_is_told_and_not_counted_twice(tmp_path: Path) -> None:
    run = run_with(tmp_path, random=40, stat_sel=40)
    ended(run, "random")
    begun(run, "stat-sel", settings=run.config.sft.decides())
    told = plan(run, TrainOrder(run="small", sets=("random", "stat-sel")))
    assert [row["state"] for row in told["trainings"]] == ["done", "begun"]
    assert (told["n_to_do"], told["n_pairs"]) == (1, 40)


def test_a_set_to_be_built_counts_with_the_size_it_is_asked_for(tmp_path: Path) -> None:
    run = run_with(tmp_path, random=40)
    told = plan(run, TrainOrder(run="small", sets=("random",), methods=("uniform", "naive")))
    assert [(row["set"], row["n_pairs"]) for row in told["trainings"]] == [("random", 40), ("uniform", 9500)]


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (
            TrainOrder(run="small"),
            r"name a training set of run small with --set \(there: mine, random\), or --build",
        ),
        (TrainOrder(run="small", sets=("best",)), "has no training set best"),
        (TrainOrder(run="small", methods=("magic",)), "method 'magic': expected one of random, uniform"),
        (TrainOrder(run="small", sets=("mine",), arm="base"), "arm base is the student itself"),
        (TrainOrder(run="small", sets=("mine",), suffix="/x"), "arm name 'mine/x'"),
        (TrainOrder(run="small", sets=("mine", "random"), arm="one"), "--arm one names one arm, and 2 sets"),
        (
            TrainOrder(run="small", sets=("mine",), settings=("seeds=[1]",)),
            r"setting 'seeds=\[1\]': expected one of",
        ),
        (TrainOrder(run="small", sets=("mine",), settings=("sft.epochs=0",)), "setting sft.epochs: found 0"),
        (
            TrainOrder(run="small", sets=("random",), settings=("sft.rank=2",)),
            "arm random is one of run small's own",
        ),
        (TrainOrder(run="small", sets=("mine",), arm="random"), "arm random is one of run small's own"),
        (TrainOrder(run="small", sets=("random",), pairs=8), "arm random is one of run small's own"),
        (
            TrainOrder(run="small", sets=("mine",), arm="old", pairs=8),
            "arm old of run small was trained with set old",
        ),
    ],
)
def test_an_order_that_would_be_refused_is_refused_at_once(
    tmp_path: Path, order: TrainOrder, sentence: str
) -> None:
    run = run_with(tmp_path, random=40, mine=20)
    ended(run, "old")
    with pytest.raises(StatError, match=sentence):
        plan(run, order)


def test_the_arguments_of_an_order_are_a_command() -> None:
    order = TrainOrder(
        run="small", sets=("a", "b"), methods=("uniform",), seeds=(0, 3), suffix="-2", pairs=SMALLEST,
        settings=("sft.epochs=1.0",), evaluate=True,
    )  # fmt: skip
    assert order.words() == [
        "train", "small", "--set", "a", "--set", "b", "--build", "uniform", "--seed", "0", "--seed", "3",
        "--pairs", "smallest", "--suffix=-2", "--evaluate", "sft.epochs=1.0",
    ]  # fmt: skip


def test_a_cut_set_keeps_the_same_pairs_of_all_its_skills() -> None:
    examples: list[TrainingExample] = [
        an_example(f"q{at}", skills=["first" if at < 500 else "second"]) for at in range(1000)
    ]
    kept = drawn(examples, 200)
    assert kept == drawn(examples, 200) and len(kept) == 200
    assert kept == [example for example in examples if example in kept]  # in their order
    share = pd.Series([example.skills[0] for example in kept]).value_counts(normalize=True)["first"]
    assert math.isclose(share, 0.5, abs_tol=0.1)
    assert drawn(examples, 1000) is examples


def test_arms_of_a_matched_order_are_trained_on_as_many_pairs(finished: Workspace, tmp_path: Path) -> None:
    shutil.copytree(finished.root, tmp_path / "w")
    run = Workspace(tmp_path / "w").run("small")
    run.build("uniform", "few", pairs=12)
    order = TrainOrder(
        run="small",
        sets=("random", "few"),
        seeds=(1,),
        suffix="-m",
        pairs=SMALLEST,
        settings=("sft.rank=2",),
    )
    cards = run.train_arms(order)
    assert [(card["arm"], card["seed"], card["n_pairs"], card["outcome"]["steps"]) for card in cards] == [
        ("random-m", 1, 12, 2), ("few-m", 1, 12, 2),
    ]  # fmt: skip
    assert {card["settings"]["rank"] for card in cards} == {2} and run.config.sft.rank == 16
    assert run.train_arms(order) == cards  # nothing is trained again
