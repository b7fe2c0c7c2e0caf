"""`question-skills`: a stand-in teacher, named as such, for runs without a key.

It reads no response: it says that a difficult question's response lacks the skills that the
question's own Skill-Map entry names, with the first failing step as evidence. It measures nothing
about the response, so its profile is that of the difficult questions, not of the mistakes."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict

from stat_engine.errors import StatError
from stat_engine.models.base import Answer, Meter, TeacherRequest

LINE = "\n"


class QuestionSkillsTeacher:
    """Answers `missing_skills` only."""

    identity: object = "question-skills 1"
    model: str | None = None

    def prompt(self, request: TeacherRequest) -> object:
        """The request itself."""
        return asdict(request)

    def answer(
        self, requests: Sequence[TeacherRequest], meter: Meter | None = None
    ) -> Iterator[list[tuple[int, Answer]]]:
        """The question's mapped skills in the tagged form every teacher answers in."""
        yield [(at, Answer(_answer(request))) for at, request in enumerate(requests)]


def _answer(request: TeacherRequest) -> str:
    if request.task != "missing_skills":
        raise StatError(
            "teacher question-skills names mapped skills only; it cannot write or solve questions"
        )
    step = request.failing_step
    quote = request.steps[step] if step is not None and step < len(request.steps) else ""
    return (
        "<judge>incorrect</judge><reason>Not judged: these are the skills that the Skill-Map gives "
        f"the question.</reason><step>{'' if step is None else step}</step><quote>{quote}</quote>"
        f"<skill>{LINE.join(request.mapped_skills)}</skill>"
    )
