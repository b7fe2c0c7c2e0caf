"""Counting: choices, cases, what is left, two overlapping groups."""

from stat_engine.numeracy.problem import Step
from stat_engine.numeracy.templates.template import Solved, Template, add, subtract

SUBJECT = "Counting"


def solve_choices(a: int, b: int) -> Solved:
    named = (Step(f"ways={a}*{b}={a * b}", "multiplication principle"),)
    return Solved(str(a * b), (named, (Step(f"{a}*{b}={a * b}", "multiplication principle"),)))


def solve_cases(a: int, b: int, c: int) -> Solved:
    set_up = f"{a}*{b}+{c}={a * b}+{c}"
    last = add(a * b, c)
    named = (Step(f"ways={set_up}", "counting by cases"), last)
    return Solved(str(a * b + c), (named, (Step(set_up, "counting by cases"), last)))


def solve_rest(t: int, a: int, b: int) -> Solved:
    set_up = f"{t}-{a}*{b}={t}-{a * b}"
    last = subtract(t, a * b)
    named = (Step(f"left={set_up}", "counting the rest"), last)
    return Solved(str(t - a * b), (named, (Step(set_up, "counting the rest"), last)))


def solve_either(a: int, b: int, both: int) -> Solved:
    set_up = f"{a}+{b}-{both}={a + b}-{both}"
    last = subtract(a + b, both)
    labelled = (Step(f"either={set_up}", "inclusion and exclusion"), last)
    bare = (Step(set_up, "inclusion and exclusion"), last)
    facts = (f"{a}-{both}", f"{b}-{both}", f"{a}-{both}+{b}-{both}")
    return Solved(str(a + b - both), (labelled, bare), facts)


TEMPLATES: tuple[Template, ...] = (
    Template(
        "choices",
        SUBJECT,
        "multiplication principle",
        (
            "{name} has {a} shirts and {b} hats. In how many ways can {name} choose one of each?",
            "{name} cooks {a} soups and {b} cakes. How many meals of one soup and one cake are there?",
        ),
        {"a": (2, 12), "b": (2, 12)},
        solve_choices,
    ),
    Template(
        "cases",
        SUBJECT,
        "counting by cases",
        (
            "A meal is one of {a} soups with one of {b} breads, or one of {c} salads. "
            "How many meals are there?",
            "{name} wears one of {a} shirts with one of {b} hats, or one of {c} coats. "
            "How many ways are there?",
        ),
        {"a": (2, 12), "b": (2, 12), "c": (2, 40)},
        solve_cases,
    ),
    Template(
        "rest",
        SUBJECT,
        "counting the rest",
        (
            "A hall has {t} seats. {a} rows of {b} seats are taken. How many seats are free?",
            "Of {t} {item}, {name} puts {a} rows of {b} on a shelf. How many {item} are left?",
        ),
        {"t": (10, 100), "a": (2, 12), "b": (2, 12)},
        solve_rest,
        lambda t, a, b: t > a * b,
    ),
    Template(
        "either",
        SUBJECT,
        "inclusion and exclusion",
        (
            "{a} children like {item}, {b} like music and {both} like both. How many like at least one?",
            "In a club {a} people sing, {b} people dance and {both} do both. How many people sing or dance?",
        ),
        {"a": (12, 60), "b": (12, 60), "both": (3, 30)},
        solve_either,
        lambda a, b, both: both < min(a, b),
    ),
)
