"""Parts of the profile page: headline, the choice of skills, and the rows beneath."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.frame import choice, remember
from stat_engine.ui.text import as_markdown, clipped, plain

COLUMNS: dict[str, Any] = {
    "subject": "Subject",
    "skill": "Skill",
    "n_missing": st.column_config.NumberColumn("Missing in"),
    "n_questions": st.column_config.NumberColumn("Questions with it"),
    "failure_rate": st.column_config.ProgressColumn("Failure rate", min_value=0, max_value=1, format="%.2f"),
    "ci_low": st.column_config.NumberColumn("95% from", format="%.2f"),
    "ci_high": st.column_config.NumberColumn("to", format="%.2f"),
}


def headline(run: RunFolder, summary: dict[str, Any]) -> None:
    """What the profile rests on: questions, teacher, people's decisions, agreement."""
    n_events = len(run.label_log.events())
    teacher = run.config.teacher.endpoint()
    st.markdown(
        f"Of **{summary['n_difficult']:,}** difficult questions, as labelled by **{as_markdown(teacher)}** "
        f"and {n_events:,} decisions of people."
    )
    for second in run.config.second_teachers:
        try:
            found = data.view("agreement", run, second.endpoint())
        except StatError:
            continue
        if found["n_questions"]:
            st.caption(
                f"{as_markdown(str(found['teacher']))} names {found['agreement']:.0%} of the skills that "
                f"{as_markdown(teacher)} names (mean over {found['n_questions']:,} questions)."
            )
    if summary["warning"]:
        st.warning(f"{str(summary['warning'])[:1].upper()}{str(summary['warning'])[1:]}")


def chosen(failures: pd.DataFrame) -> pd.DataFrame:
    """The most missed skills of the chosen subject."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        subject = choice("subject", "Subject", ["All", *sorted(set(failures.subject))])
        top = st.slider("Skills shown", 3, 25, 10, key="profile_top")
    rows = failures if subject == "All" else failures[failures.subject == subject]
    return rows.head(top)


def skill_table(failures: pd.DataFrame) -> tuple[str, str] | None:
    """All skills; returns the chosen one as (subject, skill), which stands in the address."""
    event = st.dataframe(
        failures, hide_index=True, column_config=COLUMNS, on_select="rerun", selection_mode="single-row",
        height=320, key="profile_table",
    )  # fmt: skip
    picked = list(event.selection.rows)
    if picked:
        row = failures.iloc[picked[0]]
        remember("skill", f"{row.subject}/{row.skill}")
    subject, _, skill = st.query_params.get("skill", "").partition("/")
    return (subject, skill) if skill else None


def questions_of(run: RunFolder, subject: str, skill: str) -> None:
    """The difficult questions whose response lacks the skill."""
    ids = data.view("questions_lacking", run, subject, skill)
    st.markdown(
        f"**{as_markdown(plain(skill))}** ({as_markdown(plain(subject))}): missing in {len(ids):,} questions"
    )
    problems = [clipped(run.dataset.questions[id].problem) for id in ids]
    st.dataframe(pd.DataFrame({"Question": ids, "Problem": problems}), hide_index=True)
