"""Training sets out, in the formats of other tools.

trl       JSON Lines `{"prompt": [message], "completion": [message]}`
openai    JSON Lines `{"messages": [...]}`
alpaca    JSON list `instruction, input, output, system, history`, and a `dataset_info.json` entry
sharegpt  JSON list `conversations: [{from, value}]`, and a `dataset_info.json` entry
parquet   one row an example with its full lineage, and a dataset card

`out` names the file where it has a data file's ending (which must be the format's), and otherwise,
or where it is a folder, the folder in which `<name>.<ending>` is made.

What stands beside an exported data file: LLaMA-Factory's `dataset_info.json`, or a dataset card.
Step labels that people reviewed, out, as TRL's stepwise data: `{prompt, completions, labels}`.
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import yaml

from stat_engine.errors import InputError, StatError, shown
from stat_engine.formats.row import parse_object
from stat_engine.formats.rows import MAX_LINE, whole
from stat_engine.records import MissingSkill, Response, TrainingExample
from stat_engine.store.event_log import decisions
from stat_engine.store.files import replacing, safe_name
from stat_engine.store.outputs import output_place
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import write_table

CARD = "README.md"
INFO = "dataset_info.json"
_MARK = "skill-targeted-adaptive-training"
"""A tag by which a card is known to be ours, and may be replaced."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_COLUMNS: dict[str, dict[str, Any]] = {
    "alpaca": {
        "columns": {
            "prompt": "instruction",
            "query": "input",
            "response": "output",
            "system": "system",
            "history": "history",
        }
    },
    "sharegpt": {"formatting": "sharegpt", "columns": {"messages": "conversations"}},
}


def prepare(fmt: str, path: Path, name: str, examples: Sequence[TrainingExample]) -> dict[Path, str]:
    """{file: text} of what belongs beside the data file; empty for formats that need nothing.

    Raises StatError where a file there is not one that may be changed."""
    if fmt in _COLUMNS:
        info = path.with_name(INFO)
        if path == info:
            raise StatError(f"{path}: this name is for LLaMA-Factory's list of data sets; choose another")
        return {info: _info(info, name, {"file_name": path.name, **_COLUMNS[fmt]})}
    if fmt == "parquet":
        card = path.with_name(CARD)
        if card.exists() and _MARK not in whole(card, MAX_LINE):
            raise StatError(f"{card}: the dataset card would replace this file; export to another folder")
        return {card: _card(path.name, name, examples)}
    return {}


def _info(path: Path, name: str, entry: dict[str, Any]) -> str:
    there: dict[str, Any] = {}
    if path.exists():
        try:
            there = parse_object(path, whole(path, MAX_LINE), 1)
        except InputError as error:
            raise StatError(f"{error}; the new entry cannot be added to it") from None
    return json.dumps({**there, name: entry}, indent=2, ensure_ascii=False) + "\n"


def _card(file_name: str, name: str, examples: Sequence[TrainingExample]) -> str:
    """Dataset card: the header that the Hugging Face hub reads, counts, and what each column holds."""
    size = next((label for limit, label in _SIZES if len(examples) < limit), "n>1M")
    header = {
        "pretty_name": name,
        "task_categories": ["text-generation"],
        "size_categories": [size],
        "tags": [_MARK, "math"],
        "configs": [{"config_name": "default", "data_files": file_name}],
    }
    methods = Counter(example.method for example in examples)
    counts = "\n".join(f"- {method}: {n:,} pairs" for method, n in sorted(methods.items()))
    return (
        f"---\n{yaml.safe_dump(header, sort_keys=False, allow_unicode=True)}---\n\n# {name}\n\n"
        f"A training set of {len(examples):,} question-answer pairs, made with STAT Studio "
        f"(Skill-Targeted Adaptive Training, arXiv 2510.10023).\n\n{counts}\n\n## Columns\n\n{_COLUMN_TEXT}"
    )


_COLUMN_TEXT = """- `problem`, `solution`: the pair.
- `example_id`, `question_id`, `answer_index`: the pair, its question, and which of the question's solutions.
- `subject`, `skills`: what the pair exercises.
- `method`: how it was chosen or written.
- `difficult_question_id`, `missing_skill`: what called for it; null where it was drawn without one.
- `reference_ids`: questions shown to the teacher; `teacher_calls`: keys of the teacher answers that made it.
- `is_repeat`: the same pair stands earlier in the set.

The questions come from the data set the run was made on; its licence and terms apply to them.
"""


ENDINGS = {"trl": ".jsonl", "openai": ".jsonl", "alpaca": ".json", "sharegpt": ".json", "parquet": ".parquet"}
FORMATS = tuple(ENDINGS)
_FILE_ENDINGS = {".jsonl", ".json", ".parquet", ".csv", ".txt", ".gz", ".zip", ".yaml", ".md"}


def export(examples: Sequence[TrainingExample], fmt: str, out: Path, name: str) -> list[Path]:
    """Write the examples for another tool; returns the files written, the data first.

    Raises StatError for an unknown format, no examples, a file name that is not of the format, and a
    place that cannot be written to."""
    if fmt not in ENDINGS:
        raise StatError(f"format {shown(fmt)}: expected one of {', '.join(FORMATS)}")
    if not examples:
        raise StatError(f"training set {name} has no examples to export")
    path = target_file(out, ENDINGS[fmt], fmt, safe_name(name, "training set"))
    for place in (out, path):
        output_place(place)
    try:
        beside = prepare(fmt, path, name, examples)
        _write_data(examples, fmt, path)
        for other, text in beside.items():
            write_text(other, [text], is_kept=True)  # `prepare` has read what is there
    except OSError as error:
        raise StatError(f"{path}: cannot be written ({error.strerror or error})") from None
    return [path, *beside]


def target_file(out: Path, ending: str, fmt: str, name: str) -> Path:
    """The file that `out` stands for, as this module's head has it; raises StatError for another ending."""
    if out.is_dir() or out.suffix.lower() not in _FILE_ENDINGS:
        return out / f"{name}{ending}"
    if out.suffix.lower() != ending:
        raise StatError(f"{out}: format {fmt} is written to a file that ends in {ending}, or to a folder")
    return out


def _write_data(examples: Sequence[TrainingExample], fmt: str, path: Path) -> None:
    if fmt == "parquet":
        write_table(path, TrainingExample, examples)
        return
    rows = [json.dumps(_ROWS[fmt](example), ensure_ascii=False) for example in examples]
    write_text(path, ["[\n", ",\n".join(rows), "\n]\n"] if fmt in ("alpaca", "sharegpt") else _lines(rows))


def _lines(rows: list[str]) -> list[str]:
    return [f"{row}\n" for row in rows]


def write_text(path: Path, parts: Sequence[str], is_kept: bool = False) -> None:
    """Write a text file whole or not at all, with line feeds as the parts have them.

    `is_kept`: what it held is in the parts. Raises StatError as `output_place` does."""
    with (
        replacing(output_place(path, is_kept=is_kept)) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as handle,
    ):
        handle.writelines(parts)


def _trl(example: TrainingExample) -> dict[str, Any]:
    prompt, completion = _openai(example)["messages"]
    return {"prompt": [prompt], "completion": [completion]}


def _openai(example: TrainingExample) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": example.problem},
            {"role": "assistant", "content": example.solution},
        ]
    }


def _alpaca(example: TrainingExample) -> dict[str, Any]:
    pair = {"instruction": example.problem, "input": "", "output": example.solution}
    return {**pair, "system": "", "history": []}


def _sharegpt(example: TrainingExample) -> dict[str, Any]:
    return {
        "conversations": [
            {"from": "human", "value": example.problem},
            {"from": "gpt", "value": example.solution},
        ]
    }


_ROWS: dict[str, Callable[[TrainingExample], dict[str, Any]]] = {
    "trl": _trl,
    "openai": _openai,
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
}


def export_step_labels(run: RunFolder, out: Path) -> dict[str, object]:
    """Write the reviewed step labels of a run's own teacher; `out` is a .jsonl file or a folder.

    Raises NotThereYet where there are no current labels, StatError where none can be written."""
    output_place(out)
    decided = decisions(run.label_log.events())
    reviewed = {label.response_id: label for label in run.labels() if label.response_id in decided}
    actions = {id: decided[id].action for id in reviewed}
    kept = {
        id: label for id, label in reviewed.items() if actions[id] in ("accept", "edit") and _is_known(label)
    }
    if not kept:
        raise StatError(
            f"run {run.name} has no accepted or edited label that names its failing step; review some first"
        )
    texts = {id: run.dataset.questions[label.question_id].problem for id, label in kept.items()}
    rows = [
        _row(texts[r.response_id], r, kept[r.response_id])
        for r in run.responses.read()
        if r.response_id in kept
    ]
    path = target_file(out, ".jsonl", "trl", f"{run.name}-steps")
    write_text(path, [json.dumps(row, ensure_ascii=False) + "\n" for row in rows])
    n_discarded = Counter(actions.values())["discard"]
    return {
        "run": run.name,
        "n_responses": len(rows),
        "n_steps": sum(len(row["labels"]) for row in rows),
        "n_false": sum(row["labels"].count(False) for row in rows),
        "n_discarded": n_discarded,
        "n_without_step": len(reviewed) - n_discarded - len(kept),
        "files": [str(path)],
    }


def _is_known(label: MissingSkill) -> bool:
    return label.evidence_step is not None or _is_right(label)


def _is_right(label: MissingSkill) -> bool:
    """Nothing is missing; a person who added skills to a "correct" label says otherwise."""
    return label.judge == "correct" and not label.skills


def _row(problem: str, response: Response, label: MissingSkill) -> dict[str, Any]:
    failing = len(response.steps) if _is_right(label) else label.evidence_step
    return {
        "prompt": problem,
        "completions": response.steps,
        "labels": [at < (failing or 0) for at in range(len(response.steps))],
    }
