"""Logs of Inspect (inspect_ai) in: `.eval`, a zip with a member for each sample, and `.json`.

Read are a sample's id, epoch, input, choices, target, output and scores, as version 2 of the log's format
has them. The members of an `.eval` are compressed with Zstandard, which Python's `zipfile` cannot unpack
before 3.14; pyarrow can. The package inspect_ai is not used: it needs forty others, some of them at
versions that exclude the engine's."""

import copy
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from stat_engine.config import RunConfig
from stat_engine.errors import InputError, shown
from stat_engine.formats.documents import field_in_any_case, is_prompt, problem_of
from stat_engine.formats.row import Row, parse_object
from stat_engine.formats.rows import MAX_LIST, check_file, decoded, whole
from stat_engine.formats.samples import ID_FIELDS, Sample, import_samples, read_target
from stat_engine.formats.unpacking import check_unpacked
from stat_engine.grading import Judge
from stat_engine.store.workspace import WorkspaceFolder

EXPECTED = "a log of Inspect (.eval or .json)"
_ZSTANDARD = 93
_KEPT = ("id", "epoch", "input", "choices", "target", "metadata", "attachments")
_VERDICTS = {"c": True, "i": False, "n": False, "yes": True, "no": False, "true": True, "false": False}
"""Inspect's words for correct, incorrect and no answer, and those that its own metrics read."""


@dataclass(frozen=True)
class InspectLog:
    """What a log holds of its samples."""

    model: str
    status: str
    """`success`, or what ended the evaluation before its end."""
    samples: list[Sample]
    """One for each question, with its epochs as responses."""
    n_without_output: int
    """Samples that ended in an error before the model answered."""


@dataclass
class _Question:
    """The epochs of one sample."""

    row: Row
    outputs: dict[int, tuple[str, bool | None]] = field(default_factory=dict)


def read_log(path: Path, scorer: str | None, columns: Mapping[str, str]) -> InspectLog:
    """The samples of a log, in its order.

    `scorer` says whose score is the verdict, by default the first of a sample. `columns` is {`problem`,
    `solution`, `answer` or `id`: a field of the sample's metadata}. Raises InputError for a file that is no
    log, for one without outputs, and for a sample that does not fit."""
    check_file(path, EXPECTED)
    header, rows = _zipped(path) if path.suffix.lower() == ".eval" else _plain(path)
    questions: dict[str, _Question] = {}
    n_without = 0
    for row in rows:
        epoch = row.whole("epoch", low=1) or 1
        text = _completion(row)
        if text is None:
            n_without += 1
            continue
        outputs = questions.setdefault(_key(row), _Question(_without_events(row))).outputs
        if epoch in outputs:
            raise row.refuse("epoch", f"epoch {epoch} of sample {row.found('id')} twice", "each only once")
        outputs[epoch] = text, _verdict(row, scorer)
    if not questions:
        raise InputError(path, "samples with an output", f"{n_without:,} samples without one")
    samples = [_sample(one, columns) for one in questions.values()]
    model = header.get("model")
    status = str(header.get("status") or "unknown")
    return InspectLog(model if isinstance(model, str) else "unnamed", status, samples, n_without)


def import_inspect(
    workspace: WorkspaceFolder,
    path: Path,
    run_name: str,
    config: RunConfig,
    model: str = "",
    scorer: str | None = None,
    columns: Mapping[str, str] | None = None,
    skip_unknown: bool = False,
    judge: Judge | None = None,
) -> dict[str, Any]:
    """Import a log as a run's responses; makes the dataset that `config` names, and the run, where not there.

    `model` is the log's own unless it is named. Raises InputError for a file that does not fit, StatError
    where the run is on another dataset."""
    log = read_log(path, scorer, columns or {})
    of = path, run_name, config, model or log.model
    counts = import_samples(workspace, *of, log.samples, skip_unknown, judge)
    notes = list(counts["notes"])
    if log.n_without_output:
        notes.append(f"samples without an output left out: {log.n_without_output:,}; they ended in an error")
    if log.status != "success":
        notes.append(f"the log's status is {log.status}: it may not hold all samples")
    return {**counts, "notes": notes}


def _zipped(path: Path) -> tuple[dict[str, Any], Iterator[Row]]:
    """The header and the samples of an `.eval`; one that was not finished has its start in its journal."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(path, EXPECTED, f"a file that is no zip ({error})") from None
    names = archive.namelist()
    head = next((name for name in ("header.json", "_journal/start.json") if name in names), None)
    if head is None:
        archive.close()
        raise InputError(path, EXPECTED, f"a zip with {shown(', '.join(names[:5]) or 'nothing', 200)}")
    check_unpacked(path, sum(info.file_size for info in archive.infolist()))
    members = [name for name in names if name.startswith("samples/") and name.endswith(".json")]
    return _header(_member(archive, path, head)), _members(archive, path, members)


def _members(archive: zipfile.ZipFile, path: Path, names: Sequence[str]) -> Iterator[Row]:
    with archive:
        for name in names:
            yield Row(1, _member(archive, path, name), path / name)


def _plain(path: Path) -> tuple[dict[str, Any], Iterator[Row]]:
    if path.suffix.lower() != ".json":
        raise InputError(path, EXPECTED, f"a name that ends in {shown(path.suffix)}")
    log = parse_object(path, whole(path, MAX_LIST), 1)
    samples = log.get("samples")
    if not isinstance(log.get("eval"), dict) or not isinstance(samples, list):
        raise InputError(path, EXPECTED, f"fields {shown(', '.join(log), 200)}")
    return _header(log), (Row(at, _mapping(path, one), path) for at, one in enumerate(samples, 1))


def _mapping(path: Path, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(path, "a list of samples", shown(value), field="samples")
    return value


def _header(log: Mapping[str, Any]) -> dict[str, Any]:
    task = log.get("eval")
    return {"model": task.get("model") if isinstance(task, dict) else None, "status": log.get("status")}


def _member(archive: zipfile.ZipFile, path: Path, name: str) -> dict[str, Any]:
    """One JSON object of the zip, of at most `MAX_LIST` bytes."""
    try:
        with _unpacked(archive, archive.getinfo(name)) as member:
            raw = member.read(MAX_LIST + 1)
    except (zipfile.BadZipFile, NotImplementedError, pa.ArrowException, OSError, EOFError) as error:
        raise InputError(path / name, EXPECTED, f"a member that cannot be unpacked ({error})") from None
    if len(raw) > MAX_LIST:
        raise InputError(path / name, f"at most {MAX_LIST // 2**20} MB a sample", "a larger one")
    return parse_object(path / name, decoded(path / name, raw, 1), 1)


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    """A stream of a member's bytes."""
    if info.compress_type != _ZSTANDARD:
        return archive.open(info)
    stored = copy.copy(info)  # read as it is stored, which is still compressed, and without its checksum
    stored.compress_type, stored.file_size = zipfile.ZIP_STORED, info.compress_size
    del stored.CRC
    return pa.CompressedInputStream(archive.open(stored), "zstd")


def _key(row: Row) -> str:
    return row.identifier("id").removesuffix(".json")


def _without_events(row: Row) -> Row:
    """The row without what is not read of it again: the events of a sample are most of a log."""
    return replace(row, values={key: row.values[key] for key in _KEPT if key in row.values})


def _completion(row: Row) -> str | None:
    """The text of the model's output, without its reasoning; None where the sample ended in an error."""
    output = row.values.get("output")
    output = output if isinstance(output, dict) else {}
    text = output.get("completion")
    choices = output.get("choices")
    if not text and isinstance(choices, list) and choices and isinstance(choices[0], dict):
        message = choices[0].get("message")
        text = _text(row, message.get("content")) if isinstance(message, dict) else text
    if not text and (row.has("error") or not choices):
        return None
    return Row(row.line, {"output": text or ""}, row.file).text("output")


def _text(row: Row, content: Any) -> str:
    """A message's text: the content itself, or its text parts as lines; long texts may be attachments."""
    parts = [content] if isinstance(content, str) else content if isinstance(content, list) else []
    texts = [
        part if isinstance(part, str) else part.get("text")
        for part in parts
        if isinstance(part, str) or (isinstance(part, dict) and part.get("type") == "text")
    ]
    attachments = row.values.get("attachments")
    known = attachments if isinstance(attachments, dict) else {}
    return "\n".join(str(known.get(str(text).removeprefix("attachment://"), text)) for text in texts)


def _verdict(row: Row, scorer: str | None) -> bool | None:
    """What a scorer says; None where its value is neither right nor wrong, as a partial score."""
    scores = row.values.get("scores")
    scores = scores if isinstance(scores, dict) else {}
    if scorer is not None and scorer not in scores:
        there = shown(", ".join(scores) or "no scores", 200)
        raise row.refuse("scores", there, f"a score of --scorer {scorer}")
    score = scores.get(scorer if scorer is not None else next(iter(scores), ""))
    value = score.get("value") if isinstance(score, dict) else None
    if isinstance(value, str):
        word = value.strip().lower()
        if word in _VERDICTS:
            return _VERDICTS[word]
        with suppress(ValueError):
            value = float(word)
    return bool(value) if isinstance(value, int | float) and value in (0, 1) else None


def _sample(one: _Question, columns: Mapping[str, str]) -> Sample:
    row, key = one.row, _key(one.row)
    metadata = row.values.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    named = {ours: _given(row, metadata, ours, theirs) for ours, theirs in columns.items()}
    solution, answer = read_target(named.get("answer", row.values.get("target")))
    spelled = field_in_any_case(metadata, "solution")
    given = named.get("solution", metadata[spelled] if spelled else None)
    ids = [named["id"]] if "id" in named else [metadata.get(name) for name in ID_FIELDS]
    epochs = sorted(one.outputs)
    return Sample(
        row=row,
        id=key,
        own_ids=[key, *(id.removesuffix(".json") for id in ids if isinstance(id, str))],
        problem=_problem(row, named),
        solution=given if isinstance(given, str) and given.strip() else solution,
        answer=answer,
        texts=[one.outputs[epoch][0] for epoch in epochs],
        verdicts=[one.outputs[epoch][1] for epoch in epochs],
        numbers=[epoch - 1 for epoch in epochs],
    )


def _given(row: Row, metadata: Mapping[str, Any], ours: str, theirs: str) -> Any:
    if theirs not in metadata:
        there = shown(", ".join(map(str, metadata)) or "no metadata", 200)
        raise row.refuse("metadata", there, f"the field that --column {ours}={theirs} names")
    return metadata[theirs]


def _problem(row: Row, named: Mapping[str, Any]) -> str:
    """The question: the sample's input, of a chat the last message of the user, with the choices below it."""
    given = row.values.get("input")
    if isinstance(given, list):
        asked = [message for message in given if isinstance(message, dict) and message.get("role") == "user"]
        given = _text(row, asked[-1].get("content")) if asked else None
    given = named.get("problem", given)
    if not isinstance(given, str) or not given.strip() or ("problem" not in named and is_prompt(given)):
        expected = "the question's text, or --column problem=FIELD with a field of the metadata"
        raise row.refuse("input", row.found("input"), expected)
    document = {"question": given, "choices": row.values.get("choices")}
    return problem_of(row, document, "question")
