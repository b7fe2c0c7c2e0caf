"""The exact checker: parses the problem from a question's text and checks every line of a response.

A line is correct when all its equalities hold, its operands belong to this problem (its own numbers, or
values reached on a correct route), its value is one that is correct for this problem, and its label, if
it has one, names that value. Another correct route, other wording and commuted operands are therefore
correct, and correct arithmetic with wrong numbers is not."""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from stat_engine.numeracy.expressions import Line, Number, canonical, parse, read_line, value, walk
from stat_engine.numeracy.problem import ANSWER_PREFIX, Problem, Step
from stat_engine.numeracy.templates import TEMPLATES


@dataclass(frozen=True)
class LineCheck:
    """The truth about one line."""

    is_correct: bool
    # The skill of the step that the line tries; None on the answer line.
    skill: str | None
    # The step of a correct solution that the line stands for; None where there is none.
    expected: str | None


@dataclass(frozen=True)
class _Target:
    """A step that a line can be matched with."""

    step: Step
    # Number of steps of its solution up to and with this one.
    place: int
    marks: frozenset[str]


@dataclass(frozen=True)
class _Truth:
    """What is correct for one problem."""

    values: frozenset[Fraction]
    operands: frozenset[Fraction]
    labels: dict[str, Fraction]
    targets: tuple[_Target, ...]


def read_problem(text: str) -> Problem:
    """The problem with this question text; raises ValueError if no template matches."""
    for template in TEMPLATES:
        problem = template.read(text.strip())
        if problem is not None:
            return problem
    raise ValueError(f"not a question of this domain: {text[:80]!r}")


def check(problem: Problem, lines: list[str]) -> list[LineCheck]:
    """One `LineCheck` a line, in order; unreadable lines are wrong, never an error."""
    return [checked for checked, _ in _walk(problem, lines)]


def missing_skills(problem: Problem, lines: list[str]) -> list[str]:
    """The skills behind a wrong final answer; [] where the final answer is correct.

    The skill of the first wrong step; without one, the skills of the steps never reached; where all
    steps are there and only the answer line is wrong or missing, the skill of the last step."""
    checked = _walk(problem, lines)
    if any(line.is_correct and line.skill is None and line.expected for line, _ in checked):
        return []
    place = 0
    for line, reached in checked:
        if line.skill is not None and not line.is_correct:
            return [line.skill]
        place = max(place, reached)
    steps = [step.skill for step in problem.reference if step.skill]
    return list(dict.fromkeys(steps[min(place, len(steps) - 1) :]))


def _walk(problem: Problem, lines: list[str]) -> list[tuple[LineCheck, int]]:
    """Every line's check, with the number of steps reached once the line is read."""
    truth = _truth(problem)
    checked: list[tuple[LineCheck, int]] = []
    place = 0
    for text in lines:
        if text.strip().startswith(ANSWER_PREFIX.strip()):
            expected = problem.reference[-1].text
            line = LineCheck(_is_answer(text, problem.answer), None, expected)
        else:
            target, is_correct = _check_step(truth, text, place)
            place = max(place, target.place) if is_correct else place
            line = LineCheck(is_correct, target.step.skill, target.step.text)
        checked.append((line, place))
    return checked


def _is_answer(text: str, answer: str) -> bool:
    try:
        found = parse(text.strip()[len(ANSWER_PREFIX.strip()) :].strip().rstrip("."))
        return value(found) == value(parse(answer))
    except ValueError:
        return False


def _check_step(truth: _Truth, text: str, place: int) -> tuple[_Target, bool]:
    """The step that the line stands for, and whether the line is correct."""
    try:
        line = read_line(text)
        values = [value(expression) for expression in line.expressions]
    except ValueError:
        return _closest(truth, frozenset(), place), False
    is_correct = (
        len(set(values)) == 1
        and values[0] in truth.values
        and all(number in truth.operands for number in _numbers(line))
        and (line.label is None or truth.labels.get(line.label) == values[0])
    )
    return _closest(truth, _marks(line), place), is_correct


def _closest(truth: _Truth, marks: frozenset[str], place: int) -> _Target:
    """The step that shares most with the line; without any, the first one not yet reached."""
    reference = [target for target in truth.targets if target.place == place + 1]
    best = reference[0] if reference else truth.targets[0]
    best_score = 0.0
    for target in truth.targets:
        score = len(marks & target.marks) / len(marks | target.marks)
        if score > best_score:
            best, best_score = target, score
    return best


@lru_cache(maxsize=4096)
def _truth(problem: Problem) -> _Truth:
    values: set[Fraction] = set()
    operands = {Fraction(number) for number in re.findall(r"\d+", problem.problem)}
    labels: dict[str, Fraction] = {}
    targets: list[_Target] = []
    for solution in problem.solutions:
        for i, step in enumerate(solution[:-1]):
            line = read_line(step.text)
            targets.append(_Target(step, i + 1, _marks(line)))
            for expression in line.expressions:
                values |= {value(part) for part in walk(expression) if not isinstance(part, Number)}
            operands |= _numbers(line)
            if line.label:
                labels[line.label] = value(line.expressions[0])
    for fact in problem.facts:
        parts = list(walk(parse(fact)))
        values |= {value(part) for part in parts if not isinstance(part, Number)}
        operands |= {value(part) for part in parts if isinstance(part, Number)}
    return _Truth(frozenset(values), frozenset(operands | values), labels, tuple(targets))


def _numbers(line: Line) -> set[Fraction]:
    return {
        value(part)
        for expression in line.expressions
        for part in walk(expression)
        if isinstance(part, Number)
    }


def _marks(line: Line) -> frozenset[str]:
    """What a line can be recognised by: its label, the label's words, its expressions in any order."""
    marks = {canonical(part) for part in line.expressions if not isinstance(part, Number)}
    if line.label:
        marks |= {line.label, *re.findall("[A-Za-z]+", line.label)}
    return frozenset(marks)
