"""Counts under the thresholds: the headline, subjects, clauses, and the filter against known correctness."""

from collections.abc import Callable
from typing import Any, Literal

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import difficulty
from stat_engine.config import DifficultyConfig
from stat_engine.stats import wilson
from stat_engine.ui.difficult_questions import questions
from stat_engine.ui.shared import data, frame
from stat_engine.ui.shared.draw import counts, draw, numbers
from stat_engine.ui.shared.words import sentence
from stat_engine.views.difficult import CountsAt
from stat_engine.views.filters import MEASURES, FilterRow, Measure, quality
from stat_engine.views.places import Run

BAR = "difficult_bar"
NAMES = {"f1": "F1", "accuracy": "Accuracy", "precision": "Precision", "recall": "Recall"}
FILTERS = {
    "prm": "Reward filter", "consistency": "Consistency", "length": "Length", "orm": "Outcome reward",
}  # fmt: skip
CLAUSES = {
    "paper": {"final": "final step", "mean": "mean", "step": "an earlier step"},
    "adaptmi": {"final": "final step", "mean": "mean", "step": "a step after the first"},
}
Cell = Literal["tp", "fp", "fn", "tn"]
CELLS: dict[Cell, tuple[str, str, str]] = {
    "tp": ("difficult and wrong", "difficult", "wrong"), "fp": ("difficult but right", "difficult", "right"),
    "fn": ("easy but wrong", "easy", "wrong"), "tn": ("easy and right", "easy", "right"),
}  # fmt: skip
"""Cell of the confusion -> its name, and the filters that list its questions."""
QUICK = 100_000
"""Responses up to which answers and lengths are read without being asked for."""
COMPARED: dict[str, Any] = {
    "filter": "Filter", "setting": "Difficult when", **counts(n_difficult="Difficult"),
    **numbers("%.3f", accuracy=("Accuracy", "Difficult against wrong")),
    "interval": "95% interval",
    **numbers("%.3f", f1="F1", precision="Precision", recall="Recall"),
}  # fmt: skip


def need(run: Run, otherwise: Callable[[], None]) -> None:
    """End the page where no response is scored yet, with what `otherwise` shows."""
    frame.need(views.difficult.summary, run, "difficulty", otherwise)


def at(run: Run, now: tuple[float, float]) -> CountsAt:
    """What the thresholds flag."""
    return data.view(views.difficult.summary_at, run, *now)


def headline(run: Run, found: CountsAt) -> None:
    """How many questions are difficult, with its interval."""
    k, n = found["n_difficult"], found["n_questions"]
    low, high = wilson(k, n)
    share = f" ({k / n:.1%}, 95% interval {low:.1%} to {high:.1%})" if n else ""
    asked = data.view(views.difficult.asked_in_words, run)
    st.markdown(f"**{k:,} of {n:,}** {asked} are difficult for the student{share}.")


def rule_in_words(config: DifficultyConfig, tau1: float, tau2: float) -> str:
    """What makes a question difficult here."""
    many = {
        "any": "any of its responses is", "half": "at least half of its responses are",
        "all": "all of its responses are", "best-mean": "its response with the best mean is",
    }[config.aggregate_used()]  # fmt: skip
    if config.filter != "prm":
        return f"Filter {config.filter}; a question is difficult when {many}."
    words = CLAUSES[config.rule]
    tests = [f"its {words['final']} or its mean reward is at or below τ1 = {tau1:g}"] if tau1 > 0 else []
    tests += [f"{words['step']} is at or below τ2 = {tau2:g}"] if tau2 > 0 else []
    when = ", or ".join(tests) or "never: both thresholds are off"
    return f"A response is difficult when {when}; a question when {many}."


def by_subject(found: CountsAt) -> None:
    """The share in each subject (table 12); a click on a bar lists the subject's questions."""
    st.markdown("**By subject** (a click on a bar lists its questions)")
    figure = difficulty.share_by_subject(found["by_subject"])
    event = draw(figure, "difficult_by_subject", on_select="rerun")
    picked = [str(point["customdata"]) for point in event.selection.points]
    if picked != st.session_state.get(BAR, []):
        st.session_state[BAR] = picked
        questions.ask(subject=picked[0] if picked else questions.ALL)


def clauses(found: CountsAt, rule: str) -> None:
    """Responses under each clause; a click lists their questions."""
    st.markdown("**Which clause fires** (responses; several can)")
    n = found["n_responses"]
    with st.container(horizontal=True):
        for clause, words in CLAUSES[rule].items():
            k = found["clauses"][clause]
            share = f" · {k / n:.1%}" if n else ""
            st.button(
                f"{k:,}{share}  \n{words}", key=f"difficult_clause_{clause}", on_click=questions.ask,
                kwargs={"shown": "all", "clause": clause}, help="List the questions of these responses",
            )  # fmt: skip
    st.caption(f"Of {n:,} responses.")


def against_correctness(found: CountsAt) -> None:
    """Confusion, accuracy, precision, recall and F1 against known correctness, by question."""
    st.markdown("**Against correctness** (questions; the filter never reads it)")
    confusion = found["confusion"]
    if confusion is None:
        st.caption("No question's correctness is known, so the filter cannot be checked.")
        return
    grid = st.grid(2, min_column_width=150, gap="small")
    for cell, (words, shown, graded) in CELLS.items():
        with grid.cell():
            st.button(
                f"{confusion[cell]:,} {words}", key=f"difficult_cell_{cell}", width="stretch",
                on_click=questions.ask, kwargs={"shown": shown, "graded": graded},
                help="List these questions",
            )  # fmt: skip
    found_as = quality(confusion)
    with st.container(horizontal=True):
        for name, one in found_as.items():
            st.metric(NAMES[name], "–" if one["value"] is None else f"{one['value']:.3f}", width="content")
    st.caption("; ".join(f"{NAMES[name]} {_basis(found_as[name])}" for name in MEASURES[1:]) + ".")


def heat_map(run: Run, now: tuple[float, float]) -> None:
    """A measure over every pair of thresholds (table 8), the current pair marked."""
    grid = data.view(views.filters.grid, run)
    if grid is None:
        return
    st.markdown("**Other thresholds, against correctness**")
    measure = st.segmented_control(
        "Measure", MEASURES, default="f1", required=True, format_func=NAMES.__getitem__,
        key="difficult_measure", bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    own = run.config.difficulty
    draw(difficulty.threshold_map(grid, measure, now, (own.tau1, own.tau2)), "difficult_thresholds")
    best = grid.nlargest(1, measure).iloc[0]
    n = int(best[["tp", "fp", "fn", "tn"]].sum())
    st.caption(
        f"Best {NAMES[measure]} of the grid: {best[measure]:.3f} at τ1 = {best.tau1:g}, τ2 = {best.tau2:g} "
        f"(n = {n:,} questions). Chosen and measured on the same questions, so it is optimistic."
    )


def filters_compared(run: Run, now: tuple[float, float], n_responses: int) -> None:
    """The reward filter beside the other filters (table 11), which read every response: on demand of many."""
    st.markdown("**The reward filter beside other filters**")
    opened = st.expander(
        "Consistency, length, outcome reward",
        n_responses <= QUICK,
        key="difficult_filters",
        on_change="rerun",
    )
    if not opened.open:
        return
    with opened, st.spinner("Reading answers and lengths"):
        rows = [data.view(views.filters.compared_at, run, *now), *data.view(views.filters.compared, run)]
        own = run.config.difficulty
        is_moved = now != (own.tau1, own.tau2)
        kept = rows if is_moved else rows[1:]
        when = {0: ", now", 1: ", saved"} if is_moved else {}
        shown = [_compared(row, when.get(at, "")) for at, row in enumerate(kept) if row["reason"] is None]
        st.dataframe(
            pd.DataFrame(shown, columns=list(COMPARED)), hide_index=True, column_config=COMPARED,
            placeholder="",
        )  # fmt: skip
        for row in kept:
            if row["reason"]:
                st.caption(f"{FILTERS[row['filter']]}: {row['reason']}.")
        known = sorted({row["quality"]["accuracy"]["n"] for row in kept if row["quality"]})
        basis = f" (n = {' or '.join(f'{n:,}' for n in known)})" if known else ""
        st.caption(f"Accuracy of “difficult” against “wrong”, by question{basis}.")


def _compared(row: FilterRow, when: str) -> dict[str, object]:
    shown = {**row, "filter": FILTERS[row["filter"]] + when}
    if row["quality"] is None:
        return shown
    accuracy = row["quality"]["accuracy"]
    interval = f"{accuracy['ci_low']:.3f} to {accuracy['ci_high']:.3f}"
    values = {name: one["value"] for name, one in row["quality"].items()}
    return {**shown, **values, "interval": interval}


def _basis(one: Measure) -> str:
    if one["ci_low"] is None:
        return f"n = {one['n']:,}"
    return f"{one['ci_low']:.3f} to {one['ci_high']:.3f} (n = {one['n']:,})"


def warning(run: Run) -> None:
    """Where questions could not be judged, a sentence."""
    said = data.view(views.difficult.warning, run)
    if said:
        st.warning(f"{sentence(said)}.")
