"""What the embedded teacher answers about skills and responses: naming, clustering, checking, judging.

Every answer is exact before the noise dial: skills are those of the reference solution's lines, a
label is right when it equals the checker's, a response is correct when its final answer is."""

from collections.abc import Sequence
from random import Random

from stat_engine.models.base import TeacherRequest
from stat_engine.numeracy.checker import missing_skills
from stat_engine.numeracy.problem import Problem
from stat_engine.numeracy.wordings import WORDINGS, is_of_level, parts, skill_meant


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


def distort(skills: Sequence[str], vocabulary: Sequence[str], rng: Random) -> list[str]:
    """One error of a labeller: a wrong skill, a missing one or an extra one, equally likely."""
    others = [skill for skill in vocabulary if skill not in skills] or list(vocabulary)
    kind = rng.choice(("wrong", "missing", "extra")) if skills else "extra"
    if kind == "extra":
        return [*skills, rng.choice(others)]
    at = rng.randrange(len(skills))
    return [*skills[:at], *([rng.choice(others)] if kind == "wrong" else []), *skills[at + 1 :]]
