"""Beside and below a label: its effect on the profile, history, bulk actions, files, agreement."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.records import LabelAction, LabelEvent
from stat_engine.review import Decision, in_words
from stat_engine.ui.shared import data, words
from stat_engine.ui.shared.address import choice, remember
from stat_engine.ui.shared.draw import named, row_name, wrapped_rows
from stat_engine.ui.shared.whole import state
from stat_engine.ui.skill_labels import decisions
from stat_engine.views.labels import LabelItem
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, clipped, one_line, plain

TOP_SKILLS = 10
ACTIONS: tuple[LabelAction, ...] = ("accept", "discard")
PARTS = ["History", "Bulk actions", "Files", "Agreement"]
PLAN_COLUMNS: dict[str, Any] = {
    "skill": row_name("Missing skill", width=150),
    "n_missing": st.column_config.NumberColumn("In", width=40, help="Difficult questions that miss it"),
    "pairs": st.column_config.NumberColumn("Pairs", width=50, help="Planned training pairs, an estimate"),
    "subject": "Subject",
}  # fmt: skip
QUEUE_COLUMNS: dict[str, Any] = {
    "question_id": st.column_config.TextColumn("Question", width=120, pinned=True),
    "problem": st.column_config.TextColumn("Problem", width="large"),
    "teacher_skills": "Teacher's skills", "skills": "Skills now", "state": "State now",
    "judge": "Teacher says", "author": "By",
}  # fmt: skip
HISTORY_COLUMNS: dict[str, Any] = {
    "at": "When",
    "author": "Who", "action": "What", "question_id": "Question", "response_id": "Response",
    "skills": st.column_config.ListColumn("Skills"),
    "note": st.column_config.TextColumn("Note", width="medium"), "bulk": "Bulk action",
    "is_standing": st.column_config.CheckboxColumn("In force"),
}  # fmt: skip
EFFECT_COLUMNS = {
    "subject": "Subject", "skill": row_name("Skill"), "n_before": "Missing in", "n_after": "then",
    "pairs_before": "Planned pairs", "pairs_after": "then ",
}  # fmt: skip
PAIR_COLUMNS: dict[str, Any] = {
    "first": "First", "second": "Second",
    "agreement": st.column_config.NumberColumn("Agreement", format="%.2f"),
    "ci_low": st.column_config.NumberColumn("95% from", format="%.2f"),
    "ci_high": st.column_config.NumberColumn("to", format="%.2f"), "n_questions": "Questions",
    "n_first_named_none": "First named none", "n_unread": "Not read",
}  # fmt: skip
KAPPA_COLUMNS: dict[str, Any] = {
    "first": None, "second": None, "subject": "Subject", "skill": row_name("Skill"),
    "kappa": st.column_config.NumberColumn("Kappa", format="%.2f"), "n": "Responses", "n_both": "Both",
    "n_first_only": "First only", "n_second_only": "Second only",
}  # fmt: skip


def plan(run: Run, item: LabelItem | None) -> None:
    """The top of the profile and the planned training set as they are, and what a decision would change."""
    st.markdown("**The profile now**")
    if item is not None:
        id, label = item["label"].response_id, item["label"]
        if decisions.is_edited(id):
            _would(run, "If saved", id, tuple(state().get(decisions.CHOSEN, [])))
        else:
            _would(run, "If accepted", id, tuple((label.subject, skill) for skill in label.skills))
            _would(run, "If discarded", id, ())
    table = data.view(views.label_history.plan, run)
    top = named(table.head(TOP_SKILLS)[list(PLAN_COLUMNS)])
    st.dataframe(top, hide_index=True, placeholder="–", column_config=PLAN_COLUMNS, key="labels_plan")
    more = f"{len(table) - TOP_SKILLS:,} more skills. " if len(table) > TOP_SKILLS else ""
    st.caption(
        f"{more}Planned pairs: {run.config.training_set.pairs:,} pairs shared out by these counts. An "
        "estimate: it does not look at how many questions the pool has."
    )


def beneath(run: Run, rows: pd.DataFrame, item: LabelItem | None, author: str | None) -> None:
    """One of the parts beneath the label; which one stands in the address."""
    wanted = st.query_params.get("part")
    part = st.segmented_control(
        "More", PARTS, default=wanted if wanted in PARTS else PARTS[0], required=True, key="labels_part",
        label_visibility="collapsed",
    )  # fmt: skip
    remember("part", part if part != PARTS[0] else None)
    if part == "History":
        _history(run, item, author)
    elif part == "Bulk actions":
        _all_at_once(run, rows, author)
    elif part == "Files":
        _files(run, author)
    else:
        _agreement(run)


def _would(run: Run, when: str, response_id: str, skills: tuple[tuple[str, str], ...]) -> None:
    found = data.view(views.label_history.effects, run, {response_id: skills})
    changes = [
        f"{as_markdown(plain(row['skill']))} {row['n_before']} → **{row['n_after']}** "
        f"(pairs {row['pairs_before']} → {row['pairs_after']})"
        for row in found
    ]
    st.markdown(f"{when}: {'; '.join(changes) or 'no count changes'}")


def _history(run: Run, item: LabelItem | None, author: str | None) -> None:
    if item is not None:
        st.markdown("**This label**")
        for event in item["events"]:
            st.markdown(f"- {as_markdown(words.local(_told(event)))}")
        if not item["events"]:
            st.caption("Nobody has decided on it yet.")
    table = data.view(views.label_history.history, run)
    st.markdown(f"**All {len(table):,} events, newest first**")
    short = table[list(HISTORY_COLUMNS)].head(1000)
    names = {bulk: _bulk_words(table[table.bulk == bulk]) for bulk in table.bulk.dropna().unique()}
    short = short.assign(bulk=short.bulk.map(names), skills=short.skills.map(_plain_all, na_action="ignore"))
    short = short.assign(note=short.note.map(one_line, na_action="ignore"), at=pd.to_datetime(short["at"]))
    columns = HISTORY_COLUMNS | {"at": words.moments("When", "YYYY-MM-DD HH:mm:ss")}
    st.dataframe(short, hide_index=True, placeholder="–", column_config=columns, key="labels_history")
    bulks = list(dict.fromkeys(table.bulk[table.is_standing & table.bulk.notna()]))
    if bulks and author:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            said = {bulk: _bulk_words(table[table.bulk == bulk]) for bulk in bulks}
            bulk = st.selectbox(
                "Bulk action", bulks, format_func=said.__getitem__, key="labels_bulk", width=320
            )
            st.button(
                "Undo",
                key="labels_bulk_undo",
                on_click=decisions.undo_bulk,
                args=(run, bulk, author),
            )


def _bulk_words(events: pd.DataFrame) -> str:
    first = events.iloc[0]
    n = events.response_id.nunique()
    return (
        f"{plain(first.action)}: {n:,} label{'s' * (n != 1)}, by {first.author}, {words.moment(first['at'])}"
    )


def _plain_all(names: Sequence[str]) -> list[str]:
    return [plain(name) for name in names]


def _told(event: LabelEvent) -> str:
    return in_words(event) + (f": {one_line(event.note, 500)}" if event.note else "")


def _all_at_once(run: Run, rows: pd.DataFrame, author: str | None) -> None:
    if rows.empty:
        return
    action = choice("bulk", "Do with the ticked labels", ACTIONS)
    listed = rows.assign(problem=data.view(views.labels.problems, run, tuple(rows.question_id)))
    ticked = _ticked(listed)
    changes = data.view(views.label_history.bulk_effects, run, action, tuple(ticked.response_id))
    st.markdown("**What it would do to the profile**" if changes else "No count of the profile changes.")
    if changes:
        _table(changes, EFFECT_COLUMNS, "labels_effects")
    note = st.text_input("A note for all of them", key="labels_bulk_note")
    seen = dict(zip(ticked.response_id, ticked.newest, strict=True))
    wanted = [Decision(id, action, newest, note=note or None) for id, newest in seen.items()]
    st.button(
        f"{plain(action)} {len(ticked):,} of {len(rows):,}", key="labels_bulk_do", type="primary",
        disabled=not author or ticked.empty, on_click=decisions.decide_all, args=(run, wanted, author),
    )  # fmt: skip


def _ticked(listed: pd.DataFrame) -> pd.DataFrame:
    """The rows that are ticked, at first all of them; other rows than before begin with all ticked."""
    ids = tuple(listed.response_id)
    if st.session_state.get("labels_listed") != ids:
        st.session_state["labels_listed"] = ids
        st.session_state["labels_preview"] = {"selection": {"rows": list(range(len(ids)))}}
    event = st.dataframe(
        listed.assign(
            problem=listed.problem.map(clipped), skills=listed.skills.map(_plain_all),
            teacher_skills=listed.teacher_skills.map(_plain_all),
        )[list(QUEUE_COLUMNS)], hide_index=True, placeholder="–",
        column_config=QUEUE_COLUMNS, **wrapped_rows(len(listed), 5), key="labels_preview", on_select="rerun",
        selection_mode="multi-row",
    )  # fmt: skip
    return listed.iloc[list(event.selection.rows)]


def _files(run: Run, author: str | None) -> None:
    st.markdown("**Export**: every label with what people made of it, as JSON Lines.")
    st.download_button(
        "Download labels",
        lambda: decisions.exported_labels(run),
        f"{run.name}-labels.jsonl",
        key="labels_export",
    )
    st.markdown("**Import**: the decisions of such a file, as yours. A wrong row stops all of it.")
    st.file_uploader(
        "Labels", ["jsonl", "json", "csv", "tsv", "parquet"], key="labels_file", label_visibility="collapsed"
    )
    st.button(
        "Take in", key="labels_import", disabled=not author,
        on_click=decisions.import_file, args=(run, "labels_file", author),
    )  # fmt: skip


def _agreement(run: Run) -> None:
    st.markdown("**People and the teacher**")
    found = data.view(views.label_history.people_agreement, run)
    if not found["n_reviewed"]:
        st.caption("No label is reviewed yet.")
    else:
        interval = f"95% {found['ci_low']:.0%} to {found['ci_high']:.0%}"
        st.markdown(
            f"{found['n_unchanged']:,} of {found['n_reviewed']:,} reviewed labels left unchanged "
            f"(**{found['share']:.0%}**, {interval})."
        )
        _pairs_and_kappas("people", found["pairs"], found["skills"])
    st.markdown("**Teachers among themselves**")
    try:
        teachers = data.view(views.agreement.agreement, run)
    except StatError as error:
        st.caption(as_markdown(str(error)))
        return
    _pairs_and_kappas("teachers", teachers["pairs"], teachers["skills"])


def _table(rows: Sequence[Any], columns: dict[str, Any], key: str) -> None:
    frame = named(pd.DataFrame(rows))
    st.dataframe(frame, hide_index=True, placeholder="–", column_config=columns, key=key)


def _pairs_and_kappas(who: str, pairs: Sequence[Any], kappas: Sequence[Any]) -> None:
    _table(pairs, PAIR_COLUMNS, f"labels_pairs_{who}")
    if kappas:
        _table(kappas, KAPPA_COLUMNS, f"labels_kappas_{who}")
