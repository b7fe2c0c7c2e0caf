"""Algebra: equations, functions, substitution, sequences, slopes."""

from stat_engine.numeracy.problem import Step
from stat_engine.numeracy.templates.template import Solved, Template, add, divide

SUBJECT = "Algebra"


def solve_equation_plus(a: int, b: int, c: int) -> Solved:
    moved, x = c - b, (c - b) // a
    first = Step(f"{a}x={c}-{b}={moved}", "linear equations")
    named = (first, Step(f"x={moved}/{a}={x}", "division"))
    return Solved(str(x), (named, (first, divide(moved, a))), (f"{moved}", f"{x}"))


def accept_equation_plus(a: int, b: int, c: int) -> bool:
    return a > 0 and c > b and (c - b) % a == 0 and 2 <= (c - b) // a <= 12


def solve_equation_minus(a: int, b: int, c: int) -> Solved:
    moved, x = c + b, (c + b) // a
    first = Step(f"{a}x={c}+{b}={moved}", "linear equations")
    named = (first, Step(f"x={moved}/{a}={x}", "division"))
    return Solved(str(x), (named, (first, divide(moved, a))))


def accept_equation_minus(a: int, b: int, c: int) -> bool:
    return a > 0 and (c + b) % a == 0 and 2 <= (c + b) // a <= 12


def solve_function(a: int, b: int, c: int) -> Solved:
    set_up = f"{a}*{c}+{b}={a * c}+{b}"
    last = add(a * c, b)
    named = (Step(f"f({c})={set_up}", "evaluating functions"), last)
    return Solved(str(a * c + b), (named, (Step(set_up, "evaluating functions"), last)))


def solve_substitution(a: int, b: int, x: int, y: int) -> Solved:
    set_up = Step(f"{a}*{x}+{b}*{y}={a * x}+{b * y}", "substitution")
    return Solved(str(a * x + b * y), ((set_up, add(a * x, b * y)),))


def solve_sequence(first: int, step: int, place: int) -> Solved:
    grown = step * (place - 1)
    set_up = f"{first}+{step}*{place - 1}={first}+{grown}"
    last = add(first, grown)
    labelled = (Step(f"term {place}={set_up}", "arithmetic sequences"), last)
    bare = (Step(set_up, "arithmetic sequences"), last)
    return Solved(str(first + grown), (labelled, bare), (f"{place}-1",))


def solve_slope(x1: int, y1: int, x2: int, y2: int) -> Solved:
    rise, run = y2 - y1, x2 - x1
    set_up = f"({y2}-{y1})/({x2}-{x1})={rise}/{run}"
    last = divide(rise, run)
    labelled = (Step(f"slope={set_up}", "slopes"), last)
    return Solved(str(rise // run), (labelled, (Step(set_up, "slopes"), last)))


def accept_slope(x1: int, y1: int, x2: int, y2: int) -> bool:
    rise, run = y2 - y1, x2 - x1
    return run >= 2 and rise > 0 and rise % run == 0 and 2 <= rise // run <= 12


TEMPLATES: tuple[Template, ...] = (
    Template(
        "equation plus",
        SUBJECT,
        "linear equations",
        ("Solve {a}x+{b}={c}.", "What is x if {a}x+{b}={c}?"),
        {"a": (2, 12), "b": (2, 60), "c": (5, 120)},
        solve_equation_plus,
        accept_equation_plus,
    ),
    Template(
        "equation minus",
        SUBJECT,
        "linear equations",
        ("Solve {a}x-{b}={c}.", "What is x if {a}x-{b}={c}?"),
        {"a": (2, 12), "b": (2, 60), "c": (5, 90)},
        solve_equation_minus,
        accept_equation_minus,
    ),
    Template(
        "function",
        SUBJECT,
        "evaluating functions",
        ("If f(x)={a}x+{b}, what is f({c})?", "Let f(x)={a}x+{b}. Work out f({c})."),
        {"a": (2, 12), "b": (2, 40), "c": (2, 12)},
        solve_function,
    ),
    Template(
        "substitution",
        SUBJECT,
        "substitution",
        ("What is {a}x+{b}y if x={x} and y={y}?", "Let x={x} and y={y}. Work out {a}x+{b}y."),
        {"a": (2, 9), "b": (2, 9), "x": (2, 9), "y": (2, 9)},
        solve_substitution,
    ),
    Template(
        "sequence",
        SUBJECT,
        "arithmetic sequences",
        (
            "A sequence starts at {first} and goes up by {step} each time. What is term {place}?",
            "The first term of a sequence is {first} and each term is {step} more. What is term {place}?",
        ),
        {"first": (2, 40), "step": (2, 9), "place": (4, 13)},
        solve_sequence,
    ),
    Template(
        "slope",
        SUBJECT,
        "slopes",
        (
            "What is the slope of the line through ({x1},{y1}) and ({x2},{y2})?",
            "A line goes through ({x1},{y1}) and ({x2},{y2}). What is its slope?",
        ),
        {"x1": (1, 12), "y1": (1, 40), "x2": (3, 20), "y2": (3, 80)},
        solve_slope,
        accept_slope,
    ),
)
