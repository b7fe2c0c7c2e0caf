"""Rows of responses as tools and servers write them, imported as a user would."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stat_engine import Workspace
from stat_engine.errors import InputError
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import write_jsonl

ASKED = {"role": "user", "content": "2+2?"}
SAID = {"role": "assistant", "content": "It is 4."}
Stored = list[tuple[str, str, int, str, bool | None]]


def imported(workspace: WorkspaceFolder, run: RunFolder, file: Path, **columns: str) -> Any:
    return Workspace(workspace.root).imports(columns).responses(run.name, file)


def stored(run: RunFolder) -> Stored:
    return [(r.question_id, r.model, r.sample, r.response, r.is_correct) for r in run.responses.read()]


def body(*texts: str, **rest: Any) -> dict[str, Any]:
    choices = [
        {"index": at, "message": {"role": "assistant", "content": text}} for at, text in enumerate(texts)
    ]
    return {"id": "c", "object": "chat.completion", "model": "big", "choices": choices, **rest}


def batch(custom_id: str, found: dict[str, Any], status: int = 200) -> dict[str, Any]:
    response = {"status_code": status, "request_id": "r", "body": found}
    return {"id": "batch_req_1", "custom_id": custom_id, "response": response, "error": None}


@pytest.mark.parametrize(
    "row",
    [
        {"problem_id": "q/2", "messages": [ASKED, SAID]},
        {"problem_id": "q/2", "messages": json.dumps([ASKED, SAID])},
        {"problem_id": "q/2", "messages": {"role": ["user", "assistant"], "content": ["2+2?", "It is 4."]}},
        {"problem_id": "q/2", "messages": [{"role": "developer", "content": "Think."}, ASKED, SAID]},
        {"problem_id": "q/2", "conversations": [{"from": "human", "value": "?"}, {"from": "gpt", "value": "It is 4."}]},
        {"problem_id": "q/2", "response": [SAID]},
        {"problem_id": "q/2", "response": SAID},
        {"problem_id": "q/2", "response": json.dumps([SAID])},
        {"problem_id": "q/2", "response": [{"type": "text", "text": "It is 4."}]},
        {"problem_id": "q/2", "response": ["It is 4."]},
        {"problem_id": "q/2", "choices": body("It is 4.")["choices"]},
        {"problem_id": "q/2", "choices": [{"text": "It is 4."}]},
        {"messages": [ASKED, SAID]},
        {"problem": "2+2?", "response": "It is 4."},
    ],
    ids=str,
)  # fmt: skip
def test_a_response_in_another_form(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path, row: dict[str, Any]
) -> None:
    file = write_jsonl(tmp_path / "r.jsonl", [row])
    counts = imported(workspace, run, file)
    assert stored(run) == [("q/2", "unnamed", 0, "It is 4.", True)]
    assert imported(workspace, run, file) == {**counts, "n_new": 0}
    dry = Workspace(workspace.root).imports(is_dry=True).responses(run.name, file)
    assert (dry["n_errors"], dry["options"]) == (0, "")


def test_the_output_of_a_batch_of_requests(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path
) -> None:
    rows = [
        batch("q/2", body("It is 4.", "It is 5.")),
        batch("q/1", {"error": {"message": "overloaded"}}, 500),
        {"id": "batch_req_3", "custom_id": "q/3", "response": None, "error": {"code": "batch_expired"}},
    ]
    counts = imported(workspace, run, write_jsonl(tmp_path / "batch_output.jsonl", rows))
    assert stored(run) == [("q/2", "big", 0, "It is 4.", True), ("q/2", "big", 1, "It is 5.", False)]
    assert counts["notes"] == ["rows of requests that failed, or of other events, left out: 2"]


def test_batches_of_other_servers(workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path) -> None:
    text = [{"type": "output_text", "text": "It is 4."}]
    output = [{"type": "reasoning", "summary": []}, {"type": "message", "role": "assistant", "content": text}]
    message = {
        "type": "message",
        "role": "assistant",
        "model": "c",
        "content": [{"type": "text", "text": "3"}],
    }
    rows = [
        batch("q/2", {"object": "response", "model": "o", "output": output}),
        {"custom_id": "q/3", "result": {"type": "succeeded", "message": message}},
        {"custom_id": "q/1", "result": {"type": "errored", "error": {}}},
    ]
    imported(workspace, run, write_jsonl(tmp_path / "b.jsonl", rows))
    assert stored(run) == [("q/2", "o", 0, "It is 4.", True), ("q/3", "c", 0, "3", True)]


def test_a_list_of_responses_with_its_verdicts(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path
) -> None:
    row = {"uuid": "q/2", "generations": ["It is 5.", "Both."], "correctness_math_verify": [False, True]}
    columns = {"problem_id": "uuid", "response": "generations", "correct": "correctness_math_verify"}
    path = tmp_path / "r.parquet"
    pq.write_table(pa.Table.from_pylist([row]), path)
    imported(workspace, run, path, **columns)
    assert stored(run) == [("q/2", "unnamed", 0, "It is 5.", False), ("q/2", "unnamed", 1, "Both.", True)]
    short = write_jsonl(tmp_path / "s.jsonl", [{**row, "correctness_math_verify": [True]}])
    with pytest.raises(
        InputError, match="line 1, field correct: found a list of 1, expected 2, one a response"
    ):
        imported(workspace, run, short, **columns)


def test_an_unknown_text_is_refused_or_skipped(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path
) -> None:
    rows = [{"messages": [{**ASKED, "content": "9+9?"}, SAID]}, {"messages": [ASKED, SAID]}]
    path = write_jsonl(tmp_path / "r.jsonl", rows)
    with pytest.raises(InputError) as caught:
        imported(workspace, run, path)
    expected = (
        "found no such field, expected it, or the text of a question of the dataset; this one is '9+9?'"
    )
    assert str(caught.value) == f"{path}, line 1, field problem_id: {expected}"
    assert Workspace(workspace.root).imports().responses(run.name, path, True)["n_skipped"] == 1


@pytest.mark.parametrize("name", ["r.jsonl", "r.csv", "r.parquet"])
def test_a_needed_field_without_a_column_is_named_with_the_option_that_fits(
    workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path, name: str
) -> None:
    path, row = tmp_path / name, {"task_id": "q/2", "Generated text": "It is 4."}
    if name == "r.csv":
        path.write_text("task_id,Generated text\nq/2,It is 4.\n")
    elif name == "r.parquet":
        pq.write_table(pa.Table.from_pylist([row]), path)
    else:
        write_jsonl(path, [row])
    with pytest.raises(InputError) as caught:
        imported(workspace, run, path)
    assert str(caught.value) == (
        f"{path}: found columns 'task_id, Generated text', expected a column problem_id, or another one given "
        "for it: --column problem_id=task_id --column response='Generated text'"
    )


def test_a_file_of_helm(workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path) -> None:
    def state(problem: str, trial: int, *texts: str) -> dict[str, Any]:
        return {
            "instance": {"input": {"text": problem}, "references": [], "split": "test", "id": "id1"},
            "train_trial_index": trial,
            "request": {"model": "openai/m", "prompt": "few shots"},
            "result": {"success": bool(texts), "completions": [{"text": t, "logprob": 0} for t in texts]},
        }

    states = [state("2+2?", 0, "4", "5"), state("2+2?", 1, "6", "7"), state("1+1?", 0)]
    path = tmp_path / "scenario_state.json"
    path.write_text(
        json.dumps({"adapter_spec": {"method": "generation"}, "request_states": states}, indent=2)
    )
    counts = imported(workspace, run, path)
    assert stored(run) == [
        ("q/2", "openai/m", at, text, text == "4") for at, text in enumerate(("4", "5", "6", "7"))
    ]
    assert counts["notes"] == ["rows of requests that failed, or of other events, left out: 1"]


def test_a_log_of_openai_evals(workspace: WorkspaceFolder, run: RunFolder, tmp_path: Path) -> None:
    def event(kind: str, **data: Any) -> dict[str, Any]:
        return {"run_id": "r", "event_id": 0, "sample_id": "s.0", "type": kind, "data": data}

    rows = [
        {"spec": {"completion_fns": ["m"]}},
        event("sampling", prompt=[{"role": "system", "content": "Add."}, ASKED], sampled=["It is 4."]),
        event("match", correct=True, expected="4", picked="4"),
        event("sampling", prompt="1+1?", sampled="3"),
        {"final_report": {"accuracy": 0.5}},
    ]
    imported(workspace, run, write_jsonl(tmp_path / "log.jsonl", rows))
    assert stored(run) == [("q/1", "unnamed", 0, "3", False), ("q/2", "unnamed", 0, "It is 4.", True)]
