"""The three stages of the paper as cards that update, and all runs of the workspace as a table."""

import shlex
from typing import Any

import streamlit as st

from stat_engine import jobs, review, views
from stat_engine.charts import arms
from stat_engine.errors import StatError
from stat_engine.jobs import Wish
from stat_engine.method.stage import stage
from stat_engine.orders import ForkOrder
from stat_engine.ui.shared import data, findings, frame, work
from stat_engine.ui.shared.address import ONWARD
from stat_engine.ui.shared.draw import draw, numbers, pick_rows, row_name
from stat_engine.ui.shared.words import STATE_COLOURS, sentence, show_error
from stat_engine.views.next_steps import Card
from stat_engine.views.places import Run
from stat_engine.views.runs import size_in_words
from stat_engine.views.status import StageStatus
from stat_engine.views.text import as_markdown, clipped, plain

TITLES = {
    1: "1 · What is difficult",
    2: "2 · Which skills are missing",
    3: "3 · Train on them",
}


def live_cards(run: Run) -> None:
    """The cards; while a process works on the run they refresh themselves."""
    if views.status.status(run)["is_working"]:
        _following(run.name)
    else:
        _cards(run)


@st.fragment(run_every=2)
def _following(name: str) -> None:
    run = data.workspace().run_folder(name)
    _cards(run)
    now = (run.version(), run.is_working())
    if st.session_state.setdefault("overview_version", now) != now:
        st.session_state["overview_version"] = now
        st.rerun()


def _cards(run: Run) -> None:
    cards = views.next_steps.cards(
        views.status.status(run),
        views.status.calls(data.workspace(), run),
        data.view(views.next_steps.figures, run),
    )
    first = next((card["number"] for card in cards if "until" in (card["next"] or {})), None)
    grid = st.grid(3, min_column_width=280, border=True)
    for card in cards:
        with grid.cell():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(f"**{TITLES[card['number']]}**")
                st.badge(card["state"], color=STATE_COLOURS[card["state"]])
            _figures(card)
            for found in card["stages"]:
                _stage(run.name, found)
            _cost(card)
            _next(run, card, is_first=card["number"] == first)


def _figures(card: Card) -> None:
    with st.container(horizontal=True):
        for label, value, of in card["figures"]:
            is_change = (of or "")[:1] in ("+", "-") and (of or "").strip("+-0.") != ""
            st.metric(
                plain(label),
                value if value.replace(",", "").replace(".", "").isdigit() else plain(value),
                of,
                delta_color="normal" if is_change else "off",
                delta_arrow="auto" if is_change else "off",
            )


def _stage(run: str, found: StageStatus) -> None:
    of, done, total = stage(found["stage"]), f"{found['done']:,}", f"{found['total'] or 0:,}"
    counts = done if found["state"] == "done" else f"{done} of {total}" if found["total"] else ""
    said = "" if found["state"] == "done" else found["state"]
    line = " · ".join(filter(None, [of.title, counts, said]))
    if found["state"] in ("done", "stale"):
        page = f"pages/{of.page}.py"
        st.page_link(page, label=line, icon=ONWARD, icon_position="right", query_params={"run": run})
    else:
        st.caption(line)
    if found["state"] in ("working", "stopped") and found["total"]:
        st.progress(min(1.0, found["done"] / found["total"]))
    for note in found["notes"]:
        st.caption(as_markdown(sentence(note)))


def _cost(card: Card) -> None:
    """What the stage has cost, once anything was asked."""
    n, n_unpriced = card["calls"], card["n_unpriced"]
    if n:
        cost = f"cost \\${card['cost']:,.4f}" if card["cost"] else "cost nothing" if not n_unpriced else ""
        unknown = f"no price known for {n_unpriced:,} of them" if n_unpriced else ""
        said = ", ".join(filter(None, [f"{n:,} call{'s' * (n != 1)} to teachers and servers", cost, unknown]))
        st.caption(said)


def _next(run: Run, card: Card, is_first: bool) -> None:
    step = card["next"]
    if step is None:
        if card["state"] == "waiting":
            st.caption(f"Comes after stage {card['number'] - 1}.")
    elif "until" in step:
        frame.bring_up_to_date(run, step["until"], f"overview_next_{card['number']}", is_primary=is_first)
    else:
        st.page_link(f"pages/{step['page']}.py", label=f"{step['words']} →", query_params={"run": run.name})


def heading(run: Run) -> None:
    """What the run is about, in its card's words too."""
    status = views.status.status(run)
    said = [f"Dataset **{as_markdown(status['dataset'])}**"]
    if status["parent"]:
        said.append(f"copy of **{as_markdown(status['parent'])}**")
    with st.container(horizontal=True):
        st.caption(" · ".join(said))
        if status["is_working"]:
            st.badge("working", color="blue")
        for tag in run.card.get("tags") or []:
            st.badge(as_markdown(tag), color="gray")
    if run.card.get("note"):
        st.markdown(as_markdown(run.card["note"]))


def result(run: Run) -> None:
    """The arms against the student, once there are any."""
    try:
        found = data.view(views.compare.compare, run)
    except StatError:
        return
    st.header("Result so far")
    findings.headline(found)
    draw(arms.arm_dots(found, data.marks()), "overview_arms")


LEFT_OVER = Wish(unfinished=True, checkpoints=True, jobs=True)
COLUMNS: dict[str, Any] = {
    "run": row_name("Run"),
    "tags": st.column_config.ListColumn("Tags"),
    **numbers("%.3f", base_accuracy=("Student", "Test accuracy, fraction")),
    "best_arm": "Best arm", **numbers("%.3f", accuracy="Its accuracy"),
    "difficult": "Difficult questions", "most_missed": "Most missed skill",
    **numbers(n_done="Stages done (of 6)"),
    "note": "Note", "damage": "Damaged", "parent": "Copy of",
    **numbers("%.4f", cost="Cost, USD"), **numbers("bytes", bytes="On disk"),
    "created": st.column_config.DatetimeColumn("Made", format="distance"),
    "dataset": "Dataset", "student": "Student's name", "teacher": "Teacher",
}  # fmt: skip


def used() -> None:
    """Bytes by run and part, and the clean-up, with what would go said first."""
    rows = data.workspace_view(views.runs.used)
    with st.expander(f"Disk: {size_in_words(float(rows.bytes.sum()))} in this workspace"):
        st.dataframe(
            rows.assign(run=rows.run.fillna("all runs"), part=rows.part.str.replace("_", " ")),
            hide_index=True,
            placeholder="–",
            column_config={"run": "Run", "part": "What", **numbers("bytes", bytes="On disk")},
            height=240,
        )
        _clean()


def remove(run: Run) -> None:
    """The whole run, with what is lost said first."""
    place, with_decisions = data.workspace(), False
    n = views.runs.n_decisions(run)
    if n:
        with_decisions = st.checkbox(
            f"Its {n:,} decisions of people may go too", key="overview_remove_decisions"
        )
    wish = Wish(whole_run=run.name, with_decisions=with_decisions)
    try:
        found = jobs.clean(place, wish, dry_run=True)
    except StatError as error:
        st.caption(as_markdown(sentence(error)))
        return
    st.caption(as_markdown("; ".join(["Cannot be taken back", *found["losses"]]) + "."))
    sure = st.text_input("Type the run's name to remove it", key="overview_remove_name")
    if st.button(f"Remove it and free {size_in_words(found['bytes'])}", disabled=sure != run.name):
        jobs.clean(place, wish)
        st.session_state.pop("run")
        st.query_params.clear()
        st.rerun()


def _clean() -> None:
    st.caption(
        "Cleaning up takes away what is left over or can be made again: parts that were given up, "
        "checkpoints of finished fine-tunings, logs of jobs that ended more than 30 days ago. Results and "
        "decisions stay."
    )
    found = jobs.clean(data.workspace(), LEFT_OVER, dry_run=True)
    for item in found["items"]:
        st.caption(as_markdown(f"{item['path']} · {size_in_words(item['bytes'])}"))
    if not found["items"]:
        st.caption("There is nothing of that kind now.")
    elif st.button(f"Free {size_in_words(found['bytes'])}", key="overview_clean"):
        jobs.clean(data.workspace(), LEFT_OVER)
        st.rerun()


def table() -> None:
    """Every run of the workspace, newest first; a click on a row opens it."""
    found = data.workspace_view(views.runs.kept_table)
    rows = found.assign(
        difficult=[
            f"{n:,} of {of:,}" if known else ""
            for n, of, known in zip(
                found.n_difficult, found.n_questions, found.n_questions.notna(), strict=True
            )
        ],
        note=found.note.map(clipped),
        damage=found.damage.map(clipped, na_action="ignore"),
    )
    st.caption("Click a row to open the run.")
    pick_rows(
        rows[list(COLUMNS)], list(rows.run), "run", "overview_runs", column_config=COLUMNS, placeholder=""
    )


def acts(run: Run) -> None:
    """Note and tags, a copy with one change, the difference from another run, removal."""
    note, copy, difference, removal = st.tabs(
        ["Note and tags", "Copy with a change", "Difference from another run", "Remove"]
    )
    with note:
        _note(run)
    with copy:
        _copy(run)
    with difference:
        _difference(run)
    with removal:
        remove(run)


def _note(run: Run) -> None:
    card = run.card
    with st.form("overview_note_form", border=False):
        note = st.text_area("Note", str(card.get("note") or ""), key=f"overview_note_{run.name}", height=80)
        tags = st.text_input(
            "Tags, with commas between", ", ".join(card.get("tags") or []), key=f"overview_tags_{run.name}"
        )
        if st.form_submit_button("Save note and tags"):
            wanted = [tag.strip() for tag in tags.split(",") if tag.strip()]
            try:
                review.set_note(run, note)
                now = list(run.card.get("tags") or [])
                review.change_tags(run, wanted, [tag for tag in now if tag not in wanted])
            except StatError as error:
                show_error(error)
            else:
                st.rerun()


def _copy(run: Run) -> None:
    """A copy keeps all stages that the change does not touch."""
    with st.container():
        name = st.text_input("Name of the copy", placeholder=f"{run.name}-2", key="overview_copy_name")
        is_taken = work.is_taken(name)
        change = st.text_input(
            "What is different",
            placeholder="difficulty.tau1=0.9",
            help="Settings as KEY=VALUE with spaces between them, a value with spaces in quotes; Run stages "
            "lists them all.",
            key="overview_copy_change",
        )
        st.caption(
            f"Copies {as_markdown(run.name)} with every stage that the change does not touch, and the label "
            "decisions with their responses. Free; nothing is run."
        )
        if st.button("Make the copy", key="overview_copy", disabled=is_taken) and name:
            try:
                settings = tuple(shlex.split(change))
            except ValueError as error:
                st.error(as_markdown(f"What is different: {error}; put a value with spaces in quotes."))
                return
            made = work.answer(ForkOrder(run=run.name, copy_name=name, settings=settings))
            if made is not None:
                st.query_params["run"] = name
                st.rerun()


def _difference(run: Run) -> None:
    others = [name for name in data.workspace().run_names() if name != run.name]
    if not others:
        st.caption("There is no other run yet.")
        return
    parent = run.card.get("parent")
    at = others.index(parent) if parent in others else 0
    other = st.selectbox("Other run", others, at, key="overview_other", bind="query-params")
    try:
        rows = data.workspace_view(views.runs.differences, run.name, other)
    except StatError as error:
        show_error(error)
        return
    if len(rows):
        st.dataframe(rows, hide_index=True, placeholder="–")
    else:
        st.caption("No setting differs.")
