"""Sentences, figures, questions and responses as people read them, the same on every page."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from stat_engine.config import DifficultyConfig
from stat_engine.method.stage import stage
from stat_engine.views.status import StageStatus
from stat_engine.views.text import as_markdown, blocks, reward_colour

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
