"""Figure 2: do the sets match the profile?"""

from typing import Any

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, frame
from stat_engine.ui.charts import sets as charts
from stat_engine.ui.charts.draw import draw
from stat_engine.ui.frame import ONWARD
from stat_engine.ui.sets.overview import EXAMPLES, go_to
from stat_engine.ui.text import plain

COLUMNS: dict[str, Any] = {
    "set": "Set", "skill": "Skill",
    "n": st.column_config.NumberColumn("Pairs with it", format="localized"),
    "n_pairs": st.column_config.NumberColumn("of", format="localized"),
    "share": st.column_config.NumberColumn("Share", format="percent"), "subject": "Subject",
}  # fmt: skip


def fit(run: RunFolder) -> None:
    """The most missed skills as ranked bars, beside them the share of each set that carries them."""
    try:
        found = data.view("sets_against_profile", run, _top())
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
    doubled = data.dataset_view("doubled", run.config.dataset)
    draw(charts.against_profile(profile, shown, doubled), key="sets_against_profile")
    st.caption(
        f"Left: of {found['n_difficult']:,} labelled difficult questions. Right: of the pairs of each set; a "
        "pair that carries two skills counts for both."
    )
    event = st.dataframe(
        shown.drop(columns="method"), hide_index=True, column_config=COLUMNS, column_order=list(COLUMNS),
        key="sets_carried", height=260,
        on_select="rerun", selection_mode="single-row",
    )  # fmt: skip
    picked = list(event.selection.rows)
    if picked:
        _links(run, shown.iloc[picked[0]])
    else:
        st.caption("Choose a row to go to the pairs, or to the questions whose response lacks the skill.")


def _top() -> int:
    return int(st.slider("Most missed skills", 5, 25, 10, key="sets_top", bind="query-params", width=320))


def _links(run: RunFolder, row: Any) -> None:
    skill = f"{row.subject}/{row.skill}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Pairs of {row.set} with {plain(row.skill)}", key="sets_to_examples",
            on_click=go_to, args=(EXAMPLES, row.set, skill),
        )  # fmt: skip
        st.page_link(
            "pages/missing_skill_profile.py",
            icon=ONWARD,
            label=f"Questions whose response lacks {plain(row.skill)}",
            query_params={"run": run.name, "skill": skill},
        )
