"""START HERE: Skill-Targeted Adaptive Training (arXiv 2510.10023), stage by stage.

    Stage 1   split -> responses -> step_rewards -> difficulty (derived: the threshold rule)
    Stage 2   missing_skills -> profile (derived: the Missing-Skill-Profile)
    Stage 3   training_sets -> sft -> evaluation (in files of these names; sft in `training.py`)

Each function is one stage: it gathers the stage's inputs, names what decides its outcome, and hands
batches to the code in `stages/`. A stage whose table was made from just these inputs does nothing,
so a pipeline that was killed is taken up by running it again.
"""

from collections.abc import Callable

from stat_engine.config import TeacherConfig
from stat_engine.errors import StatError
from stat_engine.method import computed
from stat_engine.method.agreement import self_check, self_check_rate, self_check_words
from stat_engine.method.context import RunContext, batch_seed, batched, opened
from stat_engine.method.evaluation import evaluate_arms
from stat_engine.method.missing_skills import (
    ToLabel,
    for_review,
    label_missing_skills,
    responses_to_label,
    to_label,
)
from stat_engine.method.profile import too_sparse
from stat_engine.method.responses import remarks, respond
from stat_engine.method.sft.arm import train_arms
from stat_engine.method.step_rewards import cut_short, score
from stat_engine.method.training_sets.build import make_training_sets
from stat_engine.models.base import Sampling
from stat_engine.models.open import open_reward_model, reward_model_identity, student_identity
from stat_engine.skill_map.audit import find_faults

LABEL_BATCH = 1000
"""Labels written together; the raw answers they are read from are kept one by one."""


def run_pipeline(context: RunContext, first: str | None = None, last: str | None = None) -> None:
    """Bring the stages from `first` to `last` up to date; by default all of them.

    One process at a time works on a run. Raises StatError for a stage that is none."""
    names = stage_range(first, last)
    if "sft" in names and context.config.arms and context.config.student.backend == "openai":
        raise StatError(
            f"run {context.run.name}: a student on a server cannot be fine-tuned here; stop before that with "
            "--until training_sets, or name its checkpoint: student.backend=transformers student.model=PATH"
        )
    with context.run.lock():
        for name in names:
            STAGES[name](context)


def stage_range(first: str | None, last: str | None) -> list[str]:
    """The stages from `first` to `last`; raises StatError for a name that is none and for an empty range."""
    names = list(STAGES)
    for name in (first, last):
        if name is not None and name not in names:
            raise StatError(f"stage {name}: expected one of {', '.join(names)}")
    chosen = names[names.index(first or names[0]) : names.index(last or names[-1]) + 1]
    if not chosen:
        raise StatError(f"stages from {first} until {last}: the first comes after the last")
    return chosen


def check_split(context: RunContext) -> None:
    """Stage 0: the validation questions are there; `stat-studio split` makes them."""
    if context.config.student.backend != "imported":
        context.dataset.need_split("validation")


def make_responses(context: RunContext) -> None:
    """Stage 1a: the student answers the validation questions."""
    config, table = context.config.student, context.run.responses
    if config.backend == "imported":
        table.need(f"stat-studio import responses FILE --run {context.run.name}")
        return
    sampling = Sampling(
        config.temperature, config.top_p, config.max_tokens, config.n_samples, tuple(config.stop)
    )
    with opened(context.student) as student:  # loaded at the first batch that is not on disk
        context.complete(
            table,
            "responses",
            context.run.response_settings(),
            [student_identity(config), context.dataset.digest("validation")],
            batched(context.dataset.need_split("validation"), config.batch_size),
            lambda i, batch: respond(
                student(), batch, sampling, config.steps, batch_seed(config.seed, i), context.grader
            ),
            lambda responses: remarks(responses, config.steps),
        )


def make_step_rewards(context: RunContext) -> None:
    """Stage 1b: the process reward model scores every step of every response."""
    config, run = context.config.reward_model, context.run
    if config.backend == "imported" and context.config.difficulty.filter not in ("prm", "orm"):
        return  # the filter looks at the responses alone
    if config.backend == "imported":
        run.step_rewards.need(f"stat-studio import step-rewards FILE --run {run.name}")
        return
    run.responses.need(f"stat-studio run {run.name} --until responses")
    with opened(lambda: open_reward_model(config, context.config.student.threads)) as reward_model:
        context.complete(
            run.step_rewards,
            "step_rewards",
            run.reward_settings(),
            [reward_model_identity(config)],
            batched(list(run.responses.read()), config.batch_size),
            lambda _, batch: score(reward_model(), batch, context.dataset.questions),
            cut_short,
        )


def find_difficult_questions(context: RunContext) -> None:
    """Stage 1c, derived: the threshold rule over the stored step rewards."""
    questions = computed.difficulty(context.run).questions
    share = f"{int(questions.is_difficult.sum()):,} of {len(questions):,} questions are difficult"
    context.report.say("difficulty", share)


def make_missing_skills(context: RunContext) -> None:
    """Stage 2a: the teachers say which skills the difficult responses lack."""
    for teacher in (context.config.teacher, *context.config.second_teachers):
        _label(context, teacher)


def _label(context: RunContext, teacher: TeacherConfig) -> None:
    items, endpoint = to_label_by(context, teacher), teacher.endpoint()
    vocabulary, ask, table = (
        context.pool_dataset.need_skill_map(),
        context.ask(teacher),
        context.run.missing_skills(endpoint),
    )
    manifest = context.complete(
        table,
        f"missing_skills by {endpoint}",
        context.run.label_settings(teacher),
        [[item.identity() for item in items], *context.skill_map_digests()],
        batched(items, LABEL_BATCH),
        lambda _, batch: label_missing_skills(batch, vocabulary, ask, endpoint),
        for_review,
    )
    if not teacher.self_check:
        return
    questions = context.dataset.questions
    responses = {item.response.response_id: item.response for item in items}
    context.complete(
        context.run.self_checks(endpoint),
        f"self_check by {endpoint}",
        {"teacher": endpoint},
        [manifest.digest],
        batched(list(table.read()), LABEL_BATCH),
        lambda _, batch: self_check(batch, questions, responses, ask),
    )
    rate = self_check_rate(endpoint, list(context.run.self_checks(endpoint).read()))
    context.report.say("missing_skills", self_check_words(rate))


def to_label_by(context: RunContext, teacher: TeacherConfig) -> list[ToLabel]:
    """The difficult responses that this teacher is to label, in question order."""
    chosen = responses_to_label(computed.difficulty(context.run), teacher.labels_per_question)
    wanted, dataset = set(chosen), context.dataset
    responses = {row.response_id: row for row in context.run.responses.read() if row.response_id in wanted}
    rewards = {row.response_id: row.step_rewards for row in context.run.step_rewards.read()}
    questions = [responses[id].question_id for id in chosen]
    return [
        to_label(
            responses[id],
            dataset.questions[at],
            dataset.skill_map.get(at),
            rewards.get(id, []),
            context.config,
        )
        for id, at in zip(chosen, questions, strict=True)
    ]


def check_profile(context: RunContext) -> None:
    """Stage 2b, derived: the Missing-Skill-Profile, with what should be known before training on it:
    whether it is too sparse to steer by, and how far the Skill-Map it draws on is to be trusted."""
    warning = too_sparse(computed.profile(context.run))
    dataset = context.pool_dataset
    if not dataset.is_audited():
        context.report.say("profile", "auditing the Skill-Map, once; a large one takes some seconds")
        dataset.save_audit(find_faults(dataset))
    for sentence in [*([warning] if warning else []), *dataset.audit_findings()]:
        context.report.say("profile", sentence)


STAGES: dict[str, Callable[[RunContext], None]] = {
    "split": check_split,
    "responses": make_responses,
    "step_rewards": make_step_rewards,
    "difficulty": find_difficult_questions,
    "missing_skills": make_missing_skills,
    "profile": check_profile,
    "training_sets": make_training_sets,
    "sft": train_arms,
    "evaluation": evaluate_arms,
}
"""The method, in order."""
