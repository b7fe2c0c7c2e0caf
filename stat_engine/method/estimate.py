"""Teacher calls that a run still has to make, with tokens and cost, before anything is sent.

Prompts are rendered as they will be sent, so their lengths are exact where their inputs exist. Where an
earlier stage is still to come, its outcome is assumed and the assumption is reported. Characters become
tokens at the endpoint's own measured ratio, and answers get the mean length of its answers to the same
task; before the first call, the constants below are used."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from json import dumps

from stat_engine.config import EMBEDDED, SYNTHESISED, TARGETED, TeacherConfig, TrainingSetConfig
from stat_engine.errors import StatError, pass_over
from stat_engine.method import computed
from stat_engine.method.context import RunContext
from stat_engine.method.missing_skills import label_requests, to_label_by
from stat_engine.method.stage import STAGES, Stage
from stat_engine.method.training_sets.build import (
    aimed_at,
    check_method,
    most_pairs,
    neighbours_of,
    synthesis_requests,
)
from stat_engine.method.training_sets.rewrite import rewrite_request
from stat_engine.method.training_sets.select import Missing, Neighbours, canonical
from stat_engine.method.training_sets.synthesize import proposal_requests
from stat_engine.models.base import Task, TeacherRequest
from stat_engine.models.framing import frame
from stat_engine.models.paid_calls.account import cost_of
from stat_engine.models.paid_calls.teacher import PaidTeacher
from stat_engine.models.teachers import WRITING

CHARACTERS_A_TOKEN = 4.0
"""Of English text under the usual tokenizers (OpenAI's rule of thumb), until the endpoint has been asked."""
ANSWER_TOKENS: dict[Task, int] = {
    "missing_skills": 160, "self_check": 60, "rewrite": 350, "propose_question": 300, "solve": 350,
    "judge": 60,
}  # fmt: skip
"""Guesses until the endpoint has answered the task."""
ASKED_AGAIN = 0.05
"""Share of answers that cannot be used and are asked for once more, until the endpoint has shown its own."""
SKILLS_A_QUESTION = 2.5
"""Missing skills a difficult question; the paper says typically 2 to 3."""


@dataclass(frozen=True)
class Estimate:
    """The calls of one task to one teacher for one purpose."""

    purpose: str
    """The stage, or the training set."""
    task: str
    teacher: str
    n_calls: int
    """Calls still to be made; those answered before cost nothing."""
    n_known: int
    """Calls whose answers are kept already, as far as is known now."""
    input_tokens: int
    output_tokens: int
    cost: float | None
    """USD; None: no price is configured."""
    basis: str
    """What the figures depend on."""


def estimate(context: RunContext, stages: Sequence[Stage] = STAGES) -> list[Estimate]:
    """The calls to servers and teachers that bringing these stages up to date will make; none for embedded
    ones.

    A teacher as judge of the student's responses is not foreseen: they are still to come."""
    return [row for stage in stages if stage.tasks for row in ESTIMATES[stage.name](context)]


def estimate_set(context: RunContext, method: str) -> list[Estimate]:
    """The calls that building one set by this method, under the run's settings, will make.

    Raises StatError for a method that is none, and for an allocation of skills that the pool has not."""
    method = canonical(method)
    check_method(context, method, context.config.training_set)
    return (
        _training_set(context, context.paid_teacher(), method, context.config.training_set)
        if context.config.teacher.is_prompted()
        else []
    )


def _responses(context: RunContext) -> list[Estimate]:
    """What a student on a server is asked; its answers are taken to be as long as the solutions."""
    config, manifest = context.config.student, context.run.responses.manifest()
    is_done = manifest is not None and manifest.settings == context.run.stage_settings("responses")
    if config.backend != "openai" or is_done:
        return []
    questions, price = context.dataset.need_split("validation"), context.config.prices.get(config.model)
    sent = sum(len(dumps(frame(question.problem, config.framing))) for question in questions)
    written = sum(len(question.solution or "") for question in questions)
    n_in, n_out = (round(config.n_samples * n / CHARACTERS_A_TOKEN) for n in (sent, written))
    return [
        Estimate(
            "responses", "respond", config.name, len(questions) * config.n_samples, 0, n_in, n_out,
            cost_of(price, n_in, n_out), "answers as long as the solutions; kept ones are not counted out",
        )
    ]  # fmt: skip


def _labels(context: RunContext) -> list[Estimate]:
    teachers = (context.config.teacher, *context.config.second_teachers)
    return [row for teacher in teachers if teacher.is_prompted() for row in _labels_by(context, teacher)]


def _labels_by(context: RunContext, config: TeacherConfig) -> list[Estimate]:
    teacher, table = context.paid_teacher(config), context.run.missing_skills(config.endpoint())
    manifest = table.manifest()
    if manifest is not None and manifest.settings == context.run.stage_settings("missing_skills", config):
        return []
    requests, basis = _label_requests(context, config)
    rows = [_of("missing_skills", "missing_skills", teacher, requests, basis)]
    if config.self_check:
        checks = [replace(request, task="self_check", skills=request.skills[:3]) for request in requests]
        rows.append(_of("missing_skills", "self_check", teacher, checks, f"{basis}; every label checked"))
    return rows


def _label_requests(context: RunContext, teacher: TeacherConfig) -> tuple[list[TeacherRequest], str]:
    vocabulary = context.pool_dataset.need_skill_map()
    if context.run.step_rewards.manifest() is not None:
        return label_requests(to_label_by(context, teacher), vocabulary), "the difficult responses there are"
    questions = context.dataset.need_split("validation")
    requests = [
        TeacherRequest(
            task="missing_skills",
            problem=question.problem,
            steps=tuple((question.solution or "").split("\n\n")),
            skills=tuple(vocabulary.of_subject(question.subject or "")),
            subject=question.subject or "",
        )
        for question in questions
        for _ in range(teacher.labels_per_question)
    ]
    return requests, "at most: every question difficult, answered at the length of its solution"


def _training_sets(context: RunContext) -> list[Estimate]:
    if not context.config.teacher.is_prompted():
        return []
    teacher, methods = context.paid_teacher(), dict.fromkeys(canonical(arm) for arm in context.config.arms)
    to_build = [method for method in methods if context.run.training_set(method).manifest() is None]
    settings = _of_arms(context, methods)
    rows = [row for method in to_build for row in _training_set(context, teacher, method, settings)]
    return shared(rows, _slots(context))


def _of_arms(context: RunContext, methods: Collection[str]) -> TrainingSetConfig:
    """The settings of the run's arms, with no more pairs than the smallest arm can have, as far as known."""
    settings = context.config.training_set.of_arms()
    # vectors are not paid for to say what they cost
    is_free = context.config.embeddings.backend == "tfidf"
    known = [method for method in methods if is_free or method not in EMBEDDED]
    if settings.equal != "smallest" or not known:
        return settings
    try:
        most = min(most_pairs(context, method, settings) for method in known)
    except StatError as error:  # there is no profile yet
        pass_over(error)
        return settings
    return settings.model_copy(update={"pairs": max(1, most)})


def _slots(context: RunContext) -> int:
    """Rewrites that all questions of the pool together have room for: no set draws others."""
    settings, questions = context.config.training_set, context.pool.questions
    return sum(max(0, settings.answers_per_question - 1 - len(one.other_solutions)) for one in questions)


def shared(rows: list[Estimate], n_slots: int) -> list[Estimate]:
    """The rows with each rewrite counted once, for the first set that draws it.

    Sets draw from the same slots. Taken to be drawn at random, n of N slots leave a share of 1 - n/N to the
    sets after it: the expected union of random draws, too low for sets that aim at the same skills."""
    left, found = 1.0, []
    for row in rows:
        if row.task != "rewrite" or not row.n_calls or not n_slots:
            found.append(row)
            continue
        found.append(_scaled(row, round(row.n_calls * left)))
        left *= max(0.0, 1 - row.n_calls / n_slots)
    return found


def _training_set(
    context: RunContext, teacher: PaidTeacher, method: str, settings: TrainingSetConfig
) -> list[Estimate]:
    if method not in SYNTHESISED:
        return _rewrites(context, teacher, method, settings) if settings.rewrites else []
    missing, basis = _missing(context, settings) if method in TARGETED else ([], "")
    near, basis = _near(context, settings) if method in EMBEDDED else ([], basis)
    requests = synthesis_requests(context, method, missing, near, settings)
    grader = context.config.domain.grader.backend
    asked = proposal_requests(requests, with_tests=grader == "command")
    proposals = _of(method, "propose_question", teacher, asked, basis)
    references = [question for _, shown, _ in requests for question in shown]
    solve = [TeacherRequest(task="solve", problem=one.problem) for one in references]
    n = len(requests) * settings.solutions
    solutions = _of(method, "solve", teacher, solve, f"{basis}; as long as the examples")
    rows = [proposals, _scaled(solutions, n)]
    if grader == "judge":  # each solution but the first is judged by it, once where all agree
        judged = [
            replace(request, task="judge", solution=one.solution or "", steps=(one.solution or "",))
            for request, one in zip(solve, references, strict=True)
        ]
        judging = _of(method, "judge", teacher, judged, f"{basis}; every solution agrees")
        rows.append(_scaled(judging, len(requests) * (settings.solutions - 1)))
    return rows


def _near(context: RunContext, settings: TrainingSetConfig) -> tuple[list[Neighbours], str]:
    """The difficult questions' neighbours, or any pool questions for as many as there may be."""
    try:
        if context.config.embeddings.backend == "tfidf":
            return neighbours_of(context, settings), "the difficult questions there are"
        ids = computed.difficulty(
            context.run
        ).difficult_ids()  # vectors are not paid for to say what they cost
        basis = "the difficult questions there are; vectors not counted"
    except StatError as error:
        pass_over(error)
        ids = [question.id for question in context.dataset.split("validation")]
        basis = "at most: every question difficult"
    return [(id, context.pool.questions[: settings.neighbours]) for id in ids], basis


def _missing(context: RunContext, settings: TrainingSetConfig) -> tuple[list[Missing], str]:
    """What the targeted methods aim at, or as many of the pool's skills as the paper leads to expect."""
    try:
        return aimed_at(context, settings), "the profile there is"
    except StatError as error:
        pass_over(error)
    try:
        ids = computed.difficulty(context.run).difficult_ids()
        basis = f"no labels yet: {SKILLS_A_QUESTION} skills a difficult question"
    except StatError as error:
        pass_over(error)
        ids = [question.id for question in context.dataset.split("validation")]
        basis = f"at most: every question difficult, {SKILLS_A_QUESTION} skills each"
    skills = sorted(context.pool.by_skill)
    n = round(len(ids) * SKILLS_A_QUESTION) if skills else 0
    return [(ids[at % len(ids)], *skills[at % len(skills)]) for at in range(n)], basis


def _rewrites(
    context: RunContext, teacher: PaidTeacher, method: str, settings: TrainingSetConfig
) -> list[Estimate]:
    questions = context.pool.questions
    if method == "math-train":
        return []
    own = 1 + sum(len(question.other_solutions) for question in questions) / max(len(questions), 1)
    begin = 1 if method == "math-augment" else 0
    slots = min(settings.answers_per_question, own + settings.rewrites - begin)
    share = max(0.0, slots + begin - own) / slots
    requests = [rewrite_request(question, 0) for question in questions]
    n = round(min(settings.pairs, len(questions) * slots) * share)
    basis = "a full set of the pool's mean length; a rewrite that several sets draw counts once"
    rows = [_scaled(_of(method, "rewrite", teacher, requests, basis), n)]
    if context.config.domain.grader.backend == "judge":
        judged = [
            replace(request, task="judge", solution=q.answer or request.solution, steps=(request.solution,))
            for request, q in zip(requests, questions, strict=True)
        ]
        rows.append(_scaled(_of(method, "judge", teacher, judged, basis), n))
    return rows


def _of(
    purpose: str, task: Task, teacher: PaidTeacher, requests: Sequence[TeacherRequest], basis: str
) -> Estimate:
    unknown = [request for request in requests if teacher.key(request) not in teacher.account.calls]
    ratio, mean_answer = teacher.account.calls.measured(task)
    characters = sum(teacher.prompt_length(request) for request in unknown)
    input_tokens = round(characters / (ratio or CHARACTERS_A_TOKEN))
    output_tokens = round(len(unknown) * (mean_answer or ANSWER_TOKENS.get(task, 200)))
    share = teacher.account.calls.share_asked_again(task)
    again = 1 + (ASKED_AGAIN if share is None else share) * (task not in WRITING)
    n_in, n_out = round(input_tokens * again), round(output_tokens * again)
    n_again = round(len(unknown) * again) - len(unknown)
    basis += f"; {n_again:,} of them asked again" if n_again else ""
    return _priced(
        Estimate(
            purpose, task, teacher.account.endpoint, len(unknown) + n_again,
            len(requests) - len(unknown), n_in, n_out, None, basis,
        ),
        teacher,
    )  # fmt: skip


def _priced(row: Estimate, teacher: PaidTeacher) -> Estimate:
    if teacher.account.model is None:
        return replace(row, cost=0.0)
    cost = cost_of(teacher.account.price, row.input_tokens, row.output_tokens)
    return replace(row, cost=None if cost is None else cost * teacher.share_of_price)


def _scaled(row: Estimate, n_calls: int) -> Estimate:
    """The row for another number of calls of the same mean length, none of them known already."""
    by = n_calls / row.n_calls if row.n_calls else 0.0
    return replace(
        row,
        n_calls=n_calls,
        n_known=0,
        input_tokens=round(row.input_tokens * by),
        output_tokens=round(row.output_tokens * by),
        cost=None if row.cost is None else row.cost * by,
    )


ESTIMATES: dict[str, Callable[[RunContext], list[Estimate]]] = {
    "responses": _responses,
    "missing_skills": _labels,
    "training_sets": _training_sets,
}
"""Name of a stage that makes paid calls -> what it will ask."""
