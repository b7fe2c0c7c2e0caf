"""Cases after public bug reports, kind by kind, and public responses whose files say whether they are right."""

import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import GraderConfig
from stat_engine.grading import Graded, answers, open_grader
from stat_engine.grading.answers.answer import read
from tests.factories import a_question
from tests.grading.answers.test_equality import by_kind, misjudged

OTHER_TIMES = "4:30 \\text{ p.m.}"
WORDS = re.compile(r"\\(?:text|mbox|mathrm|textbf)\s*\{[^{}]*\}|\\[A-Za-z]+")
KNOWN = {
    ("10{,}000", "10000", True),
    ("(10,2)", "\\left( 10, \\  2\\right)", True),
    ("\\text{4:30 p.m.}", OTHER_TIMES, True),
}
"""(reference, answer, our verdict) where the files say otherwise, because they compare texts."""


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def references(data: Path) -> dict[str, str]:
    files = [data / dataset / "problems.jsonl.gz" for dataset in ("math", "gsm8k")]
    return {row["id"]: row["answer"] for path in files for row in rows(path) if row["answer"]}


def disagreements(items: list[tuple[str, str, bool]]) -> list[tuple[str, Graded]]:
    """(reference, grade) of each response whose file says something else."""
    questions = [(text, a_question(answer=reference)) for text, reference, _ in items]
    grades = open_grader(GraderConfig()).grade(questions)
    found = [
        (reference, grade)
        for (_, reference, said), grade in zip(items, grades, strict=True)
        if grade.is_correct is not said
    ]
    for reference, grade in found:
        print(f"{reference!r}: read as {grade.answer!r}; {grade.is_correct}, {grade.rule}")  # noqa: T201
    return found


def test_cases_after_public_reports_are_judged_right(shared_data: Path) -> None:
    path = shared_data / "cases" / "grading.jsonl"
    if not path.exists():
        pytest.skip(f"no {path}")
    kinds = by_kind(list(rows(path)))
    assert len(kinds) > 30
    wrong = {kind: misjudged(cases) for kind, cases in kinds.items()}
    assert {kind: found for kind, found in wrong.items() if found} == {}


def test_public_responses_agree_with_their_files(shared_data: Path) -> None:
    known, items = references(shared_data), []
    for name in ("math/responses.jsonl.gz", "math/responses_realcritic.jsonl", "gsm8k/responses.jsonl.gz",
                 "gsm8k/responses_realcritic.jsonl"):  # fmt: skip
        items += [
            (row["response"], known[row["problem_id"]], row["correct"]) for row in rows(shared_data / name)
        ]
    assert len(items) == 5_298
    found = disagreements(items)
    assert {(reference, grade.answer, grade.is_correct) for reference, grade in found} == KNOWN


def test_rated_responses_agree_with_their_file_but_for_a_few(shared_data: Path) -> None:
    """What is left: answers told in prose, in a table or as an equation, and verdicts of the file that are
    wrong."""
    known = references(shared_data)
    for name in ("math", "gsm8k"):
        known |= {
            " ".join(row["problem"].split()): row["answer"]
            for row in rows(shared_data / name / "problems.jsonl.gz")
        }
    olympiad = rows(shared_data / "benchmarks" / "olympiadbench.jsonl")
    known |= {" ".join((row.get("problem") or row["question"]).split()): row["answer"] for row in olympiad}
    items = []
    for row in rows(shared_data / "step_scores" / "processbench.jsonl.gz"):
        reference = known.get(row["problem_id"]) or known.get(" ".join(row["problem"].split()))
        if reference:
            items.append(("\n\n".join(row["response_steps"]), reference, row["correct"]))
    assert len(items) == 1_216
    assert len(disagreements(items)) <= 23


def test_another_digit_sign_or_letter_is_another_answer(shared_data: Path) -> None:
    """Every distinct reference with one character changed; words in `\\text{}` may name an unknown unit."""
    texts = sorted(
        {row["answer"] for row in rows(shared_data / "math" / "problems.jsonl.gz") if row["answer"]}
    )
    chosen, found = random.Random(5), []
    for text in texts:
        bare = WORDS.sub(lambda match: "." * len(match[0]), text)
        places = [at for at, character in enumerate(bare) if character.isalnum() or character in "+-"]
        for at in chosen.sample(places, min(3, len(places))):
            others = "+-" if text[at] in "+-" else "0123456789" if text[at].isdigit() else "abcdkmnpqxyz"
            other = chosen.choice([one for one in others if one != text[at].lower()])
            changed = text[:at] + other + text[at + 1 :]
            if answers.compare(changed, text).is_correct:
                found.append((changed, text))
    assert found == []


def test_nearly_every_reference_of_math_is_readable(shared_data: Path) -> None:
    texts = {row["answer"] for row in rows(shared_data / "math" / "problems.jsonl.gz") if row["answer"]}
    found = {text: read(str(answers.reference(text)), True) for text in texts}
    unread = sorted(text for text, answer in found.items() if answer.node is None and answer.clock is None)
    assert len(texts) > 3_500 and len(unread) <= 5, unread
