"""Is a Skill-Map to be trusted? TF-IDF + logistic regression, fitted on one split, scored on the other.

If the labels fit the questions, what a classifier learns on one split holds on the other. Three
figures a subject and direction: the hit rate across splits, the same with the fitted labels
shuffled among the questions (what chance gives), and the hit rate cross-validated within the
scored split (a ceiling: what the words of a question give away at all). A hit rate near the
shuffled one although the ceiling is high says that the two splits' labels do not mean the same."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stat_engine.errors import StatError
from stat_engine.store.dataset import Dataset

N_FOLDS = 3
SUSPECT_SHARE = 0.5
"""A split is called unreliable when it closes less than this share of the gap from chance to ceiling."""
Sample = list[tuple[str, frozenset[str]]]
"""(problem, skills) of one subject and split"""


def audit(dataset: Dataset, seed: int = 0) -> dict[str, Any]:
    """{"dataset", "rows": one a subject and direction, "findings": sentences}.

    hit_rate, shuffled and ceiling are fractions of the scored questions whose likeliest skill by
    the classifier is among the question's skills. Raises StatError without a map or a second split."""
    dataset.need_skill_map()
    samples: dict[str, dict[str, Sample]] = {}
    for id, entry in dataset.skill_map.items():
        question = dataset.questions[id]
        by_split = samples.setdefault(entry.subject, {})
        by_split.setdefault(question.split or "none", []).append((question.problem, frozenset(entry.skills)))
    rows = [
        _row(subject, fitted, scored, of[fitted], of[scored], seed)
        for subject, of in sorted(samples.items())
        for fitted in sorted(of)
        for scored in sorted(of)
        if fitted != scored and min(len(of[fitted]), len(of[scored])) >= N_FOLDS
    ]
    if not rows:
        raise StatError(f"dataset {dataset.name}: an audit needs mapped questions in two splits of a subject")
    return {"dataset": dataset.name, "rows": rows, "findings": _findings(rows)}


def find_faults(dataset: Dataset) -> list[str]:
    """The audit's findings; that it could not be done where the map has no two splits to hold together."""
    try:
        return list(audit(dataset)["findings"])
    except StatError:
        return ["not checked: it maps questions of one split only, so nothing can be held against it"]


def _row(subject: str, fitted: str, scored: str, of: Sample, on: Sample, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(of))
    shuffled = [(problem, of[other][1]) for (problem, _), other in zip(of, order, strict=True)]
    return {
        "subject": subject,
        "fitted_on": fitted,
        "scored_on": scored,
        "n_fitted": len(of),
        "n_scored": len(on),
        "hit_rate": float(_hits(of, on).mean()),
        "shuffled": float(_hits(shuffled, on).mean()),
        "ceiling": _cross_validated(on, rng),
    }


def _cross_validated(sample: Sample, rng: np.random.Generator) -> float:
    fold = rng.permutation(len(sample)) % N_FOLDS
    hits = [
        _hits([item for item, at in zip(sample, fold, strict=True) if at != k],
              [item for item, at in zip(sample, fold, strict=True) if at == k])
        for k in range(N_FOLDS)
    ]  # fmt: skip
    return float(np.concatenate(hits).mean())


def _hits(fitted: Sample, scored: Sample) -> NDArray[np.bool_]:
    """For each scored question, whether the likeliest skill is one of its own."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second to load; only the audit pays
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    # one row a (question, skill): the likeliest class is then the likeliest skill
    rows = [(problem, skill) for problem, skills in fitted for skill in sorted(skills)]
    labels = [skill for _, skill in rows]
    if len(set(labels)) == 1:
        return np.array([labels[0] in skills for _, skills in scored])
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"\\?\w+|\S")
    # one skill against the rest: far faster than the joint fit, and only the likeliest one is read
    model = OneVsRestClassifier(LogisticRegression(C=10.0, solver="liblinear"))
    model.fit(vectorizer.fit_transform([problem for problem, _ in rows]), labels)
    likeliest = model.predict(vectorizer.transform([problem for problem, _ in scored]))
    return np.array([skill in skills for skill, (_, skills) in zip(likeliest, scored, strict=True)])


def _findings(rows: list[dict[str, Any]]) -> list[str]:
    """One sentence a split that is to be distrusted: the one of a disagreeing pair that is learnt worse."""
    within = {(row["subject"], row["scored_on"]): row for row in rows}
    suspects: dict[str, dict[str, None]] = {}
    for row in rows:
        closed = (row["hit_rate"] - row["shuffled"]) / max(row["ceiling"] - row["shuffled"], 1e-9)
        if row["ceiling"] > row["shuffled"] and closed < SUSPECT_SHARE:
            pair = (row["fitted_on"], row["scored_on"])
            worse = min(pair, key=lambda split: within[row["subject"], split]["ceiling"])
            suspects.setdefault(worse, {})[row["subject"]] = None
    sentences = [
        f"the {split} labels are not to be trusted in {', '.join(subjects)}: a classifier fitted on one "
        f"split closes less than half the gap from chance to what the other split's own labels teach, and "
        f"the {split} labels are the harder ones to learn even within their own split "
        f"({_own(within, split, subjects)})"
        for split, subjects in suspects.items()
    ]
    return sentences or ["the splits' labels agree with one another"]


def _own(within: dict[tuple[str, str], dict[str, Any]], split: str, subjects: Iterable[str]) -> str:
    return ", ".join(f"{subject} {within[subject, split]['ceiling']:.2f}" for subject in subjects)
