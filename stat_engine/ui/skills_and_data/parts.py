"""The parts of the page, each a function of the dataset."""

from collections.abc import Callable

import streamlit as st

from stat_engine import views
from stat_engine.ui.shared import data
from stat_engine.ui.skills_and_data import audit, browsing, header, importing, vocabulary
from stat_engine.views.text import as_markdown, plain


def begin() -> None:
    """A workspace without datasets: what to do."""
    st.info("There is no dataset here yet. Import a file of questions, or start the demo on the Overview.")
    header.say_what_was_done()
    importing.importing(None)


def skills(dataset: str) -> None:
    """Subjects, skills, their questions; the chosen skill can be changed."""
    header.say_what_was_done()
    table = data.dataset_view(views.datasets.skills, dataset)
    if table.empty:
        st.info(
            "This dataset has no Skill-Map yet. Import one, or have a teacher make one: "
            f"`stat-studio skills discover {dataset}` finds skills by itself, "
            f"`stat-studio skills label {dataset}` uses a vocabulary."
        )
        st.button("Import a Skill-Map", type="primary", key="skills_to_import", on_click=_import)
        browsing.questions(dataset, None, None)
        browsing.question(dataset)
        return
    side_by_side = st.grid(2, min_column_width=460)
    with side_by_side.cell():
        of, rows = browsing.skill_filter(table)
        picked = browsing.skill_table(dataset, rows)
        st.caption(f"{len(rows):,} skills; a question may carry several. Choose one to see or change it.")
    with side_by_side.cell():
        _heading(picked, of)
        browsing.questions(dataset, picked, of)
        browsing.question(dataset)
    if picked:
        with st.container(border=True):
            vocabulary.change_skill(dataset, picked)


def _import() -> None:
    """Go to the part that imports, with a Skill-Map chosen."""
    st.session_state["skills_part"] = "Import"
    importing.choose_kind("skill-map")


def _heading(picked: browsing.Picked | None, of: str | None) -> None:
    if picked:
        where = f" ({as_markdown(plain(picked[0]))})" if picked[0] else ""
        st.markdown(f"**Questions that carry {as_markdown(plain(picked[1]))}**{where}")
    else:
        st.markdown(f"**All questions{f' of {as_markdown(plain(of))}' if of else ''}**")


PARTS: dict[str, Callable[[str], None]] = {
    "Skills": skills,
    "Versions": vocabulary.versions,
    "Audit": audit.audit,
    "Splits": audit.splits,
    "Import": importing.importing,
}
