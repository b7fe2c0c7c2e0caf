"""Exports have the fields that other tools read, and come back as the pairs that went out."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from stat_engine.errors import StatError
from stat_engine.formats.exports import ENDINGS, FORMATS, export
from stat_engine.formats.training_sets import read_training_set
from stat_engine.records import TrainingExample
from tests.formats.files import listing


def example(at: int, problem: str, solution: str) -> TrainingExample:
    return TrainingExample(
        example_id=f"e{at}",
        question_id=f"q/{at}",
        problem=problem,
        solution=solution,
        subject="algebra",
        skills=["adding"],
        method="stat-sel",
        answer_index=0,
        missing_skill="adding",
        reference_ids=["q/9"],
    )


EXAMPLES = [
    example(1, "1+1?", "2"),
    example(2, 'Wie groß\nist \\frac{1}{2}\u2028+ "½"?', "$1$\n\n\\boxed{1}"),
]


def exported(fmt: str, out: Path) -> Any:
    path = export(EXAMPLES, fmt, out, "mine")[0]
    text = path.read_text(encoding="utf-8")
    return (
        json.loads(text) if path.suffix == ".json" else [json.loads(row) for row in text.split("\n") if row]
    )


@pytest.mark.parametrize("fmt", FORMATS)
def test_round_trip(fmt: str, tmp_path: Path) -> None:
    path = export(EXAMPLES, fmt, tmp_path / "new" / "folder", "mine")[0]
    assert path == tmp_path / "new" / "folder" / f"mine{ENDINGS[fmt]}"
    found = [(example.problem, example.solution) for example in read_training_set(path)]
    assert found == [(example.problem, example.solution) for example in EXAMPLES]


def test_parquet_keeps_ids_and_skills_and_has_the_whole_lineage(tmp_path: Path) -> None:
    path, card = export(EXAMPLES, "parquet", tmp_path / "set.parquet", "mine")
    assert [TrainingExample(**row) for row in pq.read_table(path).to_pylist()] == EXAMPLES
    found = [(e.question_id, e.subject, e.skills, e.method) for e in read_training_set(path)]
    assert found[0] == ("q/1", "algebra", ["adding"], "imported")
    _, header, text = card.read_text(encoding="utf-8").split("---\n")
    assert yaml.safe_load(header) == {
        "pretty_name": "mine",
        "task_categories": ["text-generation"],
        "size_categories": ["n<1K"],
        "tags": ["skill-targeted-adaptive-training", "math"],
        "configs": [{"config_name": "default", "data_files": "set.parquet"}],
    }
    assert "- stat-sel: 2 pairs" in text
    assert all(f"`{field}`" in text for field in TrainingExample.model_fields)


def test_trl(tmp_path: Path) -> None:
    assert exported("trl", tmp_path)[0] == {
        "prompt": [{"role": "user", "content": "1+1?"}],
        "completion": [{"role": "assistant", "content": "2"}],
    }


def test_openai(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
    assert exported("openai", tmp_path)[0] == {"messages": messages}


def test_llama_factory_formats_are_entered_into_its_list(tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text('{"other": {"file_name": "o.json"}, "mine": {}}')
    assert exported("alpaca", tmp_path)[0] == {
        "instruction": "1+1?",
        "input": "",
        "output": "2",
        "system": "",
        "history": [],
    }
    rows = exported("sharegpt", tmp_path / "chat.json")
    assert rows[0] == {"conversations": [{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "2"}]}
    paths = export(EXAMPLES, "sharegpt", tmp_path / "chat.json", "chat")
    assert paths == [tmp_path / "chat.json", tmp_path / "dataset_info.json"]
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    assert info["other"] == {"file_name": "o.json"}
    assert info["chat"] == {
        "file_name": "chat.json",
        "formatting": "sharegpt",
        "columns": {"messages": "conversations"},
    }
    export(EXAMPLES, "alpaca", tmp_path, "mine")
    info = json.loads((tmp_path / "dataset_info.json").read_text())
    assert info["mine"] == {
        "file_name": "mine.json",
        "columns": {**columns, "system": "system", "history": "history"},
    }


def test_a_folder_may_have_a_dot_in_its_name(tmp_path: Path) -> None:
    assert export(EXAMPLES, "trl", tmp_path / "v1.2", "mine") == [tmp_path / "v1.2" / "mine.jsonl"]
    (tmp_path / "set.jsonl").mkdir()
    assert export(EXAMPLES, "trl", tmp_path / "set.jsonl", "mine") == [tmp_path / "set.jsonl" / "mine.jsonl"]


def test_exporting_again_replaces_and_leaves_nothing_behind(tmp_path: Path) -> None:
    for fmt in FORMATS:
        export(EXAMPLES, fmt, tmp_path / fmt, "mine")
    before = listing(tmp_path)
    for fmt in FORMATS:
        export(EXAMPLES, fmt, tmp_path / fmt, "mine")
    assert listing(tmp_path) == before


BROKEN_INFO = "found '{{', which is not JSON (expecting property name enclosed in double quotes, column 2)"


@pytest.mark.parametrize(
    ("fmt", "out", "message"),
    [
        ("csv", "x", "format 'csv': expected one of trl, openai, alpaca, sharegpt, parquet"),
        ("trl", "x.json", "{out}: format trl is written to a file that ends in .jsonl, or to a folder"),
        ("alpaca", "x.jsonl", "{out}: format alpaca is written to a file that ends in .json, or to a folder"),
        (
            "parquet",
            "x.csv",
            "{out}: format parquet is written to a file that ends in .parquet, or to a folder",
        ),
        ("trl", "README.md/x.jsonl", "{out}: cannot be written (File exists)"),
        (
            "sharegpt",
            "dataset_info.json",
            "{out}: this name is for LLaMA-Factory's list of data sets; choose another",
        ),
        (
            "alpaca",
            "x.json",
            "{folder}/dataset_info.json, line 1: " + BROKEN_INFO + ", expected one JSON object; "
            "the new entry cannot be added to it",
        ),
        (
            "parquet",
            "x.parquet",
            "{folder}/README.md: the dataset card would replace this file; export to another folder",
        ),
    ],
)
def test_refused_exports_write_nothing(fmt: str, out: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# Mine\n")
    (tmp_path / "dataset_info.json").write_text("{")
    before = listing(tmp_path)
    with pytest.raises(StatError) as caught:
        export(EXAMPLES, fmt, tmp_path / out, "mine")
    assert str(caught.value) == message.format(out=tmp_path / out, folder=tmp_path)
    assert listing(tmp_path) == before


def test_an_empty_set_and_a_bad_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(StatError, match="training set mine has no examples to export"):
        export([], "trl", tmp_path, "mine")
    with pytest.raises(StatError, match=r"training set name '\.\./x': expected 1 to 64 letters"):
        export(EXAMPLES, "trl", tmp_path, "../x")
