"""Stage 1a: the student answers questions (paper, section 3). Questions in, graded Responses out.

Correctness is kept for measuring the filter afterwards; the filter itself never reads it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from stat_engine import answers
from stat_engine.models.base import Sampling, Student
from stat_engine.models.steps import Splitter, split_steps
from stat_engine.records import Question, Response, response_id


def respond(
    student: Student, questions: Sequence[Question], sampling: Sampling, splitter: Splitter, seed: int
) -> list[Response]:
    """The student's responses to one batch, `n_samples` a question, in the order of the questions."""
    completions = student.respond([question.problem for question in questions], sampling, seed)
    return [
        Response(
            response_id=response_id(question.id, student.name, asdict(sampling), sample, completion.text),
            question_id=question.id,
            model=student.name,
            sample=sample,
            response=completion.text,
            steps=split_steps(completion.text, splitter),
            n_tokens=completion.n_tokens,
            finish_reason=completion.finish_reason,
            **grade(completion.text, question),
        )
        for question, samples in zip(questions, completions, strict=True)
        for sample, completion in enumerate(samples)
    ]


def grade(text: str, question: Question) -> dict[str, Any]:
    """Final answer of a response and whether it is right; unknown where the question has no answer."""
    answer = answers.extract(text)
    known = question.answer is not None
    return {"answer": answer, "is_correct": answers.equal(answer, question.answer) if known else None}
