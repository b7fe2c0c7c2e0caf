"""The stages of a run with their results, and the start from any of them to any other."""

from itertools import takewhile

import streamlit as st

from stat_engine import views
from stat_engine.method.stage import STAGES, stage
from stat_engine.orders import RunOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import STATE_COLOURS, how_far, sentence
from stat_engine.views.places import Run
from stat_engine.views.status import StageStatus, Status
from stat_engine.views.text import as_markdown

NAMES = [of.name for of in STAGES]
FROM, UNTIL = "stages_from", "stages_until"
BEGINNING, END = "the beginning", "the end"
SERVED = list(takewhile(lambda name: not stage(name).trains, NAMES))
"""The stages of a student on a server, which cannot be fine-tuned here."""
VERBS = ("run", "build", "train", "grpo", "evaluate")


def listed(run: Run) -> None:
    """The stages; while a process works on the run they follow it."""
    if run.is_working():
        _following(run.name)
    else:
        _rows(views.status.status(run), can_start=True)


def start(run: Run) -> None:
    """From which stage to which, what it takes, and the button."""
    if run.is_working():
        st.caption("A process works on this run. The next start is possible when it has ended.")
        return
    is_served = run.config.student.backend == "openai"
    st.session_state.setdefault(UNTIL, SERVED[-1] if is_served else END)
    with st.container(horizontal=True):
        first = _end("From", [BEGINNING, *NAMES], FROM)
        until = _end("Until", [*NAMES, END], UNTIL)
    if said := _refusal(first, until, is_served):
        st.error(said)
        return
    _offer(run, first, until)


def _end(label: str, names: list[str], key: str) -> str:
    return str(st.selectbox(label, names, format_func=_title, key=key, width=200, bind="query-params"))


def _title(name: str) -> str:
    return name if name in (BEGINNING, END) else stage(name).in_sentence


def _offer(run: Run, first: str, until: str) -> None:
    order = RunOrder(
        run=run.name,
        first=None if first == BEGINNING else first,
        until=None if until == END else until,
    )
    is_paid = work.may_cost(run.config)
    costs = "Calls and cost are shown first." if is_paid else "Free: it runs here and calls no server."
    says = (
        f"Brings **{as_markdown(run.name)}** up to date from {_title(first)} to {_title(until)}, "
        f"under the settings saved in it; what is done and unchanged is not done again. {costs}"
    )
    if all(of["state"] == "done" for of in views.status.status(run)["stages"]):
        says += " All stages are done, so it will find little to do."
    work.offer("Start", order, says, "stages_offer", is_paid)
    st.caption(f"The same by command line: `stat-studio {' '.join(order.words())}`")


def _refusal(first: str, until: str, is_served: bool) -> str | None:
    if _is_backwards(first, until):
        begin, end = stage(first).title, _title(until)
        return f"{begin} come after {end}: choose an earlier stage to begin with."
    if is_served and until not in SERVED:
        return (
            "The student is on a server and cannot be fine-tuned here: end with the training sets, or choose "
            "its checkpoint on this machine."
        )
    return None


@st.fragment(run_every=2)
def _following(name: str) -> None:
    run = data.workspace().run_folder(name)
    if not run.is_working():
        st.rerun()
    _rows(views.status.status(run), can_start=False)


def _rows(status: Status, can_start: bool) -> None:
    with st.container(border=True, gap="small"):
        for found in status["stages"]:
            name = found["stage"]
            with st.container(horizontal=True, wrap=False):
                with st.container(gap="xsmall"):
                    _stage(found)
                if can_start:
                    st.button(
                        "Rerun from this stage", key=f"stages_from_{name}", on_click=_from_here, args=(name,)
                    )


def _stage(found: StageStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{stage(found['stage']).title}**")
        st.badge(found["state"], color=STATE_COLOURS[found["state"]])
        st.caption(how_far(found))
    if found["state"] in ("working", "stopped") and found["total"]:
        st.progress(min(1.0, found["done"] / found["total"]))
    for note in found["notes"]:
        st.caption(as_markdown(sentence(note)))


def _from_here(name: str) -> None:
    st.session_state[FROM] = name
    if _is_backwards(name, str(st.session_state.get(UNTIL, END))):
        st.session_state[UNTIL] = END


def _is_backwards(first: str, until: str) -> bool:
    return first in NAMES and until in NAMES and NAMES.index(first) > NAMES.index(until)
