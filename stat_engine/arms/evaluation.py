"""The last stage: the student itself and its arms answer every benchmark, and are graded.

A benchmark is the run's own test split, and each of `evaluation.benchmarks`. What an arm said is kept by
benchmark, so that another one added later asks for nothing again."""

from collections.abc import Callable, Iterable, Sequence

from stat_engine import derived
from stat_engine.arms.training import arm_adapter
from stat_engine.config import StudentConfig
from stat_engine.errors import StatError, shown
from stat_engine.models.base import Sampling, Student
from stat_engine.models.open import open_reward_model, open_student, reward_model_identity, student_identity
from stat_engine.records import Question, Response
from stat_engine.stages.evaluate import unreadable
from stat_engine.stages.responses import respond
from stat_engine.stages.select import canonical
from stat_engine.stages.step_rewards import score
from stat_engine.workbench import Workbench, batch_seed, batched, opened


def evaluate_arms(bench: Workbench) -> None:
    """Grade the student itself and every configured arm on every benchmark."""
    arms = dict.fromkeys(canonical(arm) for arm in bench.config.arms)
    evaluate(bench, [("base", 0), *((arm, seed) for arm in arms for seed in bench.config.seeds)])


def evaluate(
    bench: Workbench, arms: Sequence[tuple[str, int]], benchmarks: Sequence[str] = ()
) -> list[tuple[str, int]]:
    """Graded responses of these (arm, seed) on the named benchmarks, by default all; the base is first.

    Raises StatError for an arm that is not trained, an unknown benchmark, and one without answers, before
    anything is asked."""
    names = list(benchmarks) or bench.run.benchmark_names()
    asked = {name: _questions(bench, name) for name in names}
    for arm, seed in arms:
        if arm != "base":
            arm_adapter(bench, arm, seed)
    for arm, seed in sorted(arms, key=lambda pair: pair[0] != "base"):
        _evaluate_one(bench, arm, seed, asked)
        if arm == "base":
            for name in names:
                measure_difficult_part(bench, name)
    return list(arms)


def _evaluate_one(bench: Workbench, arm: str, seed: int, asked: dict[str, list[Question]]) -> None:
    adapter, weights = (None, None) if arm == "base" else arm_adapter(bench, arm, seed)
    config = _student(bench)
    with opened(lambda: bench.student(adapter, f"{config.name}+{arm}")) as student:
        for name, questions in asked.items():
            _ask(bench, arm, seed, weights, name, questions, student)


def _ask(
    bench: Workbench,
    arm: str,
    seed: int,
    weights: str | None,
    name: str,
    questions: list[Question],
    student: Callable[[], Student],
) -> None:
    run, config, settings = bench.run, _student(bench), bench.config.evaluation
    of, is_own = run.benchmark(name), name == settings.split
    sampling = Sampling(of.temperature, 1.0, config.max_tokens, of.samples, tuple(config.stop))
    # the run's own benchmark is named as it was before there were others, so that it stays what it is
    also = {} if is_own else {"split": of.split, "temperature": of.temperature, "benchmark": of.model_dump()}
    bench.complete(
        run.evaluation(arm, seed, name),
        f"evaluation {arm} seed {seed}" + ("" if is_own else f" on {name}"),
        settings.decides()
        | run.grader_settings()
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
        lambda i, batch: respond(student(), batch, sampling, config.steps, batch_seed(seed, i), bench.grader),
        _notes,
    )


def _notes(responses: Iterable[Response]) -> list[str]:
    n = n_unreadable = 0
    for one in responses:
        n += 1
        n_unreadable += one.is_correct is None or (one.answer is None and not one.is_correct)
    sentence = unreadable(n_unreadable, n)
    return [sentence] if sentence else []


def _questions(bench: Workbench, name: str) -> list[Question]:
    """A benchmark's questions that have an answer, but those that the profile was made from, which training
    may have aimed at."""
    of = bench.run.benchmark(name)
    dataset = bench.workspace.need_dataset(of.dataset)
    is_own = of.dataset == bench.config.dataset and of.split == "test"
    known = set(derived.question_ids(bench.run)) if is_own else set()
    found = [question for question in dataset.need_split(of.split) if question.id not in known]
    without = [question.id for question in found if question.answer is None]
    if found and len(without) == len(found):
        raise StatError(
            f"benchmark {name}: none of the {len(found):,} {of.split} questions of dataset {of.dataset} has "
            "an answer to grade by; import them with the field answer under another name: "
            "stat-studio import questions FILE --dataset NAME"
        )
    if without:
        bench.report.say(
            f"evaluation on {name}",
            f"{len(without):,} of {len(found):,} questions have no answer to grade by and are left out, "
            f"{shown(without[0])} first",
        )
    return [question for question in found if question.answer is not None]


def measure_difficult_part(bench: Workbench, benchmark: str | None = None) -> None:
    """Step rewards of the student's own responses to a benchmark, the run's own unless named.

    MATH^D, the difficult part, is cut from them."""
    config, name = bench.config.reward_model, benchmark or bench.config.evaluation.split
    responses = bench.run.evaluation("base", 0, name)
    manifest = responses.manifest()
    if config.backend == "imported" or manifest is None:
        return
    questions = bench.run.dataset_of(name).questions
    with opened(lambda: open_reward_model(config, bench.config.student.threads)) as reward_model:
        bench.complete(
            bench.run.benchmark_rewards(name),
            "evaluation difficult part",
            config.decides(),
            [reward_model_identity(config), manifest.digest],
            batched(list(responses.read()), config.batch_size),
            lambda _, batch: score(reward_model(), batch, questions),
        )


def _student(bench: Workbench) -> StudentConfig:
    """The student's section; raises StatError where its responses were imported and there is none to ask."""
    config = bench.config.student
    if config.backend == "imported":
        open_student(config)
    return config
