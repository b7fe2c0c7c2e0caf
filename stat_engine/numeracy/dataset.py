"""The shipped questions: a pool to draw training sets from, and a test, uniform over the skills.

They come from seeded streams of problems: pretraining, pool and test. `measure_leakage` reports the share
of the test's weak-skill lines that occur word for word in the pool."""

import gzip
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, cycle
from pathlib import Path
from random import Random
from typing import Literal

from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.skills import SKILLS, WEAK_SKILLS
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


@dataclass(frozen=True)
class SkillLeakage:
    subject: str
    skill: str
    # Questions made for the skill, in the pool and in the test.
    n_pool: int
    n_test: int
    # Share of the test's reference lines of this skill that stand in a solution of the pool, 0 to 1.
    share: float


def measure_leakage(seed: int = 0) -> list[SkillLeakage]:
    """One row a weak skill, in order of subject and skill, over the data set of this seed."""
    splits = split_problems(seed)
    return [_leakage(skill, splits["train"], splits["test"]) for skill in sorted(WEAK_SKILLS)]


def _leakage(skill: tuple[str, str], pool: list[Problem], test: list[Problem]) -> SkillLeakage:
    in_pool = [problem for problem in pool if (problem.subject, problem.skill) == skill]
    in_test = [problem for problem in test if (problem.subject, problem.skill) == skill]
    known = {step.text for p in in_pool for steps in p.solutions for step in steps}
    lines = [step.text for p in in_test for step in p.reference if step.skill == skill[1]]
    share = sum(line in known for line in lines) / len(lines) if lines else 0.0
    return SkillLeakage(*skill, len(in_pool), len(in_test), share)


N_POOL = 6000
N_TEST = 2100


def split_problems(seed: int) -> dict[str, list[Problem]]:
    """The problems of "train" (the pool) and of "test"; no question text stands in both."""
    test = list(generate(N_TEST, seed, "uniform"))
    Random(seed).shuffle(test)
    pool = list(generate(N_POOL, seed, "pool", exclude={problem.problem for problem in test}))
    return {"train": pool, "test": test}


def write_dataset(folder: Path, seed: int = 0) -> None:
    """Write `questions.jsonl.gz`, `skill_map.jsonl.gz` and `skills.json`; the same seed, the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [
        (f"numeracy/{split}/{i + 1:05d}", split, problem)
        for split, problems in split_problems(seed).items()
        for i, problem in enumerate(problems)
    ]
    questions = (_question(*row) for row in rows)
    skill_map: Iterable[dict[str, object]] = (
        {"id": i, "subject": p.subject, "skills": list(p.skills)} for i, _, p in rows
    )
    _write_lines(folder / "questions.jsonl.gz", questions)
    _write_lines(folder / "skill_map.jsonl.gz", skill_map)
    (folder / "skills.json").unlink(missing_ok=True)  # a link is replaced, not written through
    (folder / "skills.json").write_text(json.dumps(SKILLS, indent=1) + "\n", encoding="utf-8")


def _question(question_id: str, split: str, problem: Problem) -> dict[str, object]:
    reference, *others = (solution_text(steps) for steps in problem.solutions)
    return {
        "id": question_id,
        "split": split,
        "subject": problem.subject,
        "level": problem.level,
        "problem": problem.problem,
        "solution": reference,
        "answer": problem.answer,
        "other_solutions": others,
    }


def _write_lines(path: Path, rows: Iterable[dict[str, object]]) -> None:
    """JSON lines, gzipped without a time or a name, so that equal rows give equal bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", mtime=0) as packed:
        for row in rows:
            packed.write((json.dumps(row, ensure_ascii=False) + "\n").encode("utf-8"))
    path.unlink(missing_ok=True)  # a link is replaced, not written through
    path.write_bytes(buffer.getvalue())
