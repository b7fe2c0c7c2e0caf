"""A training set in any shape that is read, written in any format, and read again: the same pairs."""

import json
from pathlib import Path
from typing import Any

import pytest

from stat_engine.formats.exports import FORMATS, export
from stat_engine.formats.training_sets import read_training_set
from tests.formats.files import write_jsonl

PROBLEM, SOLUTION = "A shelf holds 4 rows of 6 jars.\nHow many jars?", "4 rows of 6 is 24.\n#### 24"
TURNS = [{"role": "user", "content": PROBLEM}, {"role": "assistant", "content": SOLUTION}]
SAID = [{"from": "human", "value": PROBLEM}, {"from": "gpt", "value": SOLUTION}]
SHAPES: dict[str, dict[str, Any]] = {
    "plain": {"question": PROBLEM, "answer": SOLUTION},
    "MetaMathQA": {"query": PROBLEM, "response": SOLUTION},
    "OpenMathInstruct-2": {"problem": PROBLEM, "generated_solution": SOLUTION, "expected_answer": "24"},
    "distilabel": {"instruction": PROBLEM, "generation": SOLUTION},
    "alpaca": {"instruction": PROBLEM.split("\n")[0], "input": PROBLEM.split("\n")[1], "output": SOLUTION},
    "messages": {"messages": [{"role": "developer", "content": "Think."}, *TURNS]},
    "messages as JSON text": {"messages": json.dumps(TURNS)},
    "struct of lists": {"messages": {"role": ["user", "assistant"], "content": [PROBLEM, SOLUTION]}},
    "content parts": {
        "messages": [
            {**turn, "content": [{"type": "text", "text": line} for line in turn["content"].split("\n")]}
            for turn in TURNS
        ]
    },
    "sharegpt": {"conversations": SAID},
    "TRL": {"prompt": TURNS[:1], "completion": TURNS[1:]},
    "TRL texts": {"prompt": PROBLEM, "completion": SOLUTION},
}


@pytest.mark.parametrize("fmt", FORMATS)
@pytest.mark.parametrize("shape", SHAPES)
def test_import_export_import(shape: str, fmt: str, tmp_path: Path) -> None:
    row = SHAPES[shape]
    read = read_training_set(write_jsonl(tmp_path / "in.jsonl", [row, row]))
    assert [(e.problem, e.solution, e.is_repeat) for e in read] == [
        (PROBLEM, SOLUTION, False), (PROBLEM, SOLUTION, True),
    ]  # fmt: skip
    (written, *_) = export(read, fmt, tmp_path / "out", "set")
    assert read_training_set(written) == read
