"""The Missing-Skill-Profile: by skill and subject, against another run and the training pool."""

from collections import Counter
from dataclasses import asdict
from typing import Literal, TypedDict

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.method import computed
from stat_engine.method.profile import SkillFailure, too_sparse
from stat_engine.records import Question, Response, SkillMapEntry
from stat_engine.skills import Skill
from stat_engine.stats import Correction, clopper_pearson, corrected, fisher_greater, newcombe
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.labels import labels_in_force

COLUMNS = ["subject", "skill", "n_missing", "n_questions", "failure_rate", "ci_low", "ci_high"]
"""As in SkillFailure: `n_missing` of the `n_questions` that carry the skill, a fraction with its 95%
interval."""
SUBJECT_COLUMNS = ["subject", "n_lacking", "n_questions", "share", "ci_low", "ci_high"]
"""`n_lacking` of the `n_questions` put to the student have a label that names a missing skill, of any
subject; `share` is a fraction with its Clopper-Pearson 95% interval."""
AGAINST_COLUMNS = [
    *COLUMNS, "other_n_missing", "other_n_questions", "other_failure_rate", "other_ci_low", "other_ci_high",
    "difference", "difference_low", "difference_high",
]  # fmt: skip
"""`difference` is ours minus theirs with Newcombe's 95% interval for independent proportions, which is too
wide where both students answered the same questions. A skill that one profile does not have was carried by
none of its questions: 0 of 0, and its rates are null."""
Quantity = Literal["count", "rate", "lower bound", "gain"]
QUANTITIES: dict[Quantity, str] = {
    "count": "n_missing", "rate": "failure_rate", "lower bound": "ci_low", "gain": "gain",
}  # fmt: skip
"""What skills can be ranked by, and its column."""
WEAK_COLUMNS = [*COLUMNS, "others_rate", "p_value", "p_corrected", "is_weak"]
"""`others_rate` is the failure rate of all other skills together; `p_value` is Fisher's exact test that the
skill's is greater, `p_corrected` after the correction for the number of skills."""
LACKING_COLUMNS = ["question_id", "level", "problem"]
MISFIT_COLUMNS = [
    *COLUMNS, "missed_share", "n_pool", "n_pool_questions", "pool_rate", "pool_share",
    "gap", "gap_low", "gap_high",
]  # fmt: skip
"""`missed_share` is `n_missing` over all missing skills of the profile; `n_pool` of the `n_pool_questions`
carry the skill (`pool_rate`), and `pool_share` is `n_pool` over all skills that pool questions carry. `gap`
is `missed_share` minus `pool_share`, with Newcombe's 95% interval, which takes mentions for independent and
is not corrected for the number of skills. All fractions; null where there is nothing to share."""
_TEXTS = (
    "select id as question_id, level, problem from questions "
    "where id in (select unnest(?::varchar[])) order by id"
)
_GRADED = "select question_id, is_correct from responses where is_correct is not null"
_POOL_SKILLS = """
with pool as (
  select id from questions where split = 'train' and id not in (select unnest(?::varchar[]))
), carried as (
  select distinct m.subject, unnest(m.skills) as skill, m.question_id
  from skill_map m semi join pool on pool.id = m.question_id
)
select subject, skill, count(*) as n_pool, (select count(*) from pool) as n_pool_questions
from carried group by subject, skill
"""


class Basis(TypedDict):
    """What the profile rests on."""

    teacher: str
    n_labelled: int
    """Difficult questions with a label."""
    n_decisions: int
    """People's current decisions on these labels."""
    warning: str | None
    """A sentence; null: there are labels enough to aim by."""


class Summary(TypedDict):
    """The profile in short."""

    n_difficult: int
    """Difficult questions, labelled or not."""
    warning: str | None
    """A sentence; null: there are labels enough to aim by."""


def profile(run: RunFolder, subject: str | None = None) -> pd.DataFrame:
    """One row a skill, of one subject where it is given, most missed first, with COLUMNS.

    Raises StatError for a subject that no skill of the profile has."""
    frame = pd.DataFrame([asdict(failure) for failure in _failures(run)], columns=COLUMNS)
    return frame if subject is None else of_subject(frame, subject)


def with_gain(run: RunFolder, frame: pd.DataFrame) -> pd.DataFrame:
    """The profile with column `gain`: the accuracy that the student would gain on these questions, a
    fraction, if it had no wrong answer any more to a question whose label names the skill.

    An upper limit, since a response may lack several skills. Null where no response is graded."""
    graded: dict[str, list[bool]] = {}
    tables: query.Tables = {"responses": (run.responses.files(), Response)}
    for row in query.rows(_GRADED, tables):
        graded.setdefault(row["question_id"], []).append(row["is_correct"])
    lost = {id: 1 - sum(of) / len(of) for id, of in graded.items()}
    lacking: dict[Skill, set[str]] = {}
    for label in labels_in_force(run):
        for skill in label.skills:
            lacking.setdefault((label.subject, skill), set()).add(label.question_id)
    n = len(lost) or float("nan")
    skills = zip(frame.subject, frame.skill, strict=True)
    return frame.assign(gain=[sum(lost.get(id, 0) for id in lacking.get(of, ())) / n for of in skills])


def ranked(frame: pd.DataFrame, by: Quantity, min_questions: int = 1) -> pd.DataFrame:
    """The skills that at least so many questions carry, the largest quantity first; ties by count."""
    rows = frame[frame.n_questions >= min_questions]
    order = dict.fromkeys([QUANTITIES[by], "n_missing", "failure_rate", "subject", "skill"])
    is_up = [name in ("subject", "skill") for name in order]
    return rows.sort_values(list(order), ascending=is_up, ignore_index=True)


def weak(frame: pd.DataFrame, correction: Correction = "holm", level: float = 0.05) -> pd.DataFrame:
    """The profile with WEAK_COLUMNS, the surest first: which skills are weaker than the student's others.

    A question with several skills counts for each of them, so that tests of skills that often come together
    depend on each other; Holm's correction holds all the same."""
    counts = list(zip(frame.n_missing.astype(int), frame.n_questions.astype(int), strict=True))
    k, n = sum(missing for missing, _ in counts), sum(asked for _, asked in counts)
    others = [(k - missing, n - asked) for missing, asked in counts]
    p = [fisher_greater(*own, *other) for own, other in zip(counts, others, strict=True)]
    found = frame.assign(
        others_rate=[of / asked if asked else float("nan") for of, asked in others],
        p_value=p,
        p_corrected=corrected(p, correction),
    )
    found["is_weak"] = found.p_corrected <= level
    return found.sort_values(["p_value", "subject", "skill"], kind="stable", ignore_index=True)[WEAK_COLUMNS]


def of_subject(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    """The rows of one subject. Raises StatError where there are none."""
    rows = frame[frame.subject == subject].reset_index(drop=True)
    if rows.empty:
        there = ", ".join(sorted(set(frame.subject))) or "none"
        raise StatError(f"subject {shown(subject)}: expected one of {there}")
    return rows


def by_subject(run: RunFolder) -> pd.DataFrame:
    """One row a subject, the largest share first, with SUBJECT_COLUMNS."""
    tables: query.Tables = {
        "questions": (run.dataset.question_table.files(), Question),
        "responses": (run.responses.files(), Response),
    }
    subjects = query.frame(query.ASKED_QUESTIONS, tables).set_index("id").subject
    lacking = {label.question_id for label in labels_in_force(run) if label.skills}
    asked, lack = Counter(subjects), Counter(subjects.reindex(sorted(lacking)).dropna())
    rows = [
        (subject, lack[subject], n, lack[subject] / n, *clopper_pearson(lack[subject], n))
        for subject, n in sorted(asked.items())
    ]
    return pd.DataFrame(rows, columns=SUBJECT_COLUMNS).sort_values(
        "share", ascending=False, ignore_index=True
    )


def basis(run: RunFolder) -> Basis:
    """What the profile rests on."""
    labels = labels_in_force(run)
    decided = run.label_log.now().in_force.keys() & {one.response_id for one in labels}
    return {
        "teacher": run.config.teacher.endpoint(),
        "n_labelled": len({label.question_id for label in labels}),
        "n_decisions": len(decided),
        "warning": too_sparse(_failures(run)),
    }


def summary(run: RunFolder) -> Summary:
    """How many questions the profile is made from, and whether they are enough."""
    return {
        "n_difficult": int(computed.difficulty(run).questions.is_difficult.sum()),
        "warning": too_sparse(_failures(run)),
    }


def against(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Two profiles side by side, one row a skill of either, most missed in both first; AGAINST_COLUMNS."""
    both = ours.merge(theirs, how="outer", on=["subject", "skill"], suffixes=("", "_other"))
    both = both.rename(columns={f"{name}_other": f"other_{name}" for name in COLUMNS[2:]})
    counts = ["n_missing", "n_questions", "other_n_missing", "other_n_questions"]
    both[counts] = both[counts].fillna(0).astype(int)
    intervals = [newcombe(k, n, other_k, other_n) for k, n, other_k, other_n in both[counts].to_numpy()]
    both[["difference_low", "difference_high"]] = pd.DataFrame(intervals, index=both.index, columns=[0, 1])
    both["difference"] = both.failure_rate - both.other_failure_rate
    order = (both.n_missing + both.other_n_missing).sort_values(ascending=False, kind="stable").index
    return both.loc[order, AGAINST_COLUMNS].reset_index(drop=True)


def comparable(workspace: WorkspaceFolder, run: RunFolder) -> list[str]:
    """Names of the runs whose labels can be set beside this one's: its parent first, then those of the
    same dataset, newest first. A run that cannot be read is left out."""
    parent = run.card.get("parent")
    names = sorted((name for name in workspace.run_names() if name != run.name), key=lambda n: n != parent)
    others = [workspace.run_folder(name) for name in names]
    return [other.name for other in others if _has_labels(other, run, other.name == parent)]


def questions_lacking(run: RunFolder, subject: str, skill: str) -> list[str]:
    """Ids of the difficult questions whose effective label names the skill, sorted."""
    labels = labels_in_force(run)
    return sorted({one.question_id for one in labels if one.subject == subject and skill in one.skills})


def lacking_rows(
    run: RunFolder, subject: str, skill: str, start: int = 0, n_rows: int | None = None
) -> pd.DataFrame:
    """`n_rows` of those questions from row `start`, by id, with LACKING_COLUMNS."""
    end = None if n_rows is None else start + n_rows
    ids = questions_lacking(run, subject, skill)[start:end]
    tables: query.Tables = {"questions": (run.dataset.question_table.files(), Question)}
    return query.frame(_TEXTS, tables, [ids])[LACKING_COLUMNS]


def skill_of(text: str, frame: pd.DataFrame) -> Skill:
    """(subject, skill) that "SUBJECT/SKILL" or a skill's name alone means in the profile.

    Raises StatError where it is none of the profile's, or one of several subjects'."""
    skills = list(zip(frame.subject, frame.skill, strict=True))
    found = [skill for skill in skills if text in (f"{skill[0]}/{skill[1]}", skill[1])]
    if len(found) == 1:
        return found[0]
    what = ", ".join("/".join(skill) for skill in found or skills[:5])
    of = "is in several subjects; expected one of" if found else "is not in the profile, which has"
    raise StatError(f"skill {shown(text)} {of} {what}{'' if found or len(skills) <= 5 else ' and others'}")


def misfit(run: RunFolder) -> pd.DataFrame:
    """One row a skill of the profile or the pool, the most under-trained first, with MISFIT_COLUMNS."""
    both = profile(run).merge(_pool(run), how="outer", on=["subject", "skill"])
    counts = ["n_missing", "n_questions", "n_pool"]
    both[counts] = both[counts].fillna(0).astype(int)
    both["n_pool_questions"] = both.n_pool_questions.max() if both.n_pool.any() else 0
    n_missed, n_carried = int(both.n_missing.sum()), int(both.n_pool.sum())
    both["missed_share"] = both.n_missing / (n_missed or float("nan"))
    both["pool_share"] = both.n_pool / (n_carried or float("nan"))
    both["pool_rate"] = both.n_pool / both.n_pool_questions.where(both.n_pool_questions > 0)
    both["gap"] = both.missed_share - both.pool_share
    intervals = [
        newcombe(k, n_missed, m, n_carried) for k, m in zip(both.n_missing, both.n_pool, strict=True)
    ]
    both[["gap_low", "gap_high"]] = pd.DataFrame(intervals, index=both.index, columns=[0, 1])
    both["n_pool_questions"] = both.n_pool_questions.astype(int)
    order = ["gap", "subject", "skill"]
    return both.sort_values(order, ascending=[False, True, True], ignore_index=True)[MISFIT_COLUMNS]


def distance(frame: pd.DataFrame) -> float | None:
    """Share of the pool's skill mentions that would have to be others for it to train what is missed.

    The total variation distance of the two shares, half the sum of the gaps' sizes: 0 where both agree, 1
    where they have no skill in common; null where a side is empty. Few labels make it larger than it is."""
    return None if frame.gap.isna().any() or frame.empty else float(frame.gap.abs().sum() / 2)


def _failures(run: RunFolder) -> list[SkillFailure]:
    return computed.profile(run, labels_in_force(run))


def _has_labels(other: RunFolder, run: RunFolder, is_parent: bool) -> bool:
    try:
        is_alike = is_parent or other.config.dataset == run.config.dataset
        return is_alike and other.missing_skills().manifest() is not None
    except StatError:
        return False


def _pool(run: RunFolder) -> pd.DataFrame:
    """subject, skill, n_pool, n_pool_questions"""
    tables: query.Tables = {
        "questions": (run.pool_dataset.question_table.files(), Question),
        "skill_map": (run.pool_dataset.skill_map_table.files(), SkillMapEntry),
    }
    return query.frame(_POOL_SKILLS, tables, [run.pool_dataset.held_out_ids()])
