"""Reliability of a run's labels: agreement of its teachers, self-checks, and the effect of label errors.

The profile is corrected for the teacher's error where people, or the teacher itself, checked its labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot
from typing import Literal, TypedDict

import pandas as pd

from stat_engine.errors import NotThereYet, StatError
from stat_engine.method import computed
from stat_engine.method.agreement import (
    Disagreement,
    PairAgreement,
    SelfCheckRate,
    SkillKappa,
    disagreements,
    pair_agreement,
    pair_agreements,
    self_check_rate,
    skill_kappas,
)
from stat_engine.records import MissingSkill
from stat_engine.skills import Skill, Vocabulary
from stat_engine.stats import clopper_pearson, rogan_gladen
from stat_engine.store.event_log import decisions
from stat_engine.store.label_log import as_decided
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import label_events, labels_in_force, own_labels, second_labels

MIN_DECISIONS = 10
"""Labels that people must have decided on: with fewer, the correction is mostly chance."""
COLUMNS = ["corrected_rate", "corrected_low", "corrected_high"]
"""Fractions with a 95% interval; NaN: the correction does not cover the skill."""
Rate = tuple[float, float, float]
"""The values of COLUMNS."""


class TeacherLabels(TypedDict):
    """How many labels a teacher gave."""

    teacher: str
    n_labels: int


class Agreement(TypedDict):
    """What a run's teachers agree on."""

    run: str
    teachers: list[TeacherLabels]
    """The run's own teacher first."""
    pairs: list[PairAgreement]
    """Both orders of each pair of teachers."""
    skills: list[SkillKappa]
    disagreements: list[Disagreement]
    self_checks: list[SelfCheckRate]
    """Of the teachers that were asked about their own labels."""


class TeacherError(TypedDict):
    """How often the teacher errs, as people and its self-check found; counts are 0 where nobody checked."""

    source: Literal["people", "self-check"] | None
    """What the profile is corrected by; null: nothing, too little is known."""
    n_decisions: int
    """Labels that people decided on."""
    detected: int
    n_present: int
    """Skills that people find missing in these labels' questions; the teacher named `detected` of them."""
    passed: int
    n_absent: int
    """Skills of the vocabulary that people do not find missing; the teacher did not name `passed` of them."""
    n_upheld: int
    n_checked: int
    """Labels that the self-check gave a readable verdict on, and upheld."""


class Correction(TeacherError):
    """The teacher's error and the profile's failure rates corrected for it."""

    skills: dict[Skill, Rate]
    """Empty where `source` is null."""


@dataclass(frozen=True)
class Reading:
    """What the teacher and people said of the questions whose labels people decided on."""

    n_labels: int
    detected: int
    n_present: int
    passed: int
    n_absent: int
    """As in TeacherError."""


def agreement(run: RunFolder) -> Agreement:
    """Every pair of teachers, kappa a skill, disagreements, and self-checks.

    Raises NotThereYet where a teacher's labels are not there or not up to date, StatError where the
    run has one teacher and no self-check, so that there is nothing to compare."""
    labels = teacher_labels(run)
    checks = [
        self_check_rate(teacher, list(run.self_checks(teacher).read()))
        for teacher in labels
        if run.self_checks(teacher).manifest() is not None
    ]
    if len(labels) < 2 and not checks:
        raise StatError(
            f"run {run.name} has one teacher and no self-check, so there is nothing to compare; add one in a "
            f"copy: stat-studio run {run.name} --fork NEW teacher.self_check=true, or name second_teachers"
        )
    return {
        "run": run.name,
        "teachers": [{"teacher": name, "n_labels": len(of)} for name, of in labels.items()],
        "pairs": pair_agreements(labels),
        "skills": skill_kappas(labels),
        "disagreements": disagreements(labels),
        "self_checks": checks,
    }


def second_teachers(run: RunFolder) -> list[PairAgreement]:
    """How far each second teacher names what the run's teacher names, of those that are up to date.

    Raises NotThereYet where the run's own teacher has no current labels."""
    teacher, seconds = run.config.teacher.endpoint(), second_labels(run)
    labels = {teacher: own_labels(run), **seconds}
    return [pair_agreement(labels, teacher, second) for second in seconds]


def teacher_labels(run: RunFolder) -> dict[str, list[MissingSkill]]:
    """Each teacher's own labels, the run's teacher first; people's decisions are not in them."""
    config, labels = run.config, {}
    for teacher in (config.teacher, *config.second_teachers):
        name, table = teacher.endpoint(), run.missing_skills(teacher.endpoint())
        way_out = f"stat-studio run {run.name} --until missing_skills"
        manifest = table.need(way_out, f"labels by {name} of run {run.name}")
        if manifest.settings != run.stage_settings("missing_skills", teacher):
            raise NotThereYet(
                f"labels by {name} of run {run.name} were made for other settings or step rewards; bring "
                f"them up to date with: {way_out}"
            )
        labels[name] = list(table.read())
    return labels


def corrected(run: RunFolder) -> Correction:
    """How the teacher's error was measured, and the profile's rates under it.

    People's decisions count first, where there are MIN_DECISIONS; else the teacher's self-check."""
    teacher = run.config.teacher.endpoint()
    own, decided = own_labels(run), decisions(label_events(run))
    reviewed = [label for label in own if label.response_id in decided]
    people = [one for label in reviewed for one in as_decided(label, decided[label.response_id])]
    reading = _reading(run, reviewed, people)
    checks = list(run.self_checks(teacher).read())
    rate = self_check_rate(teacher, checks)
    found: Correction = {
        "source": None, "n_decisions": len(reviewed), "detected": reading.detected,
        "n_present": reading.n_present, "passed": reading.passed, "n_absent": reading.n_absent,
        "n_upheld": rate["n_right"], "n_checked": rate["n_right"] + rate["n_wrong"], "skills": {},
    }  # fmt: skip
    if len(reviewed) >= MIN_DECISIONS:
        skills = _by_people(run, reading, set(decided))
        if skills:
            return {**found, "source": "people", "skills": skills}
    if rate["share"] is not None:
        refuted = {check.response_id for check in checks if check.is_right is False} - decided.keys()
        upheld = [label for label in labels_in_force(run) if label.response_id not in refuted]
        failures = computed.profile(run, upheld)
        skills = {(f.subject, f.skill): (f.failure_rate, f.ci_low, f.ci_high) for f in failures}
        return {**found, "source": "self-check", "skills": skills}
    return found


def with_correction(frame: pd.DataFrame, found: Correction) -> pd.DataFrame:
    """The profile with COLUMNS added; as it is where no error was measured."""
    if found["source"] is None:
        return frame
    unknown = (float("nan"),) * 3
    rows = [found["skills"].get(key, unknown) for key in zip(frame.subject, frame.skill, strict=True)]
    return frame.assign(**pd.DataFrame(rows, index=frame.index, columns=COLUMNS))


def in_words(found: TeacherError) -> str:
    """What the correction rests on, as a sentence."""
    n = found["n_decisions"]
    if found["source"] == "people":
        detected, present = found["detected"], found["n_present"]
        spurious, absent = found["n_absent"] - found["passed"], found["n_absent"]
        return (
            f"Corrected for teacher error by {n:,} labels that people decided on: the teacher named "
            f"{detected:,} of {present:,} skills that people find missing, and {spurious:,} of {absent:,} "
            "that they do not."
        )
    if found["source"] == "self-check":
        return (
            f"Corrected by the teacher's self-check, which upheld {found['n_upheld']:,} of "
            f"{found['n_checked']:,} labels: the others are left out. What it failed to name is not known."
        )
    few = f"people decided on {n:,} label{'s' * (n != 1)}, too few to tell how often the teacher errs"
    return f"Not corrected for teacher error: {few if n else 'nobody has decided on a label yet'}."


def _reading(run: RunFolder, said: Sequence[MissingSkill], people: Sequence[MissingSkill]) -> Reading:
    named, true = _by_question(said), _by_question(people)
    vocabulary = run.pool_dataset.vocabulary or Vocabulary({})
    subjects = {label.question_id: label.subject for label in said}
    detected = n_present = passed = n_absent = 0
    for question, subject in subjects.items():
        ours, theirs = named[question], true[question]
        others = {(subject, skill) for skill in vocabulary.of_subject(subject)} | ours | theirs
        detected, n_present = detected + len(ours & theirs), n_present + len(theirs)
        passed, n_absent = passed + len(others - theirs - ours), n_absent + len(others - theirs)
    return Reading(len(said), detected, n_present, passed, n_absent)


def _by_people(run: RunFolder, by: Reading, decided: set[str]) -> dict[Skill, Rate]:
    """{skill: (rate, low, high)}; empty where the teacher is no better than chance."""
    labels = labels_in_force(run)
    open_ids = {label.question_id for label in labels if label.response_id not in decided}
    settled = _counted([label for label in labels if label.question_id not in open_ids])
    unsettled = [label for label in labels if label.question_id in open_ids]
    named, n_open = _counted(unsettled), Counter({one.question_id: one.subject for one in unsettled}.values())
    rates: dict[Skill, Rate] = {}
    for failure in computed.profile(run, labels):
        skill, n = (failure.subject, failure.skill), failure.n_questions
        estimate = _of_open(named[skill], n_open[failure.subject], by)
        if estimate is None:
            return {}
        share, (low, high) = settled[skill] / n, clopper_pearson(settled[skill], n)
        more, more_low, more_high = (value / n for value in estimate)
        rate = share + more
        rates[skill] = (
            min(1.0, rate),
            max(0.0, rate - hypot(share - low, more - more_low)),
            min(1.0, rate + hypot(high - share, more_high - more)),
        )
    return rates


def _of_open(k: int, n: int, by: Reading) -> Rate | None:
    """How many of n unsettled questions lack a skill that the teacher names in k, with limits."""
    if n == 0:
        return 0.0, 0.0, 0.0
    found = rogan_gladen(k, n, by.detected, by.n_present, by.passed, by.n_absent)
    return None if found is None else (found[0] * n, found[1] * n, found[2] * n)


def _by_question(labels: Sequence[MissingSkill]) -> dict[str, set[Skill]]:
    lacking: dict[str, set[Skill]] = {}
    for label in labels:
        lacking.setdefault(label.question_id, set()).update((label.subject, skill) for skill in label.skills)
    return lacking


def _counted(labels: Sequence[MissingSkill]) -> Counter[Skill]:
    """{skill: questions that lack it}"""
    return Counter(skill for skills in _by_question(labels).values() for skill in skills)
