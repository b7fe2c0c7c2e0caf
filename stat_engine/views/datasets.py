"""A dataset at a glance: how many questions, how they are split, its vocabulary's versions, its audit."""

from typing import Any

import pandas as pd

from stat_engine.skill_work import vocabularies
from stat_engine.stats import wilson
from stat_engine.store.dataset import SPLITS, Dataset
from stat_engine.views.skills import subjects

AUDIT_COLUMNS = [
    "subject",
    "fitted_on",
    "scored_on",
    "n_fitted",
    "n_scored",
    "hit_rate",
    "shuffled",
    "ceiling",
]


def summary(dataset: Dataset) -> dict[str, Any]:
    """{"dataset", "n_questions", "n_mapped", "n_skills", "parts": {split: questions}, "n_reviews", "splits":
    {stored split: {"from", "seed"}}}."""
    by_subject, vocabulary = subjects(dataset), dataset.vocabulary
    counts = by_subject[["train", "validation", "test", "none", "n", "n_mapped"]].sum()
    stored = {name: dataset.stored_split(name) for name in SPLITS}
    return {
        "dataset": dataset.name,
        "n_questions": int(counts.n),
        "n_mapped": int(counts.n_mapped),
        "n_skills": len(vocabulary) if vocabulary else 0,
        "parts": {name: int(counts[name]) for name in ("train", "validation", "test", "none")},
        "n_reviews": len(dataset.skill_map_reviews()),
        "splits": {
            name: {key: value for key, value in of.items() if key != "ids"}
            for name, of in stored.items()
            if of
        },
    }


def versions(dataset: Dataset) -> pd.DataFrame:
    """One row a version of the vocabulary, newest first: version, n_skills, added and removed since the
    version before (lists), made_by and note."""
    columns = ["version", "n_skills", "added", "removed", "made_by", "note"]
    return pd.DataFrame(list(reversed(vocabularies.versions(dataset))), columns=columns)


def audit(dataset: Dataset) -> dict[str, Any] | None:
    """The kept audit, {"findings", "is_current", "rows"}; None where nobody looked yet.

    `rows`: a frame, one row a subject and direction, hit rates as fractions with their Wilson 95% limits."""
    kept = dataset.audit()
    if kept is None:
        return None
    rows = pd.DataFrame(kept["rows"], columns=AUDIT_COLUMNS)
    pairs = zip(rows.hit_rate, rows.n_scored, strict=True)
    limits = [wilson(round(rate * n), int(n)) for rate, n in pairs]
    rows["ci_low"], rows["ci_high"] = [low for low, _ in limits], [high for _, high in limits]
    return kept | {"rows": rows}
