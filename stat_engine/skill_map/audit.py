"""Audit of a Skill-Map: a classifier (TF-IDF, logistic regression) fitted on one split, scored on the other.

If the labels fit the questions, what a classifier learns on one split holds on the other. There are three
figures for each subject and direction: the hit rate across splits, the same with the fitted labels
shuffled among the questions (chance), and the hit rate cross-validated within the scored split (a
ceiling: how much a question's words reveal at all). A hit rate near the shuffled one although the ceiling
is high means that the two splits' labels do not mean the same.

A subject with only one mapped split is compared with itself: the cross-validated hit rate beside that of
shuffled labels. Labels that cannot be learned better than shuffled ones do not fit the questions."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stat_engine.errors import StatError, pass_over
from stat_engine.skill_map.propagation import question_features
from stat_engine.stats import wilson
from stat_engine.store.dataset import Dataset

N_FOLDS = 3
SUSPECT_SHARE = 0.5
"""A split is called unreliable when it closes less than this share of the gap from chance to ceiling."""
Sample = list[tuple[str, frozenset[str]]]
"""(problem, skills) of one subject and split"""


def audit(dataset: Dataset, seed: int = 0) -> dict[str, Any]:
    """{"dataset", "rows": one a subject and direction, "findings": sentences}.

    hit_rate, shuffled and ceiling are fractions of the scored questions whose likeliest skill by
    the classifier is among the question's skills. Where one split of a subject is mapped, fitted_on is
    scored_on, and hit_rate is cross-validated. Raises StatError without a map, or with too small a one."""
    dataset.need_skill_map()
    samples: dict[str, dict[str, Sample]] = {}
    for id, entry in dataset.skill_map.items():
        question = dataset.questions[id]
        by_split = samples.setdefault(entry.subject, {})
        by_split.setdefault(question.split or "none", []).append((question.problem, frozenset(entry.skills)))
    rows = [
        _row_between(subject, fitted, scored, of[fitted], of[scored], seed)
        for subject, of in sorted(samples.items())
        for fitted in sorted(of)
        for scored in sorted(of)
        if fitted != scored and min(len(of[fitted]), len(of[scored])) >= N_FOLDS
    ]
    paired = {row["subject"] for row in rows}
    rows += [
        _row_within(subject, split, sample, seed)
        for subject, of in sorted(samples.items())
        for split, sample in sorted(of.items())
        if subject not in paired and len(sample) >= N_FOLDS
    ]
    if not rows:
        raise StatError(
            f"dataset {dataset.name}: an audit needs {N_FOLDS} mapped questions of a subject in one split"
        )
    return {"dataset": dataset.name, "rows": rows, "findings": _findings(rows)}


def find_faults(dataset: Dataset) -> list[str]:
    """The audit's findings; that it could not be done where too few questions are mapped."""
    try:
        return list(audit(dataset)["findings"])
    except StatError as error:
        pass_over(error)
        return [f"not checked: it maps fewer than {N_FOLDS} questions of every subject"]


def _row_between(subject: str, fitted: str, scored: str, of: Sample, on: Sample, seed: int) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    shuffled = _shuffled(of, rng)
    hit_rate, below = (float(_hits(sample, on).mean()) for sample in (of, shuffled))
    return _row((subject, fitted, scored), len(of), len(on), hit_rate, below, _cross_validated(on, rng))


def _row_within(subject: str, split: str, sample: Sample, seed: int) -> dict[str, Any]:
    """The row of a subject's only split, compared with itself."""
    rng = np.random.default_rng(seed)
    hit_rate = _cross_validated(sample, rng)
    below = _cross_validated(_shuffled(sample, rng), rng)
    return _row((subject, split, split), len(sample), len(sample), hit_rate, below, hit_rate)


def _row(
    of: tuple[str, str, str], n_fitted: int, n_scored: int, hit_rate: float, shuffled: float, ceiling: float
) -> dict[str, Any]:
    """The row of a (subject, split fitted on, split scored on)."""
    parts = dict(zip(("subject", "fitted_on", "scored_on"), of, strict=True))
    sizes = {"n_fitted": n_fitted, "n_scored": n_scored}
    return parts | sizes | {"hit_rate": hit_rate, "shuffled": shuffled, "ceiling": ceiling}


def _shuffled(sample: Sample, rng: np.random.Generator) -> Sample:
    order = rng.permutation(len(sample))
    return [(problem, sample[other][1]) for (problem, _), other in zip(sample, order, strict=True)]


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
    from sklearn.linear_model import LogisticRegression  # a second to load; only the audit pays
    from sklearn.multiclass import OneVsRestClassifier

    # one row a (question, skill): the likeliest class is then the likeliest skill
    rows = [(problem, skill) for problem, skills in fitted for skill in sorted(skills)]
    labels = [skill for _, skill in rows]
    if len(set(labels)) == 1:
        return np.array([labels[0] in skills for _, skills in scored])
    vectorizer = question_features(min_df=2)
    # one skill against the rest: far faster than the joint fit, and only the likeliest one is read
    model = OneVsRestClassifier(LogisticRegression(C=10.0, solver="liblinear"))
    model.fit(vectorizer.fit_transform([problem for problem, _ in rows]), labels)
    likeliest = model.predict(vectorizer.transform([problem for problem, _ in scored]))
    return np.array([skill in skills for skill, (_, skills) in zip(likeliest, scored, strict=True)])


def _findings(rows: list[dict[str, Any]]) -> list[str]:
    """What is to be distrusted, one sentence a split; that nothing is, where nothing is."""
    paired = [row for row in rows if row["fitted_on"] != row["scored_on"]]
    alone = [row for row in rows if row["fitted_on"] == row["scored_on"]]
    faults = [*_disagreeing(paired), *_unlearnable(alone)]
    said = faults or (["the splits' labels agree with one another"] if paired else [])
    return [*said, *_one_split_only(alone, bool(faults))]


def _disagreeing(rows: list[dict[str, Any]]) -> list[str]:
    """One sentence a split that is to be distrusted: the one of a disagreeing pair that is learnt worse."""
    within = {(row["subject"], row["scored_on"]): row for row in rows}
    suspects: dict[str, dict[str, None]] = {}
    for row in rows:
        closed = (row["hit_rate"] - row["shuffled"]) / max(row["ceiling"] - row["shuffled"], 1e-9)
        if row["ceiling"] > row["shuffled"] and closed < SUSPECT_SHARE:
            pair = (row["fitted_on"], row["scored_on"])
            worse = min(pair, key=lambda split: within[row["subject"], split]["ceiling"])
            suspects.setdefault(worse, {})[row["subject"]] = None
    return [
        f"the {split} labels are not to be trusted in {', '.join(subjects)}: a classifier fitted on one "
        f"split closes less than half the gap from chance to what the other split's own labels teach, and "
        f"the {split} labels are the harder ones to learn even within their own split "
        f"({_own(within, split, subjects)})"
        for split, subjects in suspects.items()
    ]


def _unlearnable(rows: list[dict[str, Any]]) -> list[str]:
    """One sentence a split some of whose subjects' labels are learnt no better than shuffled ones."""
    suspects: dict[str, list[str]] = {}
    for row in rows:
        low, _ = wilson(row["hit_rate"] * row["n_scored"], row["n_scored"])
        if low <= row["shuffled"]:
            suspects.setdefault(row["scored_on"], []).append(_against_chance(row))
    return [
        f"the {split} labels are not to be trusted: within their own split, the only one mapped, they "
        f"do no better than shuffled ones ({', '.join(subjects)})"
        for split, subjects in suspects.items()
    ]


def _one_split_only(rows: list[dict[str, Any]], has_faults: bool) -> list[str]:
    """A note that the check is weaker where there is no second split to compare with."""
    if not rows or has_faults:
        return []
    splits = ", ".join(sorted({row["scored_on"] for row in rows}))
    figures = ", ".join(_against_chance(row) for row in rows)
    return [
        f"mapped in one split only ({splits}): the labels fit their questions better than shuffled ones, "
        f"which is all that one split can show ({figures})"
    ]


def _against_chance(row: dict[str, Any]) -> str:
    return f"{row['subject'] or 'all'} {row['hit_rate']:.2f} against {row['shuffled']:.2f}"


def _own(within: dict[tuple[str, str], dict[str, Any]], split: str, subjects: Iterable[str]) -> str:
    return ", ".join(f"{subject} {within[subject, split]['ceiling']:.2f}" for subject in subjects)
