"""Number theory: powers, multiples, factors, remainders, other bases."""

from stat_engine.numeracy.problem import Step
from stat_engine.numeracy.templates.template import Solved, Template, add, subtract

SUBJECT = "Number theory"


def solve_square_plus(a: int, b: int) -> Solved:
    expanded = f"{a}*{a}+{b}={a * a}+{b}"
    last = add(a * a, b)
    named = (Step(f"{a}^2+{b}={expanded}", "powers"), last)
    return Solved(str(a * a + b), (named, (Step(expanded, "powers"), last)))


def solve_multiples(m: int, n: int, a: int) -> Solved:
    set_up = Step(f"{m}*{a}+{n}*{a}={m * a}+{n * a}", "multiples")
    facts = (f"({m}+{n})*{a}",)
    return Solved(str((m + n) * a), ((set_up, add(m * a, n * a)),), facts)


def solve_factor(t: int, a: int) -> Solved:
    bare = (Step(f"{t}/{a}={t // a}", "factors"),)
    return Solved(str(t // a), ((Step(f"other={t}/{a}={t // a}", "factors"),), bare))


def solve_remainder(a: int, m: int) -> Solved:
    times = a // m
    set_up = f"{a}-{times}*{m}={a}-{times * m}"
    last = subtract(a, times * m)
    labelled = (Step(f"{a} mod {m}={set_up}", "modular arithmetic"), last)
    return Solved(str(a % m), (labelled, (Step(set_up, "modular arithmetic"), last)))


def solve_base(high: int, low: int, base: int) -> Solved:
    set_up = f"{high}*{base}+{low}={high * base}+{low}"
    last = add(high * base, low)
    labelled = (Step(f"{high}{low} in base {base}={set_up}", "base conversion"), last)
    return Solved(str(high * base + low), (labelled, (Step(set_up, "base conversion"), last)))


TEMPLATES: tuple[Template, ...] = (
    Template(
        "square plus",
        SUBJECT,
        "powers",
        ("What is {a}^2+{b}?", "Work out {a}^2+{b}."),
        {"a": (2, 12), "b": (2, 60)},
        solve_square_plus,
    ),
    Template(
        "multiples",
        SUBJECT,
        "multiples",
        (
            "What is the sum of multiple {m} and multiple {n} of {a}?",
            "Add multiple {m} of {a} to multiple {n} of {a}. What is the sum?",
        ),
        {"m": (2, 9), "n": (2, 9), "a": (2, 12)},
        solve_multiples,
    ),
    Template(
        "factor",
        SUBJECT,
        "factors",
        (
            "{t} is {a} times a number. What is the number?",
            "{name} knows that {a} is a factor of {t}. What is the other factor?",
        ),
        {"t": (4, 144), "a": (2, 12)},
        solve_factor,
        lambda t, a: a > 0 and t % a == 0 and 2 <= t // a <= 12,
    ),
    Template(
        "remainder",
        SUBJECT,
        "modular arithmetic",
        ("What is {a} mod {m}?", "What is the remainder when {a} is divided by {m}?"),
        {"a": (13, 99), "m": (3, 12)},
        solve_remainder,
        lambda a, m: m > 0 and 2 <= a // m <= 12,
    ),
    Template(
        "base",
        SUBJECT,
        "base conversion",
        (
            "The number {high}{low} is written in base {base}. What is it in base ten?",
            "Write {high}{low} from base {base} in base ten.",
        ),
        {"high": (1, 9), "low": (0, 9), "base": (4, 12)},
        solve_base,
        lambda high, low, base: 0 < high < base and low < base and high < 10 and low < 10,
    ),
)
