"""Parts of the compare page: circles of skills and subjects, and the map of gains with its significance."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import comparison, data
from stat_engine.ui.charts import arms
from stat_engine.ui.charts.draw import draw
from stat_engine.ui.comparison import level_words
from stat_engine.views.gains import CORRECTIONS

CORRECTION_WORDS = {
    "benjamini-hochberg": "Benjamini-Hochberg (share of false finds)",
    "holm": "Holm (any false find)",
    "none": "none",
}
MISSED = "Most missed skills"
GROUPS = {MISSED: "skill", "All skills": "skill", "Subjects": "subject", "Levels": "level"}
LEVELS = [0.05, 0.01, 0.1]
MANY = 6
"""More arms than this in one circle are hard to tell apart."""


def circles(run: RunFolder, result: dict[str, Any]) -> None:
    """The paper's figures 4 and 7 for the chosen arms."""
    names = ["base", *(arm["arm"] for arm in result["arms"])]
    shown = st.pills(
        "Arms in the circles", names, selection_mode="multi", default=_usual(names), key="compare_arms_shown",
        bind="query-params",
    )  # fmt: skip
    side_by_side = st.grid(2, min_column_width=420)
    with side_by_side.cell():
        _skill_circle(run, result["benchmark"], shown)
    with side_by_side.cell():
        st.markdown("**Accuracy by subject**")
        by_subject = data.view("by_group", run, "subject", result["benchmark"])
        draw(arms.subject_radar(by_subject[by_subject.arm.isin({*shown, "base"})]), key="compare_subjects")
        st.caption("Each axis is divided by the student's own accuracy: the student is the circle at 1.")


def gain_map(run: RunFolder, result: dict[str, Any]) -> None:
    """Gain a skill and arm; a click on a cell leads to the questions that flipped."""
    st.subheader("Gain skill by skill")
    reference, group, only_missed, correction, level = _choices(result)
    cells = data.view("skill_gains", run, reference, only_missed, correction, result["benchmark"], group)
    if cells.empty:
        st.caption("No question of this benchmark carries a skill: import a Skill-Map for the dataset.")
        return
    if group != "skill":
        cells = _named(cells, group)
    st.markdown(_found(cells, correction, level))
    doubled = data.dataset_view("doubled", run.config.dataset)
    event = draw(arms.gain_map(cells, level, doubled=doubled), key="compare_map", on_select="rerun")
    st.caption(
        "Name · its questions. Gains are paired differences of fractions; p by McNemar's exact test over "
        "its questions, a question's seeds averaged first. Click a cell to see its questions."
    )
    points = event.selection.points if event else []
    if points:
        subject, skill, arm = points[0]["customdata"][:3]
        chosen = {"skill": (subject, skill)} if group == "skill" else {group: subject}
        comparison.go_to_flips(arm, **chosen)


def _skill_circle(run: RunFolder, benchmark: str, shown: list[str]) -> None:
    missed = data.view("missed_skills", run)
    st.markdown("**Accuracy in the most missed skills**")
    if not missed:
        st.caption("There is no profile in force, so no skill is known as missed.")
        return
    order = pd.DataFrame(missed, columns=["subject", "skill"])
    by_skill = order.merge(data.view("by_group", run, "skill", benchmark), on=["subject", "skill"])
    by_skill = by_skill[by_skill.arm.isin(shown)]
    if by_skill.empty:
        st.caption("No question of this benchmark carries one of the most missed skills.")
        return
    doubled = data.dataset_view("doubled", run.config.dataset)
    draw(arms.skill_radar(by_skill, doubled), key="compare_skills")
    st.caption("Each axis is divided by the best shown arm's accuracy in that skill.")


def _usual(names: list[str]) -> list[str]:
    """All arms, or, of many, the student, random and STAT's own."""
    few = [name for name in names if name in ("base", "random", "stat-sel", "stat-syn")]
    return names if len(names) <= MANY or len(few) < 2 else few


def _named(cells: pd.DataFrame, group: str) -> pd.DataFrame:
    """A row's subject or level where the map has the skill's name, and as it is where it has the subject."""
    of = cells[group]
    names = of.where(of != "", "no subject") if group == "subject" else "level " + of.map(level_words)
    return cells.assign(skill=names, subject=of)


def _choices(result: dict[str, Any]) -> tuple[str, str, bool, str, float]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        reference = comparison.chosen_reference(result)
        shown = st.selectbox("By", list(GROUPS), key="compare_skills_shown", bind="query-params", width=200)
        correction = st.selectbox(
            "Correction", CORRECTIONS, format_func=CORRECTION_WORDS.__getitem__, key="compare_correction",
            bind="query-params", width=290,
        )  # fmt: skip
        level = st.selectbox("Level", LEVELS, key="compare_level", bind="query-params", width=90)
    return reference, GROUPS[str(shown)], shown == MISSED, str(correction), float(level)


def _found(cells: pd.DataFrame, correction: str, level: float) -> str:
    stay = cells[cells.p_adjusted <= level]
    n_better, n_worse = int((stay.gain > 0).sum()), int((stay.gain < 0).sum())
    how = "without correction" if correction == "none" else f"after correction for all {len(cells):,} cells"
    return (
        f"**{len(stay):,}** of {len(cells):,} cells are significant at {level:g} {how}, marked by a star: "
        f"{n_better:,} better, {n_worse:,} worse."
    )
