"""The list of training sets, the chosen set and part, figure 2, leakage, and the export."""

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs, views
from stat_engine.charts import training_sets as charts
from stat_engine.errors import StatError
from stat_engine.orders import ExportOrder, LeakageOrder
from stat_engine.ui.shared import data, findings, frame, work
from stat_engine.ui.shared.address import link, remember
from stat_engine.ui.shared.draw import chosen_row, counts, draw, numbers, row_name, wrapped_rows
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, clipped, plain

BUILD, FIT, DRAWN, EXAMPLES, DROPPED, LEAKAGE, EXPORT = PARTS = (
    "Build", "Fit to the profile", "What was drawn", "Examples", "Dropped questions", "Leakage", "Export",
)  # fmt: skip
MOVED = "sets_moved"
ALL = "All"
COLUMNS: dict[str, Any] = {
    "set": row_name("Set"),
    "method": "Method",
    **counts(n_pairs="Pairs", n_questions="Questions", n_repeats="Repeats"),
    **numbers(n_dropped=("Dropped", "By people, of the set as built"), n_edited=("Edited", "By people")),
    "overlap": st.column_config.ProgressColumn(
        "Overlap with the profile", min_value=0, max_value=1, format="%.2f",
        help="How far its skills are shared out as the profile's: 1 less the total variation distance. "
        "Pairs that carry more than the skill they were drawn for lower it",
    ),
    "arms": st.column_config.ListColumn("Arms trained on it"),
}  # fmt: skip
FORMATS = {
    "trl": "Prompt and completion, JSON Lines.",
    "openai": "Messages, JSON Lines.",
    "alpaca": "A JSON list with dataset_info.json, as LLaMA-Factory reads it.",
    "sharegpt": "A JSON list of conversations with dataset_info.json.",
    "parquet": "Every field with its lineage, and a dataset card.",
}


def sets(run: Run) -> pd.DataFrame:
    """One row a training set; before there are labels to build one from, the page ends."""
    found = data.view(views.training_sets.listed, run)
    if found.empty:
        frame.need(views.training_sets.plan, run, until="missing_skills")
    return found


def listed(sets: pd.DataFrame) -> None:
    """Every set with its size, how far it fits the profile, and what fell short."""
    if sets.empty:
        st.info("There is no training set yet. Build one below, or let the pipeline build the run's arms.")
        return
    shown = [
        name for name in COLUMNS if name not in ("n_repeats", "n_dropped", "n_edited") or sets[name].any()
    ]
    names = list(sets.set)
    st.dataframe(
        sets[shown], hide_index=True, placeholder="–", column_config=COLUMNS, key="sets_listed",
        selection_mode="single-row", on_select=lambda: open_set(names),
    )  # fmt: skip
    st.caption("Choose a set to see its pairs.")
    if sets.notes.any():
        with st.expander("Build notes", key="sets_notes"):
            for name, notes in zip(sets.set, sets.notes, strict=True):
                if notes:
                    st.markdown(f"**{as_markdown(name)}**: {as_markdown(notes)}")


def open_set(names: Sequence[str]) -> None:
    """Go to the pairs of the set whose row is chosen; `names` are the rows'."""
    if rows := st.session_state["sets_listed"].selection.rows:
        go_to(EXAMPLES, names[rows[0]], skill=ALL)
        # a bound widget that is not on the page yet does not write a value set for it into the address
        remember("sets_name", names[rows[0]])


def chosen(names: Sequence[str]) -> tuple[str, str | None]:
    """(part, set) that are looked at; both stand in the address."""
    if not names:
        return BUILD, None
    # a widget takes its value from one place: where a button moved on, not from its default
    default = None if st.session_state.pop(MOVED, False) else BUILD
    part = st.segmented_control(
        "Part", PARTS, default=default, required=True, key="sets_tab", bind="query-params",
        label_visibility="collapsed", wrap=True,
    )  # fmt: skip
    if part in (BUILD, FIT):
        return str(part), None
    name = st.selectbox("Training set", names, key="sets_name", bind="query-params", width=320)
    return str(part), str(name)


def go_to(part: str, name: str | None = None, skill: str | None = None, example: str | None = None) -> None:
    """Look at another part; to be called before its widgets are drawn, as from a button's callback."""
    st.session_state["sets_tab"] = part
    st.session_state[MOVED] = True
    if name is not None:
        st.session_state["sets_name"] = name
    if skill is not None:
        st.session_state["sets_skill"] = skill
    remember("sets_example", example)


def one(sets: pd.DataFrame, name: str) -> None:
    """The chosen set in a line, and what its builder noted."""
    row = sets[sets.set == name].iloc[0]
    said = [f"{row.method}", f"{row.n_pairs:,} pairs", f"{row.n_questions:,} questions"]
    said += [f"{n:,} {word}" for n, word in ((row.n_repeats, "repeats"), (row.n_dropped, "dropped")) if n]
    said += [f"{row.n_edited:,} edited"] if row.n_edited else []
    said += [f"trained on it: {', '.join(row.arms)}"] if row.arms else []
    st.caption(as_markdown(" · ".join(said)) + (f"  \n{as_markdown(row.notes)}" if row.notes else ""))


def export(run: Run, name: str) -> None:
    """Choose a format; download it, or have it written."""
    fmt = st.selectbox("Format", list(FORMATS), key="sets_format", bind="query-params", width=240)
    st.caption(FORMATS[fmt])
    st.markdown(f"{run.n_examples(name):,} pairs, as people left the set.")
    st.download_button(
        "Download", lambda: exported(run, name, fmt)[1], f"{run.name}-{name}-{fmt}{_ending(fmt)}",
        key=f"sets_download_{name}_{fmt}",
    )  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="bottom"):
        path = st.text_input("Or a file or folder on the machine that runs this app", key="sets_path")
        is_asked = st.button("Write it", key="sets_write", disabled=not path.strip())
    order = _order(run, name, fmt, path.strip() or "FOLDER")
    if is_asked:
        _write(order)
    work.command(order.words())


def _order(run: Run, name: str, fmt: str, out: str) -> ExportOrder:
    return ExportOrder.model_validate({"run": run.name, "set_name": name, "format": fmt, "out": out})


def exported(run: Run, name: str, fmt: str) -> tuple[list[str], bytes]:
    """(file names, content) of what `stat-studio export` writes: its one file, or a zip of several."""
    with TemporaryDirectory() as folder:
        found = jobs.answer(data.workspace().root.resolve(), _order(run, name, fmt, folder))
        files = [Path(file) for file in found["files"]]
        if len(files) == 1:
            return [files[0].name], files[0].read_bytes()
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        return [file.name for file in files], packed.getvalue()


def _ending(fmt: str) -> str:
    return ".jsonl" if fmt in ("trl", "openai") else ".zip"


def _write(order: ExportOrder) -> None:
    if found := work.tell(order):
        files = ", ".join(found["files"])
        st.success(as_markdown(f"{found['n_pairs']:,} pairs written: {files}"))


FIT_COLUMNS: dict[str, Any] = {
    "set": row_name("Set"), "skill": row_name("Skill"), **counts(n="Pairs with it", n_pairs="of"),
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
    draw(charts.against_profile(profile, shown, data.marks(), doubled), key="sets_against_profile")
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
    looks = wrapped_rows(len(shown))
    at = chosen_row(shown[list(LEAKAGE_COLUMNS)], LEAKAGE_COLUMNS, f"sets_nearest_{name}", **looks)
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
