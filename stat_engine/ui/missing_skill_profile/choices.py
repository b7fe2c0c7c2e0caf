"""The choices of the profile page, all kept in the address.

A skill is written SUBJECT/SKILL, as on the command line, because the address holds what is shown."""

import pandas as pd
import streamlit as st

PARTS = ["Skills", "Training pool", "Another run"]
MEASURES = {"Share of what is missed": "missed_share", "Failure rate": "failure_rate"}
SUBJECT, SKILL, SKILLS, TOP = "profile_subject", "profile_skill", "profile_skills", "profile_top"
ALL, MOST = "All", 25


def subject(failures: pd.DataFrame) -> str:
    """The chosen subject, or ALL; not asked for where there is one vocabulary for all."""
    if failures.subject.nunique() < 2:
        return ALL
    options = [ALL, *sorted(set(failures.subject))]
    _keep_known(SUBJECT, options)
    return str(st.selectbox("Subject", options, key=SUBJECT, bind="query-params", width=210))


def of_subject(frame: pd.DataFrame, subject: str) -> pd.DataFrame:
    """The rows of the chosen subject."""
    return frame if subject == ALL else frame[frame.subject == subject].reset_index(drop=True)


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows to draw: the first ones, or the skills that are listed."""
    names = _names(frame)
    known = [name for name in st.session_state.get(SKILLS, []) if name in names]
    if SKILLS in st.session_state:
        st.session_state[SKILLS] = known
    top = st.slider(
        "Skills shown", 3, MOST, 10, key=TOP, bind="query-params", width=210, disabled=bool(known)
    )
    listed = st.multiselect(
        "Or just these", names, key=SKILLS, bind="query-params", placeholder="The first ones", width=430
    )
    return frame[[name in listed for name in names]] if listed else frame.head(top)


def skill(failures: pd.DataFrame) -> tuple[str, str] | None:
    """The skill whose questions are asked for, as (subject, skill)."""
    names = _names(failures)
    _keep_known(SKILL, names)
    chosen = st.selectbox(
        "Questions that lack a skill", names, None, key=SKILL, bind="query-params",
        placeholder="Choose one here, or click it in a chart or a table",
    )  # fmt: skip
    rows = zip(failures.subject, failures.skill, names, strict=True)
    return next(((of, skill) for of, skill, name in rows if name == chosen), None)


def measure() -> str:
    """The column that is set against the training pool."""
    label = st.segmented_control(
        "Upwards", list(MEASURES), default="Share of what is missed", required=True, key="profile_measure",
        bind="query-params",
    )  # fmt: skip
    return MEASURES[str(label)]


def other_run(names: list[str]) -> str:
    """The run to compare with; the first choice is the one that this run was made from."""
    _keep_known("profile_other", names)
    return str(st.selectbox("Compare with", names, key="profile_other", bind="query-params", width=210))


def pick_skill(key: str) -> None:
    """Choose the skill that was clicked in a chart."""
    if found := _clicked(key):
        st.session_state[SKILL] = _name(str(found[0]), str(found[1]))


def pick_subject(key: str) -> None:
    """Choose the subject that was clicked in a chart."""
    if found := _clicked(key):
        st.session_state[SUBJECT] = str(found[0])


def pick_row(key: str, table: pd.DataFrame) -> None:
    """Choose the skill whose row was clicked."""
    if rows := st.session_state[key].selection.rows:
        row = table.iloc[rows[0]]
        st.session_state[SKILL] = _name(row.subject, row.skill)


def _clicked(key: str) -> list[object]:
    points = st.session_state[key].selection.points
    return list(points[0].get("customdata") or []) if points else []


def _names(frame: pd.DataFrame) -> list[str]:
    return [_name(subject, skill) for subject, skill in zip(frame.subject, frame.skill, strict=True)]


def _name(subject: str, skill: str) -> str:
    return f"{subject}/{skill}" if subject else skill


def _keep_known(key: str, options: list[str]) -> None:
    """Forget a choice that another run's data do not have."""
    if st.session_state.get(key) not in (None, *options):
        st.session_state.pop(key)
