"""Ask a teacher, ask once more where an answer cannot be used, and parse its tagged answers.

The second request names what was wrong. Models write many variants of the tags; the last well-formed one
counts. `judge_by` asks a teacher whether free answers are correct, for domains that no program can grade."""

import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from stat_engine.grading import Judge
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.records import LabelStatus


def tag(text: str, name: str) -> str | None:
    """Content of the last well-formed <name>...</name>, trimmed; None where there is none."""
    found = re.findall(rf"<{name}>((?:(?!<{name}>).)*?)</{name}>", text, re.DOTALL | re.IGNORECASE)
    return found[-1].strip() if found else None


_FENCED = re.compile(r"(`{3,}|~{3,})[^\n`]*\n((?:(?!\1).)*?)\n?[ \t]*\1[ \t]*", re.DOTALL)


def solution_with_tests(raw: str) -> tuple[str, str | None]:
    """A solution and its own tests, as teachers answer `solve` in a domain of tests; without a solution tag
    all but the tests is the solution."""
    text, tests = tag(raw, "solution"), tests_in(raw)
    if text is None:
        text = re.sub(r"<tests>.*</tests>", "", raw, flags=re.DOTALL | re.IGNORECASE)
    return text.strip(), tests


def tests_in(raw: str) -> str | None:
    """What a teacher wrote as tests, without a Markdown fence around all of it; None where there are none."""
    tests = tag(raw, "tests") or ""
    fenced = _FENCED.fullmatch(tests)
    return (fenced[2].strip() if fenced else tests) or None


def word(text: str) -> str:
    """A one-word answer without case, markup and punctuation: `**Incorrect.**` is incorrect."""
    return re.sub(r"[\W\d_]+", " ", text).strip().lower()


def listed(text: str) -> list[str]:
    """The items of a list as teachers write it: by line, semicolon or comma, bullets and markup dropped."""
    text = html.unescape(text).strip().removeprefix("[").removesuffix("]")
    parts = re.split(r"[;\n]" if re.search(r"[;\n]", text) else ",", text)
    items = (re.sub(r"^\s*(?:[-*\u2022]\s|\d+[.)])\s*", "", part).strip(" .\"'`*") for part in parts)
    nothing = ("none", "n/a", "(none)", "nothing")
    return list(dict.fromkeys(item for item in items if item and item.lower() not in nothing))


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
