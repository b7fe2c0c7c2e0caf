"""Data and measures: means, ranges, percentages, units."""

from stat_engine.numeracy.problem import Step
from stat_engine.numeracy.templates.template import Solved, Template, add, divide, multiply, subtract

SUBJECT = "Data and measures"


def solve_mean(a: int, b: int, c: int) -> Solved:
    total = a + b + c
    set_up = f"({a}+{b}+{c})/3={total}/3"
    last = divide(total, 3)
    named = (Step(f"mean={set_up}", "mean"), last)
    return Solved(str(total // 3), (named, (Step(set_up, "mean"), last)), (f"{a}+{b}", f"{b}+{c}"))


def solve_range(a: int, b: int, c: int) -> Solved:
    high, low = max(a, b, c), min(a, b, c)
    named = (Step(f"range={high}-{low}={high - low}", "range"),)
    return Solved(str(high - low), (named, (Step(f"{high}-{low}={high - low}", "range"),)))


def solve_percentage(p: int, n: int) -> Solved:
    tenth, times = n // 10, p // 10
    first = Step(f"10 percent={n}/10={tenth}", "percentages")
    bare = Step(f"{n}/10={tenth}", "percentages")
    last = multiply(times, tenth)
    facts = (f"{p}/10", f"{p}/100", f"{n}/100", f"{n}*{p}", f"{p}*{tenth}")
    return Solved(str(times * tenth), ((first, last), (bare, last)), facts)


def solve_units(a: int, b: int, size: int, unit: str) -> Solved:
    set_up = f"{a}*{size}+{b}={a * size}+{b}"
    last = add(a * size, b)
    named = (Step(f"{unit}={set_up}", "unit conversion"), last)
    return Solved(str(a * size + b), (named, (Step(set_up, "unit conversion"), last)))


def solve_weeks(a: int, b: int) -> Solved:
    return solve_units(a, b, 7, "days")


def solve_feet(a: int, b: int) -> Solved:
    return solve_units(a, b, 12, "inches")


def solve_missing(m: int, a: int, b: int) -> Solved:
    total, known = 3 * m, a + b
    set_up = f"3*{m}-({a}+{b})={total}-{known}"
    last = subtract(total, known)
    labelled = (Step(f"missing={set_up}", "missing values"), last)
    facts = (f"{total}-{a}", f"{total}-{b}")
    return Solved(str(total - known), (labelled, (Step(set_up, "missing values"), last)), facts)


def solve_weighted_mean(a: int, x: int, b: int, y: int) -> Solved:
    total, count = a * x + b * y, a + b
    set_up = f"({a}*{x}+{b}*{y})/({a}+{b})=({a * x}+{b * y})/{count}"
    rest = (add(a * x, b * y), divide(total, count))
    labelled = (Step(f"mean={set_up}", "weighted mean"), *rest)
    return Solved(str(total // count), (labelled, (Step(set_up, "weighted mean"), *rest)))


def accept_weighted_mean(a: int, x: int, b: int, y: int) -> bool:
    count, total = a + b, a * x + b * y
    return 3 <= count <= 12 and x != y and total % count == 0 and 2 <= total // count <= 12


TEMPLATES: tuple[Template, ...] = (
    Template(
        "mean",
        SUBJECT,
        "mean",
        (
            "What is the mean of {a}, {b} and {c}?",
            "Three bags hold {a}, {b} and {c} {item}. What is the mean?",
        ),
        {"a": (1, 12), "b": (1, 12), "c": (1, 12)},
        solve_mean,
        lambda a, b, c: (a + b + c) % 3 == 0 and 6 <= a + b + c <= 36,
    ),
    Template(
        "range",
        SUBJECT,
        "range",
        (
            "What is the range of {a}, {b} and {c}?",
            "Three bags hold {a}, {b} and {c} {item}. What is the range?",
        ),
        {"a": (5, 99), "b": (5, 99), "c": (5, 99)},
        solve_range,
        lambda a, b, c: max(a, b, c) > min(a, b, c),
    ),
    Template(
        "percentage",
        SUBJECT,
        "percentages",
        (
            "What is {p} percent of {n}?",
            "{name} has {n} {item} and gives away {p} percent of them. How many {item} is that?",
        ),
        {"p": (20, 90), "n": (20, 120)},
        solve_percentage,
        lambda p, n: p % 10 == 0 and n % 10 == 0,
    ),
    Template(
        "weeks",
        SUBJECT,
        "unit conversion",
        (
            "How many days are {a} weeks and {b} days?",
            "{name} is away for {a} weeks and {b} days. How many days is that?",
        ),
        {"a": (2, 12), "b": (1, 6)},
        solve_weeks,
    ),
    Template(
        "feet",
        SUBJECT,
        "unit conversion",
        (
            "How many inches are {a} feet and {b} inches?",
            "A shelf is {a} feet and {b} inches long. How many inches is that?",
        ),
        {"a": (2, 12), "b": (1, 11)},
        solve_feet,
    ),
    Template(
        "missing value",
        SUBJECT,
        "missing values",
        (
            "The mean of 3 numbers is {m}. Two of them are {a} and {b}. What is the other?",
            "3 bags hold {m} {item} on average. Two of them hold {a} and {b}. How many does the other hold?",
        ),
        {"m": (5, 12), "a": (2, 20), "b": (2, 20)},
        solve_missing,
        lambda m, a, b: 3 * m > a + b,
    ),
    Template(
        "weighted mean",
        SUBJECT,
        "weighted mean",
        (
            "{a} bags weigh {x} kg each and {b} bags weigh {y} kg each. What is the mean weight?",
            "{name} sells {a} {item} for {x} coins each and {b} for {y} coins each. What is the mean price?",
        ),
        {"a": (1, 9), "x": (2, 12), "b": (1, 9), "y": (2, 12)},
        solve_weighted_mean,
        accept_weighted_mean,
    ),
)
