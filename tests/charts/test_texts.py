"""Texts and markers in charts: none crossed by a line, none hidden, no negative zero."""

import pandas as pd

from stat_engine.charts.arms import arm_dots, difference_dots, gain_map
from stat_engine.charts.colours import Marks
from stat_engine.charts.difficulty import threshold_map
from stat_engine.charts.studies import arm_gains
from stat_engine.ui.shared.draw import numbers, rounded


def differences(**of: float) -> pd.DataFrame:
    rows = [{"arm": arm, "difference": d, "ci_low": d - 0.1, "ci_high": d + 0.1} for arm, d in of.items()]
    return pd.DataFrame(rows)


def test_numbers_stand_on_the_side_of_their_points_that_the_dotted_line_does_not_cross() -> None:
    (dots,) = difference_dots(differences(up=0.1, none=0.0, down=-0.1), "base", Marks()).data
    assert list(dots.y) == ["down", "none", "up"]
    assert list(dots.textposition) == ["top left", "top right", "top right"]


def test_accuracies_stand_beside_the_students_line() -> None:
    of_base = {"accuracy": 0.5, "ci_low": 0.4, "ci_high": 0.6}
    worse = {"arm": "worse", "accuracy": 0.3, "ci_low": 0.2, "ci_high": 0.4}
    better = {"arm": "better", "accuracy": 0.7, "ci_low": 0.6, "ci_high": 0.8}
    (dots,) = arm_dots({"base": of_base, "arms": [worse, better]}, Marks()).data  # type: ignore[typeddict-item]
    shown = dict(zip(dots.y, zip(dots.text, dots.textposition, strict=True), strict=True))
    assert shown == {
        "worse": ("0.300", "top left"), "base": ("0.500", "top right"), "better": ("0.700", "top right"),
    }  # fmt: skip


def test_no_number_is_a_negative_zero() -> None:
    (dots,) = difference_dots(differences(none=-0.0001), "base", Marks()).data
    assert list(dots.text) == ["+0.000"]
    gains = pd.DataFrame(
        {
            "arm": ["none"], "gain": [-0.0001], "gain_low": [-0.0002], "gain_high": [0.1], "accuracy": [0.5],
            "lowest": [0.5], "highest": [0.5], "n_trainings": [1],
        }
    )  # fmt: skip
    (study,) = arm_gains(gains, Marks()).data
    assert list(study.text) == ["+0.000"]
    assert "-" not in f"{study.customdata[0][0]:+}"
    cells = pd.DataFrame(
        {
            "subject": [""], "skill": ["a"], "arm": ["none"], "gain": [-0.0001], "ci_low": [-0.0001],
            "ci_high": [0.1], "n_gained": [0], "n_lost": [0], "p_value": [1.0], "p_adjusted": [1.0],
            "n_questions": [3],
        }
    )  # fmt: skip
    heat, targets = gain_map(cells, ground="#ffffff").data
    assert heat.text.tolist() == [["+0.00"]]
    assert [f"{value:+}" for value in targets.customdata[0][3:5]] == ["+0.0", "+0.0"]


def test_a_tables_signed_numbers_are_no_negative_zero_and_the_rest_is_left_alone() -> None:
    columns = {"arm": "Arm", **numbers("%+.2f", gain="Gain"), **numbers("%.2g", p="p")}
    rows = pd.DataFrame({"arm": ["a", "b"], "gain": [-0.004, -0.006], "p": [0.001, 0.5]})
    shown = rounded(rows, columns)
    assert [f"{value:+.2f}" for value in shown.gain] == ["+0.00", "-0.01"]
    assert shown[["arm", "p"]].equals(rows[["arm", "p"]])


def test_the_saved_thresholds_are_a_ring_around_the_present_ones() -> None:
    grid = pd.DataFrame({"tau1": [0.0, 1.0], "tau2": [0.0, 1.0], "f1": [0.1, 0.9]})
    marks = {trace.name: trace.marker for trace in threshold_map(grid, "f1", (1.0, 1.0), (1.0, 1.0)).data[1:]}
    assert marks["saved"].symbol == "circle-open"
    assert marks["saved"].size > 1.5 * marks["now"].size
