"""A Skill-Map from a labelled sample: the teacher labels some questions, a classifier the rest.

The classifier is TF-IDF and one logistic regression for each skill, one subject at a time."""

import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from stat_engine.errors import StatError
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skill_map.skill_map import (
    MAX_SKILLS,
    Adviser,
    Choice,
    Labelled,
    by_subject,
    choose,
    compare,
    label_in_batches,
    need_vocabulary,
    save,
    subject_of,
)
from stat_engine.skills import Vocabulary
from stat_engine.stats import wilson
from stat_engine.store.dataset import Dataset

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


def propagate_labels(
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


Destination = Literal["teacher", "review"]


@dataclass(frozen=True)
class Doubt:
    """What counts as doubtful, and where doubtful entries go."""

    threshold: float = 0.8
    """An entry whose least certain decision is less probable is doubtful."""
    to: Destination = "review"


def propagate(
    dataset: Dataset, adviser: Adviser, choice: Choice, doubt: Doubt | None = None
) -> dict[str, Any]:
    """Have a sample of `choice.per_subject` questions a subject labelled, learn the rest, save the Skill-Map.

    {"dataset", "teacher", "n_sample", "n_propagated", "n_doubtful", "n_review", "subjects": one row each,
    "skills": held-out precision of each, "against": agreement with the map that was there, "notes"}."""
    if choice.per_subject is None:
        raise StatError("propagate: expected a sample size, as in --per-subject 100")
    doubt, vocabulary = doubt or Doubt(), need_vocabulary(dataset)
    questions = choose(dataset, Choice(choice.part))
    sample = choose(dataset, choice)
    labelled = label_in_batches(sample, vocabulary, adviser)
    found = _propagated(questions, sample, labelled, vocabulary, choice.seed)
    entries = [entry for one in found.values() for entry in one.entries]
    doubtful = [entry for entry in entries if (entry.probability or 0.0) < doubt.threshold]
    given = {entry.question_id for entry in [*labelled.entries, *entries]}
    drawn = {question.id for question in sample}
    unlearnt = [question for question in questions if question.id not in given | drawn]
    rest = _settled(questions, entries, doubtful, unlearnt, doubt, vocabulary, adviser)
    whole = Labelled([*labelled.entries, *rest.entries], [*labelled.reviews, *rest.reviews])
    against = compare(whole.entries, dataset.skill_map)
    settings = {"made_by": "propagation", "teacher": adviser.name, "n_sample": len(sample), **asdict(doubt)}
    save(dataset, questions, whole, settings)
    return {
        "dataset": dataset.name,
        "teacher": adviser.name,
        "n_sample": len(sample),
        "n_propagated": sum(entry.source == "propagated" for entry in whole.entries),
        "n_doubtful": len(doubtful),
        "n_review": len(whole.reviews),
        "subjects": [_subject_row(subject, one, doubt) for subject, one in found.items()],
        "skills": [_skill_row(skill) for one in found.values() for skill in one.held_out],
        "against": against,
        "notes": _notes(found, unlearnt),
    }


def _propagated(
    questions: Sequence[Question],
    sample: Sequence[Question],
    labelled: Labelled,
    vocabulary: Vocabulary,
    seed: int,
) -> dict[str, Propagated]:
    """Each subject's sample learnt, and its other questions labelled by what was learnt."""
    subjects = {question.id: subject_of(question, vocabulary) for question in questions}
    skills = {entry.question_id: entry.skills for entry in labelled.entries}
    drawn = {question.id for question in sample}
    return {
        subject: propagate_labels(
            subject,
            [(question, skills[question.id]) for question in of if question.id in skills],
            [question for question in of if question.id not in drawn],
            seed,
        )
        for subject, of in by_subject(questions, subjects).items()
    }


def _settled(
    questions: Sequence[Question],
    entries: Sequence[SkillMapEntry],
    doubtful: Sequence[SkillMapEntry],
    unlearnt: Sequence[Question],
    doubt: Doubt,
    vocabulary: Vocabulary,
    adviser: Adviser,
) -> Labelled:
    """The propagated entries with the doubtful ones asked about or listed for review."""
    if doubt.to == "review":
        reviews = [_doubtful(entry) for entry in doubtful]
        return Labelled(list(entries), [*reviews, *(_unlearnt(one, vocabulary) for one in unlearnt)])
    open_ids = {entry.question_id for entry in doubtful} | {question.id for question in unlearnt}
    asked = label_in_batches([one for one in questions if one.id in open_ids], vocabulary, adviser)
    answered = {entry.question_id: entry for entry in asked.entries}
    kept = [answered.pop(entry.question_id, entry) for entry in entries]
    return Labelled([*kept, *answered.values()], asked.reviews)


def _doubtful(entry: SkillMapEntry) -> SkillMapReview:
    return SkillMapReview(
        question_id=entry.question_id,
        subject=entry.subject,
        status="doubtful",
        skills=entry.skills,
        detail=f"propagated; its least certain decision has probability {entry.probability:.2f}",
    )


def _unlearnt(question: Question, vocabulary: Vocabulary) -> SkillMapReview:
    return SkillMapReview(
        question_id=question.id,
        subject=subject_of(question, vocabulary),
        status="doubtful",
        skills=[],
        detail="no skill of its subject could be learnt from the sample",
    )


def _subject_row(subject: str, found: Propagated, doubt: Doubt) -> dict[str, Any]:
    """Held-out shares of sampled questions that get exactly the teacher's skills: all, and the sure ones."""
    sure = [is_exact for probability, is_exact in found.sample if probability >= doubt.threshold]
    exact, n = sum(is_exact for _, is_exact in found.sample), len(found.sample)
    low, high = wilson(exact, n)
    n_doubtful = sum((entry.probability or 0.0) < doubt.threshold for entry in found.entries)
    return {
        "subject": subject,
        "n_sample": n,
        "n_propagated": len(found.entries),
        "n_doubtful": n_doubtful,
        "exact": exact / n if n else None,
        "ci_low": low,
        "ci_high": high,
        "n_sure": len(sure),
        "exact_sure": sum(sure) / len(sure) if sure else None,
    }


def _skill_row(held: HeldOut) -> dict[str, Any]:
    low, high = wilson(held.n_right, held.n_predicted)
    return {
        **asdict(held),
        "precision": held.n_right / held.n_predicted if held.n_predicted else None,
        "ci_low": low,
        "ci_high": high,
        "recall": held.n_right / held.n_labelled,
    }


def _notes(found: dict[str, Propagated], unlearnt: Sequence[Question]) -> list[str]:
    rare = [
        f"{subject or 'all'}: {', '.join(one.too_rare)}" for subject, one in found.items() if one.too_rare
    ]
    notes = (
        [f"too rare in the sample to be learnt, and so never propagated: {'; '.join(rare)}"] if rare else []
    )
    if unlearnt:
        notes.append(f"{len(unlearnt):,} questions are of subjects of which no skill could be learnt")
    return notes
