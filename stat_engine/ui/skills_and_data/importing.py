"""Import a file: its place, its target, its columns, its first errors; then the import."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from stat_engine import views
from stat_engine.orders import ImportOrder, NewOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.skills_and_data import previewing
from stat_engine.ui.skills_and_data.header import PATIENCE, do, say_what_was_done
from stat_engine.views.text import as_markdown

KINDS = {
    "questions": "Questions",
    "skill-map": "Skill-Map",
    "responses": "Responses",
    "step-rewards": "Step rewards",
}
MEANING = {
    "questions": "A row a question: an id and the problem; split, subject, level, solution, answer if known.",
    "skill-map": "A row a question: its id and the list of its skills.",
    "responses": "A row a response of any model: question id and text; steps, correctness if known.",
    "step-rewards": "A row a response: a number from 0 to 1 a step, or where its first wrong step is.",
}
NO_SPLIT = "in no split"
AS_JOB = 64 * 2**20
"""Bytes above which a file named by its path is imported as a job."""


@dataclass(frozen=True)
class Target:
    """Where a file goes."""

    dataset: str
    in_words: str
    run: str = ""
    """The run that rows of responses go into; empty: the dataset itself."""


def first() -> None:
    """A workspace without datasets: what to do."""
    st.info("There is no dataset here yet. Import a file of questions, or start the demo on the Overview.")
    importing(None)


def importing(dataset: str | None) -> None:
    """Choose, preview, import."""
    say_what_was_done()
    kinds = list(KINDS) if dataset else ["questions"]
    key = _kind_key(len(kinds))
    st.session_state.setdefault(key, "questions")
    kind = str(
        st.segmented_control(
            "What the file holds", kinds, required=True, format_func=KINDS.__getitem__, key=key
        )
    )
    st.caption(MEANING[kind])
    chosen = previewing.chosen_file(kind)
    if chosen is None:
        return
    target = _target(kind, dataset, chosen)
    if target is None:
        return
    order = _order(kind, chosen, target)
    found = previewing.previewed(order, chosen, target.dataset)
    if found is None:
        return
    if found["would"] is None:
        st.caption("Nothing was written. A file is imported whole or not at all: fix these rows first.")
        return
    previewing.would(found, target.in_words)
    _import(order.but(columns=previewing.columns(found)), chosen, target)


def choose_kind(kind: str) -> None:
    """Let the part open at this kind of file; to be called before its widgets are drawn."""
    st.session_state[_kind_key(len(KINDS))] = kind


def _kind_key(n_kinds: int) -> str:
    return f"skills_kind_{n_kinds}"  # the first dataset brings more kinds


def _target(kind: str, dataset: str | None, chosen: previewing.Chosen) -> Target | None:
    if kind == "questions":
        names = data.workspace().dataset_names()
        own = chosen.path.name.split(".")[0]
        options = [*names, *([own] if own not in names else [])]
        name = st.selectbox(
            "Into the dataset", options, options.index(own), width=320, accept_new_options=True,
            key=f"skills_into_{chosen.path.name}_{chosen.stamp}",
            format_func=lambda of: of if of in names else f"{of} (new)",
            help="A dataset that is there gets the file's questions added; or type a new name",
        )  # fmt: skip
        words = f"dataset {name}" if name in names else f"the new dataset {name}"
        return Target(str(name), words) if name else None
    if kind == "skill-map":
        return Target(str(dataset), f"dataset {dataset}")
    run = _run(str(dataset))
    return Target(str(dataset), f"run {run}", run) if run else None


def _run(dataset: str) -> str | None:
    """The run that responses go to: one on the dataset, else a new one."""
    names = list(views.places.runs_on(data.workspace(), dataset))
    own = st.session_state.get("run")
    if names:
        at = names.index(own) if own in names else 0
        return str(st.selectbox("Into the run", names, at, key=f"skills_into_run_{dataset}", width=320))
    st.info("Responses belong to a run, and no run is on this dataset yet.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(
            "Name of the new run", f"{dataset}-imported"[:64], key="skills_new_run", width=320
        )
        if st.button("Make the run", key="skills_make_run", disabled=not name.strip()):
            order = NewOrder(run=name.strip(), dataset=dataset)
            if do(order, f"Run {name.strip()} is made.") is not None:
                st.rerun()
    return None


def _order(kind: str, chosen: previewing.Chosen, target: Target) -> ImportOrder:
    """The import with the choices beside the file: rows to leave out, and the vocabulary of a Skill-Map."""
    into = {"run": target.run} if target.run else {"dataset": target.dataset}
    order = ImportOrder.model_validate({"kind": kind, "file": chosen.path, **into})
    if kind == "questions":
        split = st.selectbox(
            "Rows that name no split are", [NO_SPLIT, "train", "validation", "test"], width=320,
            key="skills_split_of_rest",
        )  # fmt: skip
        return order if split == NO_SPLIT else order.but(split=split)
    if kind == "skill-map":
        vocabulary = st.text_input(
            "Vocabulary: path of a JSON file {subject: [skill, ...]}", key="skills_vocabulary",
            placeholder="optional; else the vocabulary in force, or the map's own names",
        ).strip()  # fmt: skip
        order = order.but(vocabulary=Path(vocabulary).expanduser()) if vocabulary else order
    leave_out = st.checkbox(
        f"Leave out rows whose question is not in {target.dataset}", key=f"skills_skip_{kind}"
    )
    return order.but(skip_unknown=leave_out)


def _import(order: ImportOrder, chosen: previewing.Chosen, target: Target) -> None:
    if chosen.token is None and chosen.size > AS_JOB:
        work.offer("Import the file", order, "A large file: it is imported as a job.", "skills_import_job")
        work.at_work(None, ("import",), "skills_import_jobs")
        return
    shown = order if chosen.token is None else order.but(file=Path(chosen.path.name))
    work.command(shown.words())
    if st.button(f"Import into {as_markdown(target.in_words)}", key="skills_import_do", type="primary"):
        found = work.tell(order, PATIENCE)
        if found is not None:
            previewing.forget()
            previewing.say(order.kind, target.in_words, found)
            st.session_state["skills_wanted"] = target.dataset
            st.rerun()
