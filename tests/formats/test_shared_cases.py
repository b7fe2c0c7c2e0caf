"""Files as models and tools wrote them, kind by kind, where the shared cases are there."""

import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stat_engine.config import validate
from stat_engine.formats import into_dataset, into_run
from stat_engine.formats.hub import boxed
from stat_engine.formats.lm_eval import SampleReading, read_samples
from stat_engine.formats.questions import read_questions
from stat_engine.formats.training_sets import read_training_set
from stat_engine.store.workspace import WorkspaceFolder
from tests.formats.files import write_jsonl

Case = dict[str, Any]


@pytest.fixture
def cases(shared_data: Path) -> dict[str, list[Case]]:
    """The cases by kind."""
    found: dict[str, list[Case]] = defaultdict(list)
    for line in (shared_data / "cases" / "files.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        found[case["kind"]].append(case)
    return found


def sample(case: Case, folder: Path) -> Any:
    return read_samples(write_jsonl(folder / "samples.jsonl", [case["input"]["row"]]), SampleReading())[0]


def question_text(case: Case, folder: Path) -> str:
    problem: str = sample(case, folder).problem
    options = case["input"]["row"]["doc"].get("options")
    if options and all(option in problem for option in options):
        return str(case["right"])
    return problem


def question(case: Case, folder: Path) -> list[str | None]:
    (read,) = read_questions(write_jsonl(folder / "q.jsonl", [case["input"]["row"]]))
    return [read.id, read.answer]


def response(case: Case, folder: Path) -> str:
    workspace = WorkspaceFolder(folder / "w")
    row = {"id": case["input"]["row"]["problem_id"], "problem": "?"}
    into_dataset.import_questions(workspace, "d", write_jsonl(folder / "q.jsonl", [row]))
    run = workspace.new_run("r", validate({"dataset": "d"}))
    into_run.import_responses(run, write_jsonl(folder / "r.jsonl", [case["input"]["row"]]), False)
    (read,) = run.responses.read()
    return {True: "read as right", False: "read as wrong", None: "not graded"}[read.is_correct]


def pairs(case: Case, folder: Path) -> str:
    path = folder / case["input"]["file"]
    path.write_text(case["input"]["content"], encoding="utf-8", newline="")
    return f"{len(read_training_set(path))} pair(s)"


KINDS: dict[str, Callable[[Case, Path], Any]] = {
    "hub-gold-answers": lambda case, _: boxed(case["input"]["solution"]),
    "lm-eval-question-text": question_text,
    "lm-eval-target": lambda case, folder: sample(case, folder).answer,
    "lm-eval-verdict": lambda case, folder: sample(case, folder).verdicts,
    "question-value-types": question,
    "response-value-types": response,
    "text-file-variants": pairs,
    "training-set-shapes": pairs,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_case_is_read_as_it_should_be(kind: str, cases: dict[str, list[Case]], tmp_path: Path) -> None:
    assert cases[kind]
    found = {case["source"]: KINDS[kind](case, tmp_path) for case in cases[kind]}
    assert found == {case["source"]: case["right"] for case in cases[kind]}
