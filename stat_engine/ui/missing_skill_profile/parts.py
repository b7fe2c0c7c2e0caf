"""Choices, headline, charts, tables and downloads of the profile page, and the questions that lack a skill.

A question's row opens it on the Difficult questions page.
"""

from collections.abc import Collection
from functools import partial
from typing import Any, NoReturn

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import profile
from stat_engine.errors import StatError
from stat_engine.ui.shared import data, frame, words, work
from stat_engine.ui.shared.draw import (
    chosen_row,
    draw,
    named,
    numbers,
    page_of,
    picture_format,
    rounded,
    row_name,
    wrapped_rows,
)
from stat_engine.ui.shared.words import sentence
from stat_engine.views.agreement import Correction
from stat_engine.views.places import Run
from stat_engine.views.profile import Quantity
from stat_engine.views.text import as_csv, as_markdown, clipped, plain

RANKINGS: dict[Quantity, str] = {
    "count": "Number of questions", "rate": "Failure rate", "lower bound": "Lower bound of the failure rate",
    "gain": "Accuracy to be gained",
}  # fmt: skip
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


def shown_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows to draw: the first ones, or the skills that are listed."""
    names = _names(frame)
    known = [name for name in st.session_state.get(SKILLS, []) if name in names]
    if SKILLS in st.session_state:
        st.session_state[SKILLS] = known
    top = st.slider(
        "Skills shown", 3, MOST, 10, key=TOP, bind="query-params", width=210, disabled=bool(known)
    )
    listed = st.multiselect(
        "Or just these",
        names,
        key=SKILLS,
        bind="query-params",
        placeholder="The first ones",
        width=430,
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


PAGE_ROWS = 100
QUESTION_COLUMNS: dict[str, Any] = {
    "question_id": row_name("Question"),
    "level": "Level",
    "problem": "Problem",
}
COLUMNS: dict[str, Any] = {
    "subject": "Subject", "skill": row_name("Skill"),
    **numbers(n_missing=("Missing in", "Questions whose label names it"), n_questions="Questions with it"),
    "failure_rate": st.column_config.ProgressColumn("Failure rate", min_value=0, max_value=1, format="%.2f"),
    **numbers("%.2f", ci_low="95% from", ci_high="to"),
    **numbers("%.3f", gain=("To be gained", "Accuracy at most, if no question that lacks it were wrong")),
    **numbers("%.2f", corrected_rate="Corrected", corrected_low="95% from ", corrected_high="to "),
}  # fmt: skip
MISFIT_COLUMNS: dict[str, Any] = {
    "subject": "Subject", "skill": row_name("Skill"),
    **numbers(n_missing="Missing in", n_pool=("In the pool", "Pool questions that carry the skill")),
    **numbers("percent", missed_share=("Missed", "Share of what is missed")),
    **numbers("percent", pool_share=("Trained", "Share of what is carried"), gap="Difference"),
    **numbers("percent", gap_low="95% from", gap_high="to"),
}  # fmt: skip
AGAINST_COLUMNS: dict[str, Any] = {
    "subject": "Subject", "skill": row_name("Skill"), "n_missing": "Missing in", "n_questions": "of",
    **numbers("%.2f", failure_rate="Failure rate"),
    "other_n_missing": "Other: missing in", "other_n_questions": "of ",
    **numbers("%.2f", other_failure_rate="Other: rate"),
    **numbers("%+.2f", difference="Difference", difference_low="95% from", difference_high="to"),
}  # fmt: skip
Shown = tuple[pd.DataFrame, str, dict[str, Any]]
"""The rows of the table, the name of its file, and its columns."""


def lacking(run: Run, subject: str, skill: str) -> None:
    """The difficult questions whose label names the skill."""
    n = len(data.view(views.profile.questions_lacking, run, subject, skill))
    name = f"**{as_markdown(plain(skill))}**" + (f" ({as_markdown(plain(subject))})" if subject else "")
    if not n:
        st.caption(f"No difficult question lacks {name}.")
        return
    st.markdown(f"{n:,} difficult question{'s' if n > 1 else ''} lack{'' if n > 1 else 's'} {name}. "
                "Click a row to read the response step by step.")  # fmt: skip
    at = page_of(n, PAGE_ROWS, "profile_page")
    rows = data.view(views.profile.lacking_rows, run, subject, skill, at * PAGE_ROWS, PAGE_ROWS)
    shown = rows.assign(problem=rows.problem.map(clipped))
    chosen = chosen_row(shown, QUESTION_COLUMNS, "profile_questions", **wrapped_rows(len(rows)))
    if chosen is not None:
        question = str(rows.question_id.iloc[chosen])
        of = {"run": run.name, "question": question, "lacks": _name(subject, skill)}
        st.switch_page("pages/difficult_questions.py", query_params=of)


def needed(run: Run) -> tuple[pd.DataFrame, Correction]:
    """(the profile, its rates corrected for the teacher's errors); without labels the page ends."""
    failures = frame.need(views.profile.profile, run, until="profile")
    return failures, frame.need(views.agreement.corrected, run, until="profile")


def skills(run: Run, failures: pd.DataFrame, corrected: Correction, subject: str, filters: Any) -> Shown:
    """The skills of the subject with their rates, drawn as bars and around a circle."""
    every = data.view(views.profile.with_gain, run, views.agreement.with_correction(failures, corrected))
    with filters:
        quantity, least = ranking(bool(every.gain.notna().any()))
        rows = views.profile.ranked(of_subject(every, subject), quantity, least)
        if rows.empty:
            st.info(f"No skill is carried by {least:,} questions or more: lower the minimum.")
            st.stop()
        shown = shown_rows(rows)
    by_skill(shown, data.doubled(run), quantity)
    st.caption(as_markdown(views.agreement.in_words(corrected)))
    return rows, f"{run.name}-profile", COLUMNS


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


def training_pool(run: Run, subject: str) -> Shown:
    """What is missed against what the pool trains."""
    every = data.view(views.profile.misfit, run)
    rows = of_subject(every, subject)
    against_pool(rows, views.profile.distance(every), data.doubled(run))
    return rows, f"{run.name}-misfit", MISFIT_COLUMNS


def another_run(run: Run, failures: pd.DataFrame, subject: str, filters: Any) -> Shown:
    """The difference from another run's profile; without another one the page ends."""
    others = views.profile.comparable(data.workspace(), run)
    if not others:
        nothing_to_compare(run)
    with filters:
        other = other_run(others)
    rows = of_subject(views.profile.against(failures, profile_of(other)), subject)
    with filters:
        shown = shown_rows(rows)
    against_run(shown, run.name, other, data.doubled(run))
    return rows, f"{run.name}-against-{other}", AGAINST_COLUMNS


def headline(run: Run) -> None:
    """What the profile rests on: questions, teacher, people's decisions, agreement, and the warning."""
    found = data.view(views.profile.basis, run)
    teacher = as_markdown(words.teacher(run, found["teacher"]))
    st.markdown(
        f"**{found['n_labelled']:,}** difficult questions, labelled by **{teacher}**; people decided on "
        f"{found['n_decisions']:,} of the labels."
    )
    said = [
        f"{as_markdown(pair['second'])} names {pair['agreement']:.0%} of the skills that {teacher} names "
        f"(mean over {pair['n_questions']:,} questions)."
        for pair in data.view(views.agreement.second_teachers, run)
        if pair["n_questions"]
    ]
    if said:
        st.caption("  \n".join(said))


def profile_of(name: str) -> pd.DataFrame:
    """Another run's profile; where it has none that is up to date, the page ends in what it says."""
    try:
        found: pd.DataFrame = data.view(views.profile.profile, data.workspace().run_folder(name))
    except StatError as error:
        st.info(as_markdown(sentence(error)))
        st.stop()
    return found


def by_skill(rows: pd.DataFrame, doubled: Collection[str], quantity: Quantity) -> None:
    """Ranked bars beside the same skills around a circle."""
    side_by_side = st.grid(2, min_column_width=440)
    with side_by_side.cell():
        st.markdown(f"**Skills by {RANKINGS[quantity].lower()}**")
        draw(
            profile.ranked_bars(rows, doubled, quantity), "profile_bars", partial(pick_skill, "profile_bars")
        )
    with side_by_side.cell():
        st.markdown("**The same skills around a circle, as labelled**")
        if len(rows) < profile.FEWEST_AXES:
            st.caption(f"A circle needs {profile.FEWEST_AXES} skills or more.")
        else:
            draw(profile.radar(rows, ("this run",), data.marks(), doubled), "profile_radar")


def by_subject(run: Run) -> None:
    """Every subject, where there are several; a click on one chooses it."""
    table = data.view(views.profile.by_subject, run)
    if len(table) < 2:
        return
    st.markdown("**By subject**")
    draw(profile.subject_bars(table), "profile_by_subject", partial(pick_subject, "profile_by_subject"))


def against_pool(rows: pd.DataFrame, distance: float | None, doubled: Collection[str]) -> None:
    """What is missed against what the pool trains."""
    if distance is None:
        st.info(
            "No skill is missing yet, or the training pool has no Skill-Map: there is nothing to compare."
        )
        return
    st.markdown(
        f"**{distance:.0%}** of what the pool trains would have to be other skills for it to train what is "
        "missed."
    )
    measure = chosen_measure()
    draw(
        profile.scatter(rows, measure, doubled),
        "profile_misfit",
        partial(pick_skill, "profile_misfit"),
    )
    st.caption(
        "Coloured where the 95% interval of the difference of the two shares leaves out zero; it is not "
        "corrected for the number of skills."
    )


def against_run(rows: pd.DataFrame, ours: str, theirs: str, doubled: Collection[str]) -> None:
    """Both failure rates a skill with their difference, and both around a circle."""
    draw(
        profile.paired_rates(rows, ours, theirs, data.marks(), doubled),
        "profile_pair",
        partial(pick_skill, "profile_pair"),
    )
    st.caption(
        f"Difference: {as_markdown(ours)} minus {as_markdown(theirs)}; to the left of zero "
        f"{as_markdown(ours)} misses the skill less. Fractions with 95% intervals, for independent "
        "questions: on the wide side where both answered the same ones."
    )
    both = rows.dropna(subset=["failure_rate", "other_failure_rate"])
    if len(both) >= profile.FEWEST_AXES:
        draw(profile.radar(both, (ours, theirs), data.marks(), doubled), "profile_pair_radar")


def nothing_to_compare(run: Run) -> NoReturn:
    """Say how another run comes about, and end the page."""
    st.info(
        "No other run of this dataset has labels yet. A copy with one setting changed, or the next round of "
        "a trained student, can be set beside this one."
    )
    work.command(["run", run.name, "--fork", f"{run.name}-2", "student.temperature=1.0"])
    st.stop()


def table(rows: pd.DataFrame, columns: dict[str, Any], key: str) -> None:
    """Every row of what is shown; a click on one chooses its skill."""
    here = [name for name in columns if name in rows]
    st.dataframe(
        named(rounded(rows, columns)), hide_index=True, placeholder="–", column_order=here,
        column_config=columns, height=min(320, 38 + 36 * len(rows)),
        selection_mode="single-row", on_select=partial(pick_row, key, rows), key=key,
    )  # fmt: skip


def downloads(rows: pd.DataFrame, name: str) -> None:
    """The table as a file, and what a chart's camera button saves."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            f"Download {len(rows):,} rows as CSV", as_csv(rows), f"{name}.csv", "text/csv",
            key="profile_csv", on_click="ignore",
        )  # fmt: skip
        picture_format()
