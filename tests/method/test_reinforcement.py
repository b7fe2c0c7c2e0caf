"""An arm that goes on learning from rewards: its card, what reads it, and a kill half way."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from stat_engine import Workspace, views
from stat_engine.errors import NotThereYet, StatError
from stat_engine.method import computed
from stat_engine.method import grpo as stage
from stat_engine.method.context import Silent
from stat_engine.orders import GrpoOrder, TrainOrder
from stat_engine.store.files import read_json
from tests.reinforcing import TINY

SKILL = (*TINY, "grpo.profile_weighs=reward")


@pytest.fixture(scope="module")
def reinforced(finished: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The finished run with GRPO after stat-sel and Skill-GRPO on the student itself, both evaluated."""
    root = tmp_path_factory.mktemp("reinforced") / "w"
    shutil.copytree(finished.root, root)
    run = Workspace(root).run("small")
    run.reinforce_arms(GrpoOrder(run="small", start="stat-sel", settings=TINY, evaluate=True))
    run.reinforce_arms(GrpoOrder(run="small", settings=SKILL, evaluate=True))
    return Workspace(root)


def adapter_hash(workspace: Workspace, arm: str) -> str:
    path = workspace.run("small").folder.arm_folder(arm, 0) / "adapter" / "adapter_model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest()


def card_of(workspace: Workspace, arm: str) -> dict[str, Any]:
    return read_json(workspace.run("small").folder.arm_folder(arm, 0) / "manifest.json") or {}


def test_the_card_says_where_it_began_how_it_learned_and_what_came_of_it(reinforced: Workspace) -> None:
    after, start = card_of(reinforced, "stat-sel-grpo"), card_of(reinforced, "stat-sel")
    expected = {
        "arm": "stat-sel-grpo", "start": "stat-sel", "set": "stat-sel", "n_pairs": start["n_pairs"],
        "method": "grpo", "seed": 0, "n_questions": 16, "n_answers": 64,
        "weights": adapter_hash(reinforced, "stat-sel-grpo"),
    }  # fmt: skip
    assert {key: after[key] for key in expected} == expected
    assert (after["outcome"]["steps"], after["outcome"]["questions"]) == (4, 16)
    assert after["weights"] != start["weights"]
    alone = card_of(reinforced, "base-skill-grpo")
    assert (alone["start"], alone["set"], alone["n_pairs"], alone["method"]) == (
        "base",
        None,
        None,
        "skill-grpo",
    )
    assert (alone["settings"]["profile_weighs"], alone["settings"]["rank"]) == ("reward", 16)
    folder = reinforced.run("small").folder.arm_folder("stat-sel-grpo", 0)
    assert not (folder / "checkpoints").exists()


def test_a_start_goes_on_as_the_adapter_that_it_is(reinforced: Workspace) -> None:
    """Right answers of the first batch are those of the start, not of the student itself."""
    run = reinforced.run("small").folder
    own, alone = (read_json(run.arm_folder(a, 0) / "adapter" / "adapter_config.json") for a in (
        "stat-sel", "stat-sel-grpo"))  # fmt: skip
    assert own is not None and alone is not None
    assert {k: own[k] for k in ("r", "lora_alpha", "target_modules")} == {
        k: alone[k] for k in ("r", "lora_alpha", "target_modules")
    }


def test_views_and_comparisons_know_such_an_arm(reinforced: Workspace) -> None:
    run = reinforced.run("small").folder
    rows = views.training.finished(run).set_index("arm")
    assert rows.loc["stat-sel-grpo", ["start", "n_questions", "steps"]].tolist() == ["stat-sel", 16, 4]
    assert (
        rows.loc["base-skill-grpo", "reward"] == card_of(reinforced, "base-skill-grpo")["outcome"]["reward"]
    )
    assert rows.start.isna().to_dict() == {arm: "grpo" not in arm for arm in rows.index}
    curve = views.training.curve(run, "stat-sel-grpo", 0)
    assert curve.reward.notna().tolist() == [True, False, True, False]  # a batch of answers, two steps
    result = views.compare.compare(run)
    methods = {arm["arm"]: (arm["method"], arm["n_pairs"]) for arm in result["arms"]}
    assert methods["stat-sel-grpo"] == ("grpo", 40) and methods["base-skill-grpo"] == ("skill-grpo", None)
    assert result["warning"] is None  # no set, no size that could differ
    assert run.trained_set("stat-sel-grpo") == "stat-sel" and run.trained_set("base-skill-grpo") == ""
    listed = views.training_sets.listed(run).set_index("set").arms
    assert listed["stat-sel"] == ["stat-sel", "stat-sel-grpo"]
    answers = reinforced.run("small").try_arms(["stat-sel-grpo"], "What is 2 + 2?")["answers"]
    assert [answer["arm"] for answer in answers] == ["stat-sel-grpo"]


def test_no_measure_of_pairs_is_taken_from_answers_and_the_other_way(reinforced: Workspace) -> None:
    run = reinforced.run("small").folder
    rows = views.training.finished(run)
    paired = rows[rows.start.isna()]
    assert views.training.seconds_a_pair(run) == (paired.seconds / (paired.n_pairs * paired.epochs)).median()
    rewarded = rows[rows.start.notna()]
    known = views.training_plan.grpo_plan(run, GrpoOrder(run="small", start="random", settings=TINY))[
        "seconds"
    ]
    assert known == pytest.approx((rewarded.seconds / 64).median() * 64)


def test_what_is_trained_is_not_trained_again_and_nothing_takes_its_name(reinforced: Workspace) -> None:
    run = reinforced.run("small")
    before = card_of(reinforced, "stat-sel-grpo")
    path = run.folder.arm_folder("stat-sel-grpo", 0) / "adapter" / "adapter_model.safetensors"
    written = path.stat().st_mtime_ns
    assert run.reinforce("stat-sel", settings=TINY) == before and path.stat().st_mtime_ns == written
    with pytest.raises(StatError, match="was trained with start stat-sel; its seeds are repetitions"):
        run.reinforce("random", "stat-sel-grpo", settings=TINY)
    with pytest.raises(StatError, match="was trained with other settings; its seeds are repetitions"):
        run.reinforce("stat-sel", "stat-sel-grpo", settings=SKILL)
    with pytest.raises(
        StatError, match="was made by GRPO from stat-sel; train set stat-sel under another name"
    ):
        run.train("stat-sel", "stat-sel-grpo", 1)
    with pytest.raises(StatError, match="arm stat-sel-grpo of run small was trained with"):
        run.plan_training(TrainOrder(run=run.name, sets=("stat-sel",), arm="stat-sel-grpo"))


def test_questions_are_the_clean_pools_and_the_reward_is_weighed_by_the_profile(
    reinforced: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(reinforced.root, tmp_path / "w")
    run, seen = Workspace(tmp_path / "w").run("small"), dict[str, Any]()

    def reinforce(*given: Any) -> dict[str, float]:
        seen.update(questions=given[2], weights=given[3], start=given[1])
        raise StatError("seen")

    monkeypatch.setattr("stat_engine.method.grpo.reinforce", reinforce)
    with pytest.raises(StatError, match="seen"):
        run.reinforce("random", settings=(*SKILL, "grpo.strength=0.5"))
    context = run.context()
    pool = context.clean_pool(run.config.training_set.near)[0].questions
    rates = {(of.subject, of.skill): of.failure_rate for of in computed.profile(run.folder)}
    expected = stage.question_weights([q.id for q in pool], context.pool_dataset.skill_map, rates, 0.5)
    assert seen["weights"] == expected and len(set(expected.values())) > 2
    assert {question.id for question in seen["questions"]} <= set(expected)
    asked = {question.id for question in context.evaluation_questions}
    assert not asked & set(expected)
    assert seen["start"] == run.folder.arm_folder("random", 0) / "adapter"


def test_a_kill_half_way_leaves_no_trace(reinforced: Workspace, tmp_path: Path) -> None:
    shutil.copytree(reinforced.root, tmp_path / "w")
    again = Workspace(tmp_path / "w")
    shutil.rmtree(again.run("small").folder.arm_folder("stat-sel-grpo", 0))

    class Killed(Silent):
        def progress(self, stage: str, done: int, total: int) -> None:
            if done == 3:  # before its line is written
                raise KeyboardInterrupt

    order = GrpoOrder(run="small", start="stat-sel", settings=TINY)
    with pytest.raises(KeyboardInterrupt):
        again.run("small", Killed()).reinforce_arms(order)
    folder = again.run("small").folder.arm_folder("stat-sel-grpo", 0)
    assert not (folder / "manifest.json").exists()
    assert again.run("small").plan_grpo(order)["trainings"][0]["state"] == "begun"
    (under_way,) = views.training.under_way(again.run("small").folder)
    assert (under_way["arm"], under_way["n_questions"], under_way["step"]) == ("stat-sel-grpo", 16, 2)
    assert under_way["reward"] is not None
    card = again.run("small").reinforce("stat-sel", settings=TINY)
    assert card == card_of(reinforced, "stat-sel-grpo")
    lines = [reinforced.run("small").folder, again.run("small").folder]
    one, other = (run.arm_folder("stat-sel-grpo", 0) / "metrics.jsonl" for run in lines)
    assert one.read_text() == other.read_text()


def test_a_start_that_is_not_there_is_named_with_what_makes_it(finished: Workspace) -> None:
    with pytest.raises(
        NotThereYet, match=r"no arm stat-sel with seed 7 to start from .*--arm stat-sel --seed 7"
    ):
        finished.run("small").reinforce("stat-sel", seed=7, settings=TINY)
