"""From a labelled sample to the whole pool: TF-IDF and one logistic regression a skill, a subject at a time.

Labelling 7,500 questions costs 7,500 teacher calls; labelling a sample and learning the rest costs
the sample. The paper labels everything: this is ours. What it is worth is measured on the sample
itself, held out fold by fold, before anyone relies on it."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stat_engine.records import Question, SkillMapEntry
from stat_engine.stages.skill_map import MAX_SKILLS

N_FOLDS = 5
MIN_EXAMPLES = 3
"""Sampled questions a skill needs to be learnt from."""
Matrix = NDArray[np.float64]
"""Probability of each skill (column) for each question (row)."""


@dataclass(frozen=True)
class HeldOut:
    """How one skill's labels come out on sampled questions that the classifier has not seen."""

    subject: str
    skill: str
    n_labelled: int
    """Sampled questions that the teacher gave the skill."""
    n_predicted: int
    n_right: int
    """Predicted where the teacher named it too."""


@dataclass(frozen=True)
class Propagated:
    """One subject's propagated entries, and what the sample says of them."""

    entries: list[SkillMapEntry]
    """Each with the probability of its least certain decision, in question order."""
    held_out: list[HeldOut]
    sample: list[tuple[float, bool]]
    """(probability, whether exactly the teacher's skills) of each sampled question, held out."""
    too_rare: list[str]
    """Skills that stand in too few sampled questions to be learnt, and so are never given."""


def question_features(min_df: int) -> Any:
    """TF-IDF over words and word pairs; LaTeX commands count as words."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # a second to load; few verbs pay

    return TfidfVectorizer(ngram_range=(1, 2), min_df=min_df, sublinear_tf=True, token_pattern=r"\\?\w+|\S")


def propagate(
    subject: str,
    labelled: Sequence[tuple[Question, Sequence[str]]],
    rest: Sequence[Question],
    seed: int = 0,
) -> Propagated:
    """Learn one subject's skills from (question, skills) of a sample and label the rest."""
    counts: dict[str, int] = {}
    for _, skills in labelled:
        for skill in skills:
            counts[skill] = counts.get(skill, 0) + 1
    learnt = sorted(skill for skill, n in counts.items() if n >= MIN_EXAMPLES)
    too_rare = sorted(counts.keys() - set(learnt))
    if not learnt or len(labelled) < N_FOLDS:
        return Propagated([], [], [], sorted(counts))
    problems = [question.problem for question, _ in labelled]
    truth = np.array([[skill in skills for skill in learnt] for _, skills in labelled])
    held_out = _cross_validated(problems, truth, seed)
    rows = _probabilities(problems, truth, [question.problem for question in rest])
    entries = [_entry(question, subject, learnt, row) for question, row in zip(rest, rows, strict=True)]
    exact = [
        (_certainty(row, given), {learnt[at] for at in given} == set(skills))
        for row, (_, skills) in zip(held_out, labelled, strict=True)
        for given in [_given(row)]
    ]
    return Propagated(entries, _held_out(subject, learnt, truth, held_out), exact, too_rare)


def _given(row: Matrix) -> list[int]:
    """The skills that a question gets: those likelier than not, five at most; else the likeliest."""
    likely = [int(at) for at in np.argsort(-row, kind="stable") if row[at] >= 0.5][:MAX_SKILLS]
    return likely or [int(np.argmax(row))]


def _certainty(row: Matrix, given: Sequence[int]) -> float:
    """Probability of the least certain decision: a skill given, or one not given."""
    return float(min(row[at] if at in given else 1 - row[at] for at in range(len(row))))


def _entry(question: Question, subject: str, learnt: Sequence[str], row: Matrix) -> SkillMapEntry:
    given = _given(row)
    return SkillMapEntry(
        question_id=question.id,
        subject=subject,
        skills=[learnt[at] for at in given],
        source="propagated",
        probability=_certainty(row, given),
    )


def _held_out(subject: str, learnt: Sequence[str], truth: NDArray[np.bool_], rows: Matrix) -> list[HeldOut]:
    given = np.zeros_like(truth)
    for at, row in enumerate(rows):
        given[at, _given(row)] = True
    return [
        HeldOut(
            subject,
            skill,
            int(truth[:, at].sum()),
            int(given[:, at].sum()),
            int((given[:, at] & truth[:, at]).sum()),
        )
        for at, skill in enumerate(learnt)
    ]


def _cross_validated(problems: Sequence[str], truth: NDArray[np.bool_], seed: int) -> Matrix:
    fold = np.random.default_rng(seed).permutation(len(problems)) % N_FOLDS
    rows = np.zeros(truth.shape)
    for k in range(N_FOLDS):
        inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        rows[outside] = _probabilities(
            [problems[at] for at in inside], truth[inside], [problems[at] for at in outside]
        )
    return rows


def _probabilities(problems: Sequence[str], truth: NDArray[np.bool_], unseen: Sequence[str]) -> Matrix:
    """Fit one classifier a skill; a skill that all or none of the questions carry stays so."""
    from sklearn.linear_model import LogisticRegression  # a second to load; few verbs pay
    from sklearn.multiclass import OneVsRestClassifier

    if not unseen:
        return np.zeros((0, truth.shape[1]))
    features = question_features(min_df=1)
    model = OneVsRestClassifier(LogisticRegression(C=10.0, solver="liblinear"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a fold without a skill is no news to anyone
        model.fit(features.fit_transform(problems), truth.astype(int))
    rows: Matrix = np.asarray(model.predict_proba(features.transform(unseen)))
    # with a single skill scikit-learn answers for "not" and "yes"
    return rows[:, -1:] if truth.shape[1] == 1 else rows
