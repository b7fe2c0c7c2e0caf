"""Import a file: uploaded or named by its path, previewed with its first errors, then imported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs, views
from stat_engine.errors import StatError
from stat_engine.orders import ImportOrder, NewOrder, read_order
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.address import link
from stat_engine.ui.shared.words import sentence, show_error
from stat_engine.ui.skills_and_data import public
from stat_engine.ui.skills_and_data.files import (
    Chosen,
    chosen_file,
    forget,
)
from stat_engine.ui.skills_and_data.header import DONE, PATIENCE, do, say_what_was_done
from stat_engine.views.text import as_markdown, one_line

IMPORTED = "skills_imported"
"""Dataset that questions were imported into just now."""
NONE = "(none)"
COUNTS = {
    "n_questions": "questions", "n_entries": "entries", "n_responses": "responses",
    "n_step_rewards": "step rewards", "n_new": "new", "n_replaced": "replaced", "n_skills": "skills",
    "n_new_responses": "new responses", "n_outcome_rewards": "outcome rewards", "n_skipped": "left out",
    "n_ungraded": "not graded yet",
}  # fmt: skip


def previewed(order: ImportOrder, file: Chosen, dataset: str) -> dict[str, Any] | None:
    """The engine's preview under the mapping that stands in the boxes; None where it could not be made."""
    bare = _preview(order, file, (), dataset)
    if bare is None:
        return None
    mapping = _mapping(bare, f"{order.kind}_{file.path.name}_{file.stamp}")
    found = _preview(order, file, tuple(sorted(mapping.items())), dataset) if mapping else bare
    if found is None:
        return None
    _show(found)
    return found | {"mapping": mapping}


def columns(found: Mapping[str, Any]) -> tuple[str, ...]:
    """The mapping as an order takes it."""
    return tuple(f"{ours}={theirs}" for ours, theirs in sorted(found["mapping"].items()))


def would(found: dict[str, Any], into: str) -> None:
    """What the import will do."""
    st.markdown(f"The import into {as_markdown(into)} would come to: {_counted(found['would'])}.")
    for note in found["would"].get("notes", []):
        st.caption(as_markdown(sentence(note)))
    if n_none := found["would"].get("by_split", {}).get("none"):
        st.caption(f"{n_none:,} questions are in no split: nothing is trained or evaluated on them.")
    if found["kind"] == "responses" and found["would"].get("n_ungraded"):
        st.caption(
            f"{found['would']['n_ungraded']:,} responses do not say whether they are correct. The run's "
            "grader decides at the import; a teacher as judge is asked once about each, at its price."
        )
    if found["kind"] in ("responses", "step-rewards"):
        st.caption("The run's student, and with step rewards its reward model, is then an imported one.")


def say(kind: str, into: str, done: Mapping[str, Any]) -> None:
    """Have the page say what the import did."""
    st.session_state[DONE] = f"Imported into {into}: {_counted(done)}."


def _counted(counts: Mapping[str, Any]) -> str:
    said = [
        f"{counts[key]:,} {words}"
        for key, words in COUNTS.items()
        if counts.get(key) or (key == "n_new" and key in counts)
    ]
    return ", ".join(said)


def _mapping(bare: dict[str, Any], key: str) -> dict[str, str]:
    """{our field: column} where the boxes say other than the names do."""
    names = list(dict.fromkeys(name for row in bare["first"] for name in row))
    if not names:
        return {}
    st.markdown("**Which column is read for which field**")
    mapping: dict[str, str] = {}
    grid = st.grid(4, min_column_width=200)
    for ours, theirs in bare["columns"].items():
        proposed = theirs or bare["suggested"].get(ours, NONE)
        options = [NONE, *names]
        label = f"{ours} (required)" if ours in bare["required"] else ours
        chosen = grid.selectbox(
            label, options, options.index(proposed) if proposed in options else 0,
            key=f"skills_map_{key}_{ours}", format_func=lambda name: one_line(name, 60),
        )  # fmt: skip
        if chosen != (theirs or NONE):
            mapping[ours] = "" if chosen == NONE else str(chosen)
    ignored = [name for name in names if name not in (set(mapping.values()) | set(bare["columns"].values()))]
    if bare["suggested"]:
        given = ", ".join(f"{theirs} for {ours}" for ours, theirs in bare["suggested"].items())
        st.caption(as_markdown(f"Proposed, because no column has our name: {given}."))
    if ignored:
        st.caption(as_markdown(f"Not read: {one_line(', '.join(ignored), 300)}."))
    return mapping


def _show(found: dict[str, Any]) -> None:
    n, n_errors = found["n_rows"], found["n_errors"]
    st.markdown(f"**{n:,} rows**, " + (f"**{n_errors:,} that do not fit**" if n_errors else "all fit") + ".")
    if found["errors"]:
        with st.container(border=True):
            for sentence in found["errors"]:
                st.markdown(f":red[✕] {as_markdown(one_line(_without_folder(sentence, found['file']), 600))}")
            if n_errors > len(found["errors"]):
                st.caption(f"The first {len(found['errors'])} of {n_errors:,}.")
    if found["first"]:
        rows = [{name: one_line(cell or "") for name, cell in row.items()} for row in found["first"]]
        st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder="–", key="skills_first_rows")
        st.caption(f"The first {len(rows)} rows as they stand in the file.")


def _without_folder(sentence: str, file: str) -> str:
    """An error without the place of an upload, which says nothing to its owner."""
    return sentence.removeprefix(f"{file}, ").removeprefix(f"{file}: ")


def _preview(
    order: ImportOrder, file: Chosen, mapping: tuple[tuple[str, str], ...], dataset: str
) -> dict[str, Any] | None:
    place = data.workspace()
    order = order.but(columns=tuple(f"{ours}={theirs}" for ours, theirs in mapping))
    runs = views.places.runs_on(place, dataset).values()
    versions = (place.dataset(dataset).version(), *(run.version() for run in runs))
    try:
        with st.spinner("Reading the file"):
            return _answered(str(place.root), json.dumps(order.record()), file.stamp, versions)
    except (StatError, OSError) as error:
        show_error(error)
        return None


@st.cache_data(max_entries=16, ttl=3600, show_spinner=False)
def _answered(root: str, record: str, stamp: int, versions: tuple[str, ...]) -> dict[str, Any]:
    return jobs.answer(data.workspace().root, read_order(json.loads(record)), 600.0, is_dry=True)


KINDS = {
    "questions": "Questions",
    "skill-map": "Skill-Map",
    "responses": "Responses",
    "step-rewards": "Step rewards",
    "hub": "Public dataset",
    "lm-eval": "lm-eval samples",
}
FIRST = ["questions", "hub", "lm-eval"]
"""Kinds that make a dataset."""
MEANING = {
    "questions": "A row a question: an id and the problem; split, subject, level, solution, answer if known.",
    "skill-map": "A row a question: its id and the list of its skills.",
    "responses": "A row a response of any model: question id and text; steps, correctness if known.",
    "hub": "A public data set by its name, from the Hugging Face hub or from a file with the hub's rows.",
    "lm-eval": "samples_*.jsonl of lm-evaluation-harness: its questions, responses and verdicts, as a run.",
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


def lead_on() -> None:
    """What comes after an import of questions."""
    dataset = st.session_state.get(IMPORTED)
    if dataset is None:
        return
    with st.container(horizontal=True):
        st.button("Add a Skill-Map", key="skills_then_map", on_click=choose_kind, args=("skill-map",))
        link("skills_and_data", "Split", skills_dataset=dataset, skills_part="Splits")
        link("run_stages", "New run", stages_view="A new run")


def importing(dataset: str | None) -> None:
    """Choose, preview, import."""
    say_what_was_done()
    lead_on()
    kinds = list(KINDS) if dataset else FIRST
    key = _kind_key(len(kinds))
    st.session_state.setdefault(key, "questions")
    kind = str(
        st.segmented_control(
            "What the file holds", kinds, required=True, format_func=KINDS.__getitem__, key=key
        )
    )
    st.caption(MEANING[kind])
    if kind in ("hub", "lm-eval"):
        _of_other_tools(kind, dataset)
        return
    chosen = chosen_file(kind)
    if chosen is None:
        return
    target = _target(kind, dataset, chosen)
    if target is None:
        return
    order = _order(kind, chosen, target)
    found = previewed(order, chosen, target.dataset)
    if found is None:
        return
    if found["would"] is None:
        st.caption("Nothing was written. A file is imported whole or not at all: fix these rows first.")
        return
    would(found, target.in_words)
    _import(order.but(columns=columns(found)), chosen, target)


def _of_other_tools(kind: str, dataset: str | None) -> None:
    order = public.hub(chosen_file) if kind == "hub" else public.lm_eval(chosen_file, dataset)
    if order is None:
        return
    into = order.dataset
    if order.file is None:
        says = "Downloads it from the Hugging Face hub. Free; what the dataset has already is not doubled."
        work.offer("Download and import", order, says, "skills_hub", then=lambda _: _lead_from(into))
        return
    if st.button(f"Import into dataset {as_markdown(into)}", key="skills_public_do", type="primary"):
        found = work.tell(order, PATIENCE)
        if found is not None:
            forget()
            say(kind, f"dataset {into}", found)
            st.session_state["skills_wanted"] = st.session_state[IMPORTED] = into
            st.rerun()


def _lead_from(dataset: str) -> None:
    st.session_state["skills_wanted"] = dataset
    link("skills_and_data", "Open the dataset", skills_dataset=dataset)
    link("run_stages", "New run", stages_view="A new run")


def choose_kind(kind: str) -> None:
    """Let the part open at this kind of file; to be called before its widgets are drawn."""
    st.session_state[_kind_key(len(KINDS))] = kind


def _kind_key(n_kinds: int) -> str:
    return f"skills_kind_{n_kinds}"  # the first dataset brings more kinds


def _target(kind: str, dataset: str | None, chosen: Chosen) -> Target | None:
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


def _order(kind: str, chosen: Chosen, target: Target) -> ImportOrder:
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
            placeholder="optional; else the current vocabulary, or the map's own names",
        ).strip()  # fmt: skip
        order = order.but(vocabulary=Path(vocabulary).expanduser()) if vocabulary else order
    leave_out = st.checkbox(
        f"Leave out rows whose question is not in {target.dataset}", key=f"skills_skip_{kind}"
    )
    order = order.but(skip_unknown=leave_out)
    if kind == "skill-map":
        return order
    scale = st.segmented_control(
        "Rewards in the file are", ["probability", "logit"], default="probability", required=True,
        key=f"skills_scale_{kind}", help="Probabilities are in [0, 1]; logits become probabilities",
    )  # fmt: skip
    return order.but(reward_scale=scale)


def _import(order: ImportOrder, chosen: Chosen, target: Target) -> None:
    if chosen.token is None and chosen.size > AS_JOB:
        work.offer("Import the file", order, "A large file: it is imported as a job.", "skills_import_job")
        work.at_work(None, ("import",), "skills_import_jobs")
        return
    shown = order if chosen.token is None else order.but(file=Path(chosen.path.name))
    work.command(shown.words())
    if st.button(f"Import into {as_markdown(target.in_words)}", key="skills_import_do", type="primary"):
        found = work.tell(order, PATIENCE)
        if found is not None:
            forget()
            say(order.kind, target.in_words, found)
            st.session_state["skills_wanted"] = target.dataset
            st.session_state[IMPORTED] = target.dataset if order.kind == "questions" else None
            st.rerun()
