from collections.abc import Sequence

from stat_engine.config import TrainingSetConfig
from stat_engine.models.base import TeacherRequest
from stat_engine.stages.select import Pool
from stat_engine.stages.synthesize import keep_consistent, synthesize
from tests.factories import a_question, an_entry


def solutions(*answers: str) -> list[tuple[str, str]]:
    return [(f"c{at}", f"way {at}\nAnswer: {answer}") for at, answer in enumerate(answers)]


def test_agreeing_solutions_are_kept_and_the_others_dropped() -> None:
    assert keep_consistent(solutions("1/2", "3", "0.5"), 2) == [
        solutions("1/2", "3", "0.5")[i] for i in (0, 2)
    ]


def test_tied_answers_are_dropped() -> None:
    assert keep_consistent(solutions("1", "2", "1", "2"), 2) == []


def test_too_little_agreement_or_no_answer_is_dropped() -> None:
    assert keep_consistent(solutions("1", "2", "3"), 2) == []
    assert keep_consistent([("a", "no idea"), ("b", "no idea")], 2) == []
    assert keep_consistent([], 2) == []


def test_the_same_text_twice_agrees_but_is_kept_once() -> None:
    twice = [("a", "Answer: 1"), ("b", "Answer: 1")]
    assert keep_consistent(twice, 2) == [("a", "Answer: 1")]


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


def test_every_example_has_its_lineage() -> None:
    settings = TrainingSetConfig(proposals=3, solutions=3)
    examples = synthesize([("d", "Algebra", "area")], POOL, set(), settings, ask, seed=0)
    assert [(e.problem, e.solution) for e in examples] == [
        (f"new area {proposal}?", f"way {way}\nAnswer: 1") for proposal in (0, 1) for way in (0, 1)
    ]
    first = examples[0]
    assert (first.difficult_question_id, first.missing_skill, first.skills) == ("d", "area", ["area"])
    assert sorted(first.reference_ids) == ["p1", "p2"]
    assert first.teacher_calls == ["propose_question-0", "solve-0"]


def test_a_known_question_is_not_written_again() -> None:
    known = {"new area 0?", "new area 1?"}
    assert synthesize([("d", "Algebra", "area")], POOL, known, TrainingSetConfig(), ask, seed=0) == []
