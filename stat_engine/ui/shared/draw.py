"""Put charts and tables on a page: pictures to download, columns of numbers, rows that can be chosen."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from stat_engine.charts.colours import unsigned_zero
from stat_engine.ui.shared.address import remember
from stat_engine.views.text import plain

FORMATS = ["png", "svg"]
HEADING_PX, ROW_PX = 36, 66
"""Heights of a table's heading and of a row of several lines: Streamlit wraps text in rows over 4 rem."""
_SIGNED = re.compile(r"%\+\.(\d)f")


def draw(
    figure: go.Figure, key: str, on_select: Literal["rerun", "ignore"] | Callable[[], None] = "ignore"
) -> Any:
    """Draw the figure; its camera button saves it as the format that `picture_format` last chose.

    Returns Streamlit's selection event unless `on_select` is "ignore"; a function is called at a click, not
    at what redraws the page later. Only single points can be chosen."""
    picture = {"format": st.session_state.get("picture_format", FORMATS[0]), "filename": key, "scale": 2}
    config = {"displaylogo": False, "toImageButtonOptions": picture}
    return st.plotly_chart(figure, key=key, config=config, on_select=on_select, selection_mode="points")


def picture_format() -> None:
    """The choice of what a chart's camera button saves."""
    st.segmented_control(
        "A chart's camera button saves", FORMATS, default=FORMATS[0], required=True, format_func=str.upper,
        key="picture_format", persist_state="session",
    )  # fmt: skip


def numbers(form: str | None = None, **titles: str | tuple[str, str]) -> dict[str, Any]:
    """Columns of numbers of one format, for a table's `column_config`: a title each, or (title, help)."""
    both = {name: (title, None) if isinstance(title, str) else title for name, title in titles.items()}
    return {
        name: st.column_config.NumberColumn(title, format=form, help=says)
        for name, (title, says) in both.items()
    }


def row_name(title: str, **looks: Any) -> Any:
    """The column that names the rows: it stays in sight while a wide table is scrolled."""
    return st.column_config.TextColumn(title, pinned=True, **looks)


def wrapped_rows(n: int, most: int = 6) -> dict[str, Any]:
    """Looks of a table of `n` rows whose long texts are wrapped; it is at most `most` rows high."""
    return {"row_height": ROW_PX, "height": HEADING_PX + ROW_PX * min(most, max(1, n))}


def counts(**titles: str | tuple[str, str]) -> dict[str, Any]:
    """Columns of whole numbers, with separators as the reader's country has them."""
    return numbers("localized", **titles)


def rounded(rows: pd.DataFrame, columns: dict[str, Any]) -> pd.DataFrame:
    """Rows in which a signed number (format `%+.3f`) that the page writes as zero is zero: none is -0.000."""
    digits = {
        name: int(found[1])
        for name, column in columns.items()
        if name in rows and isinstance(column, dict)
        and (found := _SIGNED.fullmatch(str(column["type_config"].get("format"))))
    }  # fmt: skip
    return rows.assign(**{name: unsigned_zero(rows[name].astype(float), n) for name, n in digits.items()})


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows for a table: skills and subjects by their display names, which files do not have."""
    names = [name for name in ("subject", "skill", "missing_skill") if name in rows]
    return rows.assign(**{name: rows[name].map(plain, na_action="ignore") for name in names})


def chosen_row(shown: Any, columns: dict[str, Any], key: str, **looks: Any) -> int | None:
    """A table of which one row may be chosen; its position, None without a choice.

    `shown`: a frame or a styled one; `looks`: what else `st.dataframe` takes."""
    event = st.dataframe(
        shown, hide_index=True, column_config=columns, on_select="rerun", selection_mode="single-row",
        key=key, **{"placeholder": "–", **looks},
    )  # fmt: skip
    rows = event.selection.rows
    is_there = bool(rows) and not (isinstance(shown, pd.DataFrame) and rows[0] >= len(shown))
    return int(rows[0]) if is_there else None


def pick_rows(
    shown: pd.DataFrame, ids: Sequence[str], name: str, key: str, forgets: str | None = None, **looks: Any
) -> None:
    """A table of which one row may be chosen: its id stands in the address under `name`, and is marked.

    `ids`: one a row of `shown`; `forgets`: what another choice takes out of the address; `looks`: what else
    `st.dataframe` takes."""
    wanted, of = st.query_params.get(name), list(ids)
    marked = [of.index(wanted)] if wanted in of else []
    if key not in st.session_state or list(st.session_state[key]["selection"]["rows"]) != marked:
        st.session_state[key] = {"selection": {"rows": marked}}  # it may have been opened by other means
    st.dataframe(
        shown, hide_index=True, key=key, selection_mode="single-row", **({"placeholder": "–"} | looks),
        on_select=lambda: _picked(name, of, st.session_state[key].selection.rows, forgets),
    )  # fmt: skip


def page_of(n: int, size: int, key: str) -> int:
    """Which page of rows is shown, from 0; the choice stands in the address."""
    n_pages = max(1, -(-n // size))
    return st.pagination(n_pages, key=key, bind="query-params") - 1 if n_pages > 1 else 0


def _picked(name: str, ids: Sequence[str], rows: Sequence[int], forgets: str | None) -> None:
    remember(name, str(ids[rows[0]]) if rows else None)
    if forgets:
        remember(forgets, None)
