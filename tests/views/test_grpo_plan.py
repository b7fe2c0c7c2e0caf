"""What a GRPO order will do before it does it."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.errors import StatError
from stat_engine.orders import GrpoOrder
from stat_engine.views.training_plan import grpo_plan
from tests.reinforcing import TINY


def test_a_plan_counts_questions_answers_and_steps(finished: Workspace) -> None:
    run = finished.run("small").folder
    found = grpo_plan(run, GrpoOrder(run="small", start="stat-sel", settings=TINY))
    row = {"arm": "stat-sel-grpo", "start": "stat-sel", "n_questions": 16, "n_answers": 64, "steps": 4}
    assert found["trainings"] == [{**row, "seed": 0, "seconds": None, "state": "to do"}]
    assert (found["method"], found["n_to_do"], found["n_steps"], found["n_answers"]) == ("grpo", 1, 4, 64)
    two = grpo_plan(
        run, GrpoOrder(run="small", seeds=(0, 5, 5), settings=(*TINY, "grpo.profile_weighs=sampling"))
    )
    assert [(row["arm"], row["seed"]) for row in two["trainings"]] == [
        ("base-skill-grpo", 0), ("base-skill-grpo", 5),
    ]  # fmt: skip
    assert (two["method"], two["n_steps"], two["n_answers"]) == ("skill-grpo", 8, 128)


def test_the_paper_s_settings_take_all_of_the_pool(finished: Workspace) -> None:
    run = finished.run("small").folder
    n = len(run.pool_dataset.split("train"))
    (row,) = grpo_plan(run, GrpoOrder(run="small"))["trainings"]
    assert (row["n_questions"], row["steps"], row["n_answers"]) == (
        n, 6 * (n // 256) * 4, 6 * (n // 256) * 256 * 4,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("order", "sentence"),
    [
        (GrpoOrder(run="small", settings=("sft.epochs=2",)), "setting 'sft.epochs=2': expected one of GRPO"),
        (GrpoOrder(run="small", settings=("grpo.rollouts=1",)), "setting grpo.rollouts: found 1"),
        (
            GrpoOrder(run="small", settings=("grpo.mini_batch=100",)),
            "questions_a_batch=256 is no multiple of mini_batch=100",
        ),
        (
            GrpoOrder(run="small", settings=("grpo.questions=100",)),
            "questions=100 make no whole batch of 256",
        ),
        (
            GrpoOrder(run="small", settings=("grpo.questions_a_batch=640000",)),
            "make no whole batch of grpo.questions_a_batch",
        ),
        (
            GrpoOrder(run="small", arm="base"),
            "arm base is the student itself, the start, or one that run small trains",
        ),
        (GrpoOrder(run="small", arm="random"), "arm random is the student itself, the start, or one"),
        (
            GrpoOrder(run="small", start="best"),
            r"has no arm best with seed 0 to start from \(trained: random, stat-sel, stat-syn\)",
        ),
        (GrpoOrder(run="small", arm="a/b"), "arm name 'a/b'"),
    ],
)
def test_an_order_that_would_be_refused_is_refused_at_once(
    finished: Workspace, order: GrpoOrder, sentence: str
) -> None:
    with pytest.raises(StatError, match=sentence):
        grpo_plan(finished.run("small").folder, order)


@pytest.mark.parametrize("backend", ["imported", "openai"])
def test_a_student_that_is_not_here_cannot_be_trained_here(finished: Workspace, backend: str) -> None:
    run = finished.run("small").folder
    student = run.config.student.model_copy(update={"backend": backend})
    seen = run.under(run.config.model_copy(update={"student": student}))
    with pytest.raises(StatError, match=f"its student is {backend} and cannot be trained here"):
        grpo_plan(seen, GrpoOrder(run="small"))


def test_skill_grpo_needs_a_profile(fresh: Workspace, tmp_path: Path) -> None:
    with pytest.raises(StatError, match="stat-studio run small --until missing_skills"):
        grpo_plan(fresh.run("small").folder, GrpoOrder(run="small", settings=("grpo.profile_weighs=reward",)))


def test_the_arguments_of_an_order_are_a_command() -> None:
    order = GrpoOrder(
        run="small", start="stat-sel", seeds=(0, 3), arm="mine", settings=("grpo.epochs=2",), evaluate=True
    )
    assert order.words() == [
        "grpo", "small", "--start", "stat-sel", "--seed", "0", "--seed", "3", "--arm", "mine", "--evaluate",
        "grpo.epochs=2",
    ]  # fmt: skip
