"""The embedded teacher: the exact checker behind the protocol of real teachers.

It answers in the same tagged text, so the same parsing, review and lineage apply. A seeded noise setting
gives it known error rates, so that there is something to review and the cost of label noise can be
measured."""

from collections.abc import Sequence
from random import Random

from stat_engine.errors import StatError, shown
from stat_engine.models.base import ProgramTeacher, TeacherRequest
from stat_engine.numeracy.checker import check, missing_skills, read_problem
from stat_engine.numeracy.dataset import make_problem
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.skills import JOINT, WORDINGS, is_of_level, parts, skill_meant
from stat_engine.records import content_hash
from stat_engine.skills import distort


def label_skills(problem: Problem, request: TeacherRequest, noise: float, rng: Random) -> str:
    """The reference solution's skills, under the names that the list has for them."""
    listed = set(request.skills)
    skills = [name for name in as_listed(problem.skills, request.skills, problem.level) if name in listed]
    if rng.random() < noise:
        skills = distort(skills, request.skills, rng)
    return f"<reason>The solution's lines use these.</reason><skill>{'; '.join(skills)}</skill>"


def as_listed(skills: Sequence[str], names: Sequence[str], level: int) -> list[str]:
    """The skills under the names that a list has for them, each once; one without a name there keeps its own.

    A name may stand for several skills ("area or perimeter"), or for a question's level ("area, level 2")."""
    fitting = [name for name in names if is_of_level(name, level)]
    name_of = {skill_meant(part) or part: name for name in reversed(fitting) for part in parts(name)}
    name_of |= {name: name for name in fitting}
    return list(dict.fromkeys(name_of.get(skill, skill) for skill in skills))


def free_skills(problem: Problem, noise: float, rng: Random) -> str:
    """The reference solution's skills, each in one of its wordings."""
    skills = list(problem.skills)
    if rng.random() < noise:
        skills = distort(skills, list(WORDINGS), rng)
    return f"<skill>{'; '.join(rng.choice(WORDINGS[skill]) for skill in skills)}</skill>"


def cluster_skills(request: TeacherRequest, noise: float, rng: Random) -> str:
    """The names grouped by the skill they mean; with the noise dial's rate a name lands elsewhere."""
    groups: dict[str, list[str]] = {}
    for name in request.skills:
        groups.setdefault(skill_meant(name) or name, []).append(name)
    heads = list(groups)
    for name in request.skills:
        if rng.random() < noise:
            own = next(head for head in heads if name in groups[head])
            groups[own].remove(name)
            groups[rng.choice(heads)].append(name)
    lines = [f"{head}: {'; '.join(names)}" for head, names in groups.items() if names]
    return "<cluster>\n" + "\n".join(lines) + "\n</cluster>"


def self_check(problem: Problem, request: TeacherRequest, noise: float, rng: Random) -> str:
    """Whether the labelled skills are just the checker's; wrong about that at the noise dial's rate."""
    truth = set(missing_skills(problem, list(request.steps)))
    listed = set(as_listed(sorted(truth), request.skills, problem.level))
    is_right = set(request.skills) == listed
    if rng.random() < noise:
        is_right = not is_right
    reason = "The response lacks just these." if is_right else "The response lacks other skills."
    return f"<reason>{reason}</reason><judge>{'right' if is_right else 'wrong'}</judge>"


def judge(problem: Problem, request: TeacherRequest, noise: float, rng: Random) -> str:
    """Whether the response's final answer is correct; wrong about that at the noise dial's rate."""
    is_correct = not missing_skills(problem, list(request.steps))
    if rng.random() < noise:
        is_correct = not is_correct
    reason = "The final answer holds." if is_correct else "The final answer does not hold."
    return f"<reason>{reason}</reason><judge>{'correct' if is_correct else 'incorrect'}</judge>"


class NumeracyTeacher(ProgramTeacher):
    """Labels, proposes and solves. `noise` and `solver_error` are probabilities an answer."""

    def __init__(self, noise: float = 0.0, solver_error: float = 0.0, seed: int = 0) -> None:
        self.noise = noise
        self.solver_error = solver_error
        self.identity = {
            "teacher": "numeracy 1", "noise": noise, "solver_error": solver_error, "seed": seed,
        }  # fmt: skip

    def written(self, request: TeacherRequest) -> str:
        """The answer to one request; raises StatError for a question that the dataset cannot have."""
        rng = Random(content_hash(self.identity, request.fields()))
        if request.task == "propose_question":
            return _propose(request, rng)
        if request.task == "cluster_skills":
            return cluster_skills(request, self.noise, rng)
        problem = _read(request.problem)
        match request.task:
            case "solve":
                return self._slip(solution_text(rng.choice(problem.solutions)), rng)
            case "rewrite":
                return f"<solution>{self._slip(_rewritten(problem, request.solution, rng), rng)}</solution>"
            case "label_skills":
                return label_skills(problem, request, self.noise, rng)
            case "free_skills":
                return free_skills(problem, self.noise, rng)
            case "self_check":
                return self_check(problem, request, self.noise, rng)
            case "judge":
                return judge(problem, request, self.noise, rng)
        return self._label(problem, request, rng)

    def _label(self, problem: Problem, request: TeacherRequest, rng: Random) -> str:
        skills = missing_skills(problem, list(request.steps))
        skills = as_listed(skills, request.skills, problem.level)
        wrong = next(
            (i for i, line in enumerate(check(problem, list(request.steps))) if not line.is_correct), None
        )
        judge, reason = ("incorrect", _reason(skills, wrong)) if skills else ("correct", "Every step holds.")
        if rng.random() < self.noise:
            skills = distort(skills, request.skills, rng)
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
