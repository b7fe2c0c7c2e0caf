"""What stands beside an exported data file: LLaMA-Factory's `dataset_info.json`, or a dataset card.

The texts are made before anything is written, so a file that is in the way is found in time."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from stat_engine.errors import InputError, StatError
from stat_engine.interop.json_text import parse_object
from stat_engine.interop.text_files import MAX_LINE, whole
from stat_engine.records import TrainingExample

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
