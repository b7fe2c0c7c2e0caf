"""Figure 2, whether the sets match the profile, and leakage from evaluation questions."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import training_sets as charts
from stat_engine.errors import StatError
from stat_engine.orders import LeakageOrder
from stat_engine.ui.shared import data, findings, frame, work
from stat_engine.ui.shared.address import link
from stat_engine.ui.shared.draw import chosen_row, counts, draw, numbers
from stat_engine.ui.training_sets.overview import EXAMPLES, go_to
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, clipped, plain

FIT_COLUMNS: dict[str, Any] = {
    "set": "Set", "skill": "Skill", **counts(n="Pairs with it", n_pairs="of"),
    **numbers("percent", share="Share"), "subject": "Subject",
}  # fmt: skip
LEAKAGE_COLUMNS: dict[str, Any] = {
    "share": st.column_config.ProgressColumn("Shared wording", min_value=0, max_value=1, format="%.2f"),
    "split": "Split",
    "problem": st.column_config.TextColumn("Question of the set", width="large"),
    "near_problem": st.column_config.TextColumn("Nearest evaluation question", width="large"),
    "near_id": "Its id",
}


def fit(run: Run) -> None:
    """The most missed skills as ranked bars, beside them the share of each set that carries them."""
    try:
        found = data.view(views.training_sets.against_profile, run, _top())
    except StatError as error:
        frame.missing(error, run, until="missing_skills")
    profile, sets = found["profile"], found["sets"]
    if profile.empty:
        st.info("No difficult question misses a skill, so there is no profile to fit.")
        return
    names = list(dict.fromkeys(sets.set))
    kept = st.pills(
        "Sets", names, selection_mode="multi", default=names[:6], key="sets_shown", bind="query-params"
    )
    shown = sets[sets.set.isin(kept)]
    doubled = data.doubled(run)
    draw(charts.against_profile(profile, shown, doubled), key="sets_against_profile")
    st.caption(
        f"Left: of {found['n_difficult']:,} labelled difficult questions. Right: of the pairs of each set; a "
        "pair that carries two skills counts for both."
    )
    carried, order = shown.drop(columns="method"), list(FIT_COLUMNS)
    row = chosen_row(carried, FIT_COLUMNS, "sets_carried", column_order=order, height=260)
    if row is not None:
        _links(run, shown.iloc[row])
    else:
        st.caption("Choose a row to go to the pairs, or to the questions whose response lacks the skill.")


def _top() -> int:
    return int(st.slider("Most missed skills", 5, 25, 10, key="sets_top", bind="query-params", width=320))


def _links(run: Run, row: Any) -> None:
    skill = f"{row.subject}/{row.skill}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Pairs of {row.set} with {plain(row.skill)}", key="sets_to_examples",
            on_click=go_to, args=(EXAMPLES, row.set, skill),
        )  # fmt: skip
        label = f"Questions whose response lacks {plain(row.skill)}"
        link("missing_skill_profile", label, run=run.name, profile_skill=skill)


def leakage(run: Run, name: str) -> None:
    """The report of `stat-studio leakage`, asked of the engine: counts, histogram, the nearest pairs."""
    order = LeakageOrder(run=run.name, set_name=name)
    found = work.answer(order)
    if found is None:
        return
    st.markdown(in_words(found))
    findings.too_near(run, name)
    draw(charts.near_copies(found), key="sets_near_copies")
    rows = pd.DataFrame(found["nearest"], columns=[*LEAKAGE_COLUMNS, "example_id"])
    shown = rows.assign(problem=rows.problem.map(clipped), near_problem=rows.near_problem.map(clipped))
    at = chosen_row(shown[list(LEAKAGE_COLUMNS)], LEAKAGE_COLUMNS, f"sets_nearest_{name}", height=300)
    row = rows.iloc[at or 0]
    grid = st.grid(2, min_column_width=380)
    for title, text in (
        ("Question of the set", row.problem),
        ("Nearest evaluation question", row.near_problem),
    ):
        with grid.cell(), st.container(border=True):
            st.caption(f"{title}, {row.share:.0%} of the wording shared")
            st.markdown(as_markdown(text))
    st.button(
        "Open this pair", key="sets_nearest_open", on_click=go_to, args=(EXAMPLES, name, None, row.example_id)
    )
    work.command(order.words())


def in_words(found: dict[str, Any]) -> str:
    """The report's sentence."""
    if found["highest"] is None:
        return "The dataset has no validation or test questions to compare with."
    n = found["n_near"]
    verdict = f"**{n:,}** of" if n else "None of"
    return (
        f"{verdict} {found['n_questions']:,} questions share {found['threshold']:.0%} or more of their "
        f"wording with one of {found['n_evaluation']:,} evaluation questions ({found['n_equal']:,} equal). "
        f"The nearest shares **{found['highest']:.0%}**."
    )
