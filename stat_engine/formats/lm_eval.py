"""Samples of lm-evaluation-harness in: `samples_<task>_<date>.jsonl`, written with `--log_samples`.

A row is one document under one filter; `resps` holds requests x repeats, of which each text becomes
a response. The document's question is found in the dataset by its own id or its text; where there
is no dataset yet, the documents make one: the problem from `doc`, the answer from `target`.

A metric says whether a response is right where it is the document's only one, or where it is a list of
as many 0 and 1 as there are texts: a number over several repeats is a figure of them all, or of the one
that the filter took.

A run from the samples of lm-evaluation-harness: no student of ours, and no dataset beforehand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig, Splitter
from stat_engine.errors import StatError, shown
from stat_engine.formats.columns import FirstLines, KnownProblems
from stat_engine.formats.into_dataset import add_questions, need_rows
from stat_engine.formats.into_run import add_responses
from stat_engine.formats.responses import Given, ResponseImport, as_responses, run_grader
from stat_engine.formats.row import Row, displayed
from stat_engine.formats.rows import read_rows
from stat_engine.grading import Judge, answers
from stat_engine.models.steps import split_steps
from stat_engine.records import Question, Split
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

PROBLEM_FIELDS = ("question", "problem", "prompt", "input")
ID_FIELDS = ("id", "unique_id", "problem_id", "question_id", "task_id")
METRICS = ("exact_match", "acc", "math_verify")


@dataclass(frozen=True)
class Sample:
    """One document with what the model wrote to it."""

    row: Row
    id: str
    """`doc_id`, else `doc_hash`: the question's id where the documents make the dataset."""
    own_ids: list[str]
    """Ids that the document itself names."""
    problem: str
    solution: str | None
    answer: str | None
    texts: list[str]
    """Generated texts, requests in order, each one's repeats in order."""
    verdicts: list[bool | None]
    """A verdict a text; null: no metric says so of this one text."""

    def question(self, split: Split = "validation") -> Question:
        """The question that the document stands for: a student's is one of Q_val, an arm's of Q_test."""
        return Question(
            id=self.id, split=split, problem=self.problem, solution=self.solution, answer=self.answer
        )


def read_samples(path: Path, filter_name: str | None) -> list[Sample]:
    """The samples of a file under one filter, in its order.

    Raises InputError for a file that does not fit, log-likelihoods in place of texts, a document that
    stands twice, and several filters where none is named."""
    seen, samples = FirstLines(), []
    for row in _under_filter(path, filter_name):
        sample = _sample(row)
        seen.once(row, "doc_id", sample.id, f"document {shown(sample.id)}")
        samples.append(sample)
    return samples


def _under_filter(path: Path, wanted: str | None) -> Iterator[Row]:
    names: dict[str, int] = {}
    for row in read_rows(path, required=("doc", "resps")):
        name = row.optional_text("filter") or "none"
        names.setdefault(name, row.line)
        if wanted is None and len(names) > 1:
            found = f"{shown(name)} after {shown(next(iter(names)))}"
            raise row.refuse("filter", found, "one filter, or --filter with the one to read")
        if wanted is None or name == wanted:
            yield row
    if wanted is not None and wanted not in names:
        raise row.refuse("filter", ", ".join(map(shown, names)), f"rows of filter {shown(wanted)}")


def _sample(row: Row) -> Sample:
    doc = row.values.get("doc")
    if not isinstance(doc, dict):
        raise row.refuse("doc", row.found("doc"), "the document as a JSON object")
    texts, (solution, answer) = _texts(row), _target(row.values.get("target"))
    given = doc.get("solution")
    return Sample(
        row=row,
        id=_id(row),
        own_ids=[str(doc[f]).removesuffix(".json") for f in ID_FIELDS if isinstance(doc.get(f), str)],
        problem=_problem(row, doc),
        solution=given if isinstance(given, str) and given.strip() else solution,
        answer=answer,
        texts=texts,
        verdicts=_verdicts(row, len(texts)),
    )


def _id(row: Row) -> str:
    number = row.whole("doc_id", low=0)
    return row.identifier("doc_hash") if number is None else str(number)


def _problem(row: Row, doc: Mapping[str, Any]) -> str:
    field = next((f for f in PROBLEM_FIELDS if isinstance(doc.get(f), str) and doc[f].strip()), None)
    values = {f"doc.{field}": doc[field]} if field else {"arguments": _prompt(row.values.get("arguments"))}
    if None in values.values():
        expected = f"text under one of {', '.join(PROBLEM_FIELDS)}, or a prompt in arguments"
        raise row.refuse("doc", displayed(doc), expected)
    return Row(row.line, values, row.file).full_text(next(iter(values)))


def _prompt(arguments: Any) -> str | None:
    """The first text in `arguments`: `[[prompt, settings]]`, or `{gen_args_0: {arg_0: prompt, ...}}`."""
    while isinstance(arguments, list | dict) and arguments:
        arguments = arguments[0] if isinstance(arguments, list) else next(iter(arguments.values()))
    return arguments if isinstance(arguments, str) else None


def _texts(row: Row) -> list[str]:
    texts: list[str] = []
    for at, repeats in enumerate(row.items("resps", "requests, each a list of texts")):
        for repeat, text in enumerate(repeats if isinstance(repeats, list) else [repeats]):
            field = f"resps[{at}][{repeat}]"
            if not isinstance(text, str):
                expected = "generated text; a task of log-likelihoods has no responses"
                raise row.refuse(field, displayed(text), expected)
            texts.append(Row(row.line, {field: text}, row.file).text(field))
    if not texts:
        raise row.refuse("resps", "no texts", "at least one")
    return texts


def _target(target: Any) -> tuple[str | None, str | None]:
    """(solution, answer): a target that ends in #### or a box is a solution; lists of aliases are none."""
    if isinstance(target, int | float) and not isinstance(target, bool):
        return None, str(target)
    if not isinstance(target, str) or not target.strip():
        return None, None
    if "####" in target or answers.last_boxed(target) is not None:
        return target, answers.reference(target)
    return None, target.strip()


def _verdicts(row: Row, n_texts: int) -> list[bool | None]:
    """What the first metric that counts right answers says; newer versions name it `exact_match,none`."""
    names = {key.partition(",")[0]: key for key in row.values}
    field = next((names[metric] for metric in METRICS if metric in names), None)
    value = None if field is None else row.values[field]
    if field is None or value is None or (n_texts > 1 and not isinstance(value, list)):
        return [None] * n_texts
    values = value if isinstance(value, list) else [value]
    if len(values) != n_texts or any(one not in (0, 1) for one in values):
        several = f"a list of {n_texts:,} of 0 and 1, one a response"
        raise row.refuse(field, row.found(field), "0 or 1 for a single response" if n_texts == 1 else several)
    return [bool(one) for one in values]


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
