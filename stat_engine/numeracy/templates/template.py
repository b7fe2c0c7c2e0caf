"""A template: question wordings with number ranges, and the solution as a function of the numbers."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from stat_engine.numeracy.expressions import commuted, read_line, with_lead, write_line
from stat_engine.numeracy.problem import ANSWER_PREFIX, Problem, Step

NAMES = (
    "Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gita", "Hugo",
    "Iris", "Jon", "Kim", "Leo", "Mia", "Noor", "Omar", "Pia",
)  # fmt: skip
ITEMS = (
    "apples", "beads", "books", "cards", "coins", "cups", "eggs", "keys",
    "lemons", "marbles", "nuts", "pens", "plums", "shells", "stamps", "tiles",
)  # fmt: skip
MAX_WORDINGS = 4
_FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Solved:
    """What a template's `solve` returns."""

    answer: str
    # Different correct routes, the reference first, without the answer line.
    routes: tuple[tuple[Step, ...], ...]
    # Further expressions that are correct on the way.
    facts: tuple[str, ...] = ()


def _always(**_: int) -> bool:
    return True


@dataclass(frozen=True)
class Template:
    """Makes problems for one skill; `solve` and `accept` take the numbers by their field names."""

    name: str
    subject: str
    skill: str
    texts: tuple[str, ...]
    # Inclusive range of every number; drawn again until `accept` holds.
    ranges: Mapping[str, tuple[int, int]]
    solve: Callable[..., Solved]
    accept: Callable[..., bool] = field(default=_always)

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_pattern(text)) for text in self.texts)

    def draw(self, rng: Random) -> Problem:
        """A new problem; the same state of `rng` gives the same problem."""
        while True:
            numbers = {name: rng.randint(low, high) for name, (low, high) in self.ranges.items()}
            if self.accept(**numbers):
                break
        first, second = rng.sample(NAMES, 2)
        words = {"name": first, "other": second, "item": rng.choice(ITEMS)}
        return self.problem(rng.choice(self.texts).format(**numbers, **words), numbers)

    def read(self, text: str) -> Problem | None:
        """The problem with this question text, or None where the text is not of this template."""
        for pattern in self.patterns:
            match = pattern.fullmatch(text)
            if match:
                numbers = {name: int(match[name]) for name in self.ranges}
                if all(len(match[name]) <= 4 for name in self.ranges) and self.accept(**numbers):
                    return self.problem(text, numbers)
        return None

    def problem(self, text: str, numbers: Mapping[str, int]) -> Problem:
        solved = self.solve(**numbers)
        reference = solved.routes[0]
        answer = Step(ANSWER_PREFIX + solved.answer, None)
        return Problem(
            problem=text,
            solutions=tuple((*steps, answer) for steps in wordings(solved.routes)),
            answer=solved.answer,
            subject=self.subject,
            skill=self.skill,
            skills=tuple(dict.fromkeys(step.skill for step in reference if step.skill)),
            level=len(reference),
            template=self.name,
            facts=solved.facts,
        )


def _pattern(text: str) -> str:
    """The question text as a regular expression; a field that occurs twice must hold the same."""
    kinds = {"name": "[A-Z][a-z]+", "other": "[A-Z][a-z]+", "item": "[a-z]+"}
    seen: set[str] = set()
    pieces = []
    for i, piece in enumerate(_FIELD.split(text)):
        if i % 2 == 0:
            pieces.append(re.escape(piece))
        elif piece in seen:
            pieces.append(f"(?P={piece})")
        else:
            seen.add(piece)
            pieces.append(f"(?P<{piece}>{kinds.get(piece, '[0-9]+')})")
    return "".join(pieces)


def wordings(routes: tuple[tuple[Step, ...], ...]) -> list[tuple[Step, ...]]:
    """Up to `MAX_WORDINGS` distinct wordings: the routes, a lead on the last step, commuted operands."""
    found = list(routes)
    commuted_route = _commuted(routes[0])
    found.append(_led(routes[0], "so"))
    found.append(commuted_route)
    found.append(_led(commuted_route, "then"))
    found.append(_led(routes[0], "thus"))
    return list(dict.fromkeys(found))[:MAX_WORDINGS]


def _commuted(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    return tuple(Step(write_line(commuted(read_line(step.text))), step.skill) for step in steps)


def _led(steps: tuple[Step, ...], lead: str) -> tuple[Step, ...]:
    last = steps[-1]
    return (*steps[:-1], Step(write_line(with_lead(read_line(last.text), lead)), last.skill))


def add(a: int, b: int) -> Step:
    return Step(f"{a}+{b}={a + b}", "addition")


def subtract(a: int, b: int) -> Step:
    return Step(f"{a}-{b}={a - b}", "subtraction")


def multiply(a: int, b: int) -> Step:
    return Step(f"{a}*{b}={a * b}", "multiplication")


def divide(a: int, b: int) -> Step:
    """`b` divides `a`."""
    return Step(f"{a}/{b}={a // b}", "division")
