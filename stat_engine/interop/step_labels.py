"""Step labels that people reviewed, out, as TRL's stepwise data: `{prompt, completions, labels}`.

One row a response whose label a person accepted or edited: its steps, true before the step at which
the teacher says that it fails and false from there on, since later steps rest on it. A label
with judge "correct" and no skills has true steps only. Left out: labels nobody decided on, discarded ones,
and those that say "incorrect" without naming a step."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.interop.exports import target_file, write_text
from stat_engine.records import MissingSkill, Response
from stat_engine.store.label_log import decisions
from stat_engine.store.run_folder import RunFolder


def export_step_labels(run: RunFolder, out: Path) -> dict[str, object]:
    """Write the reviewed step labels of a run's own teacher; `out` is a .jsonl file or a folder.

    Raises NotThereYet where there are no labels in force, StatError where none can be written."""
    decided = decisions(run.label_log.events())
    reviewed = {label.response_id: label for label in run.labels() if label.response_id in decided}
    actions = {id: decided[id].action for id in reviewed}
    kept = {
        id: label for id, label in reviewed.items() if actions[id] in ("accept", "edit") and _is_known(label)
    }
    if not kept:
        raise StatError(
            f"run {run.name} has no accepted or edited label that names its failing step; review some first"
        )
    texts = {id: run.dataset.questions[label.question_id].problem for id, label in kept.items()}
    rows = [
        _row(texts[r.response_id], r, kept[r.response_id])
        for r in run.responses.read()
        if r.response_id in kept
    ]
    path = target_file(out, ".jsonl", "trl", f"{run.name}-steps")
    write_text(path, [json.dumps(row, ensure_ascii=False) + "\n" for row in rows])
    n_discarded = Counter(actions.values())["discard"]
    return {
        "run": run.name,
        "n_responses": len(rows),
        "n_steps": sum(len(row["labels"]) for row in rows),
        "n_false": sum(row["labels"].count(False) for row in rows),
        "n_discarded": n_discarded,
        "n_without_step": len(reviewed) - n_discarded - len(kept),
        "files": [str(path)],
    }


def _is_known(label: MissingSkill) -> bool:
    return label.evidence_step is not None or _is_right(label)


def _is_right(label: MissingSkill) -> bool:
    """Nothing is missing; a person who added skills to a "correct" label says otherwise."""
    return label.judge == "correct" and not label.skills


def _row(problem: str, response: Response, label: MissingSkill) -> dict[str, Any]:
    failing = len(response.steps) if _is_right(label) else label.evidence_step
    return {
        "prompt": problem,
        "completions": response.steps,
        "labels": [at < (failing or 0) for at in range(len(response.steps))],
    }
