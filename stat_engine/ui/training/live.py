"""Running trainings: figures of the current one and the curves of all, updated every two seconds."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import training
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.draw import draw
from stat_engine.ui.shared.words import duration
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown
from stat_engine.views.training import UnderWay

VERBS = ("train", "grpo", "evaluate", "export-model", "run", "demo")
"""Verbs that fine-tune or grade."""
AXES = {"steps": "step", "seconds": "seconds", "tokens": "n_tokens"}
EVERY_S = 2


def followed(run: Run) -> None:
    """Jobs, figures and curves of the run; while a process works on it they are drawn again and again."""
    work.at_work(run.name, VERBS, key="training_work")
    is_working = run.is_working() or any(job["is_running"] for job in data.jobs_of(run))
    (_followed_figures if is_working else _figures)(run.name)
    shown = _choice(run)
    (_followed_charts if is_working else _charts)(run.name, shown)


def _choice(run: Run) -> dict[str, Any]:
    """Which curves and how; nothing to choose before the first step."""
    arms = list(dict.fromkeys(arm for arm, _ in views.training.fine_tunings(run)))
    if not arms:
        return {"arms": []}
    st.subheader("Curves")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            "Arms", arms, key="training_arm", bind="query-params", placeholder="All", width=420
        )
        axis = st.segmented_control(
            "Along", list(AXES), default="steps", required=True, key="training_axis", bind="query-params"
        )  # fmt: skip
        smooth = st.toggle("Smoothed", value=True, key="training_smooth", bind="query-params")
        log = st.toggle("Logarithmic loss", key="training_log", bind="query-params")
    return {"arms": chosen or arms, "axis": axis, "smooth": smooth, "log": log}


@st.fragment(run_every=EVERY_S)
def _followed_figures(name: str) -> None:
    _figures(name)
    run = data.workspace().run_folder(name)
    state = (views.training.fine_tunings(run), run.trained_arms(), run.is_working())
    before = st.session_state.get("training_state")
    st.session_state["training_state"] = state
    if before is not None and before != state:
        st.rerun()  # an arm came or ended: the choices and the table change


@st.fragment(run_every=EVERY_S)
def _followed_charts(name: str, shown: dict[str, Any]) -> None:
    _charts(name, shown)


def _figures(name: str) -> None:
    for one in views.training.under_way(data.workspace().run_folder(name)):
        _progress(one)


def _progress(one: UnderWay) -> None:
    name, step, n_steps = f"**{as_markdown(one['arm'])}**, seed {one['seed']}", one["step"], one["max_steps"]
    if not one["is_at_work"]:
        at = f"stopped at step {step:,} of {n_steps:,}" if step else "stopped at its start"
        st.markdown(f"{name} {at}. The same order goes on with it.")
        return
    if not step or not n_steps:
        st.markdown(f"{name} is being prepared: the student is loaded.")
        return
    is_rewarded = one["reward"] is not None
    of = f"{one['n_questions'] or 0:,} questions" if is_rewarded else f"{one['n_pairs'] or 0:,} pairs"
    st.markdown(f"{name} is learning from {of}.")
    memory, total = one["memory_bytes"], one["memory_total_bytes"]
    kind = "Card's memory" if one["device"] == "cuda" else "Memory"
    figures = {
        "Step": f"{step:,} of {n_steps:,}",
        **({"Reward": f"{one['reward']:.3f}"} if is_rewarded else {"Loss": f"{one['loss']:.4f}"}),
        "Learning rate": f"{one['learning_rate']:.2g}",
        "Tokens a second": _number(one["tokens_a_second"]),
        f"{kind}, of {total / 1e9:.0f} GB" if total else kind: f"{memory / 1e9:.1f} GB" if memory else "-",
        "Time left": "-" if one["seconds_left"] is None else duration(one["seconds_left"]),
    }
    st.progress(step / n_steps)
    grid = st.grid(len(figures), min_column_width=130)
    for label, value in figures.items():
        with grid.cell():
            st.metric(label, value)


def _charts(name: str, shown: dict[str, Any]) -> None:
    run = data.workspace().run_folder(name)
    curves = [_kept(run, arm, seed) for arm, seed in views.training.fine_tunings(run) if arm in shown["arms"]]
    curves = [rows for rows in curves if len(rows)]
    if not curves:
        return
    metrics, axis = pd.concat(curves, ignore_index=True), AXES[shown["axis"]]
    measured = metrics.dropna(subset=axis)
    missing = sorted(set(metrics.arm) - set(measured.arm))
    if missing:
        st.caption(as_markdown(f"Not drawn, as not measured in {shown['axis']}: {', '.join(missing)}."))
    if measured.empty:
        return
    side_by_side = st.grid(2, min_column_width=420)
    rewarded = measured.groupby(["arm", "seed"]).reward.transform("count") > 0
    if not rewarded.all():
        with side_by_side.cell():
            draw(
                training.losses(measured[~rewarded], axis, shown["smooth"], shown["log"]), key="training_loss"
            )
    if rewarded.any():
        with side_by_side.cell():
            draw(training.rewards(measured[rewarded], axis), key="training_reward")
    with side_by_side.cell():
        draw(training.learning_rates(measured, axis), key="training_rates")


def _kept(run: Run, arm: str, seed: int) -> pd.DataFrame:
    root = str(data.workspace().root)
    return _curve(root, run.name, arm, seed, views.training.mark(run, arm, seed))


@st.cache_data(max_entries=64, show_spinner=False)
def _curve(root: str, run: str, arm: str, seed: int, mark: tuple[int, int]) -> pd.DataFrame:
    """Read anew only where the fine-tuning wrote a step: many arms cost no more than the one at work."""
    return views.training.curve(data.workspace().run_folder(run), arm, seed)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
