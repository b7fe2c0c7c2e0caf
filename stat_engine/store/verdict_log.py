"""The append-only log of people's verdicts on responses, and the current verdicts that result.

A response's table keeps the verdict of the grader or of the file it was imported from. Where a person
disagrees, `verdict_events.jsonl` of the run says so, and everything that reads correctness follows it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.records import Response, VerdictAction, VerdictEvent, content_hash
from stat_engine.store.event_log import DecisionLog, decisions, signature


@dataclass(frozen=True)
class Place:
    """Where a response is: an arm's evaluation, or the validation responses."""

    arm: str | None = None
    """Null, as `seed` and `benchmark`: the validation responses."""
    seed: int | None = None
    benchmark: str | None = None


@dataclass(frozen=True)
class Overruling:
    """What a person wants to say of one response."""

    response: Response
    place: Place
    action: VerdictAction
    seen: str | None = None
    """Newest event of the response that the person had seen; null: none."""
    note: str | None = None


class VerdictLog(DecisionLog[VerdictEvent]):
    """`verdict_events.jsonl` of one run."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, VerdictEvent, "response", "verdict of a person")

    def decide(self, wanted: Overruling, author: str) -> VerdictEvent:
        """Append one decision: what its author saw must still be the newest there is.

        Raises StatError where somebody else was faster, and for an undo of nothing."""
        event = _event(wanted, author)
        self.add([event])
        return event


def digest_of(events: Iterable[VerdictEvent]) -> str | None:
    """Hash of the current verdicts on validation responses; None where there are none."""
    now = [(id, event.action) for id, event in decisions(events).items() if event.arm is None]
    return content_hash(sorted(now)) if now else None


def as_judged(responses: Iterable[Response], verdicts: Mapping[str, bool]) -> list[Response]:
    """The responses with people's verdicts in place of the stored ones."""
    return [
        response.model_copy(update={"is_correct": verdicts[response.response_id]})
        if response.response_id in verdicts
        else response
        for response in responses
    ]


def _event(wanted: Overruling, author: str) -> VerdictEvent:
    signed: dict[str, Any] = signature(author, "verdict")
    response, place = wanted.response, wanted.place
    return VerdictEvent(
        **signed,
        response_id=response.response_id,
        question_id=response.question_id,
        sample=response.sample,
        arm=place.arm,
        seed=place.seed,
        benchmark=place.benchmark,
        action=wanted.action,
        seen=wanted.seen,
        note=wanted.note,
    )
