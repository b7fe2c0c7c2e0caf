"""The filter against correctness: figures with their n and interval, the grid, other filters beside it."""

from pathlib import Path

import pytest

from stat_engine import Workspace
from stat_engine.stats import wilson
from stat_engine.views import difficult, filters
from tests.reviewing import labels_of, run_to_review


def test_figures_have_their_n_and_interval() -> None:
    found = filters.quality({"tp": 6, "fp": 2, "fn": 3, "tn": 9})
    low, high = wilson(15, 20)
    assert found["accuracy"] == {"value": 0.75, "n": 20, "ci_low": low, "ci_high": high}
    assert (found["precision"]["value"], found["precision"]["n"]) == (0.75, 8)
    assert (found["recall"]["value"], found["recall"]["n"]) == (6 / 9, 9)
    assert found["f1"] == {"value": 12 / 17, "n": 11, "ci_low": None, "ci_high": None}
    nothing = filters.quality({"tp": 0, "fp": 0, "fn": 0, "tn": 4})
    assert [nothing[name]["value"] for name in filters.MEASURES] == [None, 1.0, None, None]


@pytest.mark.parametrize(("tau1", "tau2"), [(0.85, 0.7), (0, 0.7), (0.5, 0), (1, 1), (0, 0)])
def test_the_grid_says_what_the_counts_say(finished: Workspace, tau1: float, tau2: float) -> None:
    run = finished.run("small").folder
    grid = filters.grid(run)
    assert grid is not None
    cell = grid[(grid.tau1 == tau1) & (grid.tau2 == tau2)].iloc[0]
    confusion: dict[str, int] = difficult.summary_at(run, tau1, tau2)["confusion"]  # type: ignore[assignment]
    assert {key: int(cell[key]) for key in confusion} == confusion
    for name, one in filters.quality(confusion).items():
        assert cell[name] == one["value"] or (cell[name] != cell[name] and one["value"] is None)


def test_without_known_correctness_there_is_no_grid_and_no_quality(tmp_path: Path) -> None:
    run = run_to_review(tmp_path, labels_of(3))
    assert filters.grid(run) is None
    prm = filters.compared(run)[0]
    assert (prm["n_difficult"], prm["n_questions"], prm["quality"]) == (3, 3, None)


def test_filters_stand_side_by_side_or_say_why_not(finished: Workspace) -> None:
    folder = finished.run("small")
    rows = {row["filter"]: row for row in filters.compared(folder.folder)}
    assert list(rows) == ["prm", "consistency", "length", "orm"]
    for name in ("prm", "consistency", "length"):
        counts = folder.difficult(filter=name)
        assert rows[name]["n_difficult"] == counts["n_difficult"]
        assert rows[name]["quality"] == filters.quality(counts["confusion"])  # type: ignore[arg-type]
    assert rows["orm"]["reason"] == "no response has an outcome reward"
    assert rows["consistency"]["setting"] == "fewer than 2 samples agree"


@pytest.mark.parametrize(
    ("grader", "cost"), [("command", "running programs"), ("judge", "asking the teacher")]
)
def test_consistency_says_why_a_grader_cannot_compare_answers(tmp_path: Path, grader: str, cost: str) -> None:
    domain = {"grader": {"backend": grader, "command": ["true"]}}
    run = run_to_review(tmp_path, labels_of(3), domain=domain)
    rows = {row["filter"]: row for row in filters.compared(run)}
    assert rows["consistency"]["reason"] == (
        f"filter consistency compares final answers, and grader {grader} cannot compare two without {cost}; "
        "set difficulty.filter to prm, orm, length or ground-truth"
    )


def test_the_reward_filter_is_compared_under_any_thresholds(finished: Workspace) -> None:
    run = finished.run("small")
    row = filters.compared_at(run.folder, 0.3, 0.2)
    counts = run.difficult(tau1=0.3, tau2=0.2)
    assert (row["setting"], row["n_difficult"]) == ("τ1 = 0.3, τ2 = 0.2", counts["n_difficult"])
