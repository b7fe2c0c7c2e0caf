"""Notices on questions of a file that contradict themselves: an import goes on, and says so.

Two kinds: one problem occurs with different answers, and a solution ends in another answer than its row's.
Only an answer that the solution marks is read from it (a box, ####, "The answer is"), and answers are
compared without sympy: where only that could decide, nothing is said."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from stat_engine.errors import shown
from stat_engine.formats.questions import question_of
from stat_engine.formats.rows import Reading
from stat_engine.grading import answers
from stat_engine.records import Question
from stat_engine.store import query

_SUSPECTS = r"""
select id from rows where answer is not null and (
    trim(regexp_replace(problem, '\s+', ' ', 'g')) in (
        select trim(regexp_replace(problem, '\s+', ' ', 'g')) as text from rows where answer is not null
        group by text having count(distinct answer) > 1
    ) or (
        regexp_matches(solution, 'box|####|nswer|NSWER')
        and not ends_with(solution, '#### ' || answer)
        and not (
            contains(solution, '\boxed{' || answer || '}')
            and length(solution) - length(replace(solution, 'box', '')) = 3
            and not regexp_matches(solution, '####|nswer>|NSWER>')
        )
    )
)"""
"""Rows that may contradict themselves; those whose only box holds just the answer do not."""


_CALCULATED = re.compile(r"<<[^<>]*>>")
"""Notes of a calculator in the solutions of GSM8K."""


def in_file(stored: Path, path: Path, reading: Reading) -> list[str]:
    """Notices on a file whose questions are stored, before they have a place in the dataset."""
    suspects = {row[0] for row in query.large_rows(stored, _SUSPECTS)}
    return in_rows(path, _again(path, reading, suspects)) if suspects else []


def _again(path: Path, reading: Reading, ids: set[str]) -> Iterator[tuple[int, Question]]:
    for row in reading.rows(path):
        if row.identifier("id") in ids:
            yield row.line, question_of(row)


def in_rows(path: Path, rows: Iterable[tuple[int, Question]]) -> list[str]:
    """Notices on questions with their lines, in the order of the file: at most one a kind, with its count."""
    stood: dict[str, tuple[int, str]] = {}
    twice: dict[str, str] = {}
    differing: list[str] = []
    for line, question in rows:
        if question.answer is None:
            continue
        own = _marked_answer(question.solution)
        if own is not None and _differ(own, question.answer):
            differing.append(
                f"{path}, line {line}: {shown(own)} in solution, {shown(question.answer)} in answer"
            )
        problem = " ".join(question.problem.split())
        first, answer = stood.setdefault(problem, (line, question.answer))
        if problem not in twice and _differ(question.answer, answer):
            twice[problem] = f"{path}, line {line}: {shown(question.answer)}, in line {first} {shown(answer)}"
    found = {
        "problems that occur with different answers": list(twice.values()),
        "solutions that end in another answer than their row's": differing,
    }
    return [f"{what}: {len(all):,}; the first: {all[0]}" for what, all in found.items() if all]


def _differ(one: str, other: str) -> bool:
    return one != other and answers.plainly_equal(one, other) is False


def _marked_answer(solution: str | None) -> str | None:
    """The answer in which a solution ends; None where it marks none, or is nothing but an answer."""
    if solution is None:
        return None
    text = _CALCULATED.sub("", solution)
    found = answers.reference(text)
    if found is None or found == answers.clean(text):
        return None
    is_marked = any(mark in text for mark in ("\\boxed", "\\fbox", "####", "<answer>"))
    is_last = "=" not in found and text.rstrip(" .\n").endswith(found)
    return found if is_marked or is_last else None
