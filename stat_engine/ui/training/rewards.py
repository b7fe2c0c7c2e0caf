"""The form that reinforces an arm or the student: settings in, one job out."""

from typing import Any

import streamlit as st

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.config import GrpoConfig
from stat_engine.orders import GrpoOrder
from stat_engine.ui.shared import work
from stat_engine.ui.shared.words import duration
from stat_engine.ui.training.form import COUNT, N_FIRST, Fields, number_inputs, planned
from stat_engine.views.places import Run
from stat_engine.views.training_plan import GrpoPlan

FIELDS: Fields = {
    "epochs": ("Epochs", {"min_value": 0.0, "step": 1.0, "format": "%g"}),
    "learning_rate": ("Learning rate", {"min_value": 0.0, "step": 1e-6, "format": "%g"}),
    "questions": ("Questions", COUNT),
    "questions_a_batch": ("Questions a batch", COUNT),
    "mini_batch": ("Questions an update", COUNT),
    "rollouts": ("Answers a question", {"min_value": 2, "step": 1}),
    "max_tokens": ("Tokens an answer at most", COUNT),
    "temperature": ("Temperature", {"min_value": 0.0, "step": 0.1, "format": "%g"}),
    "max_grad_norm": ("Gradient norm at most", {"min_value": 0.0, "step": 0.1, "format": "%g"}),
    "device_batch": ("Answers in memory at once", COUNT),
}
WEIGHS = {"nothing": "nothing (GRPO)", "reward": "the reward", "sampling": "the draw of questions"}


def reinforce(run: Run) -> None:
    """The form, folded; nothing for a student that cannot be trained here, of which the other form tells."""
    if run.config.student.backend in ("imported", "openai"):
        return
    is_open = st.session_state.setdefault("training_grpo_open", "grpo_start" in st.query_params)
    with st.expander("Reinforce an arm (GRPO)", expanded=is_open, key="training_grpo_form"):
        st.caption(
            "The arm answers training questions several times and learns from which answers are right. With "
            "the Missing-Skill-Profile as weight this is Skill-GRPO."
        )
        order = _order(run)
        is_graded = st.toggle("Grade on the test questions afterwards", value=True, key="training_grpo_grade")
        _offer(run, order, is_graded)


def _order(run: Run) -> GrpoOrder:
    grid = st.grid(3, min_column_width=220)
    with grid.cell():
        start = st.selectbox(
            "Goes on from", ["base", *run.trained_arms()], key="grpo_start", bind="query-params",
            help="base is the student itself; an arm goes on seed by seed",
        )  # fmt: skip
    offered = run.trained_seeds(start) if start != "base" else sorted({*range(10), *run.config.seeds})
    with grid.cell():
        seeds = st.multiselect("Seeds", offered, default=offered[:1], key=f"training_grpo_seeds_{start}")
    with grid.cell():
        arm = st.text_input(
            "Name of the new arm", key="training_grpo_arm", max_chars=60, placeholder="named after its start"
        )
    return GrpoOrder(
        run=run.name,
        start=start,
        seeds=tuple(seeds or offered[:1]),
        arm=arm.strip() or None,
        settings=_settings(run),
    )


def _settings(run: Run) -> tuple[str, ...]:
    """`grpo.KEY=VALUE` for what differs from the run's own."""
    own, names = run.config.grpo.model_dump(), list(FIELDS)
    given: dict[str, Any] = {
        "profile_weighs": st.segmented_control(
            "The profile weighs", list(WEIGHS), default=own["profile_weighs"], required=True,
            format_func=lambda name: WEIGHS[name], key="training_grpo_weighs",
            help=configuration.fields(GrpoConfig)["profile_weighs"].description,
        )
    }  # fmt: skip
    if given["profile_weighs"] != "nothing":
        given["strength"] = st.slider(
            "Strength", 0.0, 1.0, own["strength"], key="training_grpo_strength",
            help=configuration.fields(GrpoConfig)["strength"].description,
        )  # fmt: skip
    given |= number_inputs(names[:N_FIRST], FIELDS, GrpoConfig, own, "training_grpo", "all")
    with st.popover("More settings", key="training_grpo_more"):
        given |= number_inputs(names[N_FIRST:], FIELDS, GrpoConfig, own, "training_grpo", "all")
    changed = {key: value for key, value in given.items() if value is not None and value != own[key]}
    return tuple(configuration.as_setting(f"grpo.{key}", value) for key, value in changed.items())


def _offer(run: Run, order: GrpoOrder, is_graded: bool) -> None:
    plan = planned(views.training_plan.grpo_plan, run, order, "training_grpo_plan")
    if plan is None:
        return
    is_evaluated = plan["trainings"][0]["arm"] in run.evaluated(run.config.evaluation.split)
    if not plan["n_to_do"] and (is_evaluated or not is_graded):
        st.caption("All of these are trained already.")
        return
    order = order.but(evaluate=is_graded)
    work.offer(
        "Reinforce" if plan["n_to_do"] else "Grade",
        order,
        _says(run, plan, is_graded),
        key="training_grpo_start",
    )
    work.command(order.words())


def _says(run: Run, plan: GrpoPlan, is_graded: bool) -> str:
    n, seconds = plan["n_to_do"], plan["seconds"]
    how_long = (
        "for how long is not known before a GRPO of this run was measured"
        if seconds is None
        else f"about {duration(seconds)} at the measured speed of this run's"
    )
    said = [
        f"Trains **{n}** {'student' if n == 1 else 'students'} on {plan['n_answers']:,} answers in all: "
        f"{plan['n_steps']:,} steps, {how_long}."
    ]
    if is_graded:
        said.append("Then the student, the start and the new arm answer the test questions.")
    if run.config.domain.grader.backend == "judge":
        said.append("The teacher judges every answer: those calls cost, up to the run's budget.")
    else:
        said.append("Free: no server is called that costs anything.")
    return " ".join(said)
