"""The teacher as judge of free answers: responses in, verdicts out, for domains that no program can grade."""

from collections.abc import Callable, Sequence

from stat_engine.graders import Judge
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.stages.asked_twice import Reading, ask_twice
from stat_engine.stages.tagged_answers import tag, word

VERDICTS = {"correct": True, "incorrect": False}


def judge_by(ask_of: Callable[[], Ask]) -> Judge:
    """A judge that asks a teacher; the teacher is opened at the first question."""

    def judge(items: Sequence[tuple[str, str, str]]) -> list[bool | None]:
        requests = [
            TeacherRequest(task="judge", problem=problem, solution=reference, steps=(response,))
            for problem, reference, response in items
        ]
        return [reading.value for reading in ask_twice(requests, ask_of(), _read)]

    return judge


def _read(_: int, raw: str) -> Reading[bool | None]:
    verdict = VERDICTS.get(word(tag(raw, "judge") or ""))
    complaint = "" if verdict is not None else "the judge tag says neither correct nor incorrect"
    return Reading(verdict, complaint, "ok" if verdict is not None else "parse_failed")
