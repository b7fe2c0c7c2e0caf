"""Training sets in: a question and a solution under any usual name, or a chat of two turns."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine.errors import InputError, StatError
from stat_engine.formats import into_run
from stat_engine.formats.training_sets import QUESTION_FIELDS, SOLUTION_FIELDS, read_training_set
from stat_engine.records import TrainingExample, content_hash
from stat_engine.store.run_folder import RunFolder
from tests.formats.files import listing, write_jsonl

USER, ASSISTANT = {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}
HUMAN, GPT = {"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "2"}
SYSTEM = {"role": "system", "content": "Think."}


def pairs(path: Path) -> list[tuple[str, str]]:
    return [(example.problem, example.solution) for example in read_training_set(path)]


@pytest.mark.parametrize("question", QUESTION_FIELDS)
@pytest.mark.parametrize("solution", SOLUTION_FIELDS)
def test_usual_names(question: str, solution: str, tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "set.jsonl", [{question: "1+1?", solution: "2", "id": 1}])
    assert pairs(path) == [("1+1?", "2")]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [USER, ASSISTANT]},
        {"messages": [SYSTEM, USER, ASSISTANT]},
        {"prompt": [SYSTEM, USER], "completion": [ASSISTANT]},
        {"conversations": [HUMAN, GPT]},
        {"conversations": [{"from": "system", "value": "Think."}, HUMAN, GPT]},
        {"instruction": "1+1?", "input": "", "output": "2", "system": "", "history": []},
        {"problem": "1+1?", "question": None, "solution": "2", "answer": "two"},
        {"question": "1+1?", "input": "not alpaca", "answer": "2"},
        {"question": "1+1?", "answer": 2},
        {"question": "1+1?", "answer": 2.0},
        {"query": "1+1?", "response": "2", "original_question": "1+1"},
        {"problem": "1+1?", "generated_solution": "2", "expected_answer": "two", "answer": "two"},
        {"instruction": "1+1?", "generation": "2", "model_name": "m"},
        {"input": "1+1?", "output": "2"},
        {"inputs": "1+1?", "targets": "2"},
        {"conversation": [USER, ASSISTANT]},
        {"Question": "1+1?", "Answer": "2"},
        {"prompt": json.dumps([USER]), "completion": json.dumps([ASSISTANT])},
        {"prompt": json.dumps([SYSTEM, USER]), "response": "2"},
        {"prompt": [USER], "response": "2"},
        {
            "messages": [
                USER,
                {"role": "assistant", "content": "I ask.", "tool_calls": [{"id": "a"}]},
                {"role": "tool", "content": "2", "tool_call_id": "a"},
                ASSISTANT,
            ]
        },
        {"messages": {"role": ["user", "assistant"], "content": ["1+1?", "2"]}},
        {"conversations": {"from": ["system", "human", "gpt"], "value": ["Think.", "1+1?", "2"]}},
        {
            "prompt": {"role": ["user"], "content": ["1+1?"]},
            "completion": {"role": ["assistant"], "content": ["2"]},
        },
        {"prompt": [USER], "completion": "2"},
        {"messages": json.dumps([USER, ASSISTANT])},
        {"messages": json.dumps({"role": ["user", "assistant"], "content": ["1+1?", "2"]})},
        {"messages": [{"role": "developer", "content": "Think."}, USER, ASSISTANT]},
        {
            "messages": [
                USER,
                {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]},
                {"role": "tool", "content": "2", "tool_call_id": "a"},
                ASSISTANT,
            ]
        },
        {
            "conversations": [
                HUMAN,
                {"from": "function_call", "value": "{}"},
                {"from": "observation", "value": "2"},
                GPT,
            ]
        },
        {
            "messages": [
                {"role": "User", "content": [{"type": "text", "text": "1+1?", "image_url": None}]},
                {"role": "assistant", "content": ["2"]},
            ]
        },
    ],
)
def test_shapes(row: dict[str, Any], tmp_path: Path) -> None:
    assert pairs(write_jsonl(tmp_path / "set.jsonl", [row])) == [("1+1?", "2")]


def test_alpaca_input_goes_below_the_instruction(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "set.jsonl", [{"instruction": "Add", "input": "1+1", "output": "2"}])
    assert pairs(path) == [("Add\n1+1", "2")]


def test_text_parts_are_lines(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "How many?"}, {"type": "text", "text": "1+1"}]
    row = {"messages": [{"role": "user", "content": parts}, ASSISTANT]}
    assert pairs(write_jsonl(tmp_path / "set.jsonl", [row])) == [("How many?\n1+1", "2")]


def test_given_columns_come_before_all_others(tmp_path: Path) -> None:
    row = {
        "messages": [USER, ASSISTANT],
        "question": "no",
        "task": "2+2?",
        "answer": "no",
        "worked": "4",
        "chat": "[]",
    }
    path = write_jsonl(tmp_path / "set.jsonl", [row])
    given = read_training_set(path, {"problem": "task", "solution": "worked"})
    assert [(e.problem, e.solution) for e in given] == [("2+2?", "4")]
    with pytest.raises(InputError, match="field messages: found no messages"):
        read_training_set(path, {"messages": "chat"})


def test_a_struct_of_lists_of_the_datasets_library_is_read(tmp_path: Path) -> None:
    path = tmp_path / "set.parquet"
    table = pa.table({"messages": [{"role": ["user", "assistant"], "content": ["1+1?", "2"]}]})
    pq.write_table(table, path)
    assert pairs(path) == [("1+1?", "2")]


def test_lineage_that_is_there_is_kept(tmp_path: Path) -> None:
    row = {"question": "1+1?", "answer": "2", "question_id": "q/1", "subject": "algebra", "skill": "adding"}
    more = {"question": "1+1?", "answer": "two", "skills": ["adding", "words"]}
    assert read_training_set(write_jsonl(tmp_path / "set.jsonl", [row, more, row])) == [
        TrainingExample(
            example_id=content_hash("1+1?", solution),
            question_id=question_id,
            problem="1+1?",
            solution=solution,
            subject=subject,
            skills=skills,
            method="imported",
            answer_index=answer_index,
            is_repeat=is_repeat,
        )
        for solution, question_id, subject, skills, answer_index, is_repeat in [
            ("2", "q/1", "algebra", ["adding"], 0, False),
            ("two", content_hash("1+1?"), "", ["adding", "words"], 1, False),
            ("2", "q/1", "algebra", ["adding"], 0, True),
        ]
    ]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            {"answer": "2"},
            "field question: found fields 'answer', expected text there or under problem, prompt, instruction, "
            "query, input, inputs, or --column problem=FIELD",
        ),
        (
            {"question": "1+1?", "solution": None},
            "field solution: found null, expected text there or under generated_solution, generation, answer, "
            "response, completion, output, targets, or --column solution=FIELD",
        ),
        ({"question": " ", "answer": "2"}, "field question: found ' ', expected text that is not blank"),
        ({"question": "1+1?", "answer": True}, "field answer: found True, expected text or null"),
        ({"messages": "hello"}, "field messages: found 'hello', expected a list of messages"),
        (
            {"messages": [USER, ASSISTANT, USER]},
            "field messages: found user, assistant, user, "
            "expected one user message and one assistant message, after any system message",
        ),
        (
            {"conversations": []},
            "field conversations: found no messages, "
            "expected one user message and one assistant message, after any system message",
        ),
        (
            {"messages": [USER, {"role": "assistant", "content": [{"type": "text"}]}]},
            "field messages[1].content[0]: found {'type': 'text'}, expected a part of text {type, text}",
        ),
        (
            {"messages": [USER, {"role": "assistant"}]},
            "field messages[1].content: found no such field, expected text",
        ),
        (
            {"messages": {"role": ["user", "assistant"], "content": ["1+1?"]}},
            "field messages: found lists of 1 and 2, expected a struct of lists of equal length, or a list of "
            "messages",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}, ASSISTANT]},
            "field messages[0].content[0]: found {'type': 'image_url', 'image_url': {}}, expected a part of text "
            "{type, text}",
        ),
        (
            {"question": "1+1?", "answer": ["2", "3"]},
            "field answer: found a list of 2, expected one answer; where all are required, write them as one text: 1, 2",
        ),
        ({"messages": ["hello"]}, "field messages[0]: found str, expected a message {role, content}"),
        (
            {"instruction": "a", "output": "b", "history": [["c", "d"]]},
            "field history: found [['c', 'd']], expected an empty list; longer chats are not read",
        ),
        (
            {"question": "a", "answer": "b", "skills": "adding"},
            "field skills: found 'adding', expected a list of text",
        ),
    ],
)
def test_bad_row_is_named_and_nothing_imported(
    row: dict[str, Any], message: str, tmp_path: Path, run: RunFolder
) -> None:
    path = write_jsonl(tmp_path / "set.jsonl", [{"question": "1+1?", "answer": "2"}, row])
    before = listing(run.folder)
    with pytest.raises(InputError) as caught:
        into_run.import_training_set(run, path, "mine")
    assert str(caught.value) == f"{path}, line 2, {message}"
    assert listing(run.folder) == before


def test_a_set_is_imported_once_under_a_name(tmp_path: Path, run: RunFolder) -> None:
    path = write_jsonl(tmp_path / "set.jsonl", [{"question": "1+1?", "answer": "2", "skill": "adding"}] * 2)
    counts = {
        "n_pairs": 2,
        "n_questions": 1,
        "n_repeats": 1,
        "n_with_skills": 2,
        "n_held_out": 0,
        "n_skipped": 0,
        "notes": [],
    }
    assert into_run.import_training_set(run, path, "mine") == counts
    before = listing(run.folder)
    assert into_run.import_training_set(run, path, "mine") == counts
    other = write_jsonl(tmp_path / "other.jsonl", [{"question": "2+2?", "answer": "4"}])
    with pytest.raises(StatError) as caught:
        into_run.import_training_set(run, other, "mine")
    assert str(caught.value) == "run r has another training set mine; import under another --name"
    with pytest.raises(StatError, match=r"training set name '\.\./x': expected 1 to 64 letters"):
        into_run.import_training_set(run, path, "../x")
    assert listing(run.folder) == before
    manifest = run.training_set("mine").manifest()
    assert manifest is not None
    assert (manifest.settings["method"], manifest.settings["source"]) == ("imported", "set.jsonl")


def test_a_set_that_holds_questions_of_the_test_is_told(tmp_path: Path, run: RunFolder) -> None:
    split, question = run.held_out()[0]
    rows = [{"question": f" {question.problem}\n", "answer": "2"}, {"question": "1+1?", "answer": "2"}]
    found = into_run.import_training_set(run, write_jsonl(tmp_path / "set.jsonl", rows), "leaky")
    assert (split in ("validation", "test"), found["n_held_out"]) == (True, 1)
    assert found["notes"] == [
        "questions of the set that are validation or test questions of the run: 1; what an arm gains on them is "
        "memory; see: stat-studio leakage r leaky"
    ]
    with pytest.raises(StatError, match="training set base: this name stands for the student itself"):
        into_run.import_training_set(run, tmp_path / "set.jsonl", "base")
