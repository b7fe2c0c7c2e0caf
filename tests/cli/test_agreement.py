"""The agreement verb on a real run of the demo's two teachers, one noisier than the other."""

from stat_engine import Workspace
from stat_engine.views.agreement import agreement
from stat_engine.views.label_history import people_agreement
from tests.cli.conftest import Verb


def test_agreement_shows_both_ways_kappas_and_disagreements(stat: Verb, finished: Workspace) -> None:
    result = stat("agreement", "small", "--json", workspace=finished.root).json
    folder = finished.run("small").folder
    assert result == {**agreement(folder), "people": people_agreement(folder), "notes": []}
    assert [teacher["teacher"] for teacher in result["teachers"]] == ["checker", "noisy-checker"]
    for pair in result["pairs"]:
        assert 0 <= pair["ci_low"] <= pair["agreement"] <= pair["ci_high"] <= 1
    assert {kappa["subject"] for kappa in result["skills"]} <= {
        "Algebra", "Arithmetic", "Counting", "Data and measures", "Geometry", "Number theory",
    }  # fmt: skip
    table = stat("agreement", "small", workspace=finished.root).out
    assert "first named none" in table and "kappa" in table and "\x1b" not in table
    assert "no label of checker is reviewed yet" in table
