"""Training sets: what each holds, by skill, and where it came from."""

from collections import Counter
from typing import Any

import pandas as pd

from stat_engine.records import DroppedQuestion
from stat_engine.store.run_folder import RunFolder


def summary(run: RunFolder, name: str) -> dict[str, Any]:
    """Set, method, n_pairs, n_questions, n_repeats, notes, and `skills`: subject, skill, n of each.

    `n` counts the pairs that carry the skill; a pair with two skills counts for both."""
    table = run.need_training_set(name)
    manifest = table.need("")
    carried: Counter[tuple[str, str]] = Counter()
    questions, n_repeats = set(), 0
    for example in table.read():
        carried.update((example.subject, skill) for skill in example.skills)
        questions.add(example.question_id)
        n_repeats += example.is_repeat
    counts = sorted(carried.items(), key=lambda item: (-item[1], item[0]))
    return {
        "set": name,
        "method": manifest.settings.get("method", "imported"),
        "n_pairs": manifest.n_rows,
        "n_questions": len(questions),
        "n_repeats": n_repeats,
        "skills": [{"subject": subject, "skill": skill, "n": n} for (subject, skill), n in counts],
        "notes": manifest.notes,
    }


def overview(run: RunFolder) -> pd.DataFrame:
    """One row a training set: set, method, n_pairs, n_questions, notes."""
    rows = [summary(run, name) for name in run.training_set_names()]
    columns = ["set", "method", "n_pairs", "n_questions", "notes"]
    return pd.DataFrame(
        [{**{key: row[key] for key in columns[:4]}, "notes": "; ".join(row["notes"])} for row in rows],
        columns=columns,
    )


def dropped(run: RunFolder, name: str) -> pd.DataFrame:
    """The new questions that a synthesised set left out, one row each, with the gate and its reason.

    question_id, problem, gate, detail, difficult_question_id, missing_skill, teacher_calls."""
    run.need_training_set(name)
    rows = [one.model_dump() for one in run.dropped_questions(name).read()]
    return pd.DataFrame(rows, columns=list(DroppedQuestion.model_fields))


def skill_shares(run: RunFolder) -> pd.DataFrame:
    """Share of each set's pairs that carry each skill: set, subject, skill, n, share (a fraction)."""
    rows = [
        {"set": name, **skill, "share": skill["n"] / max(1, of["n_pairs"])}
        for name in run.training_set_names()
        for of in [summary(run, name)]
        for skill in of["skills"]
    ]
    return pd.DataFrame(rows, columns=["set", "subject", "skill", "n", "share"])
