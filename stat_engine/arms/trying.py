"""The student and its arms asked one question, side by side. A question in, answers out; nothing is kept.

They are asked as in the evaluation, so a question of the benchmark gets the answer that was graded there."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from stat_engine.arms.training import arm_adapter
from stat_engine.errors import NotThereYet, StatError
from stat_engine.models.base import Sampling
from stat_engine.records import Question
from stat_engine.workbench import Workbench, batch_seed, opened

OWN = "own"
"""Id of a question that is in no dataset."""


def own_question(text: str) -> Question:
    """A question of one's own; raises StatError for none."""
    if not text.strip():
        raise StatError("the question is empty; expected its text")
    return Question(id=OWN, problem=text.strip())


def known_question(bench: Workbench, id: str) -> Question:
    """A question of the run's dataset; raises NotThereYet for an id that is none."""
    question = bench.dataset.questions.get(id)
    if question is None:
        raise NotThereYet(f"dataset {bench.dataset.name} has no question {id}")
    return question


def try_arms(
    bench: Workbench, question: Question, arms: Sequence[str], seed: int | None = None
) -> dict[str, Any]:
    """`question_id` (None: one's own), `question`, `reference` and `answers`, one an arm in their order.

    An answer: arm, seed, response, answer (as the grader finds it), is_correct (None: not to be told),
    n_tokens, is_cut, seconds (loading included). Raises StatError for an arm that is not trained."""
    chosen = [(arm, _seed(bench, arm, seed)) for arm in dict.fromkeys(arms)]
    adapters = [None if arm == "base" else arm_adapter(bench, arm, of)[0] for arm, of in chosen]
    answers = [
        _answered(bench, question, arm, of, adapter)
        for (arm, of), adapter in zip(chosen, adapters, strict=True)
    ]
    return {
        "question_id": None if question.id == OWN else question.id,
        "question": question.problem,
        "reference": question.answer,
        "answers": answers,
    }


def _seed(bench: Workbench, arm: str, seed: int | None) -> int:
    return 0 if arm == "base" else seed if seed is not None else (bench.run.trained_seeds(arm) or [0])[0]


def _answered(
    bench: Workbench, question: Question, arm: str, seed: int, adapter: Path | None
) -> dict[str, Any]:
    config = bench.config.student
    sampling = Sampling(bench.config.evaluation.temperature, 1.0, config.max_tokens, stop=tuple(config.stop))
    begun = time.monotonic()
    with opened(lambda: bench.student(adapter, f"{config.name}+{arm}")) as student:
        ((completion,),) = student().respond([question.problem], sampling, batch_seed(seed, 0))
    answer, is_correct = _graded(bench, question, completion.text)
    return {
        "arm": arm, "seed": seed, "response": completion.text, "answer": answer, "is_correct": is_correct,
        "n_tokens": completion.n_tokens, "is_cut": completion.finish_reason == "length",
        "seconds": round(time.monotonic() - begun, 2),
    }  # fmt: skip


def _graded(bench: Workbench, question: Question, text: str) -> tuple[str | None, bool | None]:
    if question.answer is None or bench.config.domain.grader.backend == "judge":  # a judge would cost a call
        return bench.grader.extract(text), None
    (grade,) = bench.grader.grade([(text, question)])
    return grade.answer, grade.is_correct
