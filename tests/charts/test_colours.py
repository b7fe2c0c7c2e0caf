from itertools import combinations

import numpy as np
import pytest

from stat_engine.charts.colours import BASE, Mark, Marks

NAMES = [f"arm-{n}" for n in range(12)]
SEEN_BY = {
    "all": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
}  # fmt: skip
"""Linear RGB as a reader sees it: Machado, Oliveira and Fernandes (2009), severity 1."""
SHAPES = [
    {"circle", "circle-open", "pentagon"}, {"square", "diamond"}, {"triangle-up", "triangle-down"},
    {"x", "cross"}, {"star", "hexagram"}, {"bowtie", "hourglass"},
]  # fmt: skip
"""Markers that look alike at 9 pixels."""


def _lab(colour: str, reader: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """CIELAB of a colour as a reader sees it."""
    rgb = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    linear = np.clip(SEEN_BY[reader] @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear / np.array([0.9505, 1, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def _is_alike(one: Mark, other: Mark) -> bool:
    return one.symbol == other.symbol or any({one.symbol, other.symbol} <= shapes for shapes in SHAPES)


@pytest.mark.parametrize("reader", SEEN_BY)
def test_twelve_arms_differ_in_colour_or_marker_for_every_reader(reader: str) -> None:
    marks = Marks(NAMES)
    shown = [BASE, *(marks.arm(name) for name in NAMES)]
    near = [
        (one, other)
        for one, other in combinations(shown, 2)
        if _is_alike(one, other)
        and np.linalg.norm(_lab(one.colour, reader) - _lab(other.colour, reader)) < 15
    ]
    assert near == []
    assert len({mark.colour for mark in shown}) == len({mark.symbol for mark in shown}) == 13


def test_the_check_finds_marks_that_look_alike() -> None:
    red, green = "#a05020", "#607020"
    assert np.linalg.norm(_lab(red, "all") - _lab(green, "all")) > 30
    assert np.linalg.norm(_lab(red, "deuteranopia") - _lab(green, "deuteranopia")) < 15


def test_many_arms_and_runs_have_marks_of_their_own() -> None:
    names = ["stat-sel", "random", *NAMES, *(f"more-{n}" for n in range(30))]
    marks = Marks(names, names)
    for of in (marks.arm, marks.run):
        assert len({(of(name).colour, of(name).symbol) for name in names}) == len(names)


def test_a_mark_stays_when_others_come() -> None:
    before, after = Marks(["mine", "stat-sel"]), Marks(["mine", "stat-sel", "yours", "random"])
    for name in ("mine", "stat-sel", "base"):
        assert before.arm(name) == after.arm(name)
    assert Marks([], ["a", "b"]).run("a") == Marks([], ["a", "b", "c"]).run("a")


def test_the_papers_arms_keep_their_colours_among_others() -> None:
    assert Marks(["stat-sel"]).arm("stat-sel") == Marks([*NAMES[:4], "stat-sel"]).arm("stat-sel")


def test_a_new_name_is_drawn_as_the_next_one() -> None:
    assert Marks(["mine"], ["a"]).arm("new") == Marks(["mine", "new"]).arm("new")
    assert Marks(["mine"], ["a"]).run("b") == Marks(["mine"], ["a", "b"]).run("b")
