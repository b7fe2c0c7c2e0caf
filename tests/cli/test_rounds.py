"""The verbs round and warnings."""

from stat_engine import Workspace
from tests.cli.conftest import Verb


def test_a_round_is_planned_with_its_calls_and_nothing_is_made(stat: Verb, finished: Workspace) -> None:
    plan = stat("round", "small", "--arm", "stat-syn", "--dry-run", "--json", workspace=finished.root).json
    assert plan == {
        "run": "small-round2-stat-syn", "parent": "small", "number": 2, "arm": "stat-syn", "seed": 0,
        "student": "numeracy-student+stat-syn", "adapters": ["runs/small/students/stat-syn/seed-0/adapter"],
        "dataset": "numeracy", "pool_dataset": "numeracy", "n_validation": 60, "n_test": 100, "n_pool": 1500,
        "calls": [], "cost": None, "budget": None,
    }  # fmt: skip
    assert finished.run_names() == ["small"]


def test_an_arm_that_is_not_trained_is_refused_in_one_sentence(stat: Verb, fresh: Workspace) -> None:
    refused = stat("round", "small", "--arm", "stat-sel", workspace=fresh.root)
    assert refused.status == 2
    assert "run small has no arm stat-sel with seed 0 (trained: none yet)" in refused.err
    assert fresh.run_names() == ["small"]


def test_warnings_are_rows_with_figure_and_way_out(stat: Verb, finished: Workspace) -> None:
    found = stat("warnings", "small", "--json", workspace=finished.root).json
    assert found["run"] == "small"
    assert "profile_sparse" in [one["sign"] for one in found["warnings"]]
    assert all(set(one) == {"sign", "page", "about", "found", "way_out"} for one in found["warnings"])
    said = stat("warnings", "small", workspace=finished.root).out.splitlines()
    assert [line.split(": ")[0] for line in said] == [one["about"] for one in found["warnings"]]
