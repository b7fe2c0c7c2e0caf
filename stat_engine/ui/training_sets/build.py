"""Build a set: the method's allocation, a manual one, and the build as a job."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import streamlit as st

from stat_engine import review, views
from stat_engine.config import EMBEDDED, METHODS, SYNTHESISED, TARGETED
from stat_engine.errors import StatError
from stat_engine.orders import BuildOrder
from stat_engine.review import Allocation
from stat_engine.ui.shared import data, frame, work
from stat_engine.ui.shared.address import link, remember
from stat_engine.ui.shared.draw import row_name
from stat_engine.ui.shared.words import show_error
from stat_engine.ui.training_sets.overview import EXAMPLES
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown
from stat_engine.views.training_sets import as_allocation

FILE = "sets_allocation"
SAYS = {
    "stat-sel": "for each missing skill of each difficult question, pool questions that carry the skill",
    "stat-syn": "for each missing skill of each difficult question, new questions that stress it",
    "random": "any pairs of the pool",
    "uniform": "the same number of pairs for every skill",
    "math-train": "the pool's own solutions, one a question",
    "math-augment": "the pool's questions with the teacher's and the dataset's other solutions",
    "math-hard": "the pool's hardest levels",
    "embed-sel": "the pool questions nearest to each difficult question",
    "embed-syn": "new questions by the teacher from those nearest to each difficult question",
    "skill-shuffled": "as stat-sel, for permuted skills: does it matter which skills are targeted?",
    "syn-shuffled": "as stat-syn, for permuted skills",
}
ALLOCATIONS: dict[Literal["proportional", "lower-bound"], str] = {
    "proportional": "as often as it is missed",
    "lower-bound": "by the lower bound of its failure rate",
}
COLUMNS: dict[str, Any] = {
    "skill": row_name("Skill", width="medium"),
    "pairs": st.column_config.NumberColumn("Your pairs", min_value=0, step=1, required=True),
    "proposed": st.column_config.NumberColumn("Proposed"),
    "n_missing": st.column_config.NumberColumn("Missing in", help="Difficult questions that miss it"),
    "n_aimed": st.column_config.NumberColumn("Targeted", help="Of these, as the allocation has it"),
    "n_pool": st.column_config.NumberColumn("In the pool", help="Training questions that carry it"),
    "subject": "Subject",
}


def build(run: Run) -> None:
    """Choose a method, look at its allocation, change it, and start the build."""
    frame.need(views.training_sets.plan, run, until="missing_skills")
    method, name, pairs = _order(run)
    st.markdown(f"**{method}**: {as_markdown(SAYS[method])}.")
    file = _allocation(run, method, name, pairs) if method in TARGETED else None
    _offer(run, method, name, pairs, file)


def _order(run: Run) -> tuple[str, str, int]:
    settings, names = run.config.training_set, run.training_set_names()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = ["stat-sel", "stat-syn", *(method for method in METHODS if not method.startswith("stat-"))]
        method = st.selectbox("Method", order, key="sets_method", bind="query-params", width=200)
        free = next(name for name in _names(method) if name not in names)
        name = st.text_input("Name of the set", free, key=f"sets_new_{method}_{len(names)}", width=240)
        pairs = st.number_input("Pairs at most", 1, value=settings.pairs, key="sets_pairs", width=140)
    return str(method), name.strip(), int(pairs)


def _names(method: str) -> list[str]:
    return [method, *(f"{method}-{at}" for at in range(2, 1000))]


def _allocation(run: Run, method: str, name: str, pairs: int) -> str | None:
    """The table of skills with the proposal and a person's numbers; the name of their file, or None."""
    allocation = st.segmented_control(
        "Allocation", list(ALLOCATIONS), default=run.config.training_set.allocation, required=True,
        key="sets_rule", bind="query-params",
    )  # fmt: skip
    st.caption(f"A skill is targeted {ALLOCATIONS[allocation]}.")
    plan = data.view(views.training_sets.plan, run, allocation, pairs)
    file, own = _kept(run)
    with st.form(f"sets_numbers_{file}_{allocation}_{pairs}", border=False):
        edited = st.data_editor(
            table(plan, own), hide_index=True, column_config=COLUMNS, height=360,
            disabled=[column for column in COLUMNS if column != "pairs"],
            key=f"sets_editor_{file}_{allocation}_{pairs}",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            is_sent = st.form_submit_button("Use these numbers")
            st.caption(sums(method, plan, own))
    if is_sent:
        _keep(run, name or method, plan, edited)
    if file:
        st.button("Back to the method's proposal", key="sets_back", on_click=remember, args=(FILE, None))
    return file


def table(plan: pd.DataFrame, own: Allocation | None) -> pd.DataFrame:
    """The allocation as it is edited: the person's numbers, which begin as the proposal, beside it."""
    numbers = list(plan.pairs)
    if own is not None:
        skills = zip(plan.subject, plan.skill, strict=True)
        numbers = [own.get(subject, {}).get(skill, 0) for subject, skill in skills]
    return plan.assign(proposed=plan.pairs, pairs=numbers)[list(COLUMNS)]


def sums(method: str, plan: pd.DataFrame, own: Allocation | None) -> str:
    """How many pairs are planned over how many skills, and where the pool may not hold as many."""
    return f"{_planned(plan, own)}{_short(method, table(plan, own))}"


def _planned(plan: pd.DataFrame, own: Allocation | None) -> str:
    proposed = f"Proposed: {plan.pairs.sum():,} pairs over {(plan.pairs > 0).sum():,} skills."
    if own is None:
        return f"{proposed} Change *Your pairs* to give skills other numbers."
    n, skills = sum(sum(of.values()) for of in own.values()), sum(len(of) for of in own.values())
    return f"{proposed} Yours: {n:,} pairs over {skills:,} skills."


def _short(method: str, numbers: pd.DataFrame) -> str:
    """Skills that are to get more pairs than the pool has questions; new questions come without limit."""
    n = int((numbers.pairs > numbers.n_pool).sum()) if method not in SYNTHESISED else 0
    if not n:
        return ""
    whose = f"{n:,} skill is" if n == 1 else f"{n:,} skills are"
    return f" {whose} to get more pairs than the pool has questions: the set may fall short there."


def _kept(run: Run) -> tuple[str | None, Allocation | None]:
    """The person's numbers that the address names."""
    file = st.query_params.get(FILE)
    if not file:
        return None, None
    try:
        return file, review.read_allocation(run, Path(Path(file).name))
    except StatError as error:
        show_error(error)
        return None, None


def _keep(run: Run, name: str, plan: pd.DataFrame, edited: pd.DataFrame) -> None:
    numbers = as_allocation(edited)
    if numbers == as_allocation(plan):
        remember(FILE, None)
    elif not numbers:
        st.error("No skill has any pairs; give at least one of them some.")
        return
    else:
        try:
            remember(FILE, review.save_allocation(run, name, numbers))
        except StatError as error:
            show_error(error)
            return
    st.rerun()


def _offer(run: Run, method: str, name: str, pairs: int, file: str | None) -> None:
    if not name:
        st.caption("Give the set a name.")
        return
    if name in run.training_set_names():
        st.warning("The run has a set of that name, which stays as it is. Choose another name.")
        return
    order = order_of(run.name, method, name, pairs, file, st.session_state.get("sets_rule"))
    size = "exactly your numbers" if file else f"at most {pairs:,} question-answer pairs"
    can_cost = costs(run, method)
    cost = "Calls and cost are shown first." if can_cost else "Free: it runs here and calls no server."
    says = (
        f"Builds the set **{as_markdown(name)}** by {method}, {size}. Earlier sets stay as they are. {cost}"
    )
    work.offer("Build the set", order, says, "sets_build", can_cost, then=lambda words: _train_on(run, words))
    work.command(order.words())


def _train_on(run: Run, built: Sequence[str]) -> None:
    """Links from a set that was built to what comes next."""
    names = [name for name in run.training_set_names() if name in built]
    for name in names[-1:]:
        link("training", "Train on it", run=run.name, training_set=name)
        link("training_sets", "Look at its examples", run=run.name, sets_name=name, sets_tab=EXAMPLES)


def order_of(
    run: str, method: str, name: str, pairs: int, file: str | None, allocation: str | None
) -> BuildOrder:
    """The order that builds the set: with a person's numbers, which say how many pairs, or by the rule."""
    if file:
        return BuildOrder(run=run, method=method, name=name, allocation_file=Path(file))
    rule = allocation if allocation and method in TARGETED else None
    return BuildOrder(run=run, method=method, name=name, pairs=pairs, allocation=rule)


def costs(run: Run, method: str) -> bool:
    """Whether building by the method may call a server."""
    config = run.config
    is_written = method in SYNTHESISED or config.training_set.rewrites > 0
    is_taught = config.teacher.is_prompted() and config.teacher.backend != "student"
    is_embedded = method in EMBEDDED and config.embeddings.backend == "openai"
    return (is_written and is_taught) or is_embedded
