"""The act that starts the next round: an arm, questions and a name in; the plan first, then the run."""

from typing import Any

import streamlit as st

from stat_engine import jobs, views
from stat_engine.errors import StatError
from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.text import as_markdown

SAME = "the same questions"


def start(run: RunFolder, best: str | None) -> None:
    """The form; nothing is made before its plan has been shown."""
    arms = run.trained_arms()
    if not arms:
        st.caption("The next round needs a trained arm for its student: train one on the page Training.")
        return
    with st.expander("Start the next round", expanded=len(views.rounds.chain(run)) < 2):
        st.markdown(
            "A trained arm becomes the student, its missing skills are found anew, and training questions "
            "are still drawn from the first pool."
        )
        arguments = _arguments(run, arms, best)
        plan = work.answer([*arguments, "--dry-run"])
        if plan is not None:
            _plan(plan)
            work.calls_and_cost([*arguments, "--dry-run"])
            if st.button("Make the round and start it", key="round_start", type="primary"):
                _make(arguments, plan["run"])
        work.command([*arguments, "--detach"])


def _arguments(run: RunFolder, arms: list[str], best: str | None) -> list[str]:
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
    arguments = ["round", run.name, "--arm", arm, *(["--seed", str(seed)] if seed else [])]
    arguments += [] if dataset == SAME else ["--dataset", dataset]
    return [*arguments, *(["--name", name] if name else [])]


def _plan(plan: dict[str, Any]) -> None:
    st.markdown(
        as_markdown(
            f"Round {plan['number']}, run {plan['run']}: student {plan['student']} answers "
            f"{plan['n_validation']:,} validation questions of {plan['dataset']}; pairs come from the "
            f"{plan['n_pool']:,} pool questions of {plan['pool_dataset']}, less near-copies of what is asked."
        )
    )


def _make(arguments: list[str], name: str) -> None:
    """Asked of the engine afresh, because it makes something."""
    try:
        with st.spinner("Making the round"):
            jobs.answer(data.workspace().root, [*arguments, "--detach"])
    except StatError as error:
        st.error(as_markdown(work.sentence(error)))
        return
    st.session_state["run"] = name
    st.query_params["run"] = name
    st.rerun()
