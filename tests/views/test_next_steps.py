"""The run as the paper's three stages: figures, cost and the one next action of each."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stat_engine import Workspace, views
from stat_engine.method.stage import STORED
from stat_engine.records import TeacherCall
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.next_steps import Found, cards, figures

FOUND: Found = {"figures": {1: [("Difficult", "3", "of 9 questions")], 2: [], 3: []}, "n_pending": 2}


def a_status(*states: str, is_working: bool = False) -> dict[str, Any]:
    stages = [
        {"stage": of.name, "paper_stage": of.paper_stage, "state": state, "done": 1, "total": 1, "notes": []}
        for of, state in zip(STORED, states, strict=True)
    ]
    return {"is_working": is_working, "stages": stages}


def paid(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["task", "n_calls", "cost"]).assign(n_unpriced=0)


@pytest.mark.parametrize(
    ("states", "n_pending", "expected"),
    [
        (["waiting"] * 6, 0, [{"until": "difficulty"}, None, None]),
        (["done", "stale"] + ["waiting"] * 4, 0, [{"until": "difficulty"}, None, None]),
        (
            ["done"] * 2 + ["waiting"] * 4, 0,
            [{"page": "difficult_questions", "words": "Look at the 3 difficult questions"},
             {"until": "profile"}, None],
        ),
        (
            ["done"] * 3 + ["stopped", "waiting", "waiting"], 2,
            [{"page": "difficult_questions", "words": "Look at the 3 difficult questions"},
             {"page": "skill_labels", "words": "Review 2 labels"}, {"until": "evaluation"}],
        ),
        (
            ["done"] * 6, 0,
            [{"page": "difficult_questions", "words": "Look at the 3 difficult questions"},
             {"page": "missing_skill_profile", "words": "Look at the profile"},
             {"page": "compare", "words": "Compare the arms"}],
        ),
    ],
)  # fmt: skip
def test_each_stage_has_one_next_action_once_those_before_are_done(
    states: list[str], n_pending: int, expected: list[dict[str, str] | None]
) -> None:
    made = cards(a_status(*states), paid(), {**FOUND, "n_pending": n_pending})
    assert [card["next"] for card in made] == expected


def test_nothing_is_offered_while_somebody_works() -> None:
    made = cards(a_status("done", "working", *["waiting"] * 4, is_working=True), paid(), FOUND)
    assert [(card["state"], card["next"]) for card in made] == [
        ("working", None), ("waiting", None), ("waiting", None),
    ]  # fmt: skip


def test_calls_and_cost_belong_to_the_stage_that_asked() -> None:
    rows = paid(("respond", 5, 0.5), ("missing_skills", 3, 0.25), ("self_check", 1, 0.25), ("solve", 7, 1.0))
    made = cards(a_status(*["done"] * 6), rows, FOUND)
    assert [(card["calls"], card["cost"]) for card in made] == [(5, 0.5), (4, 0.5), (7, 1.0)]


def test_calls_without_a_price_are_told_from_free_ones(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    calls = [
        TeacherCall(key=key, endpoint="lab", task="missing_skills", prompt="", answer="", run="r", **took)
        for key, took in (
            ("a", {"input_tokens": 10, "output_tokens": 2}), ("b", {"input_tokens": 10, "cost": 0.0}), ("c", {})
        )
    ]  # fmt: skip
    place.teacher_calls("lab").record(*calls)
    found = views.status.calls(place, RunFolder(tmp_path / "runs" / "r", tmp_path / "datasets"))
    made = cards(a_status(*["done"] * 6), found, FOUND)
    assert [(card["calls"], card["cost"], card["n_unpriced"]) for card in made] == [
        (0, 0.0, 0), (3, 0.0, 1), (0, 0.0, 0),
    ]  # fmt: skip


def test_figures_are_those_of_the_views(finished: Workspace) -> None:
    run = finished.run("small").folder
    summary, result = views.difficult.summary(run), views.compare.compare(run)
    worst = views.profile.profile(run).iloc[0]
    best = result["arms"][0]
    n_labels = len(run.own_labels())
    assert figures(run) == {
        "figures": {
        1: [("Difficult", str(summary["n_difficult"]), f"of {summary['n_questions']} questions")],
        2: [
            ("Reviewed", "0", f"of {n_labels} labels"),
            ("Most missed skill", worst.skill, f"in {worst.n_missing} of {worst.n_questions} questions"),
        ],
        3: [
            ("Student", f"{result['base']['accuracy']:.3f}", f"n = {result['test_questions']}"),
            (
                f"Best arm: {best['arm']}", f"{best['accuracy']:.3f}",
                f"{best['accuracy'] - result['base']['accuracy']:+.3f}",
            ),
        ],
        },
        "n_pending": n_labels,
    }  # fmt: skip


def test_a_run_of_which_nothing_is_done_has_no_figures(fresh: Workspace) -> None:
    assert figures(fresh.run("small").folder) == {"figures": {1: [], 2: [], 3: []}, "n_pending": 0}
