"""Samples of lm-evaluation-harness in: `samples_<task>_<date>.jsonl`, written with `--log_samples`.

A row is one document under one filter; `resps` holds requests x repeats, of which each text becomes
a response; of a chat it is the last message of the assistant. The document's question is found in the
dataset by its own id or its text; where there is no dataset yet, the documents make one: the problem from
`doc` (`documents`), the answer from `target`.

A metric says whether a response is right where it is the document's only one, or where it is a list of
as many 0 and 1 as there are texts: a number over several repeats is a figure of them all, or of the one
that the filter took."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stat_engine.config import RunConfig
from stat_engine.errors import InputError, shown
from stat_engine.formats.chats import as_messages, last_answer, parsed, role_of
from stat_engine.formats.columns import FirstLines
from stat_engine.formats.documents import field_in_any_case, problem_of
from stat_engine.formats.row import Row, displayed
from stat_engine.formats.rows import read_rows
from stat_engine.formats.samples import ID_FIELDS, Sample, import_samples, read_target
from stat_engine.grading import Judge
from stat_engine.store.workspace import WorkspaceFolder

METRICS = ("math_verify", "exact_match", "acc", "accuracy", "pass@1", "pass_at_1")
"""Metrics that count right answers; the first that a row has is read unless one is named."""


@dataclass(frozen=True)
class SampleReading:
    """Which parts of a file of samples are read."""

    filter: str | None = None
    """Null: the file has only one."""
    metric: str | None = None
    """Null: the first of METRICS that a row has."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """`problem`, `solution`, `answer` or `id` -> the document's field that holds it."""


def read_samples(path: Path, how: SampleReading) -> list[Sample]:
    """The samples of a file under one filter, in its order.

    Raises InputError for a file that does not fit, log-likelihoods in place of texts, a document that
    stands twice, and several filters where none is named."""
    seen, samples = FirstLines(), []
    for row in _under_filter(path, how.filter):
        sample = _sample(row, how)
        seen.once(row, "doc_id", sample.id, f"document {shown(sample.id)}")
        samples.append(sample)
    return samples


def samples_file(path: Path) -> Path:
    """The file of samples that is meant: the path itself, or the only one below a folder.

    Raises InputError for a folder with none, and with several, which it names."""
    if not path.is_dir():
        return path
    files = sorted(
        file for end in ("jsonl", "jsonl.gz", "parquet") for file in path.rglob(f"samples_*.{end}")
    )
    if len(files) != 1:
        names = ", ".join(str(file.relative_to(path)) for file in files[:5])
        found = f"a folder with {len(files):,} such files{': ' if names else ''}{names}"
        raise InputError(path, "one file samples_<task>_<date>.jsonl, written with --log_samples", found)
    return files[0]


def _under_filter(path: Path, wanted: str | None) -> Iterator[Row]:
    names: dict[str, int] = {}
    for row in read_rows(path, required=("doc",)):
        name = row.optional_text("filter") or "none"
        names.setdefault(name, row.line)
        if wanted is None and len(names) > 1:
            found = f"{shown(name)} after {shown(next(iter(names)))}"
            raise row.refuse("filter", found, "one filter, or --filter with the one to read")
        if wanted is None or name == wanted:
            yield row
    if wanted is not None and wanted not in names:
        raise row.refuse("filter", ", ".join(map(shown, names)), f"rows of filter {shown(wanted)}")


def _sample(row: Row, how: SampleReading) -> Sample:
    doc = row.values.get("doc")
    doc = parsed(doc) if isinstance(doc, str) else doc
    if not isinstance(doc, dict):
        older = "; versions before 0.4 wrote none (prompt_0, logit_0), so run it again with --log_samples"
        expected = f"the document as a JSON object{older if 'prompt_0' in row.values else ''}"
        raise row.refuse("doc", row.found("doc"), expected)
    target = _given(row, doc, how, "answer") if "answer" in how.columns else row.values.get("target")
    texts, (solution, answer) = _texts(row), read_target(target)
    named = _given(row, doc, how, "solution") if "solution" in how.columns else _own(doc, "solution")
    id_fields = (how.columns["id"],) if "id" in how.columns else ID_FIELDS
    own_ids = [_own(doc, name) for name in id_fields]
    return Sample(
        row=row,
        id=_id(row),
        own_ids=[id.removesuffix(".json") for id in own_ids if isinstance(id, str)],
        problem=problem_of(row, doc, how.columns.get("problem")),
        solution=named if isinstance(named, str) and named.strip() else solution,
        answer=answer,
        texts=texts,
        verdicts=_verdicts(row, len(texts), how.metric),
    )


def _own(doc: Mapping[str, Any], name: str) -> Any:
    spelled = field_in_any_case(doc, name)
    return None if spelled is None else doc[spelled]


def _given(row: Row, doc: Mapping[str, Any], how: SampleReading, ours: str) -> Any:
    """The value of the document's field that is given for one of ours."""
    theirs = how.columns[ours]
    if theirs not in doc:
        expected = f"the field that --column {ours}={theirs} names"
        raise row.refuse(f"doc.{theirs}", f"fields {', '.join(map(str, doc))}", expected)
    return doc[theirs]


def _id(row: Row) -> str:
    number = row.whole("doc_id", low=0)
    return row.identifier("doc_hash") if number is None else str(number)


def _texts(row: Row) -> list[str]:
    """The responses of a row; of one that is a chat, the last message of the assistant."""
    named = "resps" if row.has("resps") or not row.has("filtered_resps") else "filtered_resps"
    texts: list[str] = []
    for at, repeats in enumerate(_listed(row, named)):
        for repeat, text in enumerate(_repeats(repeats)):
            field = f"{named}[{at}][{repeat}]"
            chat = as_messages(text)
            if chat is None and not isinstance(text, str):
                expected = "generated text; a task of log-likelihoods has no responses"
                raise row.refuse(field, displayed(text), expected)
            one = Row(row.line, {field: text if chat is None else chat}, row.file)
            texts.append(one.text(field) if chat is None else last_answer(one, field))
    if not texts:
        raise row.refuse(named, "no texts", "at least one")
    return texts


def _listed(row: Row, field: str) -> list[Any]:
    """Requests, each a list of texts; the whole may be JSON text, as in a file of text cells."""
    value = row.values.get(field)
    value = parsed(value) if isinstance(value, str) else value
    if not isinstance(value, list):
        raise row.refuse(field, row.found(field), "a list of requests, each a list of texts")
    return _repeats(value) if _is_one_chat(value) else value


def _repeats(value: Any) -> list[Any]:
    """The repeats of a request, each a text or a chat; a request without repeats is one itself."""
    return [value] if not isinstance(value, list) or _is_one_chat(value) else value


def _is_one_chat(value: list[Any]) -> bool:
    """Whether a list of messages is one chat, and not one answer of the assistant a repeat."""
    chat = as_messages(value)
    return chat is not None and any(role_of(message) != "assistant" for message in chat)


def _verdicts(row: Row, n_texts: int, wanted: str | None) -> list[bool | None]:
    """What the metric says of each text; null where no metric has a value for it.

    Newer versions name a metric with its filter, `exact_match,none`, and a row may hold several names; the
    row's own filter is read first."""
    field = next(iter(_valued(row, [wanted] if wanted else METRICS)), None)
    if field is None and wanted is not None:
        there = ", ".join(_valued(row, [key.partition(",")[0] for key in row.values]))
        raise row.refuse(wanted, row.found(wanted), f"a value of --metric; the row has {shown(there, 200)}")
    value = None if field is None else row.values[field]
    if field is None or (n_texts > 1 and not isinstance(value, list)):
        return [None] * n_texts
    values = value if isinstance(value, list) else [value]
    if len(values) != n_texts or any(one not in (0, 1) for one in values):
        several = f"a list of {n_texts:,} of 0 and 1, one a response"
        raise row.refuse(field, row.found(field), "0 or 1 for a single response" if n_texts == 1 else several)
    return [bool(one) for one in values]


def _valued(row: Row, metrics: Sequence[str]) -> list[str]:
    """Keys of the row under which the metrics have a number or a list, in the order of the metrics."""
    own = f",{row.values.get('filter')}"
    keys = sorted(row.values, key=lambda key: not key.endswith(own) and "," in key)  # a stable order
    return [
        key
        for metric in dict.fromkeys(metrics)
        for key, value in ((key, row.values[key]) for key in keys)
        if metric in (key, key.partition(",")[0])
        and isinstance(value, int | float | list)
        and key not in _NO_METRIC
    ]


_NO_METRIC = ("doc_id", "resps", "filtered_resps", "arguments", "metrics", "target")


def import_lm_eval(
    workspace: WorkspaceFolder,
    path: Path,
    run_name: str,
    config: RunConfig,
    model: str,
    how: SampleReading,
    skip_unknown: bool = False,
    judge: Judge | None = None,
) -> dict[str, object]:
    """Import samples into a run; makes the dataset that `config` names, and the run, where not there.

    Raises InputError for a file that does not fit, StatError where the run is on another dataset."""
    path = samples_file(path)
    samples = read_samples(path, how)
    return import_samples(workspace, path, run_name, config, model, samples, skip_unknown, judge)
