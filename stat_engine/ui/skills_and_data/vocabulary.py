"""Change a skill (rename, merge, split, move) after showing the effect, and restore earlier versions."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.orders import (
    MergeSkillsOrder,
    MoveSkillOrder,
    RenameSkillOrder,
    RestoreVocabularyOrder,
    SplitSkillOrder,
    VocabularyOrder,
)
from stat_engine.ui.shared import data
from stat_engine.ui.shared.address import remember
from stat_engine.ui.shared.draw import counts, row_name, wrapped_rows
from stat_engine.ui.shared.words import sentence
from stat_engine.ui.skills_and_data.browsing import SKILL, Picked
from stat_engine.ui.skills_and_data.header import do, say_what_was_done, told
from stat_engine.views.text import as_markdown, clipped, plain

ACTS = {
    "Rename": "Another name for the skill; its questions keep it.",
    "Merge": "Several skills of the subject become one.",
    "Split": "Some of its questions carry another skill instead.",
    "Move": "The skill goes to another subject's list.",
}
ENTRY_COLUMNS: dict[str, Any] = {
    "question_id": st.column_config.TextColumn("Question", width=140),
    "before": st.column_config.ListColumn("Skills now", width=170),
    "after": st.column_config.ListColumn("Skills afterwards", width=170),
}
RUN_COLUMNS: dict[str, Any] = {
    "run": st.column_config.TextColumn("Run", width=100),
    **counts(n_labels=("Labels", "Labels of its teacher that name the skill")),
    **counts(n_decisions=("Edits", "People's edits that name the skill")),
    "training_sets": st.column_config.TextColumn("Training sets, pairs that name it", width=240),
}
COLUMNS: dict[str, Any] = {
    "version": "Version",
    "made_by": st.column_config.TextColumn("Made by", width=290),
    "note": st.column_config.TextColumn("Note", width=120),
    **counts(n_skills="Skills"),
    "added": st.column_config.ListColumn("Added", width=220),
    "removed": st.column_config.ListColumn("Removed", width=220),
}


def change_skill(dataset: str, picked: Picked) -> None:
    """The form of an edit of the chosen skill, its effects, and the button that makes it."""
    with st.container(border=True):
        _change_skill(dataset, picked)


def _change_skill(dataset: str, picked: Picked) -> None:
    act = st.segmented_control(
        f"Change {as_markdown(plain(picked[1]))}", list(ACTS), default="Rename", required=True,
        key="skills_act", bind="query-params",
    )  # fmt: skip
    st.caption(ACTS[act])
    order = _FORMS[act](dataset, *picked)
    note = st.text_input(
        "Why, for the list of versions", key="skills_note", placeholder="optional", width=420
    )
    if order is None:
        return
    subject, skill = picked
    order = order.but(subject=subject, note=note)
    found = told(order, "Show what it changes", "skills_edit")
    if found is None:
        return
    _effects(found)
    if st.button(f"{act} it", key="skills_edit_do", type="primary"):
        version = f"as version {found['version']} of the vocabulary"
        if do(order, f"Done, {version}: {found['edit']}.") is not None:
            remember(SKILL, _opened_next(order, subject, skill))
            st.rerun()


def _opened_next(order: VocabularyOrder, subject: str, skill: str) -> str | None:
    """The skill to show after the edit; none where it is gone or in another subject."""
    if isinstance(order, RenameSkillOrder):
        return f"{subject}/{' '.join(order.to.split())}"
    return f"{subject}/{skill}" if isinstance(order, SplitSkillOrder) else None


def _rename(dataset: str, subject: str, skill: str) -> VocabularyOrder | None:
    name = st.text_input("New name", skill, key=f"skills_name_{hash((dataset, subject, skill))}", width=420)
    is_new = name.strip() and name != skill
    return RenameSkillOrder(dataset=dataset, skill=skill, to=name) if is_new else None


def _merge(dataset: str, subject: str, skill: str) -> VocabularyOrder | None:
    others = [name for name in _of_subject(dataset, subject) if name != skill]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect("Merge it with", others, key=f"skills_merge_{hash((subject, skill))}")
        into = st.selectbox(
            "Under the name", [skill, *chosen], key="skills_into", accept_new_options=True,
            help="One of them, or type a new name",
        )  # fmt: skip
    if not chosen or not into:
        return None
    return MergeSkillsOrder(dataset=dataset, skills=(skill, *chosen), into=into)


def _split(dataset: str, subject: str, skill: str) -> VocabularyOrder | None:
    others = [name for name in _of_subject(dataset, subject) if name != skill]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        matching = st.text_input(
            "Questions whose text contains", key=f"skills_matching_{hash((subject, skill))}"
        )
        to = st.selectbox(
            "Carry instead", others, None, key="skills_to", accept_new_options=True,
            placeholder="a new name, or another skill",
        )  # fmt: skip
    rows, n = data.dataset_view(
        views.datasets.questions, dataset, subject, skill, None, matching or "", 0, 200
    )
    ids = list(rows.question_id)
    event = st.dataframe(
        rows[["question_id", "problem"]].assign(problem=rows.problem.map(clipped)), hide_index=True,
        placeholder="–",
        column_config={"question_id": row_name("Question"), "problem": "Problem"},
        **wrapped_rows(len(ids), 5), on_select="rerun", selection_mode="multi-row",
        key=f"skills_ticked_{hash((subject, skill, matching))}",
    )  # fmt: skip
    ticked = [ids[at] for at in event.selection.rows]
    shown = f", the first {len(ids):,} shown" if n > len(ids) else ""
    st.caption(
        f"{len(ticked):,} ticked; only these change."
        if ticked
        else f"{n:,} questions{shown}. Tick those that change"
        + (", or leave all unticked: then all that contain the words change." if matching else ".")
    )
    if not to or not (ticked or matching):
        return None
    order = SplitSkillOrder(dataset=dataset, skill=skill, to=to)
    return order.but(questions=tuple(ticked)) if ticked else order.but(matching=matching)


def _move(dataset: str, subject: str, skill: str) -> VocabularyOrder | None:
    subjects = sorted(set(data.dataset_view(views.datasets.skills, dataset).subject) - {subject})
    to = st.selectbox(
        "To the subject", subjects, None, key="skills_to_subject", format_func=plain, accept_new_options=True,
        placeholder="a subject, or a new name", width=420,
    )  # fmt: skip
    return MoveSkillOrder(dataset=dataset, skill=skill, to_subject=to) if to else None


_FORMS = {"Rename": _rename, "Merge": _merge, "Split": _split, "Move": _move}


def _effects(found: dict[str, Any]) -> None:
    """What the engine said the edit changes."""
    n, left_out = found["n_changed"], found["n_left_out"]
    st.markdown(
        as_markdown(f"{sentence(found['edit'])}.")
        + f" **{n:,}** entries of the Skill-Map change. It becomes version {found['version']} "
        f"with {found['n_skills']:,} skills; the current version is kept."
    )
    if left_out:
        st.warning(
            f"{left_out:,} of these questions need other skills of their subject too. They keep those and "
            "lose this one, because an entry holds skills of one subject."
        )
    side_by_side = st.grid(2, min_column_width=420)
    with side_by_side.cell():
        _entries(found["entries"], n)
    with side_by_side.cell():
        _runs(found["runs"])


def _entries(rows: list[dict[str, Any]], n: int) -> None:
    if not rows:
        return
    entries = pd.DataFrame(rows).assign(question_id=lambda of: of.question_id.map(clipped))
    st.dataframe(
        entries,
        hide_index=True,
        placeholder="–",
        column_config=ENTRY_COLUMNS,
        height=220,
        key="skills_entries",
    )
    st.caption(f"The first {len(entries)} of {n:,}." if n > len(entries) else f"All {n:,}.")


def _runs(runs: list[dict[str, Any]]) -> None:
    named = [row for row in runs if row["n_labels"] or row["n_decisions"] or row["training_sets"]]
    if not named:
        st.caption(f"No label, decision or training pair of the {len(runs):,} runs on this dataset names it.")
        return
    rows = [
        {**row, "training_sets": ", ".join(f"{name}: {n:,}" for name, n in row["training_sets"].items())}
        for row in named
    ]
    st.dataframe(
        pd.DataFrame(rows)[list(RUN_COLUMNS)],
        hide_index=True,
        placeholder="–",
        column_config=RUN_COLUMNS,
        key="skills_runs",
    )
    st.caption(
        "Labels, profile and training sets of a run stay as they are until it is brought up to date: the "
        "teacher is then asked again where its question changed, and the sets are drawn again. Edits by "
        "people keep the old name until somebody changes them."
    )


def _of_subject(dataset: str, subject: str) -> list[str]:
    table = data.dataset_view(views.datasets.skills, dataset)
    return list(table.skill[table.subject == subject])


def versions(dataset: str) -> None:
    """Every version of the vocabulary, and the button that puts one in force again."""
    say_what_was_done()
    table = data.dataset_view(views.datasets.versions, dataset)
    if table.empty:
        st.info("This dataset has no vocabulary yet. Import a Skill-Map under Import.")
        return
    shown = table.assign(made_by=table.made_by.map(clipped), note=table.note.map(clipped))
    st.dataframe(
        shown[list(COLUMNS)],
        hide_index=True,
        placeholder="–",
        column_config=COLUMNS,
        key=f"skills_versions_{len(table)}",
    )
    if len(table) == 1:
        st.caption("Version 1 is current. A change of a skill makes the next one, and this one is kept.")
        return
    st.header("Restore an earlier version", anchor=False)
    st.caption("It becomes a new version, so this can be undone too.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        earlier = list(table.version)[1:]
        version = st.selectbox("Version", earlier, key="skills_version", width=160)
        with_map = st.checkbox(
            "With the Skill-Map as it was then", value=True, key="skills_with_map",
            help="Questions that were mapped only later keep what they have",
        )  # fmt: skip
        dropping = st.checkbox(
            "Take skills that are gone out of the Skill-Map", key="skills_drop",
            help="Else the change is refused where a question carries a skill that the version does not have",
        )  # fmt: skip
    _restore(dataset, int(version), with_map, dropping)


def _restore(dataset: str, version: int, with_map: bool, dropping: bool) -> None:
    order = RestoreVocabularyOrder(dataset=dataset, version=version, with_map=with_map, drop=dropping)
    found = told(order, "Show what it changes", "skills_restore")
    if found is None:
        return
    st.markdown(
        f"Version {version} becomes version **{found['version']}** with {found['n_skills']:,} skills. "
        f"**{found['n_changed']:,}** entries of the Skill-Map change, {found['n_dropped']:,} lose all skills."
    )
    rows = pd.DataFrame(
        [
            *({"Skill": name, "": "comes back"} for name in found["added"]),
            *({"Skill": name, "": "goes"} for name in found["removed"]),
        ]
    )
    if len(rows):
        st.dataframe(rows, hide_index=True, placeholder="–", key="skills_restored")
    if st.button(f"Restore version {version}", key="skills_restore_do", type="primary"):
        says = f"Version {version} is restored, as version {found['version']}."
        if do(order, says) is not None:
            st.rerun()
    st.caption(as_markdown("Labels and training sets of runs stay until the run is brought up to date."))
