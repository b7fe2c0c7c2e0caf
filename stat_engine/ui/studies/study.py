"""One study (question, progress, figure, comparisons, runs), and the form that starts one."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts.studies import study_figure
from stat_engine.errors import StatError
from stat_engine.orders import StudyOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.draw import chosen_row, counts, draw, numbers, rounded, row_name
from stat_engine.ui.shared.words import duration, show_error
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown

KINDS = {
    "arms": "Arms: does targeting help more than any control of the same size?",
    "thresholds": "Thresholds: how much depends on the reward filter's two thresholds?",
    "filters": "Filters: which one finds the questions that are worth training on?",
    "label-noise": "Label noise: how much of the gain does a teacher that errs cost?",
    "granularity": "Granularity: how fine should the vocabulary be?",
    "set-size": "Set size: how does the gain grow with the set?",
    "teacher-gap": "Teacher gap: how strong must the synthesising teacher be?",
    "rounds": "Rounds: does a second and a third round go on helping?",
    "rl": "Reinforcement: what do GRPO and Skill-GRPO add after each arm?",
}
ROWS: dict[str, Any] = {
    "value": row_name("Value"), "arm": row_name("Arm"),
    **numbers("%.3f", accuracy="Accuracy", ci_low="95% from", ci_high="to"),
    **numbers("%+.3f", gain=("Gain", "Over the same student before training"), gain_low="Gain from"),
    **numbers("%+.3f", gain_high="Gain to"),
    **numbers(
        "%.3f", lowest=("Lowest", "Of single fine-tunings"), highest=("Highest", "Of single fine-tunings")
    ),
    **numbers(n_trainings="Fine-tunings"),
    **numbers("%.3f", profile_skills="Profile's skills", other_skills="Other skills"),
    **numbers("%.3f", difficult_part="Difficult part"),
    **counts(n_pairs="Pairs from", n_pairs_most="Pairs to"),
}  # fmt: skip
AGAINST: dict[str, Any] = {
    "value": row_name("Value"), "arm": row_name("Arm"), "control": "Against",
    **numbers("%+.3f", difference="Difference", ci_low="95% from", ci_high="to"),
    **numbers("%.2g", p_value="p", p_adjusted="p, Holm"),
    **numbers(n_gained="Gained", n_lost="Lost"),
}  # fmt: skip
FILTERS: dict[str, Any] = {
    "value": "Value", **counts(n_difficult="Difficult", n_questions="of"),
    **numbers("%.3f", accuracy="Accuracy", precision="Precision", recall="Recall", f1="F1"),
}  # fmt: skip
RUNS: dict[str, Any] = {
    "value": "Value",
    "run": row_name("Run"),
    "is_done": st.column_config.CheckboxColumn("Done"),
}


def names() -> list[str]:
    """The studies of the workspace."""
    return list(data.workspace_view(views.studies.studies).name)


def start(run: Run, is_open: bool) -> None:
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
        order = StudyOrder(
            kind=kind,
            run=run.name,
            name=(name or kind).strip(),
            seeds=tuple(range(int(n_seeds))),
            pairs=None if kind == "set-size" else int(pairs),
        )
        if st.button("Show what it takes …", key="studies_plan"):
            st.session_state["studies_wanted"] = order
        if st.session_state.get("studies_wanted") == order:
            _plan(run, order)
        work.command(order.words())


def _plan(run: Run, order: StudyOrder) -> None:
    found = work.answer(order, is_dry=True)
    if found is None:
        return
    speed = data.view(views.training.seconds_a_pair, run)
    pairs = order.pairs or run.config.training_set.pairs
    seconds = None if speed is None else speed * pairs * run.config.sft.epochs * found["n_trainings"]
    long = "" if seconds is None else f", about {duration(seconds)} of fine-tuning by what this run took"
    costs = (
        "The teacher's calls cost what the run's prices say." if work.may_cost(run.config) else "It is free."
    )
    with_grpo = f", then {found['n_reinforced']} trainings with GRPO" if found["n_reinforced"] else ""
    n_runs = len(found["variants"])
    says = (
        f"{n_runs} {'run' if n_runs == 1 else 'runs'} with {found['n_trainings']} fine-tunings{long}"
        f"{with_grpo}, and an evaluation of each. {costs} Run {run.name} itself stays as it is."
    )
    work.offer("Start the study", order, as_markdown(says), "studies", kind="primary")
    if st.session_state.get("studies_start"):
        st.session_state.pop("studies_wanted", None)


def shown(name: str) -> None:
    """The study as it stands now."""
    try:
        card = views.studies.card(data.workspace(), name)
    except StatError as error:
        show_error(error)
        return
    runs = views.studies.runs_of(data.workspace(), name)
    st.markdown(f"**{as_markdown(card['question'])}**")
    st.caption(
        as_markdown(
            f"Study {name} of run {card['run']}: {int(runs.is_done.sum())} of {len(runs)} runs are done, "
            f"fine-tuning seeds {', '.join(map(str, card['seeds']))}."
        )
    )
    if not runs.is_done.all():
        work.at_work(None, ("study",), key="studies_work")
    rows = data.workspace_view(views.studies.table, name)
    if rows.empty:
        st.info("No run of this study is evaluated yet; its figures appear here run by run.")
    else:
        draw(study_figure(rows, card["varied"], data.marks()), key="studies_figure")
        _compared(name)
        _table("Every arm", rows, ROWS)
        st.caption(
            "Accuracy as a fraction with Wilson's interval over questions; seeds and students answer "
            "the same questions and are averaged question by question first. Lowest and highest are single "
            "fine-tunings. Gain is the paired difference from the same students before training."
        )
        _filters(name)
    _runs(runs)


def _compared(name: str) -> None:
    found = data.workspace_view(views.studies.contrasts, name)
    if found.empty:
        return
    _table("What the study compares", found, AGAINST)
    st.caption(
        "Paired by question, with Bonett and Price's interval; p by McNemar's exact test of shares, then "
        "after Holm's correction over all rows of this table. Values below 1e-11 are not distinguished."
    )


def _filters(name: str) -> None:
    found = data.workspace_view(views.studies.filters, name)
    if len(found) > 1 and found.n_difficult.nunique() > 1:
        _table("What the filter flagged", found, FILTERS)
        st.caption("Difficult against wrong, where correctness is known; fractions.")


def _runs(runs: pd.DataFrame) -> None:
    at = chosen_row(runs[list(RUNS)], RUNS, "studies_runs")
    st.caption("Choose a run to see its arms question by question.")
    if at is not None:
        chosen = str(runs.run[at])
        if chosen not in data.workspace().run_names():
            st.caption("That run is not made yet.")
            return
        st.switch_page("pages/compare.py", query_params={"run": chosen})


def _table(title: str, frame: pd.DataFrame, columns: dict[str, Any]) -> None:
    st.markdown(f"**{title}**")
    kept = [column for column in columns if frame[column].notna().any()]
    values = [f"{value:g}" if isinstance(value, float) else str(value) for value in frame.value]
    st.dataframe(
        rounded(frame[kept], columns).assign(value=values),
        hide_index=True,
        column_config=columns,
        placeholder="–",
    )
