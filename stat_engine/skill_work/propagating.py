"""A Skill-Map from a labelled sample: the teacher sees some questions, a classifier the rest."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from stat_engine.errors import StatError
from stat_engine.records import Question, SkillMapEntry, SkillMapReview
from stat_engine.skill_work.choosing import Adviser, Choice, choose, need_vocabulary
from stat_engine.skill_work.labelling import compare, label_in_batches, save
from stat_engine.skills import Vocabulary
from stat_engine.stages.propagate import HeldOut, Propagated
from stat_engine.stages.propagate import propagate as propagate_subject
from stat_engine.stages.skill_map import Labelled, by_subject, subject_of
from stat_engine.stats import wilson
from stat_engine.store.dataset import Dataset

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
        subject: propagate_subject(
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
