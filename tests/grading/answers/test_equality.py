"""Which answers are equal and by which rule: by topic, by kind of case, and what is left to sympy."""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import GraderConfig
from stat_engine.grading import open_grader
from stat_engine.grading.answers import Verdict, compare
from stat_engine.models.checkpoints import ROOT
from tests.factories import a_question
from tests.grading.answers.table import TOPICS, Topic, lines

CASES = [json.loads(line) for line in (Path(__file__).parent / "cases.jsonl").read_text("utf-8").splitlines()]
Case = dict[str, Any]


def by_kind(cases: list[Case]) -> dict[str, list[Case]]:
    found = defaultdict(list)
    for case in cases:
        found[case["kind"]].append(case)
    return dict(found)


def misjudged(cases: list[Case]) -> list[tuple[Any, ...]]:
    """(response, reference, verdict, rule) of each case whose verdict is not the right one."""
    found = []
    for name in sorted({case["grader"] for case in cases}):
        own = [case for case in cases if case["grader"] == name]
        items = [(case["response"], a_question(answer=case["reference"])) for case in own]
        grades = open_grader(GraderConfig.model_validate({"backend": name})).grade(items)
        found += [
            (case["response"], case["reference"], grade.is_correct, grade.rule)
            for case, grade in zip(own, grades, strict=True)
            if grade.is_correct is not case["is_correct"]
        ]
    return found


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_topic_s_pairs_are_equal_or_not(topic: Topic) -> None:
    equal = [(*pair, compare(*pair).rule) for pair in topic.equal if not compare(*pair).is_correct]
    different = [
        (*pair, compare(*pair).rule) for pair in topic.different if compare(*pair).is_correct is not False
    ]
    assert (equal, different) == ([], [])


def test_the_documentation_has_this_table() -> None:
    text = (ROOT / "docs" / "evaluation.md").read_text("utf-8")
    assert "\n".join(lines()) in text, (
        "docs/evaluation.md: print its table with python -m tests.grading.answers.table"
    )


@pytest.mark.parametrize("kind", by_kind(CASES))
def test_cases_are_judged_right(kind: str) -> None:
    assert misjudged(by_kind(CASES)[kind]) == []


def test_there_are_cases_of_both_verdicts_and_all_three_graders() -> None:
    assert {(case["grader"], case["is_correct"]) for case in CASES} == {
        (grader, is_correct) for grader in ("mathematical", "exact", "choice") for is_correct in (True, False)
    }


@pytest.mark.parametrize(
    ("answer", "reference", "is_correct", "rule"),
    [
        (None, "5", False, "no answer found"),
        ("5", "5", True, "same text"),
        ("5.0", "5", True, "same number"),
        ("6", "5", False, "differs as a number"),
        (r"\sqrt{8}", r"2\sqrt{2}", True, "same number"),
        ("5-2t", "3", False, "differs as an expression"),
        ("1+x", "x+1", True, "same expression"),
        ("BCA", "ABC", False, "differs as a word"),
        ("1,2", "2,1", True, "same list"),
        (r"\{1,2\}", r"\{1,3\}", False, "differs as a set"),
        ("(1,2)", "(1,3)", False, "differs as a tuple"),
        ("[1,2)", "[1,2]", False, "differs as an interval"),
        ("x>3", "3<x", True, "same inequality"),
        ("x+y=1", "1-x=y", True, "same equation"),
        (r"x\equiv3\pmod5", r"x\equiv4\pmod5", False, "differs as a congruence"),
        (r"(1,2)\cup(3,4)", r"(3,4)\cup(1,2)", True, "same set of real numbers"),
        (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", True, "same matrix"),
        ("4:30", "4:03", False, "differs as a time of day"),
        ("5 cm", "5 m", False, "different units"),
        (r"x+\foo", r"x+\bar", False, "not readable as mathematics"),
        ("x" * 600, "y" * 600, False, "too long to compare as mathematics"),
        (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}", None, "not decided without sympy"),
        ("9^{9^{9^{9}}}", "1", None, "not decided without sympy"),
    ],
)  # fmt: skip
def test_a_verdict_says_why(answer: str | None, reference: str, is_correct: bool | None, rule: str) -> None:
    assert compare(answer, reference) == Verdict(is_correct, rule)


def test_a_response_s_glued_letter_is_a_unit_and_a_reference_s_is_a_variable() -> None:
    assert compare("18m", "18").is_correct
    assert not compare("18", "18m").is_correct
    assert compare("18m", "18m").is_correct and not compare("18m", "18n").is_correct


@pytest.mark.parametrize(
    "text", ["5\\text{ bn}", "5\\text{ at most}", "5\\text{ at least}", "5\\text{ tens}", "5\\text{ wrong}"]
)
def test_a_word_that_changes_a_number_is_no_unit(text: str) -> None:
    assert not compare(text, "5").is_correct
