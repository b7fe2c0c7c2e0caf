"""A small numeracy dataset with its true Skill-Map, and ways to ask without a store."""

from collections.abc import Callable, Sequence
from pathlib import Path

from stat_engine import Workspace
from stat_engine.method.context import Silent
from stat_engine.models.base import Ask, Teacher, TeacherRequest
from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.problem import Problem, solution_text
from stat_engine.numeracy.skills import SKILLS
from stat_engine.numeracy.teacher import NumeracyTeacher
from stat_engine.skill_map.skill_map import Adviser
from tests.factories import import_mapped

PROBLEMS = list(generate(360, 11, "uniform"))


def mapped_workspace(root: Path, problems: Sequence[Problem] = PROBLEMS) -> Workspace:
    """Two thirds of the problems are train, one third test; all are mapped."""
    workspace = Workspace(root / "workspace")
    rows = [(f"q{at:03d}", "test" if at % 3 == 2 else "train", p) for at, p in enumerate(problems)]
    questions = [
        {"id": id, "split": split, "subject": p.subject, "problem": p.problem, "answer": p.answer,
         "solution": solution_text(p.reference)}
        for id, split, p in rows
    ]  # fmt: skip
    entries = [{"id": id, "subject": p.subject, "skills": list(p.skills)} for id, _, p in rows]
    import_mapped(workspace, "numeracy", root, questions, entries, SKILLS)
    return workspace


def asking(teacher: Teacher) -> Ask:
    """Ask a teacher directly; the call key is the task and the position."""

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        answers = {at: answer.text for batch in teacher.answer(requests) for at, answer in batch}
        return [(f"{request.task}-{at}", answers[at]) for at, request in enumerate(requests)]

    return ask


def scripted(answer: Callable[[TeacherRequest], str], seen: list[TeacherRequest] | None = None) -> Ask:
    """Answers that a function makes up; `seen` collects what was asked."""

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        if seen is not None:
            seen.extend(requests)
        return [(f"call{at}", answer(request)) for at, request in enumerate(requests)]

    return ask


def adviser(ask: Ask | None = None, noise: float = 0.0) -> Adviser:
    """The embedded teacher, or a way to ask, as the work knows it."""
    return Adviser(ask or asking(NumeracyTeacher(noise=noise)), "tester", Silent())
