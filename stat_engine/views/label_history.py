"""Decisions on a run's labels, and their effect on the profile, the planned set and the agreement."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import TypedDict

import pandas as pd

from stat_engine.method.agreement import PairAgreement, SkillKappa, pair_agreements, skill_kappas
from stat_engine.method.profile import build_profile, missed
from stat_engine.method.training_sets.allocate import allocate, planned_pairs
from stat_engine.records import LabelAction, LabelEvent, MissingSkill, Response
from stat_engine.skills import Skill
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.event_log import standing_decisions
from stat_engine.store.label_log import as_decided
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import label_events, labels_in_force, own_labels, skill_names, skills_of

HISTORY_COLUMNS = [
    "at", "author", "action", "question_id", "response_id", "skills", "note", "bulk", "is_standing",
    "event_id",
]  # fmt: skip
"""`skills` lists those of an edit, null for other actions; `is_standing`: not taken back."""
PLAN_COLUMNS = ["subject", "skill", "n_missing", "pairs"]
"""Questions that miss the skill, and the pairs of a targeted set planned for it (an estimate)."""
PACE_OVER = 10
"""Decisions that the pace is taken over."""
PEOPLE = "the reviewers"
"""People as a labeller among teachers; no teacher can have this name, which has a space."""
Skills = tuple[Skill, ...]


class Progress(TypedDict):
    """How far the review of a run's labels is."""

    n_labels: int
    n_decided: int
    per_hour: float | None
    """Decisions an hour of the reviewer, from the median time between the last made one by one, so that a
    break hardly counts; null, as `seconds_left`: fewer than two of them."""
    seconds_left: float | None
    """For the pending labels at that pace."""


class Effect(TypedDict):
    """What a change of labels does to one skill of the plan."""

    subject: str
    skill: str
    n_before: int
    n_after: int
    """Questions that miss it."""
    pairs_before: int
    pairs_after: int
    """Planned pairs of a targeted set."""


class PeopleAgreement(TypedDict):
    """How far people agree with the run's teacher, over the labels that they decided on."""

    run: str
    teacher: str
    n_reviewed: int
    n_unchanged: int
    """Accepted, or edited to the same skills."""
    share: float | None
    """`n_unchanged` of `n_reviewed`, a fraction; null: nothing reviewed."""
    ci_low: float
    ci_high: float
    """95% Wilson."""
    pairs: list[PairAgreement]
    """Both ways, as between teachers."""
    skills: list[SkillKappa]


def progress(run: RunFolder, reviewer: str | None = None) -> Progress:
    """Labels decided on, of how many, and how long the rest takes at the reviewer's pace."""
    events, labels = label_events(run), own_labels(run)
    decided = run.label_log.now().in_force
    n_decided = sum(label.response_id in decided for label in labels)
    gap = _seconds_between(events, reviewer)
    return {
        "n_labels": len(labels),
        "n_decided": n_decided,
        "per_hour": 3600 / gap if gap else None,
        "seconds_left": gap * (len(labels) - n_decided) if gap else None,
    }


def history(run: RunFolder, response_id: str | None = None) -> pd.DataFrame:
    """One row an event, newest first, with HISTORY_COLUMNS; of one label where its response is given."""
    events = label_events(run) if response_id is None else run.label_log.of(response_id)
    standing = {e.event_id for stack in standing_decisions(events).values() for e in stack}
    questions = {label.response_id: label.question_id for label in own_labels(run)}
    rows = [
        {
            **event.model_dump(include={"at", "author", "action", "response_id", "note", "bulk", "event_id"}),
            "question_id": questions.get(event.response_id),
            "skills": skill_names("", skills_of(event)) if event.action == "edit" else None,
            "is_standing": event.event_id in standing,
        }
        for event in reversed(events)
    ]
    return pd.DataFrame(rows, columns=HISTORY_COLUMNS, dtype=object)


def _seconds_between(events: Sequence[LabelEvent], reviewer: str | None) -> float | None:
    own = (
        e
        for e in reversed(events)
        if e.author == reviewer and e.bulk is None and e.action in ("accept", "edit", "discard")
    )
    times = [datetime.fromisoformat(event.at) for event in itertools.islice(own, PACE_OVER)][::-1]
    gaps = [(after - before).total_seconds() for before, after in itertools.pairwise(times)]
    return median(gaps) if gaps else None


def plan(run: RunFolder) -> pd.DataFrame:
    """The profile's missing skills, most missed first, with PLAN_COLUMNS."""
    rows = [
        {"subject": subject, "skill": skill, "n_missing": n, "pairs": pairs}
        for (subject, skill), (n, pairs) in _planned(run, labels_in_force(run)).items()
    ]
    table = pd.DataFrame(rows, columns=PLAN_COLUMNS)
    return table.sort_values(
        ["n_missing", "subject", "skill"], ascending=[False, True, True], ignore_index=True
    )


def effects(run: RunFolder, changes: Mapping[str, Skills]) -> list[Effect]:
    """What it would do to the plan if responses lacked these skills instead of those they lack now.

    One row a skill whose count changes, by name."""
    labels = labels_in_force(run)
    kept = [label for label in labels if label.response_id not in changes]
    changed = {label.response_id: label for label in labels if label.response_id in changes}
    made = [
        label.model_copy(update={"subject": subject, "skills": [skill]})
        for id, label in changed.items()
        for subject, skill in changes[id]
    ]
    before, after = _planned(run, labels), _planned(run, [*kept, *made])
    return [
        {
            "subject": skill[0], "skill": skill[1], "n_before": old[0], "n_after": new[0],
            "pairs_before": old[1], "pairs_after": new[1],
        }
        for skill in sorted(before.keys() | after.keys())
        if (old := before.get(skill, (0, 0)))[0] != (new := after.get(skill, (0, 0)))[0]
    ]  # fmt: skip


def bulk_effects(run: RunFolder, action: LabelAction, response_ids: Sequence[str]) -> list[Effect]:
    """What it would do to the plan to accept, or to discard, the labels of these responses."""
    meant = set(response_ids)
    labels = [label for label in own_labels(run) if label.response_id in meant]
    skills = {one.response_id: tuple((one.subject, skill) for skill in one.skills) for one in labels}
    return effects(run, skills if action == "accept" else dict.fromkeys(skills, ()))


def people_agreement(run: RunFolder) -> PeopleAgreement:
    """How far people agree with the run's teacher. A discarded label counts as naming no skill."""
    decided = run.label_log.now().in_force
    reviewed = [label for label in own_labels(run) if label.response_id in decided]
    people = [_by_people(label, decided[label.response_id]) for label in reviewed]
    n, n_unchanged = len(reviewed), 0
    for ours, theirs in zip(reviewed, people, strict=True):
        is_kept = decided[ours.response_id].action != "discard"
        n_unchanged += is_kept and set(ours.skills) == set(theirs.skills)
    low, high = wilson(n_unchanged, n)
    teacher = run.config.teacher.endpoint()
    both = {teacher: reviewed, PEOPLE: people}
    return {
        "run": run.name, "teacher": teacher, "n_reviewed": n, "n_unchanged": n_unchanged,
        "share": n_unchanged / n if n else None, "ci_low": low, "ci_high": high,
        "pairs": pair_agreements(both),
        "skills": skill_kappas(both),
    }  # fmt: skip


def _planned(run: RunFolder, labels: Sequence[MissingSkill]) -> dict[Skill, tuple[int, int]]:
    """{skill: (questions that miss it, planned pairs)}"""
    settings, missing = run.config.training_set, missed(labels)
    counts = Counter((subject, skill) for _, subject, skill in missing)
    # only the lower bound looks at the questions that carry a skill; reading them takes time
    needs_profile = settings.allocation == "lower-bound"
    profile = build_profile(_question_ids(run), run.dataset.skill_map, labels) if needs_profile else []
    pairs = planned_pairs(allocate(missing, profile, settings), settings)
    return {skill: (n, pairs.get(skill, 0)) for skill, n in counts.items()}


def _question_ids(run: RunFolder) -> list[str]:
    tables = {"responses": (run.responses.files(), Response)}
    return [row["question_id"] for row in query.rows("select distinct question_id from responses", tables)]


def _by_people(label: MissingSkill, decision: LabelEvent) -> MissingSkill:
    skills = [(one.subject, skill) for one in as_decided(label, decision) for skill in one.skills]
    return label.model_copy(
        update={"teacher": PEOPLE, "skills": skill_names(label.subject, skills), "status": "ok"}
    )
