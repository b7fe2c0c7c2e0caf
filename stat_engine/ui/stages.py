"""The three stages of the paper as columns that follow the work, and the run's headline figures."""

from typing import Any, Literal

import streamlit as st

from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data
from stat_engine.ui.text import as_markdown, plain

STAGES = {
    1: "Stage 1 · What is difficult",
    2: "Stage 2 · Which skills are missing",
    3: "Stage 3 · Train on them",
}
WORDS = {
    "responses": "Responses", "step_rewards": "Step rewards", "missing_skills": "Missing skills",
    "training_sets": "Training sets", "sft": "Fine-tuned students", "evaluation": "Evaluations",
}  # fmt: skip
COLOURS: dict[str, Literal["green", "blue", "orange", "gray"]] = {
    "done": "green",
    "working": "blue",
    "stopped": "orange",
    "stale": "orange",
    "waiting": "gray",
}
RUN_COLUMNS = {
    "run": "Run", "dataset": "Dataset", "n_done": "Stages done (of 6)", "is_working": "Working",
    "parent": "Copy of",
}  # fmt: skip


def live_columns(run: RunFolder) -> None:
    """The stages; while a process works on the run they refresh themselves."""
    if data.status(run)["is_working"]:
        _following(run.name)
    else:
        _columns(data.status(run))


@st.fragment(run_every=2)
def _following(name: str) -> None:
    status = data.status(data.workspace().run_folder(name))
    _columns(status)
    version = data.workspace().run_folder(name).version()
    if st.session_state.setdefault("overview_version", version) != version:
        st.session_state["overview_version"] = version
        st.rerun()


def _columns(status: dict[str, Any]) -> None:
    if not status["is_working"] and any(stage["state"] == "stopped" for stage in status["stages"]):
        st.warning(f"This run stopped half way. Take it up again with: `stat-studio run {status['run']}`")
    grid = st.grid(3, min_column_width=260, border=True)
    for number, title in STAGES.items():
        with grid.cell():
            st.markdown(f"**{title}**")
            for stage in status["stages"]:
                if stage["paper_stage"] == number:
                    _stage(stage)


def _stage(stage: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(WORDS[stage["stage"]])
        st.badge(stage["state"], color=COLOURS[stage["state"]])
        if stage["total"]:
            counts = (
                f"{stage['done']:,}"
                if stage["state"] == "done"
                else f"{stage['done']:,} of {stage['total']:,}"
            )
            st.caption(counts)
    if stage["state"] in ("working", "stopped") and stage["total"]:
        st.progress(min(1.0, stage["done"] / stage["total"]))
    for note in stage["notes"]:
        st.caption(as_markdown(note))


def profile_metrics(run: RunFolder) -> None:
    """The most missed skill, once there are labels."""
    try:
        worst = next((s for s in data.view("profile_summary", run)["skills"] if s["n_missing"]), None)
    except StatError:
        return
    if worst:
        st.metric(
            "Most missed skill",
            plain(worst["skill"]),
            f"{worst['n_missing']} of {worst['n_questions']} questions",
            delta_color="off",
            delta_arrow="off",
        )


def result_metrics(run: RunFolder) -> None:
    """The base's accuracy and the best arm's gain, once both are evaluated."""
    try:
        result = data.view("compare", run)
    except StatError:
        return
    base = result["base"]["accuracy"]
    st.metric(
        "Student's test accuracy",
        f"{base:.3f}",
        f"n = {result['test_questions']:,}",
        delta_color="off",
        delta_arrow="off",
    )
    if result["arms"]:
        best = result["arms"][0]
        st.metric(f"Best arm: {best['arm']}", f"{best['accuracy']:.3f}", f"{best['accuracy'] - base:+.3f}")
