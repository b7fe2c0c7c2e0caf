"""The two threshold sliders, the effect of moving them, and saving them here or in a copy of the run."""

from typing import Literal

import streamlit as st

from stat_engine import views
from stat_engine.config import DifficultyConfig
from stat_engine.orders import ForkOrder, Order, RunOrder, SetOrder
from stat_engine.ui.shared import work
from stat_engine.ui.shared.words import questions
from stat_engine.views.difficult import Change, CountsAt
from stat_engine.views.places import Run
from stat_engine.views.status import Changes
from stat_engine.views.text import as_markdown

TAU1, TAU2 = "difficult_tau1", "difficult_tau2"
RUN, SAVED = "difficult_run", "difficult_saved"
SLIDERS = (
    (TAU1, "τ1: final step and mean reward", "A response is difficult when its final step or its mean is at"),
    (TAU2, "τ2: steps before the final one", "A response is difficult when an earlier step is at"),
)


def sliders(run: Run) -> tuple[float, float]:
    """Where the two thresholds stand; they stand in the address, and begin where the run has them."""
    own, state = run.config.difficulty, st.session_state
    if state.get(RUN, run.name) != run.name:  # another run begins at its own thresholds
        back_to_saved(own)
    state[RUN] = run.name
    found = []
    grid = st.grid(2, min_column_width=320)
    for (key, label, helps), saved in zip(SLIDERS, (own.tau1, own.tau2), strict=True):
        with grid.cell():
            value = st.slider(
                label, 0.0, 1.0, saved, 0.01, "%.4g", key=key, bind="query-params",
                disabled=own.filter != "prm", help=f"{helps} or below it. 0 switches the test off.",
            )  # fmt: skip
            found.append(round(value, 6))
    return found[0], found[1]


def back_to_saved(config: DifficultyConfig) -> None:
    """Put both sliders where the run has its thresholds."""
    st.session_state[TAU1], st.session_state[TAU2] = config.tau1, config.tau2


def standing(run: Run, tau1: float, tau2: float, found: CountsAt) -> None:
    """Whether what the sliders say is saved; if not, what it would change, with the buttons that save it.

    `found`: what `views.difficult.summary_at` counts under them."""
    own, change = run.config.difficulty, found["change"]
    if own.filter != "prm":
        st.info(f"This run's filter is *{own.filter}*, which reads no step reward: τ1 and τ2 decide nothing.")
        return
    if (tau1, tau2) == (own.tau1, own.tau2):
        st.caption(f"Saved in run **{as_markdown(run.name)}**, for reward model **{_reward_model(run)}**.")
        _labels(run, change["without_label"])
        return
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge("not saved", color="orange")
            st.markdown(
                f"The run has τ1 = {own.tau1:g} and τ2 = {own.tau2:g}. With τ1 = {tau1:g} and τ2 = {tau2:g}, "
                f"{_became(change)}.",
                width="stretch",
            )
        config = run.config.model_copy(
            update={"difficulty": views.difficult.with_thresholds(run, tau1, tau2)}
        )
        effect = views.status.changes(run, config)
        if effect["n_decisions"] or effect["needs_copy"]:
            st.caption(_copy_labels(run, found["n_difficult"]))
        else:
            st.caption(_would_lack(run, change["without_label"]))
        _save_or_copy(run, tau1, tau2, effect)


def _became(change: Change) -> str:
    harder, easier = change["became_difficult"], change["became_easy"]
    if not harder and not easier:
        return "the same questions are difficult"
    parts = [(harder, "difficult"), (easier, "easy")]
    return " and ".join(f"**{questions(n)} become{'s' * (n == 1)} {what}**" for n, what in parts if n)


def _would_lack(run: Run, n: int) -> str:
    if not n:
        return "Every difficult question would have a label already."
    paid = "with its cost said first" if work.may_cost(run.config) else "free"
    return f"{questions(n)} would be difficult without a label yet: once saved, label them here, {paid}."


def _copy_labels(run: Run, n: int) -> str:
    """A copy starts without the teacher's labels; what the teacher was asked before is not paid for again."""
    if not n:
        return "No question would be difficult."
    paid = (
        "with its cost said first; answers that are kept cost nothing"
        if work.may_cost(run.config)
        else "free"
    )
    return f"A copy labels all {questions(n)} again, {paid}."


def _save_or_copy(run: Run, tau1: float, tau2: float, found: Changes) -> None:
    """The buttons; `found`: what putting these thresholds in force would do."""
    n = found["n_decisions"]
    if n:
        hang = "label decision depends" if n == 1 else "label decisions depend"
        st.markdown(
            f"{n:,} {hang} on the saved thresholds, so this run keeps them. A copy of it takes the new ones "
            "and keeps the decisions."
        )
    elif found["needs_copy"]:
        st.markdown(
            "The training sets and fine-tuned students of this run were made under the saved thresholds, and "
            "none is ever overwritten. Save in a copy of the run to make others beside them."
        )
    settings = (f"difficulty.tau1={tau1:g}", f"difficulty.tau2={tau2:g}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind: Literal["primary", "secondary"] = "secondary" if found["needs_copy"] else "primary"
        if not n and st.button("Save these thresholds", key="difficult_save", type=kind):
            _done(SetOrder(run=run.name, settings=settings))
        if n or found["needs_copy"]:
            _copy(run, settings, f"{run.name}-{tau1:g}-{tau2:g}"[:64])
        st.button(
            "Back to the saved", key="difficult_back", on_click=back_to_saved, args=(run.config.difficulty,)
        )


def _copy(run: Run, settings: tuple[str, ...], name: str) -> None:
    chosen = st.text_input("Name of the copy", name, key=f"difficult_copy_{name}", width=240)
    if not st.button("Save in a copy", key="difficult_fork", type="primary"):
        return
    if _done(ForkOrder(run=run.name, copy_name=chosen, settings=settings), again=False):
        st.query_params["run"] = chosen
        st.rerun()


def _done(order: Order, again: bool = True) -> bool:
    """Have it done and draw the page again; a refusal stands on the page."""
    if work.tell(order) is None:
        return False
    st.session_state[SAVED] = True
    if again:
        st.rerun()
    return True


def _labels(run: Run, n: int) -> None:
    """Difficult questions without a label under the saved thresholds, with the work that labels them."""
    if not n and views.labels.are_up_to_date(run):
        return
    order = RunOrder(run=run.name, until="missing_skills")
    costs = work.may_cost(run.config)
    teacher = as_markdown(run.config.teacher.endpoint())
    verbs = ("is", "has") if n == 1 else ("are", "have")
    lack = f"**{questions(n)} {verbs[0]} difficult and {verbs[1]} no label yet.**"
    if not n:
        lack = "Every difficult question has a label, but made under other settings or step rewards."
    how = f"{teacher} labels them; labels that are there stay. {'' if costs else 'Free: it calls no server.'}"
    with st.container(border=True):
        about = _about(order) if costs and st.session_state.get(SAVED) else ""
        label = f"Label them{about}" if n else "Bring the labels up to date"
        work.offer(label, order, f"{lack} {how}", "difficult_label", costs)
    work.at_work(run.name, ("run",), "difficult_work")


def _about(order: RunOrder) -> str:
    """What it costs, asked of the engine at once where the thresholds were saved just now."""
    found = work.answer(order, is_dry=True)
    return "" if found is None or found["cost"] is None else f", about ${found['cost']:,.2f}"


def _reward_model(run: Run) -> str:
    config = run.config.reward_model
    return as_markdown(str(config.model or config.backend)) if config.backend != "imported" else "imported"
