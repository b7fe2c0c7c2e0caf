"""The gain of each arm in each skill, against plain recomputation question by question."""

from pathlib import Path

import pytest
from scipy.stats import false_discovery_control

from stat_engine.errors import StatError
from stat_engine.stats import corrected, mcnemar, paired_difference
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import differences
from stat_engine.views.evaluations import carried, evaluations
from tests.evaluating import run_with_arms

ARMS = {
    "base": ["wwwwwwwwwwwwrrrrwwwwrrrr", "wwwwwwwwwwwwrrrrwwwwrrww"],
    "random": ["rwwwwwwwwwwwrrrwwrwwrrrr"],
    "stat-sel": ["rrrrrrrrrrrrrrrrrwwwwwww"],
}


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return run_with_arms(tmp_path, ARMS)


def test_each_cell_equals_the_paired_test_of_its_questions(run: RunFolder) -> None:
    cells = differences.skill_gains(run, only_missed=False, correction="none")
    shares, members = evaluations(run).shares, carried(run, "test")
    assert len(cells) == 4 * 2
    for cell in cells.itertuples():
        ids = members.question_id[(members.subject == cell.subject) & (members.skill == cell.skill)]
        ours, theirs = shares.loc[ids, cell.arm].tolist(), shares.loc[ids, "base"].tolist()
        assert (cell.gain, cell.ci_low, cell.ci_high) == pytest.approx(paired_difference(ours, theirs))
        assert cell.p_value == cell.p_adjusted == pytest.approx(mcnemar(ours, theirs))
        assert (cell.accuracy, cell.reference_accuracy) == pytest.approx((sum(ours) / 6, sum(theirs) / 6))
        assert cell.n_questions == 6


@pytest.mark.parametrize("correction", ["benjamini-hochberg", "holm"])
def test_p_values_are_corrected_for_all_cells_of_the_map(run: RunFolder, correction: str) -> None:
    raw = differences.skill_gains(run, only_missed=False, correction="none").p_value
    found = differences.skill_gains(run, only_missed=False, correction=correction).p_adjusted
    assert found.tolist() == corrected(raw, correction).tolist()
    if correction == "benjamini-hochberg":
        assert found.tolist() == false_discovery_control(raw).tolist()
    assert (found > raw).any()


def test_the_most_missed_skills_stand_in_the_profiles_order_and_are_corrected_for_alone(
    run: RunFolder,
) -> None:
    cells = differences.skill_gains(run, correction="holm")
    assert list(dict.fromkeys(zip(cells.subject, cells.skill, strict=True))) == [
        ("Algebra", "addition"), ("Geometry", "area"),
    ]  # fmt: skip
    assert cells.p_adjusted.tolist() == corrected(cells.p_value, "holm").tolist()
    assert list(dict.fromkeys(cells.arm)) == ["stat-sel", "random"]  # best first


def test_a_question_that_an_arm_was_not_asked_is_left_out_of_its_pairs(tmp_path: Path) -> None:
    run = run_with_arms(tmp_path, {"base": ["wwww"], "random": ["r wr"]})
    cells = differences.skill_gains(run, only_missed=False).set_index(["subject", "skill"])
    assert cells.n_questions.to_dict() == {
        ("Algebra", "addition"): 1, ("Algebra", "area"): 0, ("Geometry", "angles"): 1, ("Geometry", "area"): 1,
    }  # fmt: skip
    assert cells.gain["Algebra", "addition"] == 1.0
    assert (cells.ci_low["Algebra", "area"], cells.ci_high["Algebra", "area"]) == (-1.0, 1.0)


def test_another_reference_and_an_unknown_correction(run: RunFolder) -> None:
    assert set(differences.skill_gains(run, "random").arm) == {"base", "stat-sel"}
    with pytest.raises(StatError, match="found correction 'bonferroni', expected one of: benjamini-hochberg"):
        differences.skill_gains(run, correction="bonferroni")  # type: ignore[arg-type]


@pytest.mark.parametrize("group", ["subject", "level"])
def test_gains_by_subject_and_level_pair_their_questions(run: RunFolder, group: str) -> None:
    cells = differences.skill_gains(run, correction="none", group=group)  # type: ignore[arg-type]
    shares = evaluations(run).shares
    names = ("Algebra", "Geometry") if group == "subject" else ("1", "2")
    halves = dict(zip(names, (range(12), range(12, 24)), strict=True))
    assert set(cells[group]) == set(halves)
    assert (cells["skill"] == "").all()
    for cell in cells.itertuples():
        ids = [f"t{at}" for at in halves[getattr(cell, group)]]
        ours, theirs = shares.loc[ids, cell.arm].tolist(), shares.loc[ids, "base"].tolist()
        assert (cell.gain, cell.ci_low, cell.ci_high) == pytest.approx(paired_difference(ours, theirs))
        assert cell.p_value == pytest.approx(mcnemar(ours, theirs))
