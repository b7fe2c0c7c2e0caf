"""The splits of a dataset: their sizes, how they were drawn, and drawing them anew."""

from typing import Any

import streamlit as st

from stat_engine.ui import data
from stat_engine.ui.skills.asking import do, say_what_was_done, told
from stat_engine.ui.text import as_markdown

COLUMNS: dict[str, Any] = {
    "subject": "Subject",
    "train": st.column_config.NumberColumn("Train", format="localized"),
    "validation": st.column_config.NumberColumn("Validation", format="localized"),
    "test": st.column_config.NumberColumn("Test", format="localized"),
    "none": st.column_config.NumberColumn("In no split", format="localized"),
    "n": st.column_config.NumberColumn("All", format="localized"),
    "n_mapped": st.column_config.NumberColumn("With skills", format="localized"),
}
WORDS = {
    "train": "the pool that training sets are drawn from",
    "validation": "the questions on which missing skills are found",
    "test": "the questions on which arms are compared, and nothing else",
}


def splits(dataset: str) -> None:
    """Counts by subject and split, where the splits come from, and the form that draws them."""
    say_what_was_done()
    found = data.dataset_view("summary", dataset)
    for name, meaning in WORDS.items():
        st.markdown(f"- **{name.capitalize()}** {found['parts'][name]:,}: {meaning}. {_origin(found, name)}")
    table = data.dataset_view("subjects", dataset)
    st.dataframe(table, hide_index=True, column_config=COLUMNS, key="skills_subjects")
    st.subheader("Draw validation and test anew", anchor=False)
    _draw(dataset, found)


def _origin(found: dict[str, Any], name: str) -> str:
    made_by = found["splits"].get(name)
    if made_by is None:
        return "As the dataset itself says."
    return as_markdown(f"Drawn from {made_by.get('from')} with seed {made_by.get('seed')}.")


def _draw(dataset: str, found: dict[str, Any]) -> None:
    parts = found["parts"]
    if not parts["test"] + parts["validation"]:
        st.info("All questions are training questions. Import evaluation questions with split test first.")
        return
    st.caption("The training pool stays whole, so no training question is ever tested on.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = st.selectbox("Draw from", ["test", "validation"], key="skills_draw_from", width=160)
        most = max(1, parts["test"] + parts["validation"] - 1)
        n = st.number_input(
            "Validation questions", 1, most, min(most, max(1, parts["validation"] or most // 3)),
            key=f"skills_draw_n_{dataset}", width=200,
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31, 0, key="skills_draw_seed", width=140)
    arguments = ["split", dataset, "--validation", str(int(n)), "--from", str(of), "--seed", str(int(seed))]
    told_of = told(arguments, "Show what it changes", "skills_draw")
    if told_of is None:
        return
    st.markdown(f"**{told_of['validation']:,}** validation and **{told_of['test']:,}** test questions.")
    _runs(told_of["runs"])
    says = f"{told_of['validation']:,} validation and {told_of['test']:,} test questions are drawn."
    if st.button("Draw them", key="skills_draw_do", type="primary") and do(arguments, says) is not None:
        st.rerun()


def _runs(runs: list[str]) -> None:
    if not runs:
        st.caption("No run is touched: these are the questions now in force, or no run is on this dataset.")
        return
    st.warning(
        f"Other questions than now. {len(runs):,} runs hold answers to those of the split before, and answer "
        f"anew when they are brought up to date: {as_markdown(', '.join(runs[:10]))}."
    )
