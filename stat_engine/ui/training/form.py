"""The form that starts a training: sets, seeds and settings in, one job out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import pandas as pd
import streamlit as st

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.config import METHODS, Section, SftConfig
from stat_engine.config.training import PAPER_RATES
from stat_engine.errors import StatError
from stat_engine.orders import SMALLEST, GrpoOrder, TrainOrder
from stat_engine.ui.shared import data, frame, work
from stat_engine.ui.shared.address import link
from stat_engine.ui.shared.draw import counts, row_name
from stat_engine.ui.shared.words import duration, sentence
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown
from stat_engine.views.training_plan import GrpoPlan, Plan

Ordered = TypeVar("Ordered", TrainOrder, GrpoOrder)
Planned = TypeVar("Planned", Plan, GrpoPlan)
COUNT: dict[str, Any] = {"min_value": 1, "step": 1}
RATE: dict[str, Any] = {"min_value": 0.0, "step": 0.01, "format": "%g"}
Fields = dict[str, tuple[str, dict[str, Any]]]
"""Setting -> its label, and the bounds of its input."""
NUMBERS: Fields = {
    "epochs": ("Epochs", {"min_value": 0.0, "step": 1.0, "format": "%g"}),
    "learning_rate": ("Learning rate", {"min_value": 0.0, "step": 1e-5, "format": "%g"}),
    "rank": ("LoRA rank", COUNT), "alpha": ("LoRA alpha", COUNT),
    "batch_size": ("Batch size", COUNT), "accumulation": ("Accumulation steps", COUNT),
    "dropout": ("Dropout", RATE), "weight_decay": ("Weight decay", RATE),
    "max_grad_norm": ("Gradient norm at most", RATE), "warmup": ("Warm-up (fraction)", RATE),
    "max_length": ("Tokens a pair at most", {"min_value": 8, "step": 64}),
    "threads": ("Threads", COUNT), "processes": ("Processes, one a GPU", COUNT),
}  # fmt: skip
N_FIRST = 5
"""Numbers that are shown at once; the other settings are folded away."""
SFT_METHODS = {"lora": "LoRA", "qlora": "QLoRA (student in 4 bits, on CUDA)"}
BATCHES = {
    "Pairs of similar length": {"group_by_length": True, "packing": False},
    "Rows filled with several pairs": {"group_by_length": False, "packing": True},
    "Pairs as they come": {"group_by_length": False, "packing": False},
}
WORDS = {name: label for name, (label, _) in NUMBERS.items()} | {
    "method": "Method", "learning_rates": "Rates to choose from", "group_by_length": "Grouped by length",
    "packing": "Packed rows", "gradient_checkpointing": "Less memory", "report_to": "Metrics also to",
    "target_modules": "LoRA target modules",
}  # fmt: skip
PLAN_COLUMNS: dict[str, Any] = {
    "arm": row_name("Arm"), "set": "Training set", "start": "Goes on from", "seed": "Seed",
    **counts(n_pairs="Pairs", set_pairs="In the set", n_questions="Questions", n_answers="Answers in all"),
    **counts(steps="Steps"), "time": "Time", "state": "State",
}  # fmt: skip
"""Of a plan of fine-tunings, by training sets or by rewards."""


def settings(own: SftConfig) -> tuple[str, ...]:
    """The fields; `sft.KEY=VALUE` for what differs from the run's own settings."""
    before = own.model_dump()
    names = list(NUMBERS)
    given = number_inputs(names[:N_FIRST], NUMBERS, SftConfig, before, "training")
    with st.popover("More settings"):
        given |= _choices(own)
        given |= number_inputs(names[N_FIRST:], NUMBERS, SftConfig, before, "training")
    changed = {key: value for key, value in given.items() if value is not None and value != before[key]}
    if changed:
        says = (
            f"{WORDS[key].lower()} {_words(value)} (run: {_words(before[key])})"
            for key, value in changed.items()
        )
        st.caption(f"Changed from the run's settings: {', '.join(says)}.")
    return tuple(configuration.as_setting(f"sft.{key}", value) for key, value in changed.items())


def _choices(own: SftConfig) -> dict[str, Any]:
    rates = sorted({*PAPER_RATES, *own.learning_rates}, reverse=True)
    ways = list(BATCHES)
    is_own = [all(getattr(own, key) == value for key, value in of.items()) for of in BATCHES.values()]
    grid = st.grid(2, min_column_width=240)
    with grid.cell():
        method = st.selectbox(
            WORDS["method"], list(SFT_METHODS), list(SFT_METHODS).index(own.method), key="training_method",
            format_func=SFT_METHODS.__getitem__,
        )  # fmt: skip
    with grid.cell():
        way = st.selectbox("A batch holds", ways, is_own.index(True), key="training_batches")
    with grid.cell():
        chosen = st.multiselect(
            WORDS["learning_rates"], rates, own.learning_rates, format_func=lambda rate: f"{rate:g}",
            key="training_learning_rates", placeholder="None: the rate above",
            help="Each is trained once, and the one that answers most validation questions is kept",
        )  # fmt: skip
    with grid.cell():
        places = st.multiselect(
            WORDS["report_to"], ["tensorboard", "wandb"], own.report_to, key="training_report_to",
            help="Beside this page; each needs its package",
        )  # fmt: skip
    with grid.cell():
        modules = st.multiselect(
            WORDS["target_modules"], own.target_modules, own.target_modules, key="training_target_modules",
            accept_new_options=True,
            help="Names of layers, as in q_proj; none: all linear layers but the output's",
        )  # fmt: skip
    is_frugal = st.toggle(
        "Compute activations twice in place of keeping them: less memory, slower, the same result",
        own.gradient_checkpointing, key="training_gradient_checkpointing",
    )  # fmt: skip
    return {
        "method": method, **BATCHES[way], "learning_rates": chosen, "report_to": places,
        "gradient_checkpointing": is_frugal, "target_modules": modules,
    }  # fmt: skip


def number_inputs(
    names: Sequence[str], fields: Fields, of: type[Section], own: Mapping[str, Any], key: str, empty: str = ""
) -> dict[str, Any]:
    """{setting: its number}, one input each; `own`: what the run has, `empty`: what no number means."""
    grid, given = st.grid(len(names[:N_FIRST]), min_column_width=150), {}
    for name in names:
        label, bounds = fields[name]
        with grid.cell():
            given[name] = st.number_input(
                label, value=own[name], key=f"{key}_{name}", placeholder=empty or None,
                help=configuration.fields(of)[name].description, **bounds,
            )  # fmt: skip
    return given


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    return value if isinstance(value, str) else f"{value:g}"


def train(run: Run) -> None:
    """The form; open where nothing is trained yet, and where the address names a set.

    Before there is a training set the page ends in what builds one."""
    sizes = frame.need(views.training.sets, run, until="training_sets")
    if run.config.student.backend in ("imported", "openai"):
        has = (
            "its responses were imported" if run.config.student.backend == "imported" else "it is on a server"
        )
        st.info(
            f"The student of this run cannot be fine-tuned here: {has}. Make a run with its checkpoint: "
            "`stat-studio new NAME student.backend=transformers student.model=CHECKPOINT`"
        )
        return
    is_open = st.session_state.setdefault(
        "training_open", not run.trained_arms() or "training_set" in st.query_params
    )
    with st.expander("Train an arm, or several at equal size", expanded=is_open, key="training_form"):
        order = _order(run, sizes)
        is_graded = st.toggle(
            "Grade on the test questions afterwards", value=True, key="training_evaluate",
            help="The student itself too, where that is not done yet; Compare shows the result",
        )  # fmt: skip
        if order.sets or order.methods:
            _offer(run, order, is_graded)
        else:
            st.caption("Choose a training set, or a method that builds one.")


def _order(run: Run, sizes: dict[str, int]) -> TrainOrder:
    sets, methods = _what(sizes)
    seeds, suffix = _names(run)
    return TrainOrder(
        run=run.name,
        sets=tuple(sets),
        methods=tuple(methods),
        seeds=tuple(seeds),
        suffix=suffix.strip(),
        pairs=_pairs(sets, methods, sizes),
        settings=settings(run.config.sft),
    )


def _what(sizes: dict[str, int]) -> tuple[list[str], list[str]]:
    grid = st.grid(2, min_column_width=320)
    with grid.cell():
        sets = st.multiselect(
            "Training sets", list(sizes), key="training_set", bind="query-params",
            help="Each is trained on as an arm of its name",
        )  # fmt: skip
    with grid.cell():
        methods = st.multiselect(
            "Sets to build first", [name for name in METHODS if name not in sizes], key="training_build",
            help="The method's set is built with the run's settings, then trained on",
        )  # fmt: skip
    return sets, methods


def _names(run: Run) -> tuple[list[int], str]:
    grid = st.grid(2, min_column_width=320)
    with grid.cell():
        offered = sorted({*range(10), *run.config.seeds})
        seeds = st.multiselect(
            "Seeds", offered, default=run.config.seeds, key="training_seeds",
            help="Each seed is a repetition: they show how much chance is in a result",
        )  # fmt: skip
    with grid.cell():
        suffix = st.text_input(
            "Arm name suffix", key="training_suffix", max_chars=30, placeholder="none",
            help="For other settings or sizes than the run's own, as in -long: no arm is trained over",
        )  # fmt: skip
    return seeds or [0], suffix


def _pairs(sets: list[str], methods: list[str], sizes: dict[str, int]) -> Literal["smallest"] | None:
    """Whether sets are cut to equal size; asked only where they differ, or may."""
    known = {sizes[name] for name in sets}
    if len(sets) + len(methods) < 2 or (len(known) < 2 and not methods):
        return None
    words = f"{min(known):,} pairs" if known else "as many pairs as the smallest"
    is_matched = st.toggle(
        f"Cut to the size of the smallest ({words})", value=True, key="training_matched",
        help="Otherwise a larger set may win by its size alone",
    )  # fmt: skip
    return SMALLEST if is_matched else None


def _offer(run: Run, order: TrainOrder, is_graded: bool) -> None:
    plan = planned(views.training_plan.plan, run, order, "training_plan")
    if plan is None:
        return
    for row in data.view(views.benchmarks.smallest_effects, run):
        st.caption(as_markdown(row["sentence"]))
    arms = {row["arm"] for row in plan["trainings"]}
    is_evaluated = arms <= set(run.evaluated(run.config.evaluation.split))
    if not plan["n_to_do"] and (is_evaluated or not is_graded):
        st.caption(
            "All of these are trained already. Choose another seed, or give the arms' names an ending and "
            "change a setting."
        )
        link("compare", "Their results", run=run.name)
        return
    order = order.but(evaluate=is_graded)
    work.offer(
        "Train" if plan["n_to_do"] else "Grade",
        order,
        _says(run, order, plan, is_graded),
        key="training_start",
        costs=bool(order.methods) and work.may_cost(run.config),
        then=lambda _: link("compare", "Compare", run=run.name),
    )
    work.command(order.words())


def planned(view: Callable[[Run, Ordered], Planned], run: Run, order: Ordered, key: str) -> Planned | None:
    """What an order would train, shown as a table, one row a training with its time.

    None where it cannot be done, which is said."""
    try:
        plan = data.view(view, run, order)
    except StatError as error:
        st.warning(as_markdown(sentence(error)))
        return None
    rows = pd.DataFrame(plan["trainings"])
    rows["time"] = rows.seconds.map(duration)
    shown = rows[[name for name in PLAN_COLUMNS if name in rows]]
    st.dataframe(shown, hide_index=True, placeholder="–", column_config=PLAN_COLUMNS, key=key)
    return plan
    return rows


def _says(run: Run, order: TrainOrder, plan: Plan, is_graded: bool) -> str:
    is_judged = is_graded and run.config.domain.grader.backend == "judge"
    said = [f"Builds {', '.join(order.methods)} first."] if order.methods else []
    said.append(_trains(plan) if plan["n_to_do"] else "All of these are trained already.")
    if is_graded:
        said.append("Then each arm answers the test questions.")
    if is_judged:
        said.append("The teacher grades the answers: those calls cost, and are not in this estimate.")
    elif order.methods and work.may_cost(run.config):
        said.append("Calls and cost are shown first.")
    else:
        said.append("Free: no server is called.")
    return " ".join(said)


def _trains(plan: Plan) -> str:
    n, seconds = plan["n_to_do"], plan["seconds"]
    how_long = (
        f"about {duration(seconds)} at the measured speed of this run's fine-tunings"
        if seconds is not None
        else "for how long is not known before a fine-tuning of this run was measured"
    )
    students = f"**{n}** {'student' if n == 1 else 'students'}"
    return f"Trains {students} on {plan['n_pairs']:,} pairs in all: {plan['n_steps']:,} steps, {how_long}."
