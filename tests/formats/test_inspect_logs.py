"""Logs of Inspect: samples, epochs, outputs and scores, from a zip with Zstandard members and from JSON."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from stat_engine.config import validate
from stat_engine.errors import InputError
from stat_engine.formats.inspect_logs import import_inspect, read_log
from stat_engine.records import Question
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import listing

CONFIG = validate({"dataset": "theirs", "student": {"backend": "imported", "steps": "newline"}})
HEADER = {"version": 2, "status": "success", "eval": {"model": "openai/m", "task": "t"}}


def a_sample(id: int | str = "q/1", epoch: int = 1, text: str = "It is 2", **fields: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "source": "generate"}
    return {
        "id": id,
        "epoch": epoch,
        "input": "1+1?",
        "target": "2",
        "messages": [{"role": "user", "content": "Solve this: 1+1?"}, message],
        "output": {
            "model": "m",
            "choices": [{"message": message, "stop_reason": "stop"}],
            "completion": text,
        },
        "scores": {"match": {"value": "C", "answer": "2"}, "other": {"value": 0}},
        "metadata": {},
        "attachments": {},
        **fields,
    }


def zipped(path: Path, samples: list[dict[str, Any]], header: dict[str, Any] = HEADER) -> Path:
    """An `.eval` as Inspect writes it: a member for each sample and epoch, each compressed with Zstandard."""
    members = {f"samples/{s['id']}_epoch_{s['epoch']}.json": s for s in samples}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in {**members, "header.json": header}.items():
            raw = json.dumps(content).encode()
            archive.writestr(name, pa.compress(raw, "zstd", asbytes=True))
            info = archive.getinfo(name)
            info.compress_type, info.file_size = 93, len(raw)
    return path


def plain(path: Path, samples: list[dict[str, Any]], header: dict[str, Any] = HEADER) -> Path:
    path.write_text(json.dumps({**header, "samples": samples}))
    return path


def log_file(folder: Path, samples: list[dict[str, Any]], kind: str = "eval", **header: Any) -> Path:
    made = {"eval": zipped, "json": plain}[kind]
    return made(folder / f"2026-01-05_task_x.{kind}", samples, {**HEADER, **header})


def bring_in(workspace: WorkspaceFolder, path: Path, **given: Any) -> dict[str, Any]:
    return import_inspect(workspace, path, "r2", CONFIG, **given)


@pytest.mark.parametrize("kind", ["eval", "json"])
def test_samples_and_epochs_become_questions_and_responses(
    kind: str, tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    wrong = {"match": {"value": "I"}}
    samples = [
        a_sample(), a_sample(7, input="2+2?", target=["4"], text="5", scores=wrong), a_sample(epoch=2, text="3", scores=wrong),
    ]  # fmt: skip
    path = log_file(tmp_path, samples, kind)
    counts = bring_in(workspace, path)
    assert (counts["n_questions_made"], counts["models"], counts["notes"]) == (2, {"openai/m": 3}, [])
    assert list(workspace.dataset("theirs").questions.values()) == [
        Question(id="7", split="validation", problem="2+2?", answer="4"),
        Question(id="q/1", split="validation", problem="1+1?", answer="2"),
    ]
    responses = [
        (r.question_id, r.sample, r.response, r.is_correct)
        for r in workspace.run_folder("r2").responses.read()
    ]
    assert responses == [("7", 0, "5", False), ("q/1", 0, "It is 2", True), ("q/1", 1, "3", False)]
    before = listing(workspace.root)
    assert bring_in(workspace, path)["n_new"] == 0
    assert listing(workspace.root) == before


@pytest.mark.parametrize(
    ("value", "verdict"),
    [("C", True), ("I", False), ("N", False), ("P", None), (1, True), (0.0, False), (True, True), ("yes", True),
     ("1", True), (0.4, None), ({"a": 1}, None), (float("nan"), None), (None, None)],
)  # fmt: skip
def test_scores_are_verdicts_where_they_are_right_or_wrong(
    value: Any, verdict: bool | None, tmp_path: Path
) -> None:
    log = read_log(log_file(tmp_path, [a_sample(scores={"s": {"value": value}})]), None, {})
    assert log.samples[0].verdicts == [verdict]


def test_a_scorer_is_chosen_by_name(tmp_path: Path) -> None:
    path = log_file(tmp_path, [a_sample()])
    assert [read_log(path, name, {}).samples[0].verdicts for name in (None, "other")] == [[True], [False]]
    with pytest.raises(
        InputError, match="field scores: found 'match, other', expected a score of --scorer x$"
    ):
        read_log(path, "x", {})


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"input": "Which?", "choices": ["4", "7"]}, "Which?\nA. 4\nB. 7"),
        ({"input": [{"role": "system", "content": "s"}, {"role": "user", "content": "1+1?"}]}, "1+1?"),
        ({"input": [{"role": "user", "content": [{"type": "text", "text": "1+1?"}]}]}, "1+1?"),
        (
            {"input": [{"role": "user", "content": "attachment://a1"}], "attachments": {"a1": "long"}},
            "long",
        ),
    ],
)  # fmt: skip
def test_the_problem_is_the_input(fields: dict[str, Any], problem: str, tmp_path: Path) -> None:
    assert read_log(log_file(tmp_path, [a_sample(**fields)]), None, {}).samples[0].problem == problem


def test_fields_of_the_metadata_are_named(tmp_path: Path) -> None:
    metadata = {"ask": "2+2?", "gold": 4, "worked": "2+2=4", "uid": "u/1"}
    columns = {"problem": "ask", "answer": "gold", "solution": "worked", "id": "uid"}
    path = log_file(tmp_path, [a_sample(metadata=metadata)])
    (sample,) = read_log(path, None, columns).samples
    assert (sample.problem, sample.answer, sample.solution, sample.own_ids) == (
        "2+2?",
        "4",
        "2+2=4",
        ["q/1", "u/1"],
    )
    with pytest.raises(InputError, match="expected the field that --column problem=no names"):
        read_log(path, None, {"problem": "no"})


def test_a_reasoning_part_is_no_part_of_the_response(tmp_path: Path) -> None:
    content = [{"type": "reasoning", "reasoning": "hm"}, {"type": "text", "text": "It is 2"}]
    output = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    assert read_log(log_file(tmp_path, [a_sample(output=output)]), None, {}).samples[0].texts == ["It is 2"]


def test_samples_that_ended_in_an_error_are_left_out_and_counted(
    tmp_path: Path, workspace: WorkspaceFolder
) -> None:
    failed = a_sample(epoch=1, output={"model": "m", "choices": [], "completion": ""}, error={"message": "x"})
    counts = bring_in(workspace, log_file(tmp_path, [failed, a_sample(epoch=2)], status="error"))
    assert counts["notes"] == [
        "samples without an output left out: 1; they ended in an error",
        "the log's status is error: it may not hold all samples",
    ]
    (response,) = workspace.run_folder("r2").responses.read()
    assert response.sample == 1
    with pytest.raises(InputError, match="found 1 samples without one, expected samples with an output$"):
        read_log(log_file(tmp_path, [failed]), None, {})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.eval", b"{}", ": found a file that is no zip .*, expected a log of Inspect"),
        ("a.json", b"{}", ": found fields '', expected a log of Inspect"),
        ("a.json", b'{"eval": {}, "samples": [1]}', "field samples: found 1, expected a list of samples"),
        ("a.txt", b"x", ": found a name that ends in '.txt', expected a log of Inspect"),
    ],
)
def test_what_is_no_log_is_refused(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_log(tmp_path / name, None, {})


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epoch": 0}, "field epoch: found 0, expected a whole number from 1"),
        ({"id": "../x"}, "field id: found '../x', expected an id"),
        ({"input": "<|im_start|>user"}, "field input: found .*, expected the question's text, or --column problem"),
        ({"input": []}, "field input: found .*, expected the question's text"),
    ],
)  # fmt: skip
def test_bad_samples_are_named(fields: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=message):
        read_log(log_file(tmp_path, [a_sample(**fields)], "json"), None, {})


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    path = zipped(tmp_path / "a.eval", [a_sample()])
    raw = path.read_bytes()
    begin = raw.index(b"\x28\xb5\x2f\xfd")  # the first Zstandard frame
    path.write_bytes(raw[:begin] + b"\0" * 8 + raw[begin + 8 :])
    with pytest.raises(
        InputError, match="a.eval/samples/q/1_epoch_1.json: found a member that cannot be unpacked"
    ):
        read_log(path, None, {})


@pytest.mark.parametrize("kind", ["eval", "json"])
def test_a_log_that_the_package_wrote_is_read(
    kind: str, tmp_path: Path, workspace: WorkspaceFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspect_ai = pytest.importorskip("inspect_ai", reason="the package writes the log that is read")
    from inspect_ai.dataset import MemoryDataset, Sample
    from inspect_ai.model import ModelOutput, ModelUsage, get_model
    from inspect_ai.scorer import includes, match
    from inspect_ai.solver import generate, prompt_template

    monkeypatch.chdir(tmp_path)
    outputs = [ModelOutput.from_content("mockllm/model", text) for text in ("It is 2", "4", "It is 3", "5")]
    for output in outputs:  # else the package fetches a tokenizer to count tokens
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    asked = [
        Sample(input="1+1?", target="2", id="q/1", metadata={"solution": "1+1=2"}),
        Sample(input="2+2?", target="4"),
    ]
    task = inspect_ai.Task(
        dataset=MemoryDataset(asked),
        solver=[prompt_template("Solve this: {prompt}"), generate()],
        scorer=[match(), includes()],
        epochs=2,
    )
    model = get_model("mockllm/model", custom_outputs=outputs)
    (log,) = inspect_ai.eval(
        task, model=model, log_dir="logs", log_format=kind, display="none", max_samples=1
    )
    assert log.status == "success"
    (path,) = (tmp_path / "logs").glob(f"*.{kind}")
    counts = bring_in(workspace, path)
    assert (counts["n_questions_made"], counts["models"], counts["notes"]) == (2, {"mockllm/model": 4}, [])
    theirs = {
        (str(s.id), s.epoch - 1): (s.output.completion, s.scores["match"].value == "C") for s in log.samples
    }
    ours = {
        (r.question_id, r.sample): (r.response, r.is_correct)
        for r in workspace.run_folder("r2").responses.read()
    }
    assert ours == theirs
    assert workspace.dataset("theirs").questions["q/1"].solution == "1+1=2"


def test_what_a_log_unpacks_to_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = log_file(tmp_path, [a_sample(text="x" * 20_000)])
    monkeypatch.setenv("STAT_STUDIO_MAX_UNPACKED_GB", "0.00001")
    with pytest.raises(InputError, match="found more, expected at most 1e-05 GB unpacked"):
        read_log(path, None, {})
