import pytest

from stat_engine.method.agreement import (
    PairAgreement,
    SelfCheckRate,
    SkillKappa,
    disagreements,
    pair_agreement,
    pair_agreements,
    self_check,
    self_check_rate,
    self_check_words,
    skill_kappas,
)
from stat_engine.models.base import TeacherRequest
from stat_engine.records import SelfCheck
from stat_engine.stats import wilson
from tests.factories import a_label, a_question, a_response
from tests.skill_map.small import scripted

LABELS = {
    "one": [
        a_label("r1", "q1", "a", "b"),
        a_label("r2", "q2", "a"),
        a_label("r3", "q3"),
        a_label("r5", "q5", "a"),
    ],
    "two": [
        a_label("r1", "q1", "b", "c"),
        a_label("r2", "q2", "a"),
        a_label("r3", "q3", "c"),
        a_label("r4", "q4", "a"),
        a_label("r5", "q5", "a", status="off_vocabulary"),
    ],
}


def test_agreement_is_the_share_of_what_the_first_teacher_named_over_joint_questions() -> None:
    low, high = wilson(1.5, 2)
    there, back = pair_agreements(LABELS)
    assert there == PairAgreement(
        first="one", second="two", agreement=0.75, ci_low=low, ci_high=high, n_questions=2,
        n_first_named_none=1, n_unread=1,
    )  # fmt: skip
    low, high = wilson(1.5, 3)
    assert back == PairAgreement(
        first="two", second="one", agreement=0.5, ci_low=low, ci_high=high, n_questions=3,
        n_first_named_none=0, n_unread=1,
    )  # fmt: skip


def test_a_label_that_could_not_be_read_is_no_disagreement_and_an_empty_one_is() -> None:
    # q1: both of a, b named by both -> 1; q2: a named, the second read nothing missing -> 0;
    # q3: the second could not be read, q4: the first could not be read, q5: the first named none -> left out
    one = [
        a_label("r1", "q1", "a", "b"), a_label("r2", "q2", "a"), a_label("r3", "q3", "a"),
        a_label("r4", "q4", status="parse_failed"), a_label("r5", "q5"),
    ]  # fmt: skip
    two = [
        a_label("r1", "q1", "b", "a"), a_label("r2", "q2"), a_label("r3", "q3", status="parse_failed"),
        a_label("r4", "q4", "a"), a_label("r5", "q5", "a"),
    ]  # fmt: skip
    found = pair_agreement({"one": one, "two": two}, "one", "two")
    counts = (found["n_questions"], found["n_first_named_none"], found["n_unread"])
    assert (found["agreement"], *counts) == (0.5, 2, 1, 2)


def test_a_question_with_two_responses_counts_once() -> None:
    one = [a_label("r1", "q1", "a"), a_label("r2", "q1", "b"), a_label("r3", "q2", "a")]
    two = [a_label("r1", "q1", "a"), a_label("r2", "q1", "a"), a_label("r3", "q2", "a")]
    first = pair_agreements({"one": one, "two": two})[0]
    assert (first["agreement"], first["n_questions"]) == (0.75, 2)


def test_teachers_without_a_joint_question_have_no_agreement() -> None:
    pair = pair_agreements({"one": [a_label("r1", "q1", "a")], "two": [a_label("r2", "q2", "a")]})[0]
    assert (pair["agreement"], pair["ci_low"], pair["ci_high"], pair["n_questions"]) == (None, 0.0, 1.0, 0)


def test_kappa_is_chance_corrected_and_counts_the_responses() -> None:
    # of 4 responses: both say a to 1, the first alone to 1, the second alone to 1, none to 1
    one = [a_label("r1", "q1", "a"), a_label("r2", "q2", "a"), a_label("r3", "q3"), a_label("r4", "q4")]
    two = [a_label("r1", "q1", "a"), a_label("r2", "q2"), a_label("r3", "q3", "a"), a_label("r4", "q4")]
    assert skill_kappas({"one": one, "two": two}) == [
        SkillKappa(
            first="one", second="two", subject="Algebra", skill="a", kappa=0.0, n=4, n_both=1,
            n_first_only=1, n_second_only=1,
        )
    ]  # fmt: skip
    assert skill_kappas({"one": one, "two": one})[0]["kappa"] == 1.0


def test_kappa_is_undefined_where_both_say_the_same_of_every_response() -> None:
    one = [a_label("r1", "q1", "a"), a_label("r2", "q2", "a")]
    assert skill_kappas({"one": one, "two": one}) == [
        SkillKappa(
            first="one", second="two", subject="Algebra", skill="a", kappa=None, n=2, n_both=2,
            n_first_only=0, n_second_only=0,
        )
    ]  # fmt: skip


def test_skills_of_one_name_in_two_subjects_are_two() -> None:
    one = [a_label("r1", "q1", "a"), a_label("r2", "q2", "a", subject="Geometry")]
    assert [(k["subject"], k["n"]) for k in skill_kappas({"one": one, "two": one})] == [
        ("Algebra", 1),
        ("Geometry", 1),
    ]


def test_disagreements_show_what_each_teacher_says_whatever_the_order_of_skills() -> None:
    one = [a_label("r1", "q1", "a", "b"), a_label("r2", "q2", "a"), a_label("r3", "q3", "a")]
    two = [a_label("r1", "q1", "b", "a"), a_label("r2", "q2", "a", judge="correct"), a_label("r3", "q3", "c")]

    def said(judge: str, *skills: str) -> dict[str, object]:
        return {"judge": judge, "skills": list(skills), "status": "ok"}

    assert disagreements({"one": one, "two": two}) == [
        {
            "question_id": "q2",
            "response_id": "r2",
            "teachers": {"one": said("incorrect", "a"), "two": said("correct", "a")},
        },
        {
            "question_id": "q3",
            "response_id": "r3",
            "teachers": {"one": said("incorrect", "a"), "two": said("incorrect", "c")},
        },
    ]


@pytest.mark.parametrize(
    ("raw", "is_right"),
    [
        ("<reason>so</reason><judge>Right</judge>", True),
        ("<reason>so</reason><judge>wrong.</judge>", False),
        ("<reason>so</reason><judge>correct</judge>", None),
        ("<reason>so</reason>right", None),
    ],
)
def test_a_self_check_reads_right_and_wrong_and_never_guesses(raw: str, is_right: bool | None) -> None:
    seen: list[TeacherRequest] = []
    found = self_check(
        [a_label("r1", "q1", "a"), a_label("r2", "q1", status="parse_failed")],
        {"q1": a_question("q1")},
        {"r1": a_response("r1")},
        scripted(lambda _: raw, seen),
    )
    assert found == [
        SelfCheck(response_id="r1", teacher="teacher", is_right=is_right, reason="so", call="call0")
    ]
    assert seen[0] == TeacherRequest(
        "self_check", "What is q1?", ("1+1=3", "Answer: 3"), skills=("a",), subject="Algebra"
    )
    assert len(seen) == (2 if is_right is None else 1)


def test_the_self_check_rate_is_of_the_readable_answers_with_its_interval() -> None:
    checks = [
        SelfCheck(response_id="r", teacher="t", is_right=is_right, reason="", call="c")
        for is_right in (True, True, True, False, None)
    ]
    low, high = wilson(3, 4)
    rate = self_check_rate("t", checks)
    assert rate == SelfCheckRate(
        teacher="t", share=0.75, ci_low=low, ci_high=high, n_right=3, n_wrong=1, n_unreadable=1
    )
    assert self_check_words(rate) == (
        "self-check by t: 3 of 4 labels upheld (75.0%, 95% 30.1% to 95.4%); 1 answers could not be read"
    )
    assert self_check_rate("t", [])["share"] is None
