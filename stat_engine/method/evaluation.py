"""Stage 3c: the student itself and its arms answer every benchmark, and the answers are graded.

A benchmark is the run's own test split, and each of `evaluation.benchmarks`. Responses are stored for
each benchmark, so adding another one later repeats nothing.

`try_arms` puts one question to the student and its arms, side by side; its answers are not stored."""

import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from stat_engine.config import StudentConfig
from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.method import computed
from stat_engine.method.accuracy import unreadable
from stat_engine.method.context import RunContext, batch_seed, batched, opened
from stat_engine.method.responses import gradable, respond
from stat_engine.method.sft.arm import arm_adapter
from stat_engine.method.stage import grader_settings
from stat_engine.method.step_rewards import score
from stat_engine.method.training_sets.select import canonical
from stat_engine.models.base import Sampling, Student
from stat_engine.models.open import open_student, reward_model_identity, student_identity
from stat_engine.records import Question, Response


def evaluate_arms(context: RunContext) -> None:
    """Grade the student itself and every configured arm on every benchmark."""
    arms = dict.fromkeys(canonical(arm) for arm in context.config.arms)
    evaluate(context, [("base", 0), *((arm, seed) for arm in arms for seed in context.config.seeds)])


def evaluate(
    context: RunContext, arms: Sequence[tuple[str, int]], benchmarks: Sequence[str] = ()
) -> list[tuple[str, int]]:
    """Graded responses of these (arm, seed) on the named benchmarks, by default all; the base is first.

    Raises StatError for an arm that is not trained, an unknown benchmark, and one without answers, before
    anything is asked."""
    names = list(benchmarks) or context.run.benchmark_names()
    asked = {name: _questions(context, name) for name in names}
    for arm, seed in arms:
        if arm != "base":
            arm_adapter(context, arm, seed)
    for arm, seed in sorted(arms, key=lambda pair: pair[0] != "base"):
        _evaluate_one(context, arm, seed, asked)
        if arm == "base":
            for name in names:
                measure_difficult_part(context, name)
    return list(arms)


def _evaluate_one(context: RunContext, arm: str, seed: int, asked: dict[str, list[Question]]) -> None:
    adapter, weights = (None, None) if arm == "base" else arm_adapter(context, arm, seed)
    config = _student(context)
    with opened(lambda: context.student(adapter, f"{config.name}+{arm}")) as student:
        for name, questions in asked.items():
            _ask(context, arm, seed, weights, name, questions, student)


def _ask(
    context: RunContext,
    arm: str,
    seed: int,
    weights: str | None,
    name: str,
    questions: list[Question],
    student: Callable[[], Student],
) -> None:
    run, config, settings = context.run, _student(context), context.config.evaluation
    of, is_own = run.benchmark(name), name == settings.split
    sampling = Sampling(of.temperature, 1.0, config.max_tokens, of.samples, config.stops())
    # the run's own benchmark is named as it was before there were others, so that it stays what it is
    also = {} if is_own else {"split": of.split, "temperature": of.temperature, "benchmark": of.model_dump()}
    context.complete(
        run.evaluation(arm, seed, name),
        f"evaluation {arm} seed {seed}" + ("" if is_own else f" on {name}"),
        settings.decides()
        | grader_settings(run.config)
        | run.config.student.decides_an_arm()
        | {"arm": arm, "seed": seed}
        | also,
        [
            student_identity(config),
            weights,
            run.dataset_of(name).digest(of.split),
            [question.id for question in questions],
        ],
        batched(questions, max(1, settings.batch_size // of.samples)),
        lambda i, batch, keeping: respond(
            student(),
            batch,
            sampling,
            config.steps,
            batch_seed(seed, i),
            context.grader,
            keeping.answers(),
        ),
        _notes,
        of.samples,
    )


def _notes(responses: Iterable[Response]) -> list[str]:
    n = n_unreadable = 0
    for one in responses:
        n += 1
        n_unreadable += one.is_correct is None or (one.answer is None and not one.is_correct)
    sentence = unreadable(n_unreadable, n)
    return [sentence] if sentence else []


def _questions(context: RunContext, name: str) -> list[Question]:
    """A benchmark's questions that have an answer, but those that the profile was made from, which training
    may have aimed at."""
    of = context.run.benchmark(name)
    dataset = context.workspace.need_dataset(of.dataset)
    is_own = of.dataset == context.config.dataset and of.split == "test"
    known = set(computed.question_ids(context.run)) if is_own else set()
    found = [question for question in dataset.need_split(of.split) if question.id not in known]
    without = [question.id for question in found if question.answer is None]
    if found and len(without) == len(found):
        raise StatError(
            f"benchmark {name}: none of the {len(found):,} {of.split} questions of dataset {of.dataset} has "
            "an answer to grade by; import them with the field answer under another name: "
            "stat-studio import questions FILE --dataset NAME"
        )
    if without:
        context.report.say(
            f"evaluation on {name}",
            f"{len(without):,} of {len(found):,} questions have no answer to grade by and are left out, "
            f"{shown(without[0])} first",
        )
    return [question for question in found if question.answer is not None]


def measure_difficult_part(context: RunContext, benchmark: str | None = None) -> None:
    """Step rewards of the student's own responses to a benchmark, the run's own unless named.

    MATH^D, the difficult part, is cut from them."""
    config, name = context.config.reward_model, benchmark or context.config.evaluation.split
    responses = context.run.evaluation("base", 0, name)
    manifest = responses.manifest()
    if config.backend == "imported" or manifest is None:
        return
    questions = context.run.dataset_of(name).questions
    with opened(context.reward_model) as reward_model:
        context.complete(
            context.run.benchmark_rewards(name),
            "evaluation difficult part",
            config.decides(),
            [reward_model_identity(config), manifest.digest],
            batched(list(responses.read()), config.batch_size),
            lambda _, batch, keeping: score(reward_model(), batch, questions, keeping.scores()),
        )


def _student(context: RunContext) -> StudentConfig:
    """The student's section; raises StatError where its responses were imported and there is none to ask."""
    config = context.config.student
    if config.backend == "imported":
        open_student(config)
    return config


OWN = "own"
"""Id of a question that is in no dataset."""


def own_question(text: str) -> Question:
    """A question from its text, in no dataset; raises StatError for an empty one."""
    if not text.strip():
        raise StatError("the question is empty; expected its text")
    return Question(id=OWN, problem=text.strip())


def known_question(context: RunContext, id: str) -> Question:
    """A question of the run's dataset; raises NotThereYet for an id that is none."""
    question = context.dataset.questions.get(id)
    if question is None:
        raise NotThereYet(f"dataset {context.dataset.name} has no question {id}")
    return question


def try_arms(
    context: RunContext, question: Question, arms: Sequence[str], seed: int | None = None
) -> dict[str, Any]:
    """`question_id` (None: one's own), `question`, `reference` and `answers`, one an arm in their order.

    An answer: arm, seed, response, answer (as the grader finds it), is_correct (None: not to be told),
    n_tokens, is_cut, seconds (loading included). Raises StatError for an arm that is not trained."""
    chosen = [(arm, _seed(context, arm, seed)) for arm in dict.fromkeys(arms)]
    adapters = [None if arm == "base" else arm_adapter(context, arm, of)[0] for arm, of in chosen]
    answers = [
        _answered(context, question, arm, of, adapter)
        for (arm, of), adapter in zip(chosen, adapters, strict=True)
    ]
    return {
        "question_id": None if question.id == OWN else question.id,
        "question": question.problem,
        "reference": question.answer,
        "answers": answers,
    }


def _seed(context: RunContext, arm: str, seed: int | None) -> int:
    return 0 if arm == "base" else seed if seed is not None else (context.run.trained_seeds(arm) or [0])[0]


def _answered(
    context: RunContext, question: Question, arm: str, seed: int, adapter: Path | None
) -> dict[str, Any]:
    config = context.config.student
    sampling = Sampling(context.config.evaluation.temperature, 1.0, config.max_tokens, stop=config.stops())
    begun = time.monotonic()
    with opened(lambda: context.student(adapter, f"{config.name}+{arm}")) as student:
        ((completion,),) = student().respond([question.problem], sampling, batch_seed(seed, 0))
    answer, is_correct = _graded(context, question, gradable(completion))
    return {
        "arm": arm, "seed": seed, "response": completion.text, "answer": answer, "is_correct": is_correct,
        "n_tokens": completion.n_tokens, "is_cut": completion.finish_reason == "length",
        "seconds": round(time.monotonic() - begun, 2),
    }  # fmt: skip


def _graded(context: RunContext, question: Question, text: str) -> tuple[str | None, bool | None]:
    if (
        question.answer is None or context.config.domain.grader.backend == "judge"
    ):  # a judge would cost a call
        return context.grader.extract(text), None
    (grade,) = context.grader.grade([(text, question)])
    return grade.answer, grade.is_correct
