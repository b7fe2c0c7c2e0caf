"""Choices, headline, charts, tables and downloads of the profile page."""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, NoReturn

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import profile
from stat_engine.errors import StatError
from stat_engine.skills import Skill
from stat_engine.ui.missing_skill_profile import choices, lacking
from stat_engine.ui.shared import data, frame, words, work
from stat_engine.ui.shared.draw import (
    draw,
    named,
    numbers,
    picture_format,
    rounded,
    row_name,
)
from stat_engine.ui.shared.words import sentence
from stat_engine.views.agreement import Correction
from stat_engine.views.places import Run
from stat_engine.views.text import as_csv, as_markdown

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


def needed(run: Run) -> tuple[pd.DataFrame, Correction]:
    """(the profile, its rates corrected for the teacher's errors); without labels the page ends."""
    failures = frame.need(views.profile.profile, run, until="profile")
    return failures, frame.need(views.agreement.corrected, run, until="profile")


def skills(run: Run, failures: pd.DataFrame, corrected: Correction, subject: str, filters: Any) -> Shown:
    """The skills of the subject as bars; beside them around a circle, or the questions that lack one."""
    every = data.view(views.profile.with_gain, run, views.agreement.with_correction(failures, corrected))
    with filters:
        quantity, least = choices.ranking(bool(every.gain.notna().any()))
        rows = views.profile.ranked(choices.of_subject(every, subject), quantity, least)
        if rows.empty:
            st.info(f"No skill is carried by {least:,} questions or more: lower the minimum.")
            st.stop()
        shown, chosen = choices.shown_rows(rows), choices.skill(failures)
    doubled = data.doubled(run)
    side_by_side = st.grid(2, min_column_width=440)
    with side_by_side.cell():
        st.markdown(
            f"**Skills by {choices.RANKINGS[quantity].lower()}** (a click on a bar lists its questions)"
        )
        draw(
            profile.ranked_bars(shown, doubled, quantity),
            "profile_bars",
            partial(choices.pick_skill, "profile_bars"),
        )
        st.caption(as_markdown(views.agreement.in_words(corrected)))
    with side_by_side.cell():
        if chosen:
            lacking.listed(run, chosen)
        else:
            circle(shown, doubled)
    return rows, f"{run.name}-profile", COLUMNS


def beside(chart: Callable[[], None], run: Run, chosen: Skill | None) -> None:
    """A chart alone, or with the questions that lack the chosen skill beside it."""
    if chosen is None:
        chart()
        return
    side_by_side = st.grid(2, min_column_width=440)
    with side_by_side.cell():
        chart()
    with side_by_side.cell():
        lacking.listed(run, chosen)


def training_pool(run: Run, failures: pd.DataFrame, subject: str, filters: Any) -> Shown:
    """What is missed against what the pool trains."""
    every = data.view(views.profile.misfit, run)
    rows = choices.of_subject(every, subject)
    with filters:
        chosen = choices.skill(failures)
    beside(lambda: against_pool(rows, views.profile.distance(every), data.doubled(run)), run, chosen)
    return rows, f"{run.name}-misfit", MISFIT_COLUMNS


def another_run(run: Run, failures: pd.DataFrame, subject: str, filters: Any) -> Shown:
    """The difference from another run's profile; without another one the page ends."""
    others = views.profile.comparable(data.workspace(), run)
    if not others:
        nothing_to_compare(run)
    with filters:
        other = choices.other_run(others)
    rows = choices.of_subject(views.profile.against(failures, profile_of(other)), subject)
    with filters:
        shown, chosen = choices.shown_rows(rows), choices.skill(failures)
    beside(lambda: against_run(shown, run.name, other, data.doubled(run)), run, chosen)
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


def circle(rows: pd.DataFrame, doubled: Collection[str]) -> None:
    """The failure rates of the skills around a circle."""
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
    draw(
        profile.subject_bars(table), "profile_by_subject", partial(choices.pick_subject, "profile_by_subject")
    )


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
    measure = choices.chosen_measure()
    draw(
        profile.scatter(rows, measure, doubled),
        "profile_misfit",
        partial(choices.pick_skill, "profile_misfit"),
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
        partial(choices.pick_skill, "profile_pair"),
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
        selection_mode="single-row", on_select=partial(choices.pick_row, key, rows), key=key,
    )  # fmt: skip


def downloads(rows: pd.DataFrame, name: str) -> None:
    """The table as a file, and what a chart's camera button saves."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            f"Download {len(rows):,} rows as CSV", as_csv(rows), f"{name}.csv", "text/csv",
            key="profile_csv", on_click="ignore",
        )  # fmt: skip
        picture_format()
