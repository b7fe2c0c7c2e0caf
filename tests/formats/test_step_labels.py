"""Reviewed step labels out, as TRL's stepwise data: what a person let stand, and nothing else."""

import json
from pathlib import Path

import pytest

from stat_engine.errors import NotThereYet, StatError
from stat_engine.formats.exports import export_step_labels
from stat_engine.store.run_folder import RunFolder
from tests.factories import a_label, a_response
from tests.reviewing import append

LABELS = [
    a_label("r1", "q/1", "s", evidence_step=1),
    a_label("r2", "q/2", "s", evidence_step=0),
    a_label("r3", "q/2", judge="correct"),
    a_label("r4", "q/3", "s", evidence_step=2),
    a_label("r5", "q/3", "s"),
    a_label("r6", "q/3", "s", evidence_step=0),
    a_label("r7", "q/3", judge="correct"),
]


@pytest.fixture
def labelled(run: RunFolder) -> RunFolder:
    responses = [
        a_response(label.response_id, label.question_id, steps=["a", "b", "c"], response="a\nb\nc")
        for label in LABELS
    ]
    run.responses.write("f", responses, {})
    run.missing_skills().write("f", LABELS, run.stage_settings("missing_skills"))
    return run


def test_steps_are_true_up_to_the_failing_one(tmp_path: Path, labelled: RunFolder) -> None:
    for response_id, action, skills in [
        ("r1", "accept", None), ("r2", "edit", ["t"]), ("r3", "accept", None), ("r4", "discard", None),
        ("r5", "accept", None), ("r7", "edit", ["t"]),
    ]:  # fmt: skip
        append(labelled.label_log, response_id, action, "me", skills)  # type: ignore[arg-type]
    append(labelled.label_log, "r6", "accept", "me")
    append(labelled.label_log, "r6", "undo", "me")
    out = tmp_path / "steps.jsonl"
    assert export_step_labels(labelled, out) == {
        "run": "r", "n_responses": 3, "n_steps": 9, "n_false": 5, "n_discarded": 1, "n_without_step": 2,
        "files": [str(out)],
    }  # fmt: skip
    steps = {"completions": ["a", "b", "c"]}
    assert [json.loads(line) for line in out.read_text().splitlines()] == [
        {"prompt": "1+1?", **steps, "labels": [True, False, False]},
        {"prompt": "2+2?", **steps, "labels": [False, False, False]},
        {"prompt": "2+2?", **steps, "labels": [True, True, True]},
    ]


def test_a_folder_gets_a_file_of_the_run_s_name(tmp_path: Path, labelled: RunFolder) -> None:
    append(labelled.label_log, "r1", "accept", "me")
    assert export_step_labels(labelled, tmp_path / "out")["files"] == [
        str(tmp_path / "out" / "r-steps.jsonl")
    ]
    with pytest.raises(StatError, match="format trl is written to a file that ends in .jsonl"):
        export_step_labels(labelled, tmp_path / "steps.csv")


def test_nothing_reviewed_is_one_sentence(tmp_path: Path, labelled: RunFolder) -> None:
    with pytest.raises(StatError) as caught:
        export_step_labels(labelled, tmp_path)
    assert str(caught.value) == (
        "run r has no accepted or edited label that names its failing step; review some first"
    )


def test_no_labels_name_the_command_that_makes_them(tmp_path: Path, run: RunFolder) -> None:
    with pytest.raises(NotThereYet, match="stat-studio run r --until missing_skills"):
        export_step_labels(run, tmp_path)
