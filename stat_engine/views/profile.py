"""The Missing-Skill-Profile as frames: by skill, by subject, against another run, and its questions.

What is missed against what is trained: the profile beside the training pool P (paper, figure 2).
"""

from collections import Counter
from dataclasses import asdict
from typing import Any

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.method import computed
from stat_engine.method.profile import SkillFailure, too_sparse
from stat_engine.records import Question, Response, SkillMapEntry
from stat_engine.skills import Skill
from stat_engine.stats import clopper_pearson, newcombe
from stat_engine.store import query
from stat_engine.store.label_log import decisions
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views import labels as labels_module

COLUMNS = ["subject", "skill", "n_missing", "n_questions", "failure_rate", "ci_low", "ci_high"]
AGAINST_COLUMNS = [
    *COLUMNS, "other_n_missing", "other_n_questions", "other_failure_rate", "other_ci_low", "other_ci_high",
    "difference", "difference_low", "difference_high",
]  # fmt: skip
_TEXTS = (
    "select id as question_id, level, problem from questions "
    "where id in (select unnest(?::varchar[])) order by id"
)


def profile(run: RunFolder, subject: str | None = None) -> pd.DataFrame:
    """One row a skill (of one subject), most missed first; failure_rate and its 95% interval are fractions.

    Raises StatError for a subject that no skill of the profile has."""
    frame = pd.DataFrame([asdict(failure) for failure in _failures(run)], columns=COLUMNS)
    return frame if subject is None else of_subject(frame, subject)


def of_subject(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    """The rows of one subject. Raises StatError where there are none."""
    rows = frame[frame.subject == subject].reset_index(drop=True)
    if rows.empty:
        there = ", ".join(sorted(set(frame.subject))) or "none"
        raise StatError(f"subject {shown(subject)}: expected one of {there}")
    return rows


def by_subject(run: RunFolder) -> pd.DataFrame:
    """One row a subject, the largest share first: subject, n_lacking, n_questions, share, ci_low, ci_high.

    `share` is that of the questions put to the student whose label names a missing skill, of whatever
    subject; its interval is Clopper and Pearson's."""
    tables: query.Tables = {
        "questions": (run.dataset.question_table.files(), Question),
        "responses": (run.responses.files(), Response),
    }
    subjects = query.frame(query.ASKED_QUESTIONS, tables).set_index("id").subject
    lacking = {label.question_id for label in labels_module.effective(run) if label.skills}
    asked, lack = Counter(subjects), Counter(subjects.reindex(sorted(lacking)).dropna())
    rows = [
        {"subject": subject, "n_lacking": lack[subject], "n_questions": n, "share": lack[subject] / n,
         "ci_low": low, "ci_high": high}
        for subject, n in sorted(asked.items())
        for low, high in [clopper_pearson(lack[subject], n)]
    ]  # fmt: skip
    columns = ["subject", "n_lacking", "n_questions", "share", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=columns).sort_values("share", ascending=False, ignore_index=True)


def basis(run: RunFolder) -> dict[str, Any]:
    """What the profile rests on: teacher, n_labelled (difficult questions with a label), n_decisions (of
    people, in force, on these), and warning (a sentence; null: labels enough to steer by)."""
    labels = labels_module.effective(run)
    return {
        "teacher": run.config.teacher.endpoint(),
        "n_labelled": len({label.question_id for label in labels}),
        "n_decisions": len(
            decisions(labels_module.label_events(run)).keys() & {one.response_id for one in labels}
        ),
        "warning": too_sparse(_failures(run)),
    }


def summary(run: RunFolder) -> dict[str, object]:
    """{"n_difficult", "skills": [one object a skill, most missed first], "warning": sentence or null}."""
    failures = _failures(run)
    return {
        "n_difficult": int(computed.difficulty(run).questions.is_difficult.sum()),
        "skills": [asdict(failure) for failure in failures],
        "warning": too_sparse(failures),
    }


def against(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    """Two profiles side by side, one row a skill of either, most missed in both first; AGAINST_COLUMNS.

    `difference` is ours minus theirs with Newcombe's 95% interval for independent proportions, which is
    on the wide side where both students answered the same questions. A skill that one profile does not
    have was carried by none of its questions: 0 of 0, and its rates are null."""
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


def _has_labels(other: RunFolder, run: RunFolder, is_parent: bool) -> bool:
    try:
        is_alike = is_parent or other.config.dataset == run.config.dataset
        return is_alike and other.missing_skills().manifest() is not None
    except StatError:
        return False


def questions_lacking(run: RunFolder, subject: str, skill: str) -> list[str]:
    """Ids of the difficult questions whose effective label names the skill, sorted."""
    labels = labels_module.effective(run)
    return sorted({one.question_id for one in labels if one.subject == subject and skill in one.skills})


def lacking_rows(
    run: RunFolder, subject: str, skill: str, start: int = 0, n_rows: int | None = None
) -> pd.DataFrame:
    """Those questions with their text, in id order, from row `start`: question_id, level, problem."""
    end = None if n_rows is None else start + n_rows
    ids = questions_lacking(run, subject, skill)[start:end]
    tables: query.Tables = {"questions": (run.dataset.question_table.files(), Question)}
    return query.frame(_TEXTS, tables, [ids])


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


def _failures(run: RunFolder) -> list[SkillFailure]:
    return computed.profile(run, labels_module.effective(run))


MISFIT_COLUMNS = [
    *COLUMNS, "missed_share", "n_pool", "n_pool_questions", "pool_rate", "pool_share",
    "gap", "gap_low", "gap_high",
]  # fmt: skip
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


def misfit(run: RunFolder) -> pd.DataFrame:
    """One row a skill of the profile or the pool, the most under-trained first; MISFIT_COLUMNS.

    missed_share is n_missing over all missing skills of the profile; n_pool of the n_pool_questions carry
    the skill (pool_rate), and pool_share is n_pool over all skills that pool questions carry. `gap` is
    missed_share minus pool_share, with Newcombe's 95% interval, which takes mentions for independent and
    is not corrected for the number of skills. All fractions; null shares where there is nothing to share."""
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


def _pool(run: RunFolder) -> pd.DataFrame:
    """subject, skill, n_pool, n_pool_questions"""
    tables: query.Tables = {
        "questions": (run.pool_dataset.question_table.files(), Question),
        "skill_map": (run.pool_dataset.skill_map_table.files(), SkillMapEntry),
    }
    return query.frame(_POOL_SKILLS, tables, [run.pool_dataset.held_out_ids()])
