from collections.abc import Sequence

import pytest

from stat_engine.config import DifficultyConfig, TeacherConfig
from stat_engine.method.difficulty import find_difficult
from stat_engine.method.missing_skills import (
    ToLabel,
    label_missing_skills,
    parse,
    responses_to_label,
    with_noise,
)
from stat_engine.models.base import TeacherRequest
from stat_engine.records import MissingSkill
from stat_engine.skills import Vocabulary
from tests.factories import a_question, a_response, scores

VOCABULARY = Vocabulary({"Algebra": ["addition", "factoring_skills"], "Geometry": ["area"]})
ITEM = ToLabel(a_response(), a_question(), "Algebra", ("addition",), 0)


def answer(judge: str = "incorrect", skill: str = "addition", step: str = "0", quote: str = "1+1=3") -> str:
    return f"<judge>{judge}</judge><reason>why</reason><step>{step}</step><quote>{quote}</quote><skill>{skill}</skill>"


def test_a_well_formed_answer_is_read_whole() -> None:
    label, complaint = parse(ITEM, "teacher", answer(skill="Factoring; addition"), VOCABULARY, "call")
    assert complaint == ""
    assert label.model_dump() == {
        "response_id": "r1",
        "question_id": "q1",
        "subject": "Algebra",
        "teacher": "teacher",
        "judge": "incorrect",
        "reason": "why",
        "skills": ["factoring_skills", "addition"],
        "evidence_step": 0,
        "evidence_quote": "1+1=3",
        "status": "ok",
        "call": "call",
    }


def test_the_last_well_formed_tag_counts() -> None:
    raw = "I write <skill>area</skill> first, then <judge>incorrect</judge><skill>addition</skill>"
    assert parse(ITEM, "t", raw, VOCABULARY)[0].skills == ["addition"]


@pytest.mark.parametrize(
    ("raw", "status", "judge", "skills"),
    [
        ("no tags at all", "parse_failed", None, []),
        ("<skill>addition</skill>", "parse_failed", None, ["addition"]),  # never read as correct
        ("<judge>correct</judge>", "parse_failed", "correct", []),
        ("<judge>perhaps</judge><skill>addition</skill>", "parse_failed", None, ["addition"]),
        (answer(skill="knitting, addition"), "off_vocabulary", "incorrect", ["addition"]),
        (answer(skill="area"), "off_vocabulary", "incorrect", []),  # another subject's skill
        (answer(judge="correct", skill=""), "ok", "correct", []),
        (answer(skill="none"), "ok", "incorrect", []),
    ],
)
def test_unreadable_answers_are_marked_never_dropped(
    raw: str, status: str, judge: str | None, skills: list[str]
) -> None:
    label, complaint = parse(ITEM, "t", raw, VOCABULARY)
    assert bool(complaint) == (status != "ok")
    assert (label.status, label.judge, label.skills) == (status, judge, skills)


@pytest.mark.parametrize(
    ("step", "quote"), [("0", "1+1=4"), ("7", "1+1=3"), ("x", "1+1=3"), ("0", ""), ("²", "1")]
)
def test_evidence_that_does_not_stand_in_the_step_is_not_kept(step: str, quote: str) -> None:
    label, _ = parse(ITEM, "t", answer(step=step, quote=quote), VOCABULARY)
    assert (label.evidence_step, label.evidence_quote) == (None, None)


def test_an_unusable_answer_is_asked_for_once_more_naming_the_invalid_value() -> None:
    asked: list[TeacherRequest] = []

    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        asked.extend(requests)
        return [("again", answer()) if r.complaint else ("first", answer(skill="knitting")) for r in requests]

    labels = label_missing_skills([ITEM], VOCABULARY, ask, "teacher")
    assert [(label.status, label.call) for label in labels] == [("ok", "again")]
    assert [(request.previous, request.complaint) for request in asked] == [
        ("", ""),
        (answer(skill="knitting"), "'knitting': no skill of the list"),
    ]


def test_an_answer_that_stays_unusable_keeps_its_mark_and_its_first_call() -> None:
    def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        return [("again" if r.complaint else "first", "no tags") for r in requests]

    labels = label_missing_skills([ITEM], VOCABULARY, ask, "teacher")
    assert [(label.status, label.judge, label.call) for label in labels] == [("parse_failed", None, "first")]


def test_the_difficult_responses_with_the_lowest_mean_are_labelled() -> None:
    frame = scores(
        {"question_id": "q", "response_id": "low", "step_rewards": [0.1]},
        {"question_id": "q", "response_id": "lower", "step_rewards": [0.05]},
        {"question_id": "q", "response_id": "fine", "step_rewards": [0.99]},
        {"question_id": "easy", "response_id": "easy", "step_rewards": [0.99]},
    )
    found = find_difficult(frame, DifficultyConfig())
    assert responses_to_label(found, 1) == ["lower"]
    assert responses_to_label(found, 5) == ["lower", "low"]


@pytest.mark.parametrize(
    ("raw", "judge", "skills"),
    [
        ("<judge>Incorrect.</judge><skill>**Factoring**</skill>", "incorrect", ["factoring_skills"]),
        ("<judge> **correct** </judge><skill>(none)</skill>", "correct", []),
        (
            '<judge>INCORRECT</judge><skill>["addition"; "factoring"]</skill>',
            "incorrect",
            ["addition", "factoring_skills"],
        ),
        ("<judge>not correct</judge><skill>addition</skill>", None, ["addition"]),
    ],
)
def test_markup_and_punctuation_are_read_over(raw: str, judge: str | None, skills: list[str]) -> None:
    label, _ = parse(ITEM, "t", raw, VOCABULARY)
    assert (label.judge, label.skills) == (judge, skills)


@pytest.mark.parametrize(
    ("step", "quote"),
    [("[0]", "1+1=3"), ("Step 0", '"1+1=3"'), ("0.", " 1+1=3\n"), ("0", "\u201c1+1=3\u201d")],
)
def test_evidence_is_found_however_it_is_written(step: str, quote: str) -> None:
    label, _ = parse(ITEM, "t", answer(step=step, quote=quote), VOCABULARY)
    assert (label.evidence_step, label.evidence_quote) == (0, "1+1=3")


def test_noise_is_added_to_the_given_share_of_readable_labels_and_is_the_same_at_every_start() -> None:
    vocabulary = Vocabulary({"algebra": ["a", "b", "c", "d"]})
    labels = [
        MissingSkill(
            response_id=f"r{at}", question_id=f"q{at}", subject="algebra", teacher="t", judge="incorrect",
            reason="", skills=["a", "b"], status="ok" if at else "parse_failed", call="",
        )
        for at in range(1001)
    ]  # fmt: skip
    config = TeacherConfig(backend="question-skills", noise=0.3)
    noisy = with_noise(labels, vocabulary, config)
    changed = [new for old, new in zip(labels, noisy, strict=True) if new != old]
    assert 250 < len(changed) < 350
    assert noisy[0] == labels[0]
    assert {len(label.skills) for label in changed} == {1, 2, 3}
    assert noisy == with_noise(labels, vocabulary, config)
    assert noisy != with_noise(labels, vocabulary, config.model_copy(update={"seed": 1}))
    assert with_noise(labels, vocabulary, TeacherConfig(backend="numeracy", noise=0.3)) == labels
