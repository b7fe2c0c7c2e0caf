"""Seeded streams of problems: what the student is trained on, the pool, and the uniform test."""

from collections.abc import Iterator
from functools import cache
from itertools import count, cycle
from random import Random
from typing import Literal

from stat_engine.numeracy.problem import Problem
from stat_engine.numeracy.skills import WEAK_SKILLS
from stat_engine.numeracy.templates import TEMPLATES
from stat_engine.numeracy.templates.template import Template

Mixture = Literal["pretraining", "pool", "uniform"]

# Share of problems whose skill is weak, in each mixture that has a skew.
WEAK_SHARE: dict[Mixture, float] = {"pretraining": 0.004, "pool": 0.1}
# Weak skills that a student learns sooner; pretraining has a quarter as many of each of them.
SOONER_LEARNT = {("Counting", "inclusion and exclusion"), ("Number theory", "base conversion")}
MAX_DRAWS_IN_VAIN = 10_000


@cache
def templates_of(skill: tuple[str, str]) -> tuple[Template, ...]:
    """The templates made for this skill; where there are none, those whose solutions use it.

    Raises KeyError for a skill that no template uses."""
    subject, name = skill
    own = tuple(t for t in TEMPLATES if t.subject == subject and t.skill == name)
    if own:
        return own
    users = tuple(t for t in TEMPLATES if t.subject == subject and name in t.draw(Random(0)).skills)
    if not users:
        raise KeyError(f"no template uses {name!r} of {subject!r}")
    return users


@cache
def main_skills() -> tuple[tuple[str, str], ...]:
    """Every (subject, skill) that has templates of its own."""
    return tuple(dict.fromkeys((t.subject, t.skill) for t in TEMPLATES))


def make_problem(skill: tuple[str, str], rng: Random) -> Problem:
    """A new problem for this (subject, skill); raises KeyError for an unknown one."""
    return rng.choice(templates_of(skill)).draw(rng)


def generate(n: int, seed: int, mixture: Mixture, exclude: set[str] | None = None) -> Iterator[Problem]:
    """`n` problems whose question texts are not in `exclude`.

    The texts are distinct in "pool" and "uniform"; "pretraining" is an open stream in which a short
    question may come again, as there are only so many. "uniform" takes the skills in turn, and "pool"
    the weak ones, so that each has the same number of problems. Raises RuntimeError when no new text
    can be found."""
    rng = Random(f"{mixture} {seed}")
    seen = set(exclude or ())
    skills = _skills(mixture, rng)
    for _ in range(n):
        problem = _new_problem(next(skills), rng, seen)
        if mixture != "pretraining":
            seen.add(problem.problem)
        yield problem


def _new_problem(skill: tuple[str, str], rng: Random, seen: set[str]) -> Problem:
    for _ in range(MAX_DRAWS_IN_VAIN):
        problem = make_problem(skill, rng)
        if problem.problem not in seen:
            return problem
    raise RuntimeError(f"no new question for {skill} after {MAX_DRAWS_IN_VAIN} draws")


def _skills(mixture: Mixture, rng: Random) -> Iterator[tuple[str, str]]:
    every = main_skills()
    if mixture == "uniform":
        for i in count():
            yield every[i % len(every)]
    weak = [skill for skill in every if skill in WEAK_SKILLS]
    common = [skill for skill in every if skill not in WEAK_SKILLS]
    weights = [1 if skill in SOONER_LEARNT else 4 for skill in weak]
    in_turn = cycle(weak)
    while True:
        if rng.random() >= WEAK_SHARE[mixture]:
            yield rng.choice(common)
        elif mixture == "pool":
            yield next(in_turn)
        else:
            yield rng.choices(weak, weights)[0]
