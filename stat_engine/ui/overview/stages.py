"""The three stages of the paper as cards that update: state, figures, cost and the next action."""

import streamlit as st

from stat_engine import views
from stat_engine.charts import arms
from stat_engine.errors import StatError
from stat_engine.method.stage import stage
from stat_engine.ui.shared import data, findings, frame
from stat_engine.ui.shared.address import ONWARD
from stat_engine.ui.shared.draw import draw
from stat_engine.ui.shared.words import STATE_COLOURS
from stat_engine.views.next_steps import Card
from stat_engine.views.places import Run
from stat_engine.views.status import StageStatus
from stat_engine.views.text import as_markdown, plain

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
            st.metric(
                plain(label),
                value if value.replace(",", "").replace(".", "").isdigit() else plain(value),
                of,
                delta_color="normal" if (of or "")[:1] in ("+", "-") else "off",
                delta_arrow="auto" if (of or "")[:1] in ("+", "-") else "off",
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
        st.caption(as_markdown(note))


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
    st.subheader("Result so far")
    findings.headline(found)
    draw(arms.arm_dots(found), "overview_arms")
