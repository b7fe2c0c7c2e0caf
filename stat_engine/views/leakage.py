"""Leakage: how near the questions of a training set come to those the student is measured on.

Near is as everywhere here: the share of common three-word runs (`stages.near`). The sets are built
without near-copies, but imported ones, and examples that people worded anew, pass no gate."""

from typing import Any

import numpy as np

from stat_engine.errors import StatError
from stat_engine.stages.near import NearTo
from stat_engine.store.run_folder import RunFolder

BINS = 20
"""Bars of the histogram over shares from 0 to 1."""


def leakage(run: RunFolder, name: str, top: int = 50) -> dict[str, Any]:
    """How near each question of the set, as people left it, is to its nearest evaluation question.

    run, set, n_questions, n_evaluation, threshold (`training_set.near` of the set), n_near (at or above it),
    n_equal (share 1), highest (null: nothing to compare), histogram (counts over BINS equal bins), and
    `nearest`, the `top` nearest: question_id, example_id, problem, share, split, near_id, near_problem.
    Loads scikit-learn. Raises StatError for a set that has no example left."""
    examples = {example.problem: example for example in reversed(run.examples(name))}
    if not examples:
        raise StatError(f"training set {name} has no examples to compare")
    asked = run.held_out()
    problems = sorted(examples)
    shares, positions = NearTo([question.problem for _, question in asked]).nearest(problems)
    counts, _ = np.histogram(np.clip(shares, 0, 1), bins=BINS, range=(0, 1))
    threshold = _threshold(run, name)
    order = [int(at) for at in np.argsort(-shares, kind="stable")[:top]] if asked else []
    return {
        "run": run.name,
        "set": name,
        "n_questions": len(problems),
        "n_evaluation": len(asked),
        "threshold": threshold,
        "n_near": int((shares >= threshold).sum()),
        "n_equal": int((shares >= 1).sum()),
        "highest": float(shares.max()) if asked else None,
        "histogram": [int(n) for n in counts],
        "nearest": [
            {
                "question_id": examples[problems[at]].question_id,
                "example_id": examples[problems[at]].example_id,
                "problem": problems[at],
                "share": float(shares[at]),
                "split": asked[int(positions[at])][0],
                "near_id": asked[int(positions[at])][1].id,
                "near_problem": asked[int(positions[at])][1].problem,
            }
            for at in order
        ],
    }


def _threshold(run: RunFolder, name: str) -> float:
    built = run.need_training_set(name).need("").settings.get("training_set") or {}
    return float(built.get("near", run.config.training_set.near))
