"""The embedded teacher: the exact checker behind the protocol that real teachers answer too.

It answers in the same tagged text, so the same parsing, review and lineage run. A seeded noise dial
makes it err at known rates, so that there is something to review, and so that the cost of label
noise can be measured."""

from collections.abc import Sequence
from dataclasses import asdict
from random import Random

from stat_engine.errors import StatError, shown
from stat_engine.models.base import TeacherRequest
from stat_engine.numeracy.checker import check, missing_skills, read_problem
from stat_engine.numeracy.generate import make_problem
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.records import content_hash


class NumeracyTeacher:
    """Labels, proposes and solves. `noise` and `solver_error` are probabilities an answer."""

    def __init__(self, noise: float = 0.0, solver_error: float = 0.0, seed: int = 0) -> None:
        self.noise = noise
        self.solver_error = solver_error
        self.identity: object = {
            "teacher": "numeracy 1", "noise": noise, "solver_error": solver_error, "seed": seed,
        }  # fmt: skip

    def answer(self, requests: Sequence[TeacherRequest]) -> list[str]:
        """One raw answer a request, equal for equal requests; raises StatError for a foreign question."""
        return [self._answer(request) for request in requests]

    def _answer(self, request: TeacherRequest) -> str:
        rng = Random(content_hash(self.identity, asdict(request)))
        if request.task == "propose_question":
            return _propose(request, rng)
        problem = _read(request.problem)
        if request.task == "solve":
            return self._solve(problem, rng)
        return self._label(problem, request, rng)

    def _label(self, problem: Problem, request: TeacherRequest, rng: Random) -> str:
        skills = missing_skills(problem, list(request.steps))
        wrong = next(
            (i for i, line in enumerate(check(problem, list(request.steps))) if not line.is_correct), None
        )
        judge, reason = ("incorrect", _reason(skills, wrong)) if skills else ("correct", "Every step holds.")
        if rng.random() < self.noise:
            skills = _distort(skills, request.skills, rng)
        quote = "" if wrong is None or not skills else request.steps[wrong]
        return (
            f"<judge>{judge}</judge><reason>{reason}</reason><step>{'' if wrong is None else wrong}</step>"
            f"<quote>{quote}</quote><skill>{'; '.join(skills)}</skill>"
        )

    def _solve(self, problem: Problem, rng: Random) -> str:
        text = solution_text(rng.choice(problem.solutions))
        if rng.random() >= self.solver_error:
            return text
        # a slip in the last digit: an answer that is near and wrong
        digit = rng.choice([d for d in "0123456789" if d != text[-1]])
        return text[:-1] + digit


def _propose(request: TeacherRequest, rng: Random) -> str:
    skill = request.skills[0]
    problem = make_problem((request.subject, skill), rng)
    return (
        f"<reason>Each example needs {skill}.</reason><draft>Another setting with other numbers.</draft>"
        f"<question>{problem.problem}</question>"
    )


def _distort(skills: list[str], vocabulary: Sequence[str], rng: Random) -> list[str]:
    """One error of a labeller: a wrong skill, a missing one or an extra one, equally likely."""
    others = [skill for skill in vocabulary if skill not in skills] or list(vocabulary)
    kind = rng.choice(("wrong", "missing", "extra")) if skills else "extra"
    if kind == "extra":
        return [*skills, rng.choice(others)]
    at = rng.randrange(len(skills))
    return [*skills[:at], *([rng.choice(others)] if kind == "wrong" else []), *skills[at + 1 :]]


def _reason(skills: list[str], wrong: int | None) -> str:
    where = "The response stops before it uses" if wrong is None else f"Step {wrong} goes wrong in"
    return f"{where} {' and '.join(skills)}."


def _read(text: str) -> Problem:
    try:
        return read_problem(text)
    except ValueError:
        raise StatError(f"teacher numeracy: found {shown(text)}, expected a numeracy question") from None
