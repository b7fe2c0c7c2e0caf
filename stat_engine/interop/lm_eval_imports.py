"""A run from the samples of lm-evaluation-harness: no student of ours, and no dataset beforehand."""

from pathlib import Path

from stat_engine.config import RunConfig, Splitter
from stat_engine.errors import StatError, shown
from stat_engine.graders import Judge
from stat_engine.interop.dataset_imports import add_questions
from stat_engine.interop.grading import Given, as_responses, run_grader
from stat_engine.interop.lm_eval import Sample, read_samples
from stat_engine.interop.matching import KnownProblems
from stat_engine.interop.merging import need_rows
from stat_engine.interop.responses import ResponseImport
from stat_engine.interop.run_imports import add_responses
from stat_engine.models.steps import split_steps
from stat_engine.records import Question
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder


def import_lm_eval(
    workspace: WorkspaceFolder,
    path: Path,
    run_name: str,
    config: RunConfig,
    model: str,
    filter_name: str | None = None,
    skip_unknown: bool = False,
    judge: Judge | None = None,
) -> dict[str, object]:
    """Import samples into a run; makes the dataset that `config` names, and the run, where not there.

    Raises InputError for a file that does not fit, StatError where the run is on another dataset."""
    samples = read_samples(path, filter_name)
    run = run_on(workspace, run_name, config.dataset)
    dataset = workspace.dataset(config.dataset)
    is_new = dataset.question_table.manifest() is None
    made = [sample.question() for sample in samples] if is_new else []
    questions = {question.id: question for question in made} if is_new else dataset.questions
    found = found_questions(samples, KnownProblems(questions), skip_unknown)
    need_rows(path, len(found))
    config = run.config if run else config
    responses = as_responses(given_responses(found, model, config.student.steps), run_grader(config, judge))
    if made:
        add_questions(workspace, config.dataset, path, made)
    run = run or workspace.new_run(run_name, config)
    with run.lock():
        counts = add_responses(run, path, ResponseImport(responses, len(samples) - len(found), {}))
    return {"run": run.name, "dataset": config.dataset, "n_questions_made": len(made), **counts}


def run_on(workspace: WorkspaceFolder, name: str, dataset: str) -> RunFolder | None:
    """The run of this name; None where there is none, StatError where it is on another dataset."""
    if name not in workspace.run_names():
        return None
    run = workspace.run_folder(name)
    if run.config.dataset != dataset:
        raise StatError(f"run {name} is on dataset {run.config.dataset}, not {dataset}; choose another --run")
    return run


def found_questions(
    samples: list[Sample], known: KnownProblems, skip_unknown: bool
) -> list[tuple[Sample, Question]]:
    pairs = []
    for sample in samples:
        question = known.find([*sample.own_ids, sample.id], sample.problem)
        if question is not None:
            pairs.append((sample, question))
        elif not skip_unknown:
            raise sample.row.refuse("doc", shown(sample.problem), "a question of the dataset, by id or text")
    return pairs


def given_responses(found: list[tuple[Sample, Question]], model: str, splitter: Splitter) -> list[Given]:
    """A question's texts are numbered in the file's order, also where two documents ask the same."""
    n_before: dict[str, int] = {}
    given = []
    for sample, question in found:
        for text, verdict in zip(sample.texts, sample.verdicts, strict=True):
            number = n_before.get(question.id, 0)
            n_before[question.id] = number + 1
            steps = split_steps(text, splitter)
            given.append(Given(question, model, number, text, steps, verdict))
    return given
