"""The order of labels under review: pending ones first, the one on show, and its neighbours."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.ui.shared import data, frame
from stat_engine.ui.shared.address import remember
from stat_engine.ui.shared.whole import state
from stat_engine.views.places import Run

AT = "labels_at"


@dataclass
class _At:
    """Where the reviewer is."""

    visit: int
    """Of the page."""
    response_id: str | None
    """Null: at the first label of the filter."""
    named: set[str | None]
    """What the address has named in this visit."""


def need(run: Run) -> None:
    """Before there are any labels the page ends."""
    frame.need(views.labels.queue, run)


def queue(run: Run) -> pd.DataFrame:
    """Every label of the run, pending ones first, else in the teacher's order."""
    found: pd.DataFrame = data.view(views.labels.queue, run)
    is_decided = found.state != "pending"
    return pd.concat([found[~is_decided], found[is_decided]], ignore_index=True)


def shown(rows: pd.DataFrame, queue: pd.DataFrame) -> str | None:
    """The label gone to, else the first that the filter leaves; None where it leaves none."""
    wanted = gone_to(rows, queue)
    go(wanted)  # so that it stays when somebody else decides on it
    remember("item", wanted)
    return wanted


def gone_to(rows: pd.DataFrame, queue: pd.DataFrame) -> str | None:
    """As `shown`, without a change.

    With a press comes the address that the browser has by then: it may be that of an earlier label."""
    visit, address = frame.visit(), st.query_params.get("item")
    at = state().get(AT)
    if at is None or at.visit != visit:
        at = state()[AT] = _At(visit, address, {address})
    elif address not in at.named:
        at.response_id = address
    if at.response_id in set(queue.response_id):
        return at.response_id
    return str(rows.response_id.iloc[0]) if len(rows) else None


def go(response_id: str | None) -> None:
    """Show this label next; None: the first of the filter. The address follows when the page is drawn."""
    if at := state().get(AT):
        at.response_id = response_id
        at.named.add(response_id)


def position(
    rows: pd.DataFrame, queue: pd.DataFrame, response_id: str
) -> tuple[int | None, str | None, str | None, str | None]:
    """(place among the filter's rows from 1, null: not among them; the label before; the one after; the
    one to go on with: the one after, else the first that is left)."""
    order = {id: at for at, id in enumerate(queue.response_id)}
    others = [id for id in rows.response_id if id != response_id]
    before = [id for id in others if order[id] < order[response_id]]
    after = [id for id in others if order[id] > order[response_id]]
    place = len(before) + 1 if len(others) < len(rows) else None
    return place, before[-1] if before else None, after[0] if after else None, (after or others or [None])[0]
