"""Questions on which two arms differ."""

from pathlib import Path

import pytest

from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import differences
from tests.evaluating import run_with_arms


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path)


def ids(found: dict[str, object]) -> list[str]:
    return list(found["rows"].question_id)  # type: ignore[attr-defined]


def test_both_directions_are_counted_and_listed_by_question(run: RunFolder) -> None:
    found = differences.flips(run, "stat-sel")
    assert (found["n_gained"], found["n_lost"], found["n_questions"], found["n_rows"]) == (6, 1, 8, 7)
    rows = found["rows"]
    assert ids(found) == ["t0", "t1", "t2", "t3", "t4", "t5", "t6"]
    assert rows.direction.tolist() == ["gained"] * 6 + ["lost"]
    assert rows[["reference_share", "share"]].iloc[-1].tolist() == [1.0, 0.5]  # right with one seed of two
    assert rows[["reference_answer", "answer", "expected"]].iloc[0].tolist() == ["3", "2", "2"]


def test_filters_and_pages_cut_the_list_and_not_the_counts(run: RunFolder) -> None:
    assert ids(differences.flips(run, "stat-sel", direction="lost")) == ["t6"]
    assert ids(differences.flips(run, "stat-sel", subject="Geometry")) == ["t4", "t5", "t6"]
    assert ids(differences.flips(run, "stat-sel", level="2")) == ["t4", "t5", "t6"]
    assert ids(differences.flips(run, "stat-sel", level="3")) == []
    assert ids(differences.flips(run, "stat-sel", skill=("Algebra", "addition"))) == ["t0", "t2"]
    page = differences.flips(run, "stat-sel", offset=2, limit=3)
    assert (ids(page), page["n_rows"]) == (["t2", "t3", "t4"], 7)


def test_an_arm_may_stand_against_another_arm(run: RunFolder) -> None:
    found = differences.flips(run, "stat-syn", "random")
    assert (ids(found), found["n_gained"], found["n_lost"]) == (["t1", "t2"], 2, 0)
    assert differences.flips(run, "random", "random")["n_rows"] == 0


def test_one_question_shows_every_response_of_both_arms(run: RunFolder) -> None:
    found = differences.flip(run, "t6", "stat-sel")
    assert (found["problem"], found["expected"], found["skills"]) == (
        "What is 1 + 1? (t6)", "2", [("Geometry", "angles")],
    )  # fmt: skip
    assert found["direction"] == "lost"
    assert [differences.flip(run, id, "stat-sel")["direction"] for id in ("t0", "t7")] == ["gained", None]
    base, arm = found["sides"]
    assert (base["arm"], [r["is_correct"] for r in base["responses"]]) == ("base", [True])
    assert [(r["seed"], r["answer"], r["is_correct"]) for r in arm["responses"]] == [
        (0, "2", True),
        (1, "3", False),
    ]
    assert arm["responses"][1]["response"] == "stat-sel says\nAnswer: 3"


def test_what_is_not_there_is_named(run: RunFolder) -> None:
    with pytest.raises(
        StatError, match="found arm 'mine', expected one of: base, random, stat-sel, stat-syn"
    ):
        differences.flips(run, "mine")
    with pytest.raises(StatError, match="found direction 'up', expected one of: both, gained, lost"):
        differences.flips(run, "random", direction="up")  # type: ignore[arg-type]
    with pytest.raises(StatError, match="found question 'v0', expected one that benchmark test asked"):
        differences.flip(run, "v0", "random")
