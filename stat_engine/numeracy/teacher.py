"""The embedded teacher: the exact checker behind the protocol that real teachers answer too.

It answers in the same tagged text, so the same parsing, review and lineage run. A seeded noise dial
makes it err at known rates, so that there is something to review, and so that the cost of label
noise can be measured."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from random import Random

from stat_engine.errors import StatError, shown
from stat_engine.models.base import Answer, Meter, TeacherRequest
from stat_engine.numeracy import teacher_skills
from stat_engine.numeracy.checker import check, missing_skills, read_problem
from stat_engine.numeracy.generate import make_problem
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.wordings import JOINT, parts, skill_meant
from stat_engine.records import content_hash


class NumeracyTeacher:
    """Labels, proposes and solves. `noise` and `solver_error` are probabilities an answer."""

    def __init__(self, noise: float = 0.0, solver_error: float = 0.0, seed: int = 0) -> None:
        self.noise = noise
        self.solver_error = solver_error
        self.identity: object = {
            "teacher": "numeracy 1", "noise": noise, "solver_error": solver_error, "seed": seed,
        }  # fmt: skip

    model: str | None = None

    def prompt(self, request: TeacherRequest) -> object:
        """The request itself."""
        return asdict(request)

    def answer(
        self, requests: Sequence[TeacherRequest], meter: Meter | None = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """One raw answer a request, equal for equal requests; raises StatError for a foreign question."""
        yield [(at, Answer(self._answer(request))) for at, request in enumerate(requests)]

    def _answer(self, request: TeacherRequest) -> str:
        rng = Random(content_hash(self.identity, asdict(request)))
        if request.task == "propose_question":
            return _propose(request, rng)
        if request.task == "cluster_skills":
            return teacher_skills.cluster_skills(request, self.noise, rng)
        problem = _read(request.problem)
        match request.task:
            case "solve":
                return self._slip(solution_text(rng.choice(problem.solutions)), rng)
            case "rewrite":
                return f"<solution>{self._slip(_rewritten(problem, request.solution, rng), rng)}</solution>"
            case "label_skills":
                return teacher_skills.label_skills(problem, request, self.noise, rng)
            case "free_skills":
                return teacher_skills.free_skills(problem, self.noise, rng)
            case "self_check":
                return teacher_skills.self_check(problem, request, self.noise, rng)
            case "judge":
                return teacher_skills.judge(problem, request, self.noise, rng)
        return self._label(problem, request, rng)

    def _label(self, problem: Problem, request: TeacherRequest, rng: Random) -> str:
        skills = missing_skills(problem, list(request.steps))
        skills = teacher_skills.as_listed(skills, request.skills, problem.level)
        wrong = next(
            (i for i, line in enumerate(check(problem, list(request.steps))) if not line.is_correct), None
        )
        judge, reason = ("incorrect", _reason(skills, wrong)) if skills else ("correct", "Every step holds.")
        if rng.random() < self.noise:
            skills = teacher_skills.distort(skills, request.skills, rng)
        quote = "" if wrong is None or not skills else request.steps[wrong]
        return (
            f"<judge>{judge}</judge><reason>{reason}</reason><step>{'' if wrong is None else wrong}</step>"
            f"<quote>{quote}</quote><skill>{'; '.join(skills)}</skill>"
        )

    def _slip(self, text: str, rng: Random) -> str:
        """The text, or at the solver's error rate with another last digit: an answer near and wrong."""
        if rng.random() >= self.solver_error:
            return text
        digit = rng.choice([d for d in "0123456789" if d != text[-1]])
        return text[:-1] + digit


def _rewritten(problem: Problem, solution: str, rng: Random) -> str:
    """Another correct solution than the one given; the same where the problem has one only."""
    texts = [solution_text(steps) for steps in problem.solutions]
    return rng.choice([text for text in texts if text != solution.strip()] or texts)


def _propose(request: TeacherRequest, rng: Random) -> str:
    if request.skills:
        subject, named = request.subject, request.skills[0]
    else:  # written from near questions: like one of them
        like = _read(rng.choice(request.references))
        subject, named = like.subject, like.skill
    try:
        one = rng.choice(parts(named)) if JOINT in named else parts(named)[0]
        problem = make_problem((subject, skill_meant(one) or one), rng)
    except KeyError:
        raise StatError(
            f"teacher numeracy: found skill {shown(named)} of {shown(request.subject)}, expected one that "
            "its questions use"
        ) from None
    return (
        f"<reason>Each example needs {named}.</reason><draft>Another setting with other numbers.</draft>"
        f"<question>{problem.problem}</question>"
    )


def _reason(skills: list[str], wrong: int | None) -> str:
    where = "The response stops before it uses" if wrong is None else "The first wrong step uses"
    return f"{where} {' and '.join(skills)}."


def _read(text: str) -> Problem:
    try:
        return read_problem(text)
    except ValueError:
        raise StatError(f"teacher numeracy: found {shown(text)}, expected a numeracy question") from None
