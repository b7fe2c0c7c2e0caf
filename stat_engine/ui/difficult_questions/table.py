"""The list of questions: filters in the address, one page of rows at a time, previous and next."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.ui.shared import data
from stat_engine.ui.shared.address import remember
from stat_engine.ui.shared.draw import numbers
from stat_engine.ui.shared.words import questions
from stat_engine.views.difficult import GRADED, LABELLED, SHOWN, SORTS, Page, QuestionFilter
from stat_engine.views.places import Run
from stat_engine.views.text import clipped, plain

ALL = "All"
ROWS = 50
PAGE = "difficult_page"
LABELS = {"any": "Any", "labelled": "With a label", "not labelled": "No label yet"}
CLAUSES = {"Any": "Any", "final": "Final step", "mean": "Mean", "step": "An earlier step"}
NEUTRAL = {
    "subject": ALL, "clause": "Any", "graded": GRADED[0], "label": LABELLED[0], "level": ALL, "search": "",
}  # fmt: skip
"""Filters where they leave everything."""
COLUMNS: dict[str, Any] = {
    "question_id": st.column_config.TextColumn("Question", width=145, pinned=True),
    **numbers("%.2f", mean="Mean reward", lowest="Lowest"),
    "responses": st.column_config.TextColumn("Responses", help="Difficult ones of all", width=80),
    "problem": st.column_config.TextColumn("Problem", width=175),
    "is_wrong": st.column_config.CheckboxColumn("Wrong", width=60),
    "subject": st.column_config.TextColumn("Subject", width=145), **numbers(level="Level"),
    "clauses": st.column_config.TextColumn("Clauses that fired", width=130),
    "is_difficult": st.column_config.CheckboxColumn("Difficult", width=70),
}  # fmt: skip


def ask(**wanted: str) -> None:
    """List the questions that a number stands for: `shown`, `subject`, `clause`, `graded` or `label`."""
    for name, value in {**NEUTRAL, **wanted}.items():  # one taken out first has no place in the address
        st.session_state[f"difficult_{name}"] = value
    _first_page()


def filters(run: Run, is_moved: bool) -> tuple[QuestionFilter, str]:
    """What the filters say, and the order."""
    known = data.view(views.difficult.choices, run)
    shown = SHOWN if is_moved else SHOWN[:3]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = {
            "shown": _choice("shown", "Show", dict(zip(shown, map(plain, shown), strict=True))),
            "subject": _choice(
                "subject", "Subject", {ALL: ALL} | {of: plain(of) for of in known["subjects"]}
            ),
            "graded": _choice("graded", "Answer", dict(zip(GRADED, map(plain, GRADED), strict=True))),
            "clause": _choice("clause", "Clause", CLAUSES),
            "label": _choice("label", "Label", {name: LABELS[name] for name in LABELLED}),
        }
        level = _choice("level", "Level", {ALL: ALL} | {str(n): str(n) for n in known["levels"]})
        sort = _choice("sort", "Order", {name: plain(name) for name in SORTS})
        search = st.text_input(
            "Search in problems and ids", key="difficult_search", bind="query-params", type="search",
            on_change=_first_page, width=260,
        )  # fmt: skip
    chosen: dict[str, Any] = {name: None if value in (ALL, "Any") else value for name, value in found.items()}
    number = None if level == ALL else int(level)
    return QuestionFilter(**chosen, level=number, search=search or ""), sort


def rows(run: Run, now: tuple[float, float], wanted: QuestionFilter, sort: str) -> Page:
    """A page of the questions; a click on a row opens it. Returns the page, with the opened one's place."""
    opened = st.query_params.get("question")
    first = (int(st.session_state.get(PAGE, 1)) - 1) * ROWS
    page = data.view(views.difficult.page, run, *now, wanted, sort, first, ROWS, opened)
    n_pages = max(1, -(-page["n"] // ROWS))
    if first >= page["n"] and first:  # fewer are left than there were
        st.session_state[PAGE] = n_pages
        page = data.view(views.difficult.page, run, *now, wanted, sort, (n_pages - 1) * ROWS, ROWS, opened)
    st.caption(f"{questions(page['n'])}. Click a row to open it.")
    listed = page["rows"].assign(
        problem=[clipped(text) for text in page["rows"].problem],
        subject=[plain(str(subject)) for subject in page["rows"].subject],
        is_wrong=page["rows"].is_wrong.astype(object),
        responses=[f"{k:,} of {n:,}" for k, n in page["rows"][["n_difficult", "n_responses"]].to_numpy()],
    )[list(COLUMNS)]
    event = st.dataframe(
        listed, hide_index=True, column_config=COLUMNS, on_select="rerun", selection_mode="single-row",
        height=36 + 35 * min(10, max(1, len(listed))), key="difficult_table",
    )  # fmt: skip
    _open_picked(list(event.selection.rows), listed)
    if n_pages > 1:
        st.pagination(n_pages, key=PAGE)
    if st.query_params.get("question") != opened:
        page = data.view(
            views.difficult.page, run, *now, wanted, sort, first, ROWS, st.query_params["question"]
        )
    return page


def open_question(id: str | None, place: int | None = None) -> None:
    """Open a question; `place` is where it stands among the rows, so that its page is turned to."""
    remember("question", id)
    remember("response", None)
    if place is not None:
        st.session_state[PAGE] = place // ROWS + 1


def _open_picked(picked: list[int], listed: Any) -> None:
    """Open the row that was clicked just now; a row clicked before stays marked and opens nothing."""
    id = str(listed.question_id.iloc[picked[0]]) if picked and picked[0] < len(listed) else None
    if id != st.session_state.get("difficult_picked"):
        st.session_state["difficult_picked"] = id
        if id is not None:
            open_question(id)


def _choice(name: str, label: str, options: Mapping[str, str]) -> str:
    chosen = st.selectbox(
        label, list(options), format_func=lambda option: options.get(option, option),
        key=f"difficult_{name}", bind="query-params", on_change=_first_page, width=170, filter_mode=None,
    )  # fmt: skip
    return str(chosen)


def _first_page() -> None:
    st.session_state.pop(PAGE, None)
