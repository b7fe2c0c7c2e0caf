from pathlib import Path

import pytest

from stat_engine import Workspace, review, views
from stat_engine import config as configuration
from stat_engine.config import RunConfig
from stat_engine.review import Decision
from stat_engine.store.run_folder import RunFolder
from tests.reviewing import labels_of, run_to_review

AFTER = ["missing_skills", "training_sets", "sft", "evaluation"]


def under(run: RunFolder, *settings: str) -> RunConfig:
    return configuration.validate(configuration.override(run.config.model_dump(), list(settings)))


@pytest.mark.parametrize(
    ("setting", "stale"),
    [
        ("student.temperature=0.5", ["responses", "step_rewards", *AFTER]),
        ("difficulty.tau1=0.9", AFTER),
        ("training_set.pairs=30", AFTER[1:]),
        ("sft.epochs=2", AFTER[2:]),
        ("evaluation.batch_size=7", ["evaluation"]),
        ("seeds=[0,1]", []),
        ("arms=[random,stat-sel,stat-syn,uniform]", []),
        ("teacher.server.width=3", []),
    ],
)
def test_what_becomes_stale_is_what_is_there_and_decided_by_the_change(
    finished: Workspace, setting: str, stale: list[str]
) -> None:
    run = finished.run("small").folder
    found = views.status.changes(run, under(run, setting))
    assert (found["stale"], found["n_decisions"]) == (stale, 0)
    assert found["needs_copy"] == bool({"training_sets", "sft"} & set(stale))
    assert list(found["changed"]) == [setting.partition("=")[0]]


def test_nothing_is_stale_where_nothing_is_there(fresh: Workspace) -> None:
    run = fresh.run("small").folder
    assert views.status.changes(run, under(run, "student.temperature=0.5")) == {
        "changed": {"student.temperature": [run.config.student.temperature, 0.5]},
        "stale": [], "n_decisions": 0, "needs_copy": False,
    }  # fmt: skip


def test_a_copy_keeps_what_comes_before_the_first_change(finished: Workspace) -> None:
    run = finished.run("small").folder
    assert views.status.kept(run, under(run, "difficulty.tau1=0.9")) == ["responses", "step_rewards"]
    assert views.status.kept(run, under(run, "budget=3")) == ["responses", "step_rewards", *AFTER]
    assert views.status.kept(run, under(run, "dataset=other")) == []


def test_decisions_are_counted_where_the_change_pulls_their_ground_away(tmp_path: Path) -> None:
    run = run_to_review(tmp_path, labels_of(2))
    review.decide(run, Decision("r00", "accept"), "ada")
    assert views.status.changes(run, under(run, "difficulty.tau1=0.9"))["n_decisions"] == 1
    assert views.status.changes(run, under(run, "sft.epochs=2"))["n_decisions"] == 0
