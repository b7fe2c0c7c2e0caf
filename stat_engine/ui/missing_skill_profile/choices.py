"""Choices of the profile page, which stand in its address: subject, rank, skills, and clicks in charts."""

import pandas as pd
import streamlit as st

from stat_engine.skills import Skill
from stat_engine.views.profile import Quantity

RANKINGS: dict[Quantity, str] = {
    "count": "Number of questions", "rate": "Failure rate", "lower bound": "Lower bound of the failure rate",
    "gain": "Accuracy to be gained",
}  # fmt: skip
PARTS = ["Skills", "Training pool", "Another run"]
MEASURES = {"Share of what is missed": "missed_share", "Failure rate": "failure_rate"}
SUBJECT, SKILL, SKILLS, TOP = "profile_subject", "profile_skill", "profile_skills", "profile_top"
ALL, FIRST, MOST = "All", 10, 25


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


def shown_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows to draw: the first ones, or the skills that are listed."""
    names = _names(frame)
    known = [name for name in st.session_state.get(SKILLS, []) if name in names]
    if SKILLS in st.session_state:
        st.session_state[SKILLS] = known
    top = st.slider(
        "Skills shown", 3, MOST, FIRST, key=TOP, bind="query-params", width=210, disabled=bool(known)
    )
    listed = st.multiselect(
        "Or just these",
        names,
        key=SKILLS,
        bind="query-params",
        placeholder="The first ones",
        width=300,
    )
    return frame[[name in listed for name in names]] if listed else frame.head(top)


def skill(failures: pd.DataFrame) -> Skill | None:
    """The skill whose questions are asked for, as (subject, skill)."""
    names = _names(failures)
    _keep_known(SKILL, names)
    chosen = st.selectbox(
        "Questions that lack a skill", names, None, key=SKILL, bind="query-params", width=300,
        placeholder="Choose, or click a bar",
        help="A click on a bar, a point or a row of the table chooses, too",
    )  # fmt: skip
    rows = zip(failures.subject, failures.skill, names, strict=True)
    return next(((of, skill) for of, skill, name in rows if name == chosen), None)


def chosen_measure() -> str:
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


def ranking(is_graded: bool) -> tuple[Quantity, int]:
    """What the skills are ranked and drawn by, and how many questions a skill needs to be shown."""
    known: list[Quantity] = [name for name in RANKINGS if is_graded or name != "gain"]
    quantity = st.selectbox(
        "Rank by", known, format_func=RANKINGS.__getitem__, key="profile_rank", bind="query-params", width=210
    )
    least = st.number_input(
        "Minimum questions", 1, value=1, key="profile_least", bind="query-params", width=130,
        help="Skills that fewer questions carry are left out",
    )  # fmt: skip
    return quantity, int(least)


IN_ADDRESS: dict[str, object] = {
    "profile_tab": PARTS[0], SUBJECT: ALL, "profile_rank": "count", "profile_least": 1, TOP: FIRST,
    SKILLS: [], SKILL: None, "profile_measure": next(iter(MEASURES)), "profile_other": None,
    "profile_page": 1,
}  # fmt: skip
"""Key of each choice -> what it is at first, which does not stand in the address."""


def in_address() -> dict[str, list[str]]:
    """{name: values} of the choices as they are now, for a link that restores them."""
    now = {name: st.session_state.get(name) for name in IN_ADDRESS}
    others = {name: value for name, value in now.items() if value is not None and value != IN_ADDRESS[name]}
    shown = {name: value if isinstance(value, list) else [value] for name, value in others.items()}
    return {
        name: [RANKINGS.get(one, str(one)) if name == "profile_rank" else str(one) for one in values]
        for name, values in shown.items()
    }
