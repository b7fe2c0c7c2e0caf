"""Training sets out, in the formats of other tools.

trl       JSON Lines `{"prompt": [message], "completion": [message]}`
openai    JSON Lines `{"messages": [...]}`
alpaca    JSON list `instruction, input, output, system, history`, and a `dataset_info.json` entry
sharegpt  JSON list `conversations: [{from, value}]`, and a `dataset_info.json` entry
parquet   one row an example with its full lineage, and a dataset card

`out` names the file where it has a data file's ending (which must be the format's), and otherwise,
or where it is a folder, the folder in which `<name>.<ending>` is made."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError, shown
from stat_engine.interop import dataset_cards
from stat_engine.records import TrainingExample
from stat_engine.store.files import replacing, safe_name
from stat_engine.store.tables import write_table

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
    try:
        beside = dataset_cards.prepare(fmt, path, name, examples)
        _write_data(examples, fmt, path)
        for other, text in beside.items():
            write_text(other, [text])
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


def write_text(path: Path, parts: Sequence[str]) -> None:
    """Write a text file whole or not at all, with line feeds as the parts have them."""
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as handle:
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
