"""What is missed against what is trained: the profile beside the training pool P (paper, figure 2).

Both are read as shares of skill mentions, so that each side adds up to 1 and equal shares lie on the
diagonal: a skill above it is missed more often than the pool trains it. The pool is the dataset's
training split without the questions that are held out for validation or test."""

import pandas as pd

from stat_engine.records import Question, SkillMapEntry
from stat_engine.stats import newcombe
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.profile import COLUMNS, profile

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
