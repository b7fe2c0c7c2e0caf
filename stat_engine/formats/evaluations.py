"""Import samples of lm-evaluation-harness as an arm's evaluation on a benchmark of the run."""

from pathlib import Path

from stat_engine.config.method import BenchmarkConfig
from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats.columns import KnownProblems
from stat_engine.formats.into_dataset import add_questions, need_rows, skip_notes
from stat_engine.formats.lm_eval import SampleReading, read_samples, samples_file
from stat_engine.formats.responses import as_responses, run_grader
from stat_engine.formats.samples import Sample, found_questions, given_responses
from stat_engine.grading import Judge
from stat_engine.method import computed
from stat_engine.records import Question, content_hash
from stat_engine.store.files import sha256
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder


def import_evaluation(
    workspace: WorkspaceFolder,
    run: RunFolder,
    path: Path,
    arm: str,
    seed: int,
    dataset: str,
    benchmark: str | None = None,
    how: SampleReading | None = None,
    skip_unknown: bool = False,
    judge: Judge | None = None,
) -> dict[str, object]:
    """Take a file of samples for the evaluation of one arm (`base`: the student itself) and seed.

    The benchmark is the one named, else the run's own on its dataset, else that of `evaluation.benchmarks`
    on the dataset, else a new one of the dataset's name, whose questions the documents make where there are
    none. What the profile was made from is left out. Raises InputError for a file that does not fit,
    StatError where the run has another evaluation there."""
    how, path = how or SampleReading(), samples_file(path)
    samples, name = read_samples(path, how), benchmark or _benchmark_on(run, dataset)
    of = _meant(run, name, dataset)
    found, made = _asked(workspace, run, of, samples, skip_unknown)
    need_rows(path, len(found))
    _need_answers(path, found)
    given = given_responses(found, arm, run.config.student.steps)
    responses = as_responses(given, run_grader(run.config, judge))
    settings = {
        "source": path.name, "sha256": sha256(path), "arm": arm, "seed": seed, "benchmark": of.model_dump(),
    }  # fmt: skip
    read = [how.filter, *([how.metric] if how.metric else [])]
    fingerprint = content_hash("evaluation", settings, *read, [r.response_id for r in responses])
    table = run.evaluation(arm, seed, name)
    with run.lock():
        there = table.manifest()
        if there is not None and there.fingerprint != fingerprint:
            raise StatError(
                f"run {run.name} has another evaluation of arm {arm}, seed {seed}, on {name}; import this "
                "one under another --arm or --seed"
            )
        if made:
            add_questions(workspace, dataset, path, made)
        if there is None:
            table.write(fingerprint, responses, settings)
            run.mark(arm)
    return {
        "run": run.name, "arm": arm, "seed": seed, "benchmark": name, "dataset": of.dataset,
        "n_questions_made": len(made), "n_questions": len({r.question_id for r in responses}),
        "n_responses": len(responses), "n_correct": sum(r.is_correct is True for r in responses),
        "n_ungraded": sum(r.is_correct is None for r in responses), "n_skipped": len(samples) - len(found),
        "notes": skip_notes(len(samples) - len(found), "they are no questions of the benchmark"),
    }  # fmt: skip


def _benchmark_on(run: RunFolder, dataset: str) -> str:
    if dataset == run.config.dataset:
        return run.config.evaluation.split
    names = [of.name for of in run.config.evaluation.benchmarks if of.dataset == dataset]
    if len(names) > 1:
        raise StatError(f"dataset {dataset} is that of {', '.join(names)}: say which with --benchmark")
    return names[0] if names else dataset


def _meant(run: RunFolder, name: str, dataset: str) -> BenchmarkConfig:
    """What the name stands for; a plain benchmark of the dataset where the run has none of the name."""
    is_known = name in run.benchmark_names() or run.evaluation("base", 0, name).manifest() is not None
    if not is_known and name != dataset:
        there = ", ".join(run.benchmark_names())
        raise StatError(f"--benchmark: found {shown(name)}, expected {dataset} or one of: {there}")
    of = run.benchmark(name) if is_known else BenchmarkConfig(dataset=dataset)
    if of.dataset != dataset:
        raise StatError(f"benchmark {name} is on dataset {of.dataset}, found --dataset {dataset}")
    return of


def _asked(
    workspace: WorkspaceFolder, run: RunFolder, of: BenchmarkConfig, samples: list[Sample], skip_unknown: bool
) -> tuple[list[tuple[Sample, Question]], list[Question]]:
    """(each sample with its question of the benchmark's split, the questions to be made)."""
    dataset = workspace.dataset(of.dataset)
    is_new = dataset.question_table.manifest() is None
    made = [sample.question("test") for sample in samples] if is_new else []
    questions = made if is_new else dataset.need_split(of.split)
    found = found_questions(samples, KnownProblems({q.id: q for q in questions}), skip_unknown)
    is_own = of.dataset == run.config.dataset and run.responses.manifest() is not None
    known = set(computed.question_ids(run)) if is_own else set()
    return [(sample, question) for sample, question in found if question.id not in known], made


def _need_answers(path: Path, found: list[tuple[Sample, Question]]) -> None:
    """Raise InputError where nothing says what is right: neither a verdict nor an answer to grade by."""
    if all(question.answer is None and None in sample.verdicts for sample, question in found):
        raise InputError(path, "target, or a metric for each response, to grade by", "neither in any row")
