import pytest

from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.method.responses import remarks, respond
from stat_engine.models.base import Completion, Sampling
from tests.factories import a_question, a_response


class Answering:
    name = "s"

    def respond(
        self, problems: object, sampling: Sampling, seed: int, partial: object = None
    ) -> list[list[Completion]]:
        return [
            [Completion("1+1=2\n\nAnswer: 2", 7, "stop"), Completion("Answer: 3", 3, "length")],
            [Completion("", 0, "stop"), Completion("Answer: 1/2", 4, "stop")],
        ]


def test_every_sample_is_graded_cut_into_steps_and_has_an_id_of_its_own() -> None:
    questions = [a_question("q1"), a_question("q2", answer="0.5")]
    made = respond(Answering(), questions, Sampling(1, 1, 9, 2), "blank-line", 0, MathematicalGrader())
    assert [
        (r.question_id, r.sample, r.steps, r.answer, r.is_correct, r.n_tokens, r.finish_reason) for r in made
    ] == [
        ("q1", 0, ["1+1=2", "Answer: 2"], "2", True, 7, "stop"),
        ("q1", 1, ["Answer: 3"], None, False, 3, "length"),  # it may have gone on: 3.5
        ("q2", 0, [], None, False, 0, "stop"),
        ("q2", 1, ["Answer: 1/2"], "1/2", True, 4, "stop"),
    ]
    assert len({r.response_id for r in made}) == 4


def test_a_thought_before_the_solution_is_kept_and_is_no_step() -> None:
    text = "Let me see.\n\nIt is 2.\n</think>\n\n1+1=2\n\nAnswer: 2"

    class Thinking(Answering):
        def respond(self, *_: object, **__: object) -> list[list[Completion]]:
            return [[Completion(text, 20, "stop")]]

    [made] = respond(
        Thinking(), [a_question("q1")], Sampling(1, 1, 9, 1), "blank-line", 0, MathematicalGrader()
    )
    assert (made.response, made.steps, made.answer) == (text, ["1+1=2", "Answer: 2"], "2")


@pytest.mark.parametrize("n_one", [5, 6])
def test_most_responses_with_one_step_are_warned_of(n_one: int) -> None:
    rows = [a_response(f"o{at}", steps=["all at once"]) for at in range(n_one)]
    rows += [a_response(f"m{at}", steps=["a", "b", "c"]) for at in range(10 - n_one)]
    said = remarks(rows, "blank-line")
    assert said[0] == f"steps per response: {n_one} have 1, {10 - n_one} have 3"
    assert [sentence for sentence in said if "have one step" in sentence] == (
        []
        if n_one == 5
        else [
            "warning: 6 of 10 responses have one step under splitter blank-line; look at some and choose another "
            "with student.steps (newline, blank-line, numbered, ki)"
        ]
    )


def test_responses_cut_off_and_empty_ones_are_counted() -> None:
    rows = [a_response("a", finish_reason="length"), a_response("b", finish_reason="stop", steps=[])]
    assert remarks(rows, "newline")[1:] == [
        "1 of 2 responses are unfinished: they reached the length that an answer may have (setting "
        "student.max_tokens), or to the end of what the student can read",
        "1 of 2 responses are empty",
    ]
    assert remarks([], "newline") == []


def test_questions_that_had_no_answer_are_told_from_empty_ones() -> None:
    rows = [
        a_response("a", finish_reason="length", response="", steps=[]),
        a_response("b", steps=[], response=""),
    ]
    assert remarks(rows, "newline")[1:] == [
        "1 of 2 responses are missing: the question has no room in the student's context, or its server "
        "refused it",
        "1 of 2 responses are empty",
    ]


def test_the_longest_of_many_step_counts_are_counted_together() -> None:
    rows = [a_response(f"r{at}", steps=["s"] * at) for at in range(1, 15)]
    assert remarks(rows, "newline")[0].endswith("1 has 9, 1 has 10, 4 have more")
