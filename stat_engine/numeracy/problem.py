"""A generated word problem: its text, its correct solutions, and the skill of every step."""

from dataclasses import dataclass

ANSWER_PREFIX = "Answer: "


@dataclass(frozen=True)
class Step:
    """One line of a solution."""

    text: str
    # Name in the list of the problem's own subject; None on the `Answer: X` line.
    skill: str | None


@dataclass(frozen=True)
class Problem:
    """A question with everything that is true about it."""

    problem: str
    # Distinct correct wordings, the reference first; each ends with its `Answer: X` line.
    solutions: tuple[tuple[Step, ...], ...]
    answer: str
    subject: str
    # The skill that the template is made for.
    skill: str
    # Every skill of the reference solution, in order of first use.
    skills: tuple[str, ...]
    # Number of steps before the answer line, 1 or more.
    level: int
    template: str
    # Further expressions that are correct on the way to this answer; no solution is written with them.
    facts: tuple[str, ...] = ()

    @property
    def reference(self) -> tuple[Step, ...]:
        return self.solutions[0]


def solution_text(steps: tuple[Step, ...]) -> str:
    """The solution as a student writes it: one step a line, no newline at the end."""
    return "\n".join(step.text for step in steps)
