"""Arithmetic: the four operations, their order, adding fractions, sharing in a ratio."""

from math import gcd

from stat_engine.numeracy.problem import Step
from stat_engine.numeracy.templates.template import Solved, Template, add, divide, multiply, subtract

SUBJECT = "Arithmetic"


def solve_sum(a: int, b: int) -> Solved:
    return Solved(str(a + b), ((add(a, b),),))


def solve_long_sum(a: int, b: int, c: int) -> Solved:
    backwards = (add(b, c), add(a, b + c))
    return Solved(str(a + b + c), ((add(a, b), add(a + b, c)), backwards), (f"{a}+{c}",))


def solve_difference(a: int, b: int) -> Solved:
    return Solved(str(a - b), ((subtract(a, b),),))


def solve_gain_and_loss(a: int, b: int, c: int) -> Solved:
    loss_first = (subtract(a, c), add(a - c, b))
    return Solved(str(a + b - c), ((add(a, b), subtract(a + b, c)), loss_first))


def solve_product(a: int, b: int) -> Solved:
    return Solved(str(a * b), ((multiply(a, b),),))


def solve_product_and_rest(a: int, b: int, c: int) -> Solved:
    return Solved(str(a * b + c), ((multiply(a, b), add(a * b, c)),))


def solve_quotient(t: int, k: int) -> Solved:
    return Solved(str(t // k), ((divide(t, k),),))


def solve_quotient_and_more(t: int, k: int, c: int) -> Solved:
    return Solved(str(t // k + c), ((divide(t, k), add(t // k, c)),))


def solve_product_first(a: int, b: int, c: int) -> Solved:
    order = Step(f"{a}+{b}*{c}={a}+{b * c}", "order of operations")
    product_first = (multiply(b, c), add(a, b * c))
    return Solved(str(a + b * c), ((order, add(a, b * c)), product_first))


def solve_product_minus(a: int, b: int, c: int) -> Solved:
    order = Step(f"{a}*{b}-{c}={a * b}-{c}", "order of operations")
    return Solved(str(a * b - c), ((order, subtract(a * b, c)),))


def solve_bracket(a: int, b: int, c: int) -> Solved:
    order = Step(f"({a}+{b})*{c}={a + b}*{c}", "order of operations")
    bracket_first = (add(a, b), multiply(a + b, c))
    facts = (f"{a}*{c}+{b}*{c}",)
    return Solved(str((a + b) * c), ((order, multiply(a + b, c)), bracket_first), facts)


def solve_fraction_sum(a: int, b: int, c: int, d: int) -> Solved:
    left, right = a * d, c * b
    joined = f"({a}*{d}+{c}*{b})/{b * d}=({left}+{right})/{b * d}"
    set_up = Step(f"{a}/{b}+{c}/{d}={joined}", "fraction addition")
    last = add(left, right)
    facts = (f"{left}/{b * d}", f"{right}/{b * d}", f"{left + right}/{b * d}")
    routes = ((set_up, last), (Step(joined, "fraction addition"), last))
    return Solved(f"{left + right}/{b * d}", routes, facts)


def accept_fraction_sum(a: int, b: int, c: int, d: int) -> bool:
    return a < b and c < d and gcd(a, b) == gcd(c, d) == gcd(b, d) == 1


def solve_ratio(t: int, a: int, b: int) -> Solved:
    part = t // (a + b)
    set_up = f"{t}/({a}+{b})={t}/{a + b}"
    rest = (divide(t, a + b), multiply(a, part))
    labelled = (Step(f"one part={set_up}", "ratios"), *rest)
    return Solved(str(a * part), (labelled, (Step(set_up, "ratios"), *rest)), (f"{b}*{part}",))


def accept_ratio(t: int, a: int, b: int) -> bool:
    return a + b > 0 and t % (a + b) == 0 and 2 <= t // (a + b) <= 9 and a + b <= 12 and a != b


SUMS_AND_DIFFERENCES: tuple[Template, ...] = (
    Template(
        "sum",
        SUBJECT,
        "addition",
        (
            "{name} has {a} {item} and gets {b} more. How many {item} does {name} have now?",
            "There are {a} {item} in a box and {b} in a bag. How many {item} are there in all?",
        ),
        {"a": (5, 75), "b": (5, 60)},
        solve_sum,
    ),
    Template(
        "sum of three",
        SUBJECT,
        "addition",
        (
            "{name} buys {a}, then {b}, then {c} {item}. How many {item} is that?",
            "Three bags hold {a}, {b} and {c} {item}. How many {item} are there in all?",
        ),
        {"a": (5, 40), "b": (5, 40), "c": (5, 40)},
        solve_long_sum,
    ),
    Template(
        "difference",
        SUBJECT,
        "subtraction",
        (
            "{name} has {a} {item} and gives away {b}. How many {item} are left?",
            "There are {a} {item} in a box. {name} takes out {b}. How many {item} stay?",
        ),
        {"a": (10, 120), "b": (3, 90)},
        solve_difference,
        lambda a, b: a > b,
    ),
    Template(
        "gain and loss",
        SUBJECT,
        "subtraction",
        (
            "{name} has {a} {item}, finds {b} and loses {c}. How many {item} does {name} have now?",
            "A shop has {a} {item}. It gets {b} more and sells {c}. How many {item} are left?",
        ),
        {"a": (10, 60), "b": (5, 50), "c": (3, 50)},
        solve_gain_and_loss,
        lambda a, b, c: a > c,
    ),
)

PRODUCTS_AND_QUOTIENTS: tuple[Template, ...] = (
    Template(
        "product",
        SUBJECT,
        "multiplication",
        (
            "{a} boxes hold {b} {item} each. How many {item} are there in all?",
            "{name} packs {a} bags with {b} {item} each. How many {item} does {name} pack?",
        ),
        {"a": (2, 12), "b": (2, 12)},
        solve_product,
    ),
    Template(
        "product and rest",
        SUBJECT,
        "multiplication",
        (
            "{name} has {a} boxes of {b} {item} and {c} loose {item}. How many {item} is that?",
            "{a} bags hold {b} {item} each and {c} {item} lie on a table. How many {item} are there in all?",
        ),
        {"a": (2, 12), "b": (2, 12), "c": (2, 40)},
        solve_product_and_rest,
    ),
    Template(
        "quotient",
        SUBJECT,
        "division",
        (
            "{name} shares {t} {item} equally among {k} friends. How many {item} does each get?",
            "{t} {item} are packed into {k} equal boxes. How many {item} does each box hold?",
        ),
        {"t": (4, 144), "k": (2, 12)},
        solve_quotient,
        lambda t, k: k > 0 and t % k == 0 and 2 <= t // k <= 12,
    ),
    Template(
        "quotient and more",
        SUBJECT,
        "division",
        (
            "{name} splits {t} {item} into {k} equal piles and adds {c} to one pile. "
            "How many {item} has it now?",
            "{k} friends share {t} {item} equally. {name}, one of them, had {c} before. "
            "How many does {name} have now?",
        ),
        {"t": (4, 144), "k": (2, 12), "c": (2, 40)},
        solve_quotient_and_more,
        lambda t, k, c: k > 0 and t % k == 0 and 2 <= t // k <= 12,
    ),
)

TEMPLATES: tuple[Template, ...] = (
    *SUMS_AND_DIFFERENCES,
    *PRODUCTS_AND_QUOTIENTS,
    Template(
        "product first",
        SUBJECT,
        "order of operations",
        ("What is {a}+{b}*{c}?", "Work out {a}+{b}*{c}."),
        {"a": (2, 60), "b": (2, 12), "c": (2, 12)},
        solve_product_first,
    ),
    Template(
        "product minus",
        SUBJECT,
        "order of operations",
        ("What is {a}*{b}-{c}?", "Work out {a}*{b}-{c}."),
        {"a": (2, 12), "b": (2, 12), "c": (2, 60)},
        solve_product_minus,
        lambda a, b, c: a * b > c,
    ),
    Template(
        "bracket",
        SUBJECT,
        "order of operations",
        ("What is ({a}+{b})*{c}?", "Work out ({a}+{b})*{c}."),
        {"a": (1, 11), "b": (1, 11), "c": (2, 12)},
        solve_bracket,
        lambda a, b, c: a + b <= 12,
    ),
    Template(
        "fraction sum",
        SUBJECT,
        "fraction addition",
        ("What is {a}/{b}+{c}/{d}?", "Add the fractions {a}/{b} and {c}/{d}."),
        {"a": (1, 9), "b": (2, 9), "c": (1, 9), "d": (2, 9)},
        solve_fraction_sum,
        accept_fraction_sum,
    ),
    Template(
        "ratio",
        SUBJECT,
        "ratios",
        (
            "{name} and {other} share {t} {item} in the ratio {a}:{b}. How many does {name} get?",
            "{t} {item} are split in the ratio {a}:{b}. How many {item} are in the first share?",
        ),
        {"t": (6, 108), "a": (1, 9), "b": (1, 9)},
        solve_ratio,
        accept_ratio,
    ),
)
