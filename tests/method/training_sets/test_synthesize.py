from collections.abc import Sequence

import pytest

from stat_engine.config import TrainingSetConfig
from stat_engine.grading import Written
from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.method.training_sets.select import Pool
from stat_engine.method.training_sets.synthesize import (
    Around,
    NSolved,
    first_requests,
    for_neighbours,
    for_skills,
    in_words,
    keep_consistent,
    proposal_requests,
    synthesize,
)
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.records import DroppedQuestion, Question, TrainingExample
from tests.factories import a_question, an_entry

GRADER = MathematicalGrader()


def solutions(*answers: str) -> list[tuple[str, str]]:
    return [(f"c{at}", f"way {at}\nAnswer: {answer}") for at, answer in enumerate(answers)]


def kept(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    (groups,) = GRADER.agreeing([(a_question(), [Written(text) for _, text in found])])
    return keep_consistent(found, groups, 2)


def test_agreeing_solutions_are_kept_and_the_others_dropped() -> None:
    found = solutions("1/2", "3", "0.5")
    assert kept(found) == [found[0], found[2]]


def test_tied_answers_are_dropped() -> None:
    assert kept(solutions("1", "2", "1", "2")) == []


def test_too_little_agreement_or_no_answer_is_dropped() -> None:
    assert kept(solutions("1", "2", "3")) == []
    assert kept([("a", "no idea"), ("b", "no idea")]) == []
    assert kept([]) == []


def test_the_same_text_twice_agrees_but_is_kept_once() -> None:
    twice = [("a", "Answer: 1"), ("b", "Answer: 1")]
    assert kept(twice) == [("a", "Answer: 1")]


def ask(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
    def one(request: TeacherRequest) -> str:
        if request.task == "propose_question":
            return (
                f"<question>new {request.skills[0]} {request.repeat}?</question>"
                if request.repeat < 2
                else "none"
            )
        wrong = "2" if request.repeat == 2 else "1"
        return f"way {request.repeat}\nAnswer: {wrong}"

    return [(f"{request.task}-{request.repeat}", one(request)) for request in requests]


POOL = Pool(
    [a_question("p1"), a_question("p2")], {"p1": an_entry("p1", "area"), "p2": an_entry("p2", "area")}
)


SETTINGS = TrainingSetConfig(reference_draw="each", proposals=3, solutions=3)
MISSING = [("d", "Algebra", "area")]


def made(
    settings: TrainingSetConfig,
    evaluation: Sequence[Question] = (),
    answers: Ask = ask,
    n_solved: NSolved | None = None,
) -> tuple[list[TrainingExample], list[DroppedQuestion]]:
    questions = {question.id: question for question in (*POOL.questions, *evaluation)}
    requests = for_skills(MISSING, POOL, settings, 0)
    return synthesize(
        "stat-syn", requests, settings, Around(questions, list(evaluation), answers, GRADER, n_solved)
    )


def test_every_example_has_its_lineage() -> None:
    examples, dropped = made(SETTINGS)
    assert [(e.problem, e.solution) for e in examples] == [
        (f"new area {proposal}?", f"way {way}\nAnswer: 1") for proposal in (0, 1) for way in (0, 1)
    ]
    first = examples[0]
    assert (first.difficult_question_id, first.missing_skill, first.skills) == ("d", "area", ["area"])
    assert (sorted(first.reference_ids), first.method) == (["p1", "p2"], "stat-syn")
    assert first.teacher_calls == ["propose_question-0", "solve-0"]
    assert [(d.gate, d.difficult_question_id, d.missing_skill, d.teacher_calls) for d in dropped] == [
        ("unreadable", "d", "area", ["propose_question-2"])
    ]


def writes(*problems: str) -> Ask:
    """A teacher whose proposals are these, in order, and whose solutions agree."""

    def answered(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        return [
            ("p", f"<question>{problems[r.repeat]}</question>")
            if r.task == "propose_question"
            else ("s", f"way {r.repeat}\nAnswer: {1 if 'clear' in r.problem else r.repeat}")
            for r in requests
        ]

    return answered


LONG = "How many clear marbles are in a box of 12 rows with 7 marbles in every row?"
OTHER = "A train runs 60 miles in one clear hour; how far does it run in 3 hours?"


@pytest.mark.parametrize(
    ("problem", "gate", "detail"),
    [
        ("What is p1?", "known", "is question p1"),
        (LONG.replace("box", "bag"), "near", "shares"),
        (OTHER.replace("miles", "km"), "leak", "shares"),
        (OTHER, "leak", "shares 100% of its wording with t1: A train runs"),
        ("What do these three say?", "inconsistent", "fewer than 2 solutions agree"),
    ],
)
def test_each_gate_drops_and_says_why(problem: str, gate: str, detail: str) -> None:
    evaluation = [a_question("t1", problem=OTHER, split="test")]
    examples, dropped = made(
        TrainingSetConfig(reference_draw="each", proposals=2, near=0.6), evaluation, writes(LONG, problem)
    )
    assert {e.problem for e in examples} == {LONG}
    assert [(d.gate, d.problem) for d in dropped] == [(gate, problem)]
    assert dropped[0].detail.startswith(detail)


def test_numbers_make_another_question_of_the_same_template() -> None:
    other = LONG.replace("12", "31").replace("7", "18")
    examples, dropped = made(TrainingSetConfig(reference_draw="each", proposals=2), (), writes(LONG, other))
    assert {e.problem for e in examples} == {LONG, other} and dropped == []


def test_a_question_that_the_student_solves_every_time_is_dropped_when_asked_for() -> None:
    asked: list[Question] = []

    def n_solved(questions: Sequence[Question]) -> list[int]:
        asked.extend(questions)
        return [4, 3]

    settings = TrainingSetConfig(reference_draw="each", proposals=2, drop_solved=4)
    examples, dropped = made(settings, (), writes(LONG, OTHER), n_solved)
    assert [(q.problem, GRADER.extract(q.solution or ""), q.answer) for q in asked] == [
        (LONG, "1", None), (OTHER, "1", None),
    ]  # fmt: skip
    assert {e.problem for e in examples} == {OTHER}
    assert [(d.gate, d.detail) for d in dropped] == [("solved", "the student solves it in 4 of 4 samples")]


def test_embed_syn_shows_groups_of_near_questions_and_stresses_no_skill() -> None:
    near = [a_question(f"n{at}") for at in range(5)]
    requests = for_neighbours([("d", near), ("alone", [])], TrainingSetConfig(), 0)
    assert [item for item, _, _ in requests] == [("d", "Algebra", "")] * 5
    assert {len(shown) for _, shown, _ in requests} == {3}
    assert len({tuple(q.id for q in shown) for _, shown, _ in requests}) == 5
    assert all(request.skills == () for request in proposal_requests(requests))


def test_what_fell_is_counted_by_gate() -> None:
    _, dropped = made(
        TrainingSetConfig(reference_draw="each", proposals=3), (), writes("What is p1?", "What is p2?", LONG)
    )
    assert in_words(dropped, 3) == ["2 of 3 new questions are dropped: 2 known"]
    assert in_words([], 3) == []


MANY = Pool(
    [a_question(f"m{at}") for at in range(9)], {f"m{at}": an_entry(f"m{at}", "area") for at in range(9)}
)


def asked_for(settings: TrainingSetConfig, answers: Sequence[str]) -> list[list[TeacherRequest]]:
    """The proposals that a teacher is asked for, call by call; `answers` are its answers in order."""
    calls: list[list[TeacherRequest]] = []
    left = iter(answers)

    def answered(requests: Sequence[TeacherRequest]) -> list[tuple[str, str]]:
        if not requests or requests[0].task != "propose_question":
            return [("s", f"Answer: {r.repeat}") for r in requests]
        calls.append(list(requests))
        return [("p", next(left)) for _ in requests]

    missing = [("d1", "Algebra", "area"), ("d2", "Algebra", "area")]
    requests = for_skills(missing, MANY, settings, 0)
    questions = {question.id: question for question in MANY.questions}
    synthesize("stat-syn", requests, settings, Around(questions, [], answered, GRADER))
    return calls


def test_two_questions_come_from_the_same_references_and_the_second_is_told_of_the_first() -> None:
    settings = TrainingSetConfig()
    written = [f"<question>new {at}</question>" for at in range(4)]
    first, second = asked_for(settings, written)
    assert [request.proposed for request in first] == [(), ()]
    assert [request.proposed for request in second] == [("new 0",), ("new 1",)]
    assert [request.references for request in first] == [request.references for request in second]
    assert first[0].references != first[1].references and len(first[0].references) == 3


def test_a_second_question_after_an_unreadable_answer_is_another_call() -> None:
    first, second = asked_for(TrainingSetConfig(), ["none", "<question>new</question>", "x", "y"])
    assert [request.proposed for request in second] == [(), ("new",)]
    assert second[0].repeat != first[0].repeat


def test_drawing_references_for_each_proposal_is_a_setting() -> None:
    calls = asked_for(TrainingSetConfig(reference_draw="each"), ["x"] * 4)
    (asked,) = calls
    assert len({request.references for request in asked}) == 4
    assert all(request.proposed == () for request in asked)


def test_a_person_s_numbers_share_references_too() -> None:
    requests = first_requests({("Algebra", "area"): 8}, [("d", "Algebra", "area")], MANY, TrainingSetConfig())
    shown = [tuple(question.id for question in of) for _, of, _ in requests]
    assert shown == [shown[0], shown[0], shown[2], shown[2]] and shown[0] != shown[2]


def test_what_was_there_before_the_setting_keeps_its_keys() -> None:
    request = TeacherRequest(task="solve", problem="p")
    assert "proposed" not in request.fields()
    assert "reference_draw" not in TrainingSetConfig(reference_draw="each").decides()
    assert TrainingSetConfig().decides()["reference_draw"] == "shared"
