"""Stage 1a: the student answers the validation questions (paper, section 3).

Questions in, graded Responses out. Correctness is stored to measure the filter afterwards; the filter
itself never reads it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from stat_engine.config import Splitter
from stat_engine.grading import Grader
from stat_engine.grading.answers import after_thinking, finished_part
from stat_engine.method.context import RunContext, batch_seed, batched, opened
from stat_engine.models.base import Completion, PartialAnswers, Sampling, Student
from stat_engine.models.open import student_identity
from stat_engine.models.steps import split_steps
from stat_engine.records import Question, Response, response_id

MOSTLY = 0.5
"""More than this share of one-step responses, and step rewards are one reward a response."""


def make_responses(context: RunContext) -> None:
    """The stage: the run's student answers the validation questions, unless responses were imported."""
    config, table = context.config.student, context.run.responses
    if config.backend == "imported":
        table.need(f"stat-studio import responses FILE --run {context.run.name}")
        return
    sampling = Sampling(config.temperature, config.top_p, config.max_tokens, config.n_samples, config.stops())
    with opened(context.student) as student:  # loaded at the first batch that is not on disk
        context.complete(
            table,
            "responses",
            context.run.stage_settings("responses"),
            [student_identity(config), context.dataset.digest("validation")],
            batched(context.dataset.need_split("validation"), config.batch_size),
            lambda i, batch, keeping: respond(
                student(),
                batch,
                sampling,
                config.steps,
                batch_seed(config.seed, i),
                context.grader,
                keeping.answers(),
            ),
            lambda responses: remarks(responses, config.steps),
            config.n_samples,
        )


def respond(
    student: Student,
    questions: Sequence[Question],
    sampling: Sampling,
    splitter: Splitter,
    seed: int,
    grader: Grader,
    partial: PartialAnswers | None = None,
) -> list[Response]:
    """The student's responses to one batch, `n_samples` a question, in the order of the questions.

    Completions in `partial` are not made again, and new ones are added to it as they end."""
    completions = student.respond([question.problem for question in questions], sampling, seed, partial)
    answered = [
        (question, sample, completion)
        for question, samples in zip(questions, completions, strict=True)
        for sample, completion in enumerate(samples)
    ]
    grades = grader.grade([(gradable(completion), question) for question, _, completion in answered])
    return [
        Response(
            response_id=response_id(question.id, student.name, asdict(sampling), sample, completion.text),
            question_id=question.id,
            model=student.name,
            sample=sample,
            response=completion.text,
            steps=split_steps(after_thinking(completion.text), splitter),
            n_tokens=completion.n_tokens,
            finish_reason=completion.finish_reason,
            answer=grade.answer,
            is_correct=grade.is_correct,
        )
        for (question, sample, completion), grade in zip(answered, grades, strict=True)
    ]


def gradable(completion: Completion) -> str:
    """The text in which a grader may look for the answer: of a cut one, what was complete before the cut."""
    return finished_part(completion.text) if completion.finish_reason == "length" else completion.text


def remarks(responses: Iterable[Response], splitter: Splitter) -> list[str]:
    """What should be known of the responses: how many steps they have, and how many are cut off."""
    n_steps: Counter[int] = Counter()
    n_cut = n_blank = n_unanswered = 0
    for response in responses:
        n_steps[len(response.steps)] += 1
        is_unanswered = response.finish_reason == "length" and not response.response
        n_unanswered += is_unanswered
        n_cut += response.finish_reason == "length" and not is_unanswered
        n_blank += not response.steps and not is_unanswered
    n = n_steps.total()
    sentences = [f"steps per response: {_distribution(n_steps)}"] if n else []
    if n_steps[1] > MOSTLY * n:
        sentences.append(
            f"warning: {n_steps[1]:,} of {n:,} responses have one step under splitter {splitter}; look at "
            "some and choose another with student.steps (newline, blank-line, numbered, ki)"
        )
    if n_cut:
        sentences.append(
            f"{n_cut:,} of {n:,} responses are unfinished: they reached the length that an answer may have "
            "(setting student.max_tokens), or to the end of what the student can read"
        )
    if n_unanswered:
        sentences.append(
            f"{n_unanswered:,} of {n:,} responses are missing: the question has no room in the student's "
            "context, or its server refused it"
        )
    if n_blank:
        sentences.append(f"{n_blank:,} of {n:,} responses are empty")
    return sentences


def _distribution(n_steps: Counter[int]) -> str:
    """How many responses have how many steps; beyond ten, those with the most are counted together."""
    shown = sorted(n_steps)[:10]
    rest = sum(n for steps, n in n_steps.items() if steps > shown[-1])
    parts = [(n_steps[steps], str(steps)) for steps in shown] + ([(rest, "more")] if rest else [])
    return ", ".join(f"{n:,} {'has' if n == 1 else 'have'} {steps}" for n, steps in parts)
