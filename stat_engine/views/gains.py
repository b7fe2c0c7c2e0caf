"""Gain of every arm over a reference skill by skill, with significance after correction (figure 4's map)."""

from typing import Any

import pandas as pd

from stat_engine.errors import StatError
from stat_engine.stats import Correction, bonett_price, corrected, mcnemar
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.evaluations import KEYS, Group, evaluations, members, missed_skills, need_arm

CORRECTIONS: tuple[Correction, ...] = ("benjamini-hochberg", "holm", "none")
COLUMNS = [
    *KEYS, "arm", "accuracy", "reference_accuracy", "gain", "ci_low", "ci_high", "n_questions",
    "n_gained", "n_lost", "p_value", "p_adjusted",
]  # fmt: skip


def skill_gains(
    run: RunFolder,
    reference: str = "base",
    only_missed: bool = True,
    correction: Correction = "benjamini-hochberg",
    benchmark: str | None = None,
    group: Group = "skill",
) -> pd.DataFrame:
    """One row a skill and arm: its gain over the reference on the questions that carry the skill.

    Or a row a subject, or level, and arm: `subject`, `skill` and `level` are empty where the group is not
    told by them, and all groups are returned.

    Gains are paired differences with Bonett and Price's 95% interval; `p_value` is the exact McNemar test
    over the skill's questions, a question's seeds and samples averaged first.
    `p_adjusted` corrects for all rows returned: the most missed skills (chosen on other questions than these,
    so that choosing them costs nothing) or, where `only_missed` is False or there is no profile, every skill.
    Skills stand in the profile's order, else by name; arms best first. Raises StatError for an unknown arm
    or correction."""
    if correction not in CORRECTIONS:
        raise StatError(f"found correction {correction!r}, expected one of: {', '.join(CORRECTIONS)}")
    of = evaluations(run, benchmark)
    is_of_skills = only_missed and group == "skill"
    found = _chosen(members(run, of.benchmark, group), missed_skills(run) if is_of_skills else [])
    others = of.shares.drop(columns=need_arm(of, reference))
    ours = others[others.mean().sort_values(ascending=False).index]
    theirs = of.shares[reference]
    moved = ours.sub(theirs, axis=0)
    both = moved.notna()
    cells = pd.DataFrame(
        {
            "accuracy": _by_skill(found, ours.where(both), "mean"),
            "reference_accuracy": _by_skill(found, both.where(both).mul(theirs, axis=0), "mean"),
            "gain": _by_skill(found, moved, "mean"),
            "total": _by_skill(found, moved, "sum"),
            "squares": _by_skill(found, moved**2, "sum"),
            "n_questions": _by_skill(found, both.astype(int), "sum"),
            "p_value": _by_skill(found, moved, lambda of: mcnemar(of.dropna(), 0)),
            "n_gained": _by_skill(found, (moved > 0).astype(int), "sum"),
            "n_lost": _by_skill(found, (moved < 0).astype(int), "sum"),
        }
    ).reset_index()
    cells["ci_low"], cells["ci_high"] = bonett_price(cells.total, cells.squares, cells.n_questions)
    cells["p_adjusted"] = corrected(cells.p_value, correction)
    return cells[COLUMNS]


def _chosen(members: pd.DataFrame, skills: list[tuple[str, str]]) -> pd.DataFrame:
    """The memberships of these skills, in their order; all of them where none is given or none is tested."""
    place = {skill: at for at, skill in enumerate(skills)}
    at = [place.get(skill, -1) for skill in zip(members.subject, members.skill, strict=True)]
    ranked = members.assign(at=at)
    if (ranked["at"] < 0).all():
        return ranked
    return ranked[ranked["at"] >= 0].sort_values("at", kind="stable")


def _by_skill(members: pd.DataFrame, grid: pd.DataFrame, how: Any) -> Any:
    """The grid's columns over the questions of each group: indexed by its keys and arm."""
    joined = members[[*KEYS, "question_id"]].merge(grid, left_on="question_id", right_index=True)
    by = joined.drop(columns="question_id").groupby(KEYS, sort=False)
    return by.agg(how).rename_axis(columns="arm").stack(future_stack=True)
