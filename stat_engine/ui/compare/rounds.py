"""Accuracy and profile over the chain of rounds (figure 3), and the form that starts the next round."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs, views
from stat_engine.charts import studies as charts
from stat_engine.orders import RoundOrder, RunOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.draw import counts, draw, named, numbers, rounded, row_name
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown

COLUMNS: dict[str, Any] = {
    "subject": "Subject", "skill": row_name("Skill"), "run": "Round",
    **numbers("%.2f", failure_rate="Failure rate", ci_low="95% from", ci_high="to"),
    **numbers(n_missing="Missing in", n_questions="Questions with it"),
    **numbers("%+.2f", moved="Moved since the first"),
}  # fmt: skip
TABLE: dict[str, Any] = {
    "number": "Round", "run": row_name("Run"), "made_from": "Made from", "dataset": "Asked",
    **counts(n_difficult="Difficult", n_questions="of"),
    **numbers("%.3f", accuracy=("Student", "On the round's benchmark"), ci_low="95% from", ci_high="to"),
    **counts(n_test="Questions"),
    "best_arm": "Best arm",
    **numbers("%.3f", best_accuracy="Its accuracy", best_ci_low="its 95% from", best_ci_high="its to"),
}  # fmt: skip
SAME = "the same questions"


def rounds(run: Run, best: str | None) -> None:
    """The rounds that this run stands in, and what makes the next one."""
    names = views.rounds.chain(run)
    if len(names) < 2:
        st.info(f"Run {as_markdown(run.name)} has no other round yet.")
        start(run, best)
        return
    folders = [data.workspace().run_folder(name) for name in names]
    table = pd.DataFrame([data.view(views.rounds.row, folder) for folder in folders])
    st.dataframe(table[list(TABLE)], hide_index=True, placeholder="–", column_config=TABLE)
    start(run, best)
    rounds = [data.workspace().run_folder(name) for name in views.rounds.in_turn(run)]
    _accuracies([data.view(views.rounds.accuracies, folder) for folder in rounds])
    _drift(run, [data.view(views.rounds.failures, folder) for folder in rounds])


def _accuracies(frames: list[pd.DataFrame]) -> None:
    there = [frame for frame in frames if len(frame)]
    st.markdown("**Accuracy, round by round**")
    if not there:
        st.caption("No round is evaluated yet.")
        return
    draw(charts.round_bars(pd.concat(there), data.marks()), key="compare_rounds")
    st.caption("Base: the student that the round began with. Rounds may be evaluated on different questions.")


def _drift(run: Run, frames: list[pd.DataFrame]) -> None:
    moved = views.rounds.drift(frames)
    st.markdown("**How the profile moved**")
    if moved.run.nunique() < 2:
        st.caption("Fewer than two rounds have a current Missing-Skill-Profile.")
        return
    doubled = data.doubled(run)
    draw(charts.drift_dots(moved, data.marks(), doubled), key="compare_drift")
    st.dataframe(
        named(rounded(moved[list(COLUMNS)], COLUMNS)), hide_index=True, placeholder="–", column_config=COLUMNS
    )


def start(run: Run, best: str | None) -> None:
    """The form; nothing is made before its plan has been shown."""
    arms = run.trained_arms()
    if not arms:
        st.caption("The next round needs a trained arm for its student: train one on the page Training.")
        return
    with st.expander("Start the next round", expanded=len(views.rounds.chain(run)) < 2):
        st.markdown(
            "A trained arm becomes the student, its missing skills are labelled again, and training "
            "questions are still drawn from the first pool."
        )
        order = _order(run, arms, best)
        plan = work.answer(order, is_dry=True)
        if plan is not None:
            _plan(plan)
            work.show_calls(plan)
            is_taken = work.is_taken(plan["run"])
            if st.button("Make the round and start it", key="round_start", type="primary", disabled=is_taken):
                _make(order, plan["run"])
        work.command([*order.words(), "--detach"])


def _order(run: Run, arms: list[str], best: str | None) -> RoundOrder:
    grid = st.grid(4, min_column_width=180)
    with grid.cell():
        arm = str(st.selectbox("Student", arms, arms.index(best) if best in arms else 0, key="round_arm"))
    with grid.cell():
        seed = int(st.selectbox("Seed", run.trained_seeds(arm), key=f"round_seed_{arm}"))
    others = [name for name in data.workspace().dataset_names() if name != run.config.dataset]
    with grid.cell():
        dataset = str(
            st.selectbox(
                "Asked", [SAME, *others], key="round_dataset",
                help="Another dataset's validation questions give the new profile: the paper's ConSel",
            )
        )  # fmt: skip
    with grid.cell():
        name = st.text_input("Name", key="round_name", placeholder="named after the run and the arm").strip()
    return RoundOrder(
        run=run.name, arm=arm, seed=seed, dataset=None if dataset == SAME else dataset, name=name or None
    )


def _plan(plan: dict[str, Any]) -> None:
    st.markdown(
        as_markdown(
            f"Round {plan['number']}, run {plan['run']}: student {plan['student']} answers "
            f"{plan['n_validation']:,} validation questions of {plan['dataset']}; pairs come from the "
            f"{plan['n_pool']:,} pool questions of {plan['pool_dataset']}, without near-duplicates of those."
        )
    )


def _make(order: RoundOrder, name: str) -> None:
    """Asked of the engine afresh, because it makes something."""
    if work.attempt(lambda: _begun(order, name), "Making the round") is None:
        return
    st.session_state["run"] = name
    st.query_params["run"] = name
    st.rerun()


def _begun(order: RoundOrder, name: str) -> dict[str, Any]:
    found = jobs.answer(data.workspace().root, order)
    jobs.submit(data.workspace().root, RunOrder(run=name))
    return found
