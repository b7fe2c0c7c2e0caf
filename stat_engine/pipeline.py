"""START HERE: Skill-Targeted Adaptive Training (arXiv 2510.10023), stage by stage.

    Stage 1   split -> responses -> step_rewards -> difficulty (derived: the threshold rule)
    Stage 2   missing_skills -> profile (derived: the Missing-Skill-Profile)
    Stage 3   training_sets -> sft -> evaluation (in files of these names; sft in `training.py`)

Each function is one stage: it gathers the stage's inputs, names what decides its outcome, and hands
batches to the code in `stages/`. A stage whose table was made from just these inputs does nothing,
so a pipeline that was killed is taken up by running it again.
"""

from collections.abc import Callable

from stat_engine import derived
from stat_engine.arms.evaluation import evaluate_arms
from stat_engine.arms.training import train_arms
from stat_engine.audit import find_faults
from stat_engine.config import TeacherConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Sampling
from stat_engine.models.open import (
    open_reward_model,
    reward_model_identity,
    student_identity,
)
from stat_engine.stages.agreement import self_check, self_check_rate
from stat_engine.stages.missing_skills import (
    ToLabel,
    for_review,
    label_missing_skills,
    responses_to_label,
    to_label,
)
from stat_engine.stages.profile import too_sparse
from stat_engine.stages.responses import remarks, respond
from stat_engine.stages.step_rewards import cut_short, score
from stat_engine.training_sets import make_training_sets
from stat_engine.workbench import Workbench, batch_seed, batched, opened

LABEL_BATCH = 1000
"""Labels written together; the raw answers they are read from are kept one by one."""


def run_pipeline(bench: Workbench, first: str | None = None, last: str | None = None) -> None:
    """Bring the stages from `first` to `last` up to date; by default all of them.

    One process at a time works on a run. Raises StatError for a stage that is none."""
    names = stage_range(first, last)
    if "sft" in names and bench.config.arms and bench.config.student.backend == "openai":
        raise StatError(
            f"run {bench.run.name}: a student on a server cannot be fine-tuned here; stop before that with "
            "--until training_sets, or name its checkpoint: student.backend=transformers student.model=PATH"
        )
    with bench.run.lock():
        for name in names:
            STAGES[name](bench)


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


def check_split(bench: Workbench) -> None:
    """Stage 0: the validation questions are there; `stat-studio split` makes them."""
    if bench.config.student.backend != "imported":
        bench.dataset.need_split("validation")


def make_responses(bench: Workbench) -> None:
    """Stage 1a: the student answers the validation questions."""
    config, table = bench.config.student, bench.run.responses
    if config.backend == "imported":
        table.need(f"stat-studio import responses FILE --run {bench.run.name}")
        return
    sampling = Sampling(
        config.temperature, config.top_p, config.max_tokens, config.n_samples, tuple(config.stop)
    )
    with opened(bench.student) as student:  # loaded at the first batch that is not on disk
        bench.complete(
            table,
            "responses",
            bench.run.response_settings(),
            [student_identity(config), bench.dataset.digest("validation")],
            batched(bench.dataset.need_split("validation"), config.batch_size),
            lambda i, batch: respond(
                student(), batch, sampling, config.steps, batch_seed(config.seed, i), bench.grader
            ),
            lambda responses: remarks(responses, config.steps),
        )


def make_step_rewards(bench: Workbench) -> None:
    """Stage 1b: the process reward model scores every step of every response."""
    config, run = bench.config.reward_model, bench.run
    if config.backend == "imported" and bench.config.difficulty.filter not in ("prm", "orm"):
        return  # the filter looks at the responses alone
    if config.backend == "imported":
        run.step_rewards.need(f"stat-studio import step-rewards FILE --run {run.name}")
        return
    run.responses.need(f"stat-studio run {run.name} --until responses")
    with opened(lambda: open_reward_model(config, bench.config.student.threads)) as reward_model:
        bench.complete(
            run.step_rewards,
            "step_rewards",
            run.reward_settings(),
            [reward_model_identity(config)],
            batched(list(run.responses.read()), config.batch_size),
            lambda _, batch: score(reward_model(), batch, bench.dataset.questions),
            cut_short,
        )


def find_difficult_questions(bench: Workbench) -> None:
    """Stage 1c, derived: the threshold rule over the stored step rewards."""
    questions = derived.difficulty(bench.run).questions
    share = f"{int(questions.is_difficult.sum()):,} of {len(questions):,} questions are difficult"
    bench.report.say("difficulty", share)


def make_missing_skills(bench: Workbench) -> None:
    """Stage 2a: the teachers say which skills the difficult responses lack."""
    for teacher in (bench.config.teacher, *bench.config.second_teachers):
        _label(bench, teacher)


def _label(bench: Workbench, teacher: TeacherConfig) -> None:
    items, endpoint = to_label_by(bench, teacher), teacher.endpoint()
    vocabulary, ask, table = (
        bench.pool_dataset.need_skill_map(),
        bench.ask(teacher),
        bench.run.missing_skills(endpoint),
    )
    manifest = bench.complete(
        table,
        f"missing_skills by {endpoint}",
        bench.run.label_settings(teacher),
        [[item.identity() for item in items], *bench.skill_map_digests()],
        batched(items, LABEL_BATCH),
        lambda _, batch: label_missing_skills(batch, vocabulary, ask, endpoint),
        for_review,
    )
    if not teacher.self_check:
        return
    questions = bench.dataset.questions
    responses = {item.response.response_id: item.response for item in items}
    bench.complete(
        bench.run.self_checks(endpoint),
        f"self_check by {endpoint}",
        {"teacher": endpoint},
        [manifest.digest],
        batched(list(table.read()), LABEL_BATCH),
        lambda _, batch: self_check(batch, questions, responses, ask),
    )
    rate = self_check_rate(endpoint, list(bench.run.self_checks(endpoint).read()))
    bench.report.say("missing_skills", rate.in_words())


def to_label_by(bench: Workbench, teacher: TeacherConfig) -> list[ToLabel]:
    """The difficult responses that this teacher is to label, in question order."""
    chosen = responses_to_label(derived.difficulty(bench.run), teacher.labels_per_question)
    wanted, dataset = set(chosen), bench.dataset
    responses = {row.response_id: row for row in bench.run.responses.read() if row.response_id in wanted}
    rewards = {row.response_id: row.step_rewards for row in bench.run.step_rewards.read()}
    questions = [responses[id].question_id for id in chosen]
    return [
        to_label(
            responses[id], dataset.questions[at], dataset.skill_map.get(at), rewards.get(id, []), bench.config
        )
        for id, at in zip(chosen, questions, strict=True)
    ]


def check_profile(bench: Workbench) -> None:
    """Stage 2b, derived: the Missing-Skill-Profile, with what should be known before training on it:
    whether it is too sparse to steer by, and how far the Skill-Map it draws on is to be trusted."""
    warning = too_sparse(derived.profile(bench.run))
    dataset = bench.pool_dataset
    if not dataset.is_audited():
        bench.report.say("profile", "auditing the Skill-Map, once; a large one takes some seconds")
        dataset.save_audit(find_faults(dataset))
    for sentence in [*([warning] if warning else []), *dataset.audit_findings()]:
        bench.report.say("profile", sentence)


STAGES: dict[str, Callable[[Workbench], None]] = {
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
