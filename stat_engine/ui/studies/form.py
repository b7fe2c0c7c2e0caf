"""The form that starts a study: which, of what run, how many seeds and pairs."""

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.text import as_markdown

KINDS = {
    "arms": "Arms: does targeting help more than any control of the same size?",
    "thresholds": "Thresholds: how much hangs on the reward filter's two thresholds?",
    "filters": "Filters: which one finds the questions that are worth training on?",
    "label-noise": "Label noise: how much of the gain does a teacher that errs cost?",
    "granularity": "Granularity: how fine should the vocabulary be?",
    "set-size": "Set size: how does the gain grow with the set?",
    "teacher-gap": "Teacher gap: how strong must the synthesising teacher be?",
    "rounds": "Rounds: does a second and a third round go on helping?",
    "rl": "Reinforcement: what do GRPO and Skill-GRPO add after each arm?",
}


def start(run: RunFolder, is_open: bool) -> None:
    """The form, with the runs and fine-tunings that the study takes before it starts."""
    with st.expander("Start a study", expanded=is_open):
        kind = str(st.selectbox("Study", [*KINDS], format_func=KINDS.__getitem__, key="studies_kind"))
        grid = st.grid(3, min_column_width=220)
        with grid.cell():
            n_seeds = st.number_input(
                "Seeds", 1, 20, 3, key="studies_seeds", help="Fine-tunings of every arm"
            )
        with grid.cell():
            pairs = st.number_input(
                "Pairs a set", 1, None, run.config.training_set.pairs, key="studies_pairs",
                disabled=kind == "set-size", help="The study of set sizes has its own",
            )  # fmt: skip
        with grid.cell():
            name = st.text_input("Name", kind, key=f"studies_name_{kind}", max_chars=40)
        arguments = ["study", kind, run.name, "--name", (name or kind).strip()]
        arguments += [word for seed in range(int(n_seeds)) for word in ("--seed", str(seed))]
        arguments += [] if kind == "set-size" else ["--pairs", str(int(pairs))]
        if st.button("Show what it takes …", key="studies_plan"):
            st.session_state["studies_wanted"] = arguments
        if st.session_state.get("studies_wanted") == arguments:
            _plan(run, arguments)
        work.command(arguments)


def _plan(run: RunFolder, arguments: list[str]) -> None:
    found = work.answer([*arguments, "--dry-run"])
    if found is None:
        return
    speed = data.view("training_speed", run)
    pairs = int(arguments[-1]) if "--pairs" in arguments else run.config.training_set.pairs
    seconds = None if speed is None else speed * pairs * run.config.sft.epochs * found["n_trainings"]
    long = "" if seconds is None else f", about {work.duration(seconds)} of fine-tuning by what this run took"
    costs = (
        "The teacher's calls cost what the run's prices say." if work.may_cost(run.config) else "It is free."
    )
    with_grpo = f", then {found['n_reinforced']} trainings with GRPO" if found["n_reinforced"] else ""
    n_runs = len(found["variants"])
    says = (
        f"{n_runs} {'run' if n_runs == 1 else 'runs'} with {found['n_trainings']} fine-tunings{long}"
        f"{with_grpo}, and an evaluation of each. {costs} Run {run.name} itself stays as it is."
    )
    work.offer("Start the study", arguments, as_markdown(says), "studies", kind="primary")
    if st.session_state.get("studies_start"):
        st.session_state.pop("studies_wanted", None)
