"""The skills by subject, and which of them are rare in what the student is trained on.

A skill is identified by (subject, skill): "addition" in Geometry and "addition" in Algebra are two
skills, so that a question's skills always come from the list of its own subject (paper: the teacher
chooses from that list only).
"""

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
