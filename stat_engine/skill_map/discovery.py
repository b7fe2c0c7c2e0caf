"""Discover a skill vocabulary: name skills freely, cluster the names, relabel from the clusters.

After Didolkar et al. 2024 (arXiv 2405.12205), one subject at a time. Questions in, {free name: cluster}
out. The clusters come from a teacher, in chunks where the list is long and then once more over the
chunks' own cluster names, or from the names' spelling alone: TF-IDF over letter n-grams, agglomerative
clustering by cosine distance, each cluster named by its most frequent name."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from stat_engine.errors import StatError, shown
from stat_engine.models.base import Ask, TeacherRequest
from stat_engine.models.teacher_answers import Reading, ask_twice, listed, tag
from stat_engine.records import Question
from stat_engine.skill_map.skill_map import (
    BATCH,
    Adviser,
    Choice,
    Part,
    choose,
    label_in_batches,
    save_reviews,
    subject_groups,
)
from stat_engine.skill_map.versions import carried_over
from stat_engine.skills import Vocabulary, normalise
from stat_engine.store.dataset import Dataset
from stat_engine.store.files import only_one, write_json
from stat_engine.store.outputs import output_place

CHUNK = 150
"""Names shown to a teacher at once: more make a language model drop some."""
ROUNDS = 4
"""Times at most that clusters of chunks are clustered again."""
DISTANCE = 0.7
"""Cosine distance up to which names, on average over their clusters, count as one skill."""
MAX_NAMES = 5


def free_names(questions: Sequence[Question], ask: Ask, subject: str) -> dict[str, list[str]]:
    """Question id -> the skills a teacher names freely, first five; [] where no answer could be read."""
    requests = [
        TeacherRequest("free_skills", question.problem, subject=subject, solution=question.solution or "")
        for question in questions
    ]
    readings = ask_twice(requests, ask, lambda _, raw: _read_names(raw))
    return {question.id: one.value for question, one in zip(questions, readings, strict=True)}


def tally(named: Mapping[str, Sequence[str]]) -> Counter[str]:
    """How many questions each free name was given to; spellings that mean the same are one name."""
    spelling: dict[str, str] = {}
    return Counter(
        spelling.setdefault(normalise(name), name)
        for names in named.values()
        for name in dict.fromkeys(names)
    )


def cluster_by_teacher(subject: str, names: Counter[str], ask: Ask, chunk: int = CHUNK) -> dict[str, str]:
    """Free name -> cluster, every name once; a name that the teacher leaves out twice stays on its own."""
    clusters = {name: name for name in names}
    for _ in range(ROUNDS):
        heads = sorted(set(clusters.values()))
        parts = [heads[at : at + chunk] for at in range(0, len(heads), chunk)]
        joined = {head: to for part in _clustered(subject, parts, ask) for head, to in part.items()}
        clusters = _one_spelling({name: joined[head] for name, head in clusters.items()})
        if len(parts) == 1 or len(set(clusters.values())) == len(heads):
            break
    return clusters


def cluster_by_spelling(names: Counter[str], distance: float = DISTANCE) -> dict[str, str]:
    """Free name -> cluster by what the names share in letters, without a teacher."""
    order = sorted(names)
    groups: dict[int, list[str]] = {}
    for name, group in zip(order, _groups(order, distance), strict=True):
        groups.setdefault(group, []).append(name)
    return {
        name: max(members, key=lambda member: (names[member], member))
        for members in groups.values()
        for name in members
    }


def vocabulary_of(clusters: Mapping[str, Mapping[str, str]]) -> Vocabulary:
    """The clusters' names by subject as a vocabulary."""
    return Vocabulary({subject: sorted(set(of.values())) for subject, of in clusters.items() if of})


def _groups(names: Sequence[str], distance: float) -> list[int]:
    if len(names) < 2:
        return [0] * len(names)
    from sklearn.cluster import AgglomerativeClustering  # a second to load; only discovery pays
    from sklearn.feature_extraction.text import TfidfVectorizer

    letters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    vectors = letters.fit_transform([normalise(name) for name in names]).toarray()
    clustering = AgglomerativeClustering(
        n_clusters=None, metric="cosine", linkage="average", distance_threshold=distance
    )
    return [int(label) for label in clustering.fit_predict(vectors)]


def _read_names(raw: str) -> Reading[list[str]]:
    text = tag(raw, "skill")
    names = listed(text or "")
    if text is None:
        return Reading([], "it has no <skill>...</skill> tag", "parse_failed")
    if not names:
        return Reading([], "it names no skill, and every question needs at least one", "parse_failed")
    return Reading(names[:MAX_NAMES])


def _clustered(subject: str, parts: Sequence[Sequence[str]], ask: Ask) -> list[dict[str, str]]:
    requests = [TeacherRequest("cluster_skills", "", skills=tuple(part), subject=subject) for part in parts]
    readings = ask_twice(requests, ask, lambda at, raw: _read_clusters(raw, parts[at]))
    return [
        reading.value | {name: name for name in part if name not in reading.value}
        for part, reading in zip(parts, readings, strict=True)
    ]


def _read_clusters(raw: str, names: Sequence[str]) -> Reading[dict[str, str]]:
    """{name: cluster} for the names of the list that stand in a cluster; of two clusters the first holds."""
    text = tag(raw, "cluster")
    if text is None:
        return Reading({}, "it has no <cluster>...</cluster> tag", "parse_failed")
    known, found = {normalise(name): name for name in names}, dict[str, str]()
    for line in text.splitlines():
        head, colon, members = line.partition(":")
        head = re.sub(r"^\s*(?:[-*\u2022]|\d+[.)])\s*", "", head).strip(" *\"'`")
        whole = normalise(members) in known  # a name may hold a comma
        for member in ([members] if whole else listed(members)) if colon and head else []:
            if normalise(member) in known:
                found.setdefault(known[normalise(member)], head)
    left = [name for name in names if name not in found]
    if left:
        return Reading(
            found, f"in no group: {'; '.join(shown(name) for name in left[:50])}", "off_vocabulary"
        )
    return Reading(found)


def _one_spelling(clusters: Mapping[str, str]) -> dict[str, str]:
    spelling: dict[str, str] = {}
    return {name: spelling.setdefault(normalise(head), head) for name, head in clusters.items()}


Clustering = Literal["teacher", "spelling"]
Clusters = dict[str, dict[str, str]]
"""Subject -> free name -> cluster."""


@dataclass(frozen=True)
class Method:
    """How names become skills, and what is then done with them."""

    clustering: Clustering = "teacher"
    distance: float = DISTANCE
    """Cosine distance, for `spelling` only."""
    relabel: Part = "all"
    is_drop: bool = False
    """Take skills that are no longer in the vocabulary out of entries that are not relabelled."""


def discover(
    dataset: Dataset, adviser: Adviser, choice: Choice, method: Method | None = None, out: Path | None = None
) -> dict[str, Any]:
    """Name freely, cluster, save the vocabulary as a new version and relabel; with `out` only write it there.

    {"dataset", "teacher", "n_questions", "n_skills", "subjects": one row each,
    "clusters": {subject: {skill: free names}}, "n_labelled", "n_review"}. Raises StatError where entries
    that are not relabelled use skills that are gone."""
    if out is not None:
        output_place(out)
    method, questions = method or Method(), choose(dataset, choice)
    named = _named(questions, adviser)
    clusters = {subject: _clusters(subject, names, adviser, method) for subject, names in named.items()}
    vocabulary = vocabulary_of(clusters)
    result: dict[str, Any] = {
        "dataset": dataset.name,
        "teacher": adviser.name,
        "n_questions": len(questions),
        "n_skills": len(vocabulary),
        "subjects": [_row(subject, named[subject], of) for subject, of in clusters.items()],
        "clusters": {subject: _members(of) for subject, of in clusters.items()},
        "n_labelled": 0,
        "n_review": 0,
    }
    if out is not None:
        write_json(output_place(out), vocabulary.as_lists())
        return result | {"out": str(out)}
    return result | _relabel(dataset, adviser, vocabulary, method)


def _named(questions: list[Question], adviser: Adviser) -> dict[str, Counter[str]]:
    """Subject -> how many questions each free name was given to."""
    done, tallies = 0, {}
    for subject, of in subject_groups(questions).items():
        named: dict[str, list[str]] = {}
        for at in range(0, len(of), BATCH):
            batch = of[at : at + BATCH]
            named |= free_names(batch, adviser.ask, subject)
            done += len(batch)
            adviser.report.progress("free_skills", done, len(questions))
        unread = sum(not names for names in named.values())
        if unread:
            adviser.report.say(
                "free_skills", f"{unread:,} questions of {subject or 'all'} without a readable name"
            )
        tallies[subject] = tally(named)
    if not any(tallies.values()):
        raise StatError(
            f"skills discover: no skill name could be read in {adviser.name}'s answers about "
            f"{len(questions):,} questions; they are kept in teacher_calls/{adviser.name}.jsonl"
        )
    return tallies


def _clusters(subject: str, names: Counter[str], adviser: Adviser, method: Method) -> dict[str, str]:
    if method.clustering == "spelling":
        return cluster_by_spelling(names, method.distance)
    return cluster_by_teacher(subject, names, adviser.ask)


def _relabel(dataset: Dataset, adviser: Adviser, vocabulary: Vocabulary, method: Method) -> dict[str, Any]:
    questions = choose(dataset, Choice(method.relabel))
    asked = {question.id for question in questions}
    others = [entry for entry in dataset.skill_map.values() if entry.question_id not in asked]
    carried_over(dataset.name, others, vocabulary, {}, method.is_drop)  # refuse before anything is paid for
    labelled = label_in_batches(questions, vocabulary, adviser)
    made_by = f"discovered with {adviser.name}, clusters by {method.clustering}"
    with only_one(dataset.folder / ".lock", f"dataset {dataset.name}"):
        there = [entry for entry in dataset.skill_map_table.read() if entry.question_id not in asked]
        kept, dropped = carried_over(dataset.name, there, vocabulary, {}, method.is_drop)
        entries = {entry.question_id: entry for entry in [*kept, *labelled.entries]}
        dataset.save_skill_map(entries.values(), {"made_by": made_by, "n_questions": len(questions)})
        lost = {review.question_id for review in dropped}
        save_reviews(dataset, asked | lost, [*labelled.reviews, *dropped], entries)
        # last: a dataset that has a vocabulary has its Skill-Map
        dataset.save_vocabulary(vocabulary, made_by=made_by)
    return {"n_labelled": len(labelled.entries), "n_review": len(labelled.reviews) + len(dropped)}


def _row(subject: str, names: Counter[str], clusters: dict[str, str]) -> dict[str, Any]:
    return {"subject": subject, "n_free_names": len(names), "n_skills": len(set(clusters.values()))}


def _members(clusters: dict[str, str]) -> dict[str, list[str]]:
    """Skill -> the free names in it."""
    found: dict[str, list[str]] = {}
    for name, head in sorted(clusters.items()):
        found.setdefault(head, []).append(name)
    return dict(sorted(found.items()))
