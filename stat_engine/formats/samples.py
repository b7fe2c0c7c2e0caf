"""Samples of an evaluation tool as a run's responses: a document, what was answered to it, and the verdicts.

A document's question is found in the dataset by its own id or its text. Where there is no dataset yet, the
documents make one, and where there is no run yet, the import makes it: no student of ours is needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig, Splitter
from stat_engine.errors import StatError, shown
from stat_engine.formats.chats import parsed
from stat_engine.formats.columns import KnownProblems
from stat_engine.formats.into_dataset import add_questions, need_rows
from stat_engine.formats.into_run import add_responses
from stat_engine.formats.responses import Given, ResponseImport, as_responses, run_grader
from stat_engine.formats.row import Row, number_text
from stat_engine.grading import Judge, answers
from stat_engine.models.steps import split_steps
from stat_engine.records import Question, Split
from stat_engine.store.files import safe_name
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

ID_FIELDS = ("id", "unique_id", "problem_id", "question_id", "task_id")
"""Fields of a document that may name its question, in any case."""


@dataclass(frozen=True)
class Sample:
    """One document with what the model wrote to it."""

    row: Row
    id: str
    """The question's id where the documents make the dataset."""
    own_ids: list[str]
    """Ids that the document itself names."""
    problem: str
    solution: str | None
    answer: str | None
    texts: list[str]
    """Responses, in the order of their numbers."""
    verdicts: list[bool | None]
    """A verdict for each text; null: the file has none of this one text."""
    numbers: list[int] | None = None
    """Which repeat each text is, from 0; null: they are 0, 1, 2, ..."""

    def question(self, split: Split = "validation") -> Question:
        """The question that the document stands for: a student's is one of Q_val, an arm's of Q_test."""
        return Question(
            id=self.id, split=split, problem=self.problem, solution=self.solution, answer=self.answer
        )


def read_target(target: Any) -> tuple[str | None, str | None]:
    """(solution, answer): a target with text around its answer is a solution; lists of aliases are none."""
    if isinstance(target, str) and target.lstrip()[:2] in ("['", '["'):  # a list, written with Python's str
        found = parsed(target)
        target = found if isinstance(found, list) else target
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    number = number_text(target)
    if number is not None:
        return None, number
    if not isinstance(target, str) or not target.strip():
        return None, None
    answer = answers.reference(target)
    if answer != answers.clean(target):
        return target, answer
    whole = target.strip()
    return None, whole if "\n" in whole else answer  # the lines of a program are kept as they are


def import_samples(
    workspace: WorkspaceFolder,
    path: Path,
    run_name: str,
    config: RunConfig,
    model: str,
    samples: Sequence[Sample],
    skip_unknown: bool = False,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Add samples to a run; makes the dataset that `config` names, and the run, where not there.

    Raises InputError for samples that do not fit, StatError where the run is on another dataset."""
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
    """The run of this name; None where there is none, StatError for a bad name and for another dataset."""
    if safe_name(name, "run") not in workspace.run_names():
        return None
    run = workspace.run_folder(name)
    if run.config.dataset != dataset:
        raise StatError(f"run {name} is on dataset {run.config.dataset}, not {dataset}; choose another --run")
    return run


def found_questions(
    samples: Sequence[Sample], known: KnownProblems, skip_unknown: bool
) -> list[tuple[Sample, Question]]:
    """Each sample with its question; raises InputError for an unknown question unless it is skipped."""
    pairs = []
    for sample in samples:
        question = known.find([*sample.own_ids, sample.id], sample.problem)
        if question is not None:
            pairs.append((sample, question))
        elif not skip_unknown:
            raise sample.row.refuse("doc", shown(sample.problem), "a question of the dataset, by id or text")
    return pairs


def given_responses(found: list[tuple[Sample, Question]], model: str, splitter: Splitter) -> list[Given]:
    """The responses; numbers go on where two documents ask the same question."""
    next_number: dict[str, int] = {}
    given = []
    for sample, question in found:
        first = next_number.get(question.id, 0)
        numbers = sample.numbers or range(len(sample.texts))
        for number, text, verdict in zip(numbers, sample.texts, sample.verdicts, strict=True):
            next_number[question.id] = first + number + 1
            steps = split_steps(text, splitter)
            given.append(Given(question, model, first + number, text, steps, verdict))
    return given
