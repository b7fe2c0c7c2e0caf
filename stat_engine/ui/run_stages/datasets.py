"""The data of a run: which dataset, how many questions each split has, and drawing the split."""

import streamlit as st

from stat_engine.ui import data, work
from stat_engine.ui.run_stages import asking
from stat_engine.ui.run_stages.draft import Draft
from stat_engine.ui.run_stages.fields import field
from stat_engine.ui.text import as_markdown


def card(draft: Draft) -> set[str]:
    """The dataset of a run as a setting of its own; returns the settings that have their widget here."""
    with st.container(border=True):
        st.markdown("**Data**")
        chosen = field(draft, "dataset", "Dataset", options=data.workspace().dataset_names())
        _questions(str(chosen))
    return {"dataset"}


def choose(own: str) -> str:
    """The dataset of a new run: those of the workspace, and the one that its preset names."""
    names = data.workspace().dataset_names()
    with st.container(border=True):
        st.markdown("**Data**")
        options = [own, *(name for name in names if name != own)]
        chosen = str(st.selectbox("Dataset", options, key=f"stages_dataset_{own}"))
        _questions(chosen)
    return chosen


def _questions(name: str) -> None:
    found = asking.splits(str(data.workspace().root)).get(name)
    if found is None:
        st.warning(as_markdown(f"Dataset {name} is not in this workspace yet: import it first."))
        return
    n = {split: f"{found[split]:,}" for split in found}
    st.caption(f"{n['train']} questions in the pool, {n['validation']} validation, {n['test']} test")
    with st.popover("Draw the split"):
        _draw(name, found["validation"] + found["test"])


def _draw(name: str, n_both: int) -> None:
    """Draw validation and test questions anew, while no run has answered the present ones."""
    runs = data.runs_on(name).values()
    taken = [run.name for run in runs if run.config.dataset == name and run.responses.manifest() is not None]
    if taken:
        st.markdown(
            as_markdown(
                f"Fixed: {', '.join(taken[:5])} answered the present validation questions. For another "
                "split, import the questions as a dataset of another name."
            )
        )
        return
    n = st.number_input("Validation questions", 1, max(n_both, 1), min(1000, max(n_both // 2, 1)))
    st.caption(
        f"Drawn at random from the {n_both:,} evaluation questions; the others are the test questions."
    )
    arguments = ["split", name, "--validation", str(n), "--from", "test"]
    if st.button("Draw", key=f"stages_split_{name}") and (made := asking.tell(arguments)):
        asking.done(
            f"Drawn: {made['validation']:,} validation and {made['test']:,} test questions of {name}."
        )
    work.command(arguments)
