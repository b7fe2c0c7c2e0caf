"""Asking a teacher, and once more where an answer cannot be used, naming what was wrong with it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.records import LabelStatus

T = TypeVar("T")
_RANK: dict[LabelStatus, int] = {"ok": 0, "off_vocabulary": 1, "parse_failed": 2}


@dataclass(frozen=True)
class Reading(Generic[T]):
    """What was read off one raw answer."""

    value: T
    complaint: str = ""
    """What is wrong with the answer, for the teacher to mend; empty where nothing is."""
    status: LabelStatus = "ok"
    call: str = ""
    """Key of the raw answer."""


def ask_twice(
    requests: Sequence[TeacherRequest], ask: Ask, read: Callable[[int, str], Reading[T]]
) -> list[Reading[T]]:
    """One reading a request, in order; `read(position, raw)`.

    Of two answers that both cannot be used the better one counts, the first where they are equal."""
    answers = ask(requests)
    readings = [replace(read(at, raw), call=call) for at, (call, raw) in enumerate(answers)]
    # an empty answer is a refusal, which asking again does not change
    again = [at for at, reading in enumerate(readings) if reading.complaint and answers[at][1]]
    if again:
        repeated = [
            replace(requests[at], previous=answers[at][1], complaint=readings[at].complaint) for at in again
        ]
        for at, (call, raw) in zip(again, ask(repeated), strict=True):
            second = replace(read(at, raw), call=call)
            readings[at] = min(readings[at], second, key=lambda one: (_RANK[one.status], bool(one.complaint)))
    return readings
