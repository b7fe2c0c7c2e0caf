"""Geometry: perimeters, areas, angles."""

from stat_engine.numeracy.problem import Step
from stat_engine.numeracy.templates.template import Solved, Template, add, divide, multiply, subtract

SUBJECT = "Geometry"


def solve_rectangle_perimeter(a: int, b: int) -> Solved:
    set_up = f"2*({a}+{b})=2*{a + b}"
    last = multiply(2, a + b)
    named = (Step(f"perimeter={set_up}", "perimeter"), last)
    facts = (f"2*{a}+2*{b}", f"{a}+{b}+{a}+{b}", f"{a}+{a}", f"{b}+{b}")
    return Solved(str(2 * (a + b)), (named, (Step(set_up, "perimeter"), last)), facts)


def solve_triangle_perimeter(a: int, b: int, c: int) -> Solved:
    first = Step(f"perimeter={a}+{b}+{c}={a + b}+{c}", "perimeter")
    last_two = Step(f"perimeter={a}+{b}+{c}={a}+{b + c}", "perimeter")
    return Solved(str(a + b + c), ((first, add(a + b, c)), (last_two, add(a, b + c))), (f"{a}+{c}",))


def solve_rectangle_area(a: int, b: int) -> Solved:
    bare = (Step(f"{a}*{b}={a * b}", "area"),)
    return Solved(str(a * b), ((Step(f"area={a}*{b}={a * b}", "area"),), bare))


def solve_triangle_area(a: int, b: int) -> Solved:
    set_up = f"{a}*{b}/2={a * b}/2"
    last = divide(a * b, 2)
    named = (Step(f"area={set_up}", "area"), last)
    return Solved(str(a * b // 2), (named, (Step(set_up, "area"), last)))


def solve_third_angle(a: int, b: int) -> Solved:
    set_up = f"90-({a}+{b})=90-{a + b}"
    last = subtract(90, a + b)
    named = (Step(f"third={set_up}", "angles"), last)
    facts = (f"90-{a}", f"90-{b}")
    return Solved(str(90 - a - b), (named, (Step(set_up, "angles"), last)), facts)


def solve_compound_area(a: int, b: int, c: int, d: int) -> Solved:
    set_up = f"{a}*{b}-{c}*{d}={a * b}-{c * d}"
    last = subtract(a * b, c * d)
    labelled = (Step(f"area={set_up}", "compound area"), last)
    strips = (f"{a}*({b}-{d})+({a}-{c})*{d}", f"{b}*({a}-{c})+({b}-{d})*{c}")
    return Solved(str(a * b - c * d), (labelled, (Step(set_up, "compound area"), last)), strips)


def solve_trapezium_area(a: int, b: int, h: int) -> Solved:
    total = a + b
    set_up = f"({a}+{b})*{h}/2={total}*{h}/2"
    rest = (multiply(total, h), divide(total * h, 2))
    labelled = (Step(f"area={set_up}", "trapezium area"), *rest)
    facts = (f"({a}+{b})/2", f"{h}/2", f"{a}*{h}", f"{b}*{h}", f"{a}*{h}/2", f"{b}*{h}/2")
    bare = (Step(set_up, "trapezium area"), *rest)
    return Solved(str(total * h // 2), (labelled, bare), facts)


TEMPLATES: tuple[Template, ...] = (
    Template(
        "rectangle perimeter",
        SUBJECT,
        "perimeter",
        (
            "What is the perimeter of a rectangle of {a} by {b}?",
            "A garden is {a} m long and {b} m wide. How long is its fence?",
        ),
        {"a": (2, 25), "b": (2, 25)},
        solve_rectangle_perimeter,
    ),
    Template(
        "triangle perimeter",
        SUBJECT,
        "perimeter",
        (
            "A triangle has sides of {a}, {b} and {c}. What is its perimeter?",
            "What is the perimeter of a triangle with sides {a}, {b} and {c}?",
        ),
        {"a": (5, 40), "b": (5, 40), "c": (5, 40)},
        solve_triangle_perimeter,
        lambda a, b, c: 2 * max(a, b, c) < a + b + c,
    ),
    Template(
        "rectangle area",
        SUBJECT,
        "area",
        (
            "What is the area of a rectangle of {a} by {b}?",
            "{name} has a garden of {a} by {b} m. What is its area?",
        ),
        {"a": (2, 12), "b": (2, 12)},
        solve_rectangle_area,
    ),
    Template(
        "triangle area",
        SUBJECT,
        "area",
        (
            "{name} cuts a triangle of base {a} and height {b}. What is its area?",
            "What is the area of a triangle with base {a} and height {b}?",
        ),
        {"a": (2, 12), "b": (2, 12)},
        solve_triangle_area,
        lambda a, b: a * b % 2 == 0,
    ),
    Template(
        "third angle",
        SUBJECT,
        "angles",
        (
            "Three angles make a right angle. Two are {a} and {b} degrees. What is the third?",
            "A right angle is cut in three. Two parts are {a} and {b} degrees. What is the other part?",
        ),
        {"a": (5, 60), "b": (5, 60)},
        solve_third_angle,
        lambda a, b: a + b < 90,
    ),
    Template(
        "compound area",
        SUBJECT,
        "compound area",
        (
            "A corner of {c} by {d} is cut from a rectangle of {a} by {b}. What area is left?",
            "A room of {a} by {b} has a cupboard of {c} by {d} in it. What area is free?",
        ),
        {"a": (5, 12), "b": (5, 12), "c": (2, 8), "d": (2, 8)},
        solve_compound_area,
        lambda a, b, c, d: c < a and d < b,
    ),
    Template(
        "trapezium area",
        SUBJECT,
        "trapezium area",
        (
            "A trapezium has parallel sides {a} and {b} and height {h}. What is its area?",
            "What is the area of a trapezium of height {h} with parallel sides {a} and {b}?",
        ),
        {"a": (1, 11), "b": (1, 11), "h": (2, 12)},
        solve_trapezium_area,
        lambda a, b, h: a != b and a + b <= 12 and (a + b) * h % 2 == 0,
    ),
)
