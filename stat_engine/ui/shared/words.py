"""Sentences, figures, questions and responses as people read them, the same on every page."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from stat_engine.config import DifficultyConfig
from stat_engine.method.stage import stage
from stat_engine.views.places import Run
from stat_engine.views.status import StageStatus
from stat_engine.views.text import as_markdown, blocks, reward_colour

_IN_UTC = re.compile(r"on (\d{4}-\d\d-\d\d) at (\d\d:\d\d) UTC")
STATE_COLOURS: dict[str, Literal["green", "blue", "orange", "gray"]] = {
    "done": "green", "working": "blue", "stopped": "orange", "stale": "orange", "waiting": "gray",
}  # fmt: skip
"""State of a stage -> the colour of its badge."""


def sentence(text: object) -> str:
    """A text or an error with a capital at its front."""
    said = str(text)
    return f"{said[:1].upper()}{said[1:]}"


def show_error(error: Exception) -> None:
    """Put an error's sentence on the page."""
    st.error(as_markdown(sentence(error)))


def zone() -> str:
    """The browser's time zone, as tz database names are; UTC where it gives none that is known."""
    name = st.context.timezone or "UTC"
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return "UTC"
    return name


def moment(time: str | None, form: str = "%d %b %H:%M:%S") -> str:
    """A stored time, UTC in ISO 8601, in the browser's zone; a dash where there is none."""
    if not time:
        return "–"
    return datetime.fromisoformat(time).astimezone(ZoneInfo(zone())).strftime(form)


def utc(time: str | None) -> str:
    """The same moment in UTC, for a tooltip."""
    if not time:
        return ""
    return datetime.fromisoformat(time).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def moments(title: str, form: str = "YYYY-MM-DD HH:mm") -> Any:
    """A column of moments in the browser's zone; its tooltip has the present offset from UTC."""
    offset = datetime.now(ZoneInfo(zone())).strftime("%z")
    says = f"Time zone {zone()}, UTC{offset[:3]}:{offset[3:]}"
    return st.column_config.DatetimeColumn(title, format=form, timezone=zone(), help=says)


def local(text: str) -> str:
    """Words with a moment as in "on 2026-01-02 at 03:04 UTC", the browser's time before that in UTC."""
    return _IN_UTC.sub(_both, text)


def _both(found: "re.Match[str]") -> str:
    if zone() == "UTC":
        return found.group()
    there = datetime.fromisoformat(f"{found[1]}T{found[2]}+00:00").astimezone(ZoneInfo(zone()))
    return f"on {there:%Y-%m-%d at %H:%M} ({found[2]} UTC)"


def teacher(run: Run, endpoint: str) -> str:
    """A teacher by its model; by the name of its endpoint where it has none."""
    known = {of.endpoint(): of.model for of in (run.config.teacher, *run.config.second_teachers)}
    return known.get(endpoint) or endpoint


def questions(n: int) -> str:
    """So many questions."""
    return f"{n:,} question{'s' * (n != 1)}"


def duration(seconds: float | None) -> str:
    """A length of time; a dash where it is not known."""
    if seconds is None or seconds != seconds:
        return "-"
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def how_far(found: StageStatus) -> str:
    """How much of a stage is there, of one of the stages of `views.status.status`.

    A table that is being made is counted in batches."""
    done, total, of = found["done"], found["total"], stage(found["stage"])
    if not total:
        return ""
    if of.is_one_table and found["state"] in ("working", "stopped"):
        return f"{done:,} of {total:,} batches"
    return of.counted(done, total)


def verdict(is_correct: bool | None, unknown: str = "") -> None:
    """A badge for a graded response; for one without a grade `unknown`, or nothing."""
    if is_correct is not None:
        st.badge("correct" if is_correct else "wrong", color="green" if is_correct else "red")
    elif unknown:
        st.badge(unknown, color="gray")


def written(text: str, empty: str = "") -> None:
    """A question's or a model's text, its drawings folded; for none the Markdown `empty`."""
    if not text.strip() and empty:
        st.markdown(empty)
    for block in blocks(text):
        if block.kind == "markdown":
            st.markdown(block.text)
            continue
        with st.expander("Asymptote drawing (source)"):
            st.code(block.text, language=None)


def solution(text: str | None) -> None:
    """The dataset's solution of a question, folded; nothing where it has none."""
    if text:
        with st.expander("Reference solution"):
            written(text)


def step_line(
    at: int, shown: str, rewards: Sequence[float] | None, config: DifficultyConfig, marks: Sequence[str] = ()
) -> str:
    """A step of a response as one line of Markdown, because a row of elements would break around a long one.

    `shown`: the step as Markdown; `marks`: badges after it."""
    parts = [f":gray[{at + 1}]"]
    if rewards is not None and at < len(rewards):
        parts.append(f":{reward_colour(rewards[at], config)}-badge[{rewards[at]:.2f}]")
    elif rewards is not None:
        parts.append(":gray-badge[not scored: beyond the reward model's context]")
    return " ".join([*parts, shown, *marks])


def titles(names: Sequence[str], none: str) -> str:
    """The titles of stages in a row, or what to say where there are none."""
    return ", ".join(stage(name).in_sentence for name in names) or none
