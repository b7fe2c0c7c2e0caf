"""What people's decisions do: to the profile, to the planned training set, and against the teacher.

The plan is an estimate from counts: the pairs of a set, shared out as the profile (or the
allocation in force) weighs its skills. It does not look into the pool, which may have too few
questions for a skill, and knows nothing of arms that are cut to the size of the smallest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import pandas as pd

from stat_engine.records import LabelAction, LabelEvent, MissingSkill, Response
from stat_engine.skills import Skill
from stat_engine.stages.agreement import pair_agreements, skill_kappas
from stat_engine.stages.allocate import allocate, planned_pairs
from stat_engine.stages.profile import build_profile, missed
from stat_engine.stats import wilson
from stat_engine.store import query
from stat_engine.store.label_log import as_decided, decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import label_sources
from stat_engine.views.labels import skill_names

PEOPLE = "the reviewers"
"""People as a labeller among teachers; no teacher can have this name, which has a space."""
Skills = tuple[Skill, ...]


def plan(run: RunFolder) -> pd.DataFrame:
    """The profile's missing skills, most missed first: subject, skill, n_missing (questions), pairs
    (planned ones of a targeted set, an estimate)."""
    rows = [
        {"subject": subject, "skill": skill, "n_missing": n, "pairs": pairs}
        for (subject, skill), (n, pairs) in _planned(run, label_sources.effective(run)).items()
    ]
    table = pd.DataFrame(rows, columns=["subject", "skill", "n_missing", "pairs"])
    return table.sort_values(
        ["n_missing", "subject", "skill"], ascending=[False, True, True], ignore_index=True
    )


def effects(run: RunFolder, changes: Mapping[str, Skills]) -> list[dict[str, Any]]:
    """What it would do to the plan if responses lacked these skills instead of those they lack now.

    One row a skill whose count changes: subject, skill, n_before, n_after, pairs_before, pairs_after."""
    labels = label_sources.effective(run)
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


def bulk_effects(run: RunFolder, action: LabelAction, response_ids: Sequence[str]) -> list[dict[str, Any]]:
    """What it would do to the plan to accept, or to discard, the labels of these responses."""
    meant = set(response_ids)
    labels = [label for label in label_sources.own_labels(run) if label.response_id in meant]
    skills = {one.response_id: tuple((one.subject, skill) for skill in one.skills) for one in labels}
    return effects(run, skills if action == "accept" else dict.fromkeys(skills, ()))


def people_agreement(run: RunFolder) -> dict[str, Any]:
    """How far people agree with the run's teacher, over the labels they decided on.

    teacher, n_reviewed, n_unchanged (accepted, or edited to the same skills), share with its 95% Wilson
    interval (null: nothing reviewed), pairs (agreement both ways, as between teachers) and skills
    (kappa a skill). A discarded label counts as naming no skill."""
    decided = decisions(label_sources.events(run))
    reviewed = [label for label in label_sources.own_labels(run) if label.response_id in decided]
    people = [_by_people(label, decided[label.response_id]) for label in reviewed]
    n, n_unchanged = (
        len(reviewed),
        sum(
            decided[ours.response_id].action != "discard" and set(ours.skills) == set(theirs.skills)
            for ours, theirs in zip(reviewed, people, strict=True)
        ),
    )
    low, high = wilson(n_unchanged, n)
    teacher = run.config.teacher.endpoint()
    both = {teacher: reviewed, PEOPLE: people}
    return {
        "run": run.name, "teacher": teacher, "n_reviewed": n, "n_unchanged": n_unchanged,
        "share": n_unchanged / n if n else None, "ci_low": low, "ci_high": high,
        "pairs": [asdict(pair) for pair in pair_agreements(both)],
        "skills": [asdict(kappa) for kappa in skill_kappas(both)],
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
