"""Graders that compare texts: what counts as the answer, and which texts are the same."""

import pytest

from stat_engine.config import GraderConfig
from stat_engine.grading import Graded, Grader, notice, open_grader
from stat_engine.grading.text import RegexGrader
from stat_engine.records import Question
from tests.factories import a_question

EXACT = open_grader(GraderConfig(backend="exact"))
CHOICE = open_grader(GraderConfig(backend="choice"))
HASHES = open_grader(GraderConfig(backend="regex", pattern=r"(?m)^#### *(.*)$"))


def graded(grader: Grader, response: str, reference: str | None) -> Graded:
    (grade,) = grader.grade([(response, a_question(answer=reference))])
    return grade


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("Paris", "Paris"),
        ("France, so:\n\nAnswer: Paris\n\n", "Paris"),
        ("I think the final answer is Paris.", "Paris."),
        ("so \\boxed{Paris}\nthat is all", "Paris"),
        ("work\n#### Paris", "Paris"),
        ("one\ntwo", "two"),
        ("Answer:", "Answer:"),
        (" \n\t\n", None),
        ("", None),
    ],
)
def test_exact_takes_what_the_last_line_says(response: str, answer: str | None) -> None:
    assert EXACT.extract(response) == answer


@pytest.mark.parametrize(
    ("response", "reference", "is_correct"),
    [
        ("Answer: PARIS.", "paris", True),
        ("caf\u0065\u0301", "caf\u00e9", True),
        ("New\u00a0 York", "new york", True),
        ("roses are red\nviolets  are blue", "Roses are red\nviolets are blue.", True),
        ("10\u00b2", "102", False),
        ("Paris, France", "Paris", False),
        ("", "", False),
        ("", "Paris", False),
        ("Paris", None, None),
    ],
)
def test_exact_compares_without_case_space_and_stop(
    response: str, reference: str | None, is_correct: bool | None
) -> None:
    assert graded(EXACT, response, reference).is_correct is is_correct


def test_regex_takes_the_group_of_the_last_match() -> None:
    assert graded(HASHES, "#### 3\n#### 4 ", "4") == Graded("4", True)
    assert graded(HASHES, "#### 4", "long way\n#### 4") == Graded("4", True)
    assert graded(HASHES, "4", "4") == Graded(None, False)
    assert graded(HASHES, "#### 4", None) == Graded("4", None)
    either = open_grader(GraderConfig(backend="regex", pattern="a(b)?"))
    assert either.extract("ab a") is None


@pytest.mark.parametrize(
    ("response", "reference", "is_correct"),
    [
        ("Answer: Oslo\n\nExplanation: Oslo is the capital.", "Oslo", True),
        ("Answer: Oslo\n\nExplanation: Bergen", "Bergen", False),
        ("Answer: Oslo\nConfidence: high", "oslo", True),
        ("**Answer:** Oslo\n\nIt became the capital in 1814.", "Oslo", True),
        ("The answer is Oslo.\n\nIt became the capital in 1814.", "Oslo", True),
        ("#### Oslo\n\nBecause it is the capital.", "Oslo", True),
        ("Answer: Let us think.\nWe know Norway.\nOslo", "Oslo", True),
        ("## Answer\nOslo\n\n## Explanation\nIt is the capital.", "Oslo", True),
        ("## Answer\nWe look at a map.\n\nOslo", "Oslo", True),
        ("```text\nOslo\n```", "Oslo", True),
        ("Here it is:\n```\nOslo\n```", "Oslo", True),
        ("```\nAnswer: Oslo\n```", "Oslo", True),
        ("~~~\nred green\nblue\n~~~", "red green blue", True),
        ("```\nOslo\nBergen\n```", "Bergen", False),
        ("* Oslo", "Oslo", True),
        ("• Oslo", "Oslo", True),
        ("- Answer: Oslo", "Oslo", True),
        ("> Answer: **Oslo**", "Oslo", True),
        ("- Oslo\n- Bergen", "Bergen", False),
        ("> x < 5 is wrong\n> 5", "5", False),
        ("> 5", "5", False),
        ("- 5", "- 5", True),
        ("The capital is **Oslo**.", "Oslo", True),
        ("The capital is **Oslo**.", "The capital is Oslo", True),
        ("The capital is not **Oslo**.", "Oslo", False),
        ("It could be **Oslo**.", "Oslo", False),
        ("Is it **Oslo**?", "Oslo", False),
        ("Either **Oslo** or **Bergen**", "Bergen", False),
        ("Answer: <strong>Oslo</strong>", "Oslo", True),
        ("Answer: **Oslo** in Norway", "Oslo in Norway", True),
        ("Oslo!", "Oslo", True),
        ("Oslo", "Oslo!", True),
        ("Answer: 5!", "5", False),
        ("Answer: n!", "n", False),
        ("Oslo?", "Oslo", False),
        ("2**3**4", "234", False),
        ("Réponse : Oslo", "Oslo", True),
        ("Die Antwort lautet Oslo.", "Oslo", True),
        ("La respuesta es Oslo", "Oslo", True),
        ("La réponse correcte est Oslo.", "Oslo", True),
        ("Ответ: Осло", "Осло", True),
        ("答案：奥斯陆", "奥斯陆", True),
        ("答案是奥斯陆。", "奥斯陆。", True),
        ("The answer island", "land", False),
        ("Answer: Oslo\nAnswer: Bergen\n\nNote: changed.", "Bergen", True),
        ("Answer: Oslo\nAnswer: Bergen\n\nNote: changed.", "Oslo", False),
        ("The answer is not Oslo.\nIt is Bergen.", "Oslo", False),
        ("Answer\n\nOslo", "Oslo", True),
        ("Answer: not Oslo", "Oslo", False),
        ("<think>Answer: Bergen</think>Answer: Oslo", "Oslo", True),
        ("__Oslo__", "Oslo", True),
    ],
)
def test_exact_finds_the_answer_line_and_unwraps_it(response: str, reference: str, is_correct: bool) -> None:
    assert graded(EXACT, response, reference).is_correct is is_correct


@pytest.mark.parametrize(
    ("pattern", "response", "answer"),
    [
        (r"Answer: (.*)", "<think>Answer: 3</think>Answer: 4", "4"),
        (r"Answer: (.*)", "<think>Answer: 3</think>", "3"),
        (r"(?s)Answer: (.*)", "<think>Answer: 3</think>\n4", None),
        (r"(?s)Answer: (.*)", "[THINK]Answer: 3[/THINK]\nAnswer: 4\n", "4"),
        (r"Answer: (.*)", "<think>Answer: 3", None),
        (r"</think>\s*(.*)", "<think>3</think>\n4", "4"),
        (r"Answer: (.*)", "Answer: 4<|im_end|>", "4"),
        (r"Answer: (.*)", "Answer: 4\nAnswer: ", None),
        (r"Answer:(\s*)", "Answer: ", None),
    ],
)
def test_regex_reads_the_part_after_thinking_and_an_empty_group_is_none(
    pattern: str, response: str, answer: str | None
) -> None:
    assert open_grader(GraderConfig(backend="regex", pattern=pattern)).extract(response) == answer


def test_an_empty_group_equals_no_empty_reference() -> None:
    grader = open_grader(GraderConfig(backend="regex", pattern=r"Answer: *(.*)"))
    assert graded(grader, "Answer: ", "") == Graded(None, False)


@pytest.mark.parametrize("grader", [EXACT, CHOICE, HASHES])
def test_none_agrees_with_nothing(grader: Grader) -> None:
    assert [grader.agree("B", "B"), grader.agree(None, "B"), grader.agree(None, None)] == [True, False, False]


@pytest.mark.parametrize("grader", [EXACT, CHOICE, HASHES])
@pytest.mark.parametrize("unit", ["answer is ", "(", "A ", "\\boxed{", "#### \n", "option ", " ", "x\n"])
def test_a_megabyte_is_graded(grader: Grader, unit: str) -> None:
    response = unit * (2**20 // len(unit))
    assert len(grader.grade([(response, a_question(answer="B"))])) == 1


def test_only_a_command_may_need_a_notice() -> None:
    assert notice(GraderConfig(backend="exact")) is None


def test_a_regex_that_takes_too_long_leaves_the_verdict_open() -> None:
    """A pattern that any engine needs some time for, under a limit of no time at all."""
    grader = RegexGrader(r"(?:a|b|ab)*?(c)", limit_s=1e-9)
    text, question = "ab" * 50_000, Question(id="q", split="test", problem="", answer="c")
    assert grader.extract(text) is None
    assert grader.grade([(text, question)]) == [Graded(None, None)]
    assert grader.grade([(text, question)])[0].rule == "the time limit was reached"
    assert RegexGrader(r"(c)").grade([("abc", question)]) == [Graded("c", True)]
