"""Make the workspace of the trials: `python -m tests.faults.base FOLDER`.

A process of its own, because children of a process that has threads may hang."""

import json
import sys
from pathlib import Path
from typing import Any

from tests.conftest import worked_workspace


def make(base: Path) -> None:
    """A finished run `small`, copies `half` (nothing done) and `reviewed`, and files to import."""
    workspace = worked_workspace(base / "workspace")
    workspace.run("small").fork("half", ["student.seed=1"])
    workspace.run("small").fork("reviewed")
    run, files = workspace.run("small"), base / "files"
    files.mkdir()
    folder, half = run.folder, workspace.run("half").folder
    questions = list(folder.dataset.questions.values())[:50]
    label = next(iter(folder.own_labels()))
    pair = next(iter(folder.training_set("stat-sel").read()))
    held = [question for _, question in folder.held_out()]
    rows: dict[str, list[dict[str, Any]]] = {
        "questions.jsonl": [{"id": f"new/{q.id}", "problem": q.problem, "answer": q.answer} for q in questions],
        "map.jsonl": [
            {"id": e.question_id, "subject": e.subject, "skills": e.skills}
            for e in list(folder.dataset.skill_map_table.read())[:50]
        ],
        "responses.jsonl": [
            {"problem_id": q.id, "model": "m", "response": "It is 3."}
            for split, q in half.held_out() if split == "validation"
        ],
        "set.jsonl": [{"problem": q.problem, "solution": q.solution or "It is 3."} for q in questions],
    }  # fmt: skip
    for name, of in rows.items():
        (files / name).write_text("".join(json.dumps(row) + "\n" for row in of))
    shown = next(one for one in folder.own_labels() if one.evidence_step is not None)
    _bad_files(files)
    words = {
        "label": label.response_id,
        "question": held[0].id,
        "pair": pair.example_id,
        "shown": shown.response_id,
    }
    (base / "words.json").write_text(json.dumps(words))


def _bad_files(files: Path) -> None:
    (files / "folder").mkdir()
    (files / "empty").write_text("")
    (files / "binary").write_bytes(bytes(range(256)) * 4)
    (files / "cut.jsonl").write_text('{"id": "a", "problem": "b"}\n{"id": "b", "pro')
    (files / "list.jsonl").write_text("[1, 2]\n")
    (files / "numbers.jsonl").write_text("1\n2\n")
    (files / "twice.jsonl").write_text('{"id": "a", "id": "b", "problem": "c"}\n')
    (files / "nul.jsonl").write_bytes(b'{"id": "a", "problem": "b\0"}\n')


if __name__ == "__main__":
    make(Path(sys.argv[1]))
