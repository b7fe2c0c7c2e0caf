"""The skills by subject, the rare ones in the student's training, and their wordings.

A skill is identified by (subject, skill): "addition" in Geometry and "addition" in Algebra are two
skills, so that a question's skills always come from the list of its own subject (paper: the teacher
chooses from that list only). The embedded teacher uses the wordings when it names skills without a list."""

import re

from stat_engine.skills import normalise

SKILLS: dict[str, list[str]] = {
    "Arithmetic": [
        "addition",
        "subtraction",
        "multiplication",
        "division",
        "order of operations",
        "fraction addition",
        "ratios",
    ],
    "Algebra": [
        "linear equations",
        "evaluating functions",
        "substitution",
        "arithmetic sequences",
        "slopes",
        "addition",
        "division",
    ],
    "Geometry": [
        "perimeter",
        "area",
        "angles",
        "compound area",
        "trapezium area",
        "addition",
        "subtraction",
        "multiplication",
        "division",
    ],
    "Number theory": [
        "powers",
        "multiples",
        "factors",
        "modular arithmetic",
        "base conversion",
        "addition",
        "subtraction",
    ],
    "Counting": [
        "multiplication principle",
        "counting by cases",
        "counting the rest",
        "inclusion and exclusion",
        "addition",
        "subtraction",
    ],
    "Data and measures": [
        "mean",
        "range",
        "percentages",
        "unit conversion",
        "missing values",
        "weighted mean",
        "addition",
        "subtraction",
        "multiplication",
        "division",
    ],
}

WEAK_SKILLS: frozenset[tuple[str, str]] = frozenset(
    {
        ("Arithmetic", "fraction addition"),
        ("Arithmetic", "ratios"),
        ("Algebra", "arithmetic sequences"),
        ("Algebra", "slopes"),
        ("Geometry", "trapezium area"),
        ("Number theory", "modular arithmetic"),
        ("Number theory", "base conversion"),
        ("Counting", "inclusion and exclusion"),
        ("Data and measures", "missing values"),
        ("Data and measures", "weighted mean"),
    }
)


WORDINGS: dict[str, tuple[str, ...]] = {
    "addition": ("addition", "adding numbers", "sums of numbers"),
    "subtraction": ("subtraction", "subtracting numbers", "taking away"),
    "multiplication": ("multiplication", "multiplying numbers", "products of numbers"),
    "division": ("division", "dividing numbers", "sharing equally"),
    "order of operations": ("order of operations", "operations in the right order", "operator precedence"),
    "fraction addition": ("fraction addition", "adding fractions", "sums of fractions"),
    "ratios": ("ratios", "ratio calculation", "sharing in proportion"),
    "linear equations": ("linear equations", "solving linear equations", "solving for an unknown"),
    "evaluating functions": ("evaluating functions", "function evaluation", "values of functions"),
    "substitution": ("substitution", "substituting values", "plugging in a value"),
    "arithmetic sequences": ("arithmetic sequences", "terms of arithmetic sequences", "constant differences"),
    "slopes": ("slopes", "slope of a line", "steepness of a line"),
    "perimeter": ("perimeter", "perimeter calculation", "distance around a figure"),
    "area": ("area", "area calculation", "area of a figure"),
    "angles": ("angles", "angle calculation", "angle sums"),
    "compound area": ("compound area", "area of compound figures", "adding areas"),
    "trapezium area": ("trapezium area", "area of a trapezium", "trapezium formula"),
    "powers": ("powers", "powers of numbers", "exponents"),
    "multiples": ("multiples", "common multiples", "multiples of a number"),
    "factors": ("factors", "common factors", "divisors of a number"),
    "modular arithmetic": ("modular arithmetic", "remainders", "clock arithmetic"),
    "base conversion": ("base conversion", "converting bases", "numbers in other bases"),
    "multiplication principle": ("multiplication principle", "counting by multiplying", "product rule"),
    "counting by cases": ("counting by cases", "case counting", "sum rule"),
    "counting the rest": ("counting the rest", "counting the complement", "all but the unwanted"),
    "inclusion and exclusion": ("inclusion and exclusion", "inclusion exclusion rule", "overlapping sets"),
    "mean": ("mean", "mean of data", "average"),
    "range": ("range", "range of data", "spread of data"),
    "percentages": ("percentages", "percentage calculation", "percent of an amount"),
    "unit conversion": ("unit conversion", "converting units", "changing units"),
    "missing values": ("missing values", "finding a missing value", "value from a mean"),
    "weighted mean": ("weighted mean", "mean with weights", "weighted average"),
}
"""Skill -> its wordings, its own name first; no wording stands under two skills."""

_SKILL_OF = {normalise(wording): skill for skill, of in WORDINGS.items() for wording in of}


JOINT = " or "
_LEVEL = re.compile(r",? level (\d+)$")


def skill_meant(name: str) -> str | None:
    """The skill that a name is a wording of; None for any other text."""
    return _SKILL_OF.get(normalise(name))


def parts(name: str) -> list[str]:
    """The names that a coarser one joins ("area or perimeter"), without a finer one's level."""
    return [part.strip() for part in _LEVEL.sub("", name).split(JOINT)]


def is_of_level(name: str, level: int) -> bool:
    """Whether a name is for questions of this level: one without a level is for all ("area, level 2")."""
    found = _LEVEL.search(name)
    return found is None or int(found[1]) == level
