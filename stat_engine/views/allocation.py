"""Profile to allocation: how many pairs of a targeted set each skill is to get, before a set is built."""

from collections import Counter
from typing import Any, Literal

import pandas as pd

from stat_engine import derived
from stat_engine.config import TrainingSetConfig
from stat_engine.records import Question, SkillMapEntry
from stat_engine.stages.allocate import allocate, planned_pairs
from stat_engine.stages.profile import missed
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import label_sources

COLUMNS = ["subject", "skill", "n_missing", "n_aimed", "pairs", "share", "n_pool"]
_CARRIERS = """
select carried.subject, carried.skill, count(*) as n
from (select m.subject, m.question_id, unnest(m.skills) as skill from skill_map m) carried
join questions q on q.id = carried.question_id
where q.split = 'train' and coalesce(q.solution, '') <> '' and not list_contains(?, q.id)
group by all
"""


def plan(
    run: RunFolder,
    allocation: Literal["proportional", "lower-bound"] | None = None,
    pairs: int | None = None,
) -> pd.DataFrame:
    """One row a skill of the pool or the profile, with COLUMNS; most missed first.

    n_missing: difficult questions that miss it; n_aimed: those that the allocation aims at; pairs: those of
    the set that it plans for the skill (they add up to `pairs`), share of all of them; n_pool: training
    questions that carry it, before near-copies of evaluation questions are left out. Without arguments as
    the run's settings have it. Raises NotThereYet without labels."""
    settings, labels = _settings(run, allocation, pairs), label_sources.effective(run)
    missing = missed(labels)
    # only the lower bound looks at the questions that carry a skill
    profile = derived.profile(run) if settings.allocation == "lower-bound" else []
    aimed = allocate(missing, profile, settings)
    planned, carriers = planned_pairs(aimed, settings), _carriers(run)
    counts, aims = Counter(item[1:] for item in missing), Counter(item[1:] for item in aimed)
    total = max(1, sum(planned.values()))
    rows = [
        (*skill, counts[skill], aims[skill], n, n / total, carriers.get(skill, 0))
        for skill in {*counts, *carriers, *planned}
        for n in [planned.get(skill, 0)]
    ]
    rows.sort(key=lambda row: (-row[2], row[0], row[1]))
    return pd.DataFrame(rows, columns=COLUMNS)


def as_allocation(table: pd.DataFrame) -> dict[str, dict[str, int]]:
    """{subject: {skill: pairs}} of a table of `plan`, as a build takes it; skills without pairs left out."""
    found: dict[str, dict[str, int]] = {}
    for subject, skill, n in zip(table.subject, table.skill, table.pairs, strict=True):
        if n:
            found.setdefault(str(subject), {})[str(skill)] = int(n)
    return found


def _settings(run: RunFolder, allocation: str | None, pairs: int | None) -> TrainingSetConfig:
    given: dict[str, Any] = {} if pairs is None else {"pairs": pairs}
    if allocation is not None:
        given |= {"allocation": allocation, "pairs_by_skill": None}
    return run.config.training_set.model_copy(update=given)


def _carriers(run: RunFolder) -> dict[tuple[str, str], int]:
    tables: query.Tables = {
        "questions": (run.pool_dataset.question_table.files(), Question),
        "skill_map": (run.pool_dataset.skill_map_table.files(), SkillMapEntry),
    }
    rows = query.rows(_CARRIERS, tables, [sorted(run.pool_dataset.held_out_ids())])
    return {(row["subject"], row["skill"]): row["n"] for row in rows}
