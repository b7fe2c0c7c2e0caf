"""Running trainings with their curves, finished ones as a table, the export of an arm, questions to arms."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import training_sets
from stat_engine.orders import ExportModelOrder, TryOrder
from stat_engine.ui.shared import data, verdicts, work
from stat_engine.ui.shared.address import link
from stat_engine.ui.shared.draw import counts, draw, numbers, row_name
from stat_engine.ui.shared.words import duration, verdict, written
from stat_engine.views.places import Run
from stat_engine.views.text import MAX_CHARACTERS, answer, as_markdown
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
    st.header("Curves")
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
                training_sets.losses(measured[~rewarded], data.marks(), axis, shown["smooth"], shown["log"]),
                key="training_loss",
            )
    if rewarded.any():
        with side_by_side.cell():
            draw(training_sets.rewards(measured[rewarded], data.marks(), axis), key="training_reward")
    with side_by_side.cell():
        draw(training_sets.learning_rates(measured, data.marks(), axis), key="training_rates")


def _kept(run: Run, arm: str, seed: int) -> pd.DataFrame:
    root = str(data.workspace().root)
    return _curve(root, run.name, arm, seed, views.training.mark(run, arm, seed))


@st.cache_data(max_entries=64, show_spinner=False)
def _curve(root: str, run: str, arm: str, seed: int, mark: tuple[int, int]) -> pd.DataFrame:
    """Read again only where the fine-tuning wrote a step: many arms cost no more than the running one."""
    return views.training.curve(data.workspace().run_folder(run), arm, seed)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


COLUMNS: dict[str, Any] = {
    "arm": row_name("Arm"), "seed": "Seed", "set": "Training set",
    **counts(n_pairs="Pairs", steps="Steps"),
    **numbers("%g", epochs="Epochs"),
    **numbers("%.4f", loss=("Last loss", "Nats a token, of the last step")),
    **counts(tokens_a_second="Tokens a second"),
    **numbers("%.1f", seconds=("Seconds", "Of training, without loading")),
    **numbers("%.2f", memory=("Memory, GB", "Peak: of the GPU, or of the process on the CPU")),
    "adapter": "Adapter, in the run's folder",
    "start": st.column_config.TextColumn("Learned from rewards after", help="The arm that GRPO went on from"),
    **counts(n_questions="Questions"),
    **numbers("%.3f", reward=("Last reward", "Mean of the last batch")),
}  # fmt: skip
OF_REWARDS = ("start", "n_questions", "reward")
"""Columns that are shown once an arm has learned from rewards."""
OWN, KNOWN = "Your own question", "A test question"
ANSWERS = "training_answers"
"""In the session: the arguments that were asked, and what was answered."""


def table(run: Run) -> None:
    """Every finished fine-tuning with what it took; nothing before the first."""
    rows = data.view(views.training.finished, run)
    if rows.empty:
        return
    st.header("Finished fine-tunings")
    rows = rows.assign(memory=rows.memory_bytes.astype(float) / 1e9)
    rows = rows.assign(tokens_a_second=rows.tokens_a_second.astype(float).round())
    shown = [name for name in COLUMNS if name not in OF_REWARDS or rows.start.notna().any()]
    st.dataframe(
        rows[shown], hide_index=True, column_config=COLUMNS, key="training_finished", placeholder="–"
    )
    if rows.seconds.isna().any():
        st.caption("–: not measured for fine-tunings made before this was recorded.")
    with st.container(horizontal=True):
        link("compare", "Test accuracy of each arm", run=run.name)
        link("training_sets", "What the sets hold", run=run.name)


def export(run: Run) -> None:
    """Choose an arm and a folder; nothing before the first arm is trained."""
    trained = run.trained_arms()
    if not trained:
        return
    with st.expander("Export a model", key="training_export"):
        grid = st.grid(3, min_column_width=200)
        with grid.cell():
            arm = st.selectbox("Arm", trained, key="training_export_arm")
        with grid.cell():
            seed = st.selectbox("Seed", run.trained_seeds(arm), key="training_export_seed")
        with grid.cell():
            is_merged = st.toggle(
                "Merged weights", key="training_export_merge",
                help="Whole weights that any loader reads, in place of the adapter alone",
            )  # fmt: skip
        path = st.text_input("Folder on the machine that runs this app", key="training_export_path").strip()
        order = ExportModelOrder(run=run.name, arm=arm, to=Path(path or "FOLDER"), seed=seed, merge=is_merged)
        if path:
            work.offer(
                "Export",
                order,
                "Writes safetensors, the tokenizer and a model card with the arm's lineage and evaluation. "
                "Free; an earlier export in that folder is replaced, anything else there is left alone.",
                key="training_export_start",
                kind="secondary",
            )
        work.command(order.words())


def side_by_side(run: Run) -> None:
    """The form and the last answers; nothing before the first arm is trained."""
    trained = run.trained_arms()
    if not trained:
        return
    st.header("Try arms on a question")
    question = _question(run)
    arms, seed = _arms(run, trained)
    st.caption(
        "Loads each in turn and lets it answer once, as in the evaluation: about 4 to 10 s in all for the "
        "embedded student without a card, longer for larger ones. Free, and nothing is kept."
    )
    if st.button("Ask", key="training_ask", type="primary", disabled=not (question and arms)):
        found = work.answer(TryOrder(run=run.name, arms=tuple(arms), seed=seed, **question))
        if found:
            st.session_state[ANSWERS] = (run.name, found)
    asked_of, found = st.session_state.get(ANSWERS, (None, None))
    if found and asked_of == run.name:
        _shown(run, found)


def _question(run: Run) -> dict[str, str]:
    """The question as options of `try`; none where it is empty."""
    kind = st.segmented_control(
        "Question", [OWN, KNOWN], default=OWN, required=True, key="training_kind",
        label_visibility="collapsed",
    )  # fmt: skip
    if kind == OWN:
        text = st.text_area("Question", key="training_text", max_chars=MAX_CHARACTERS, height=100)
        text = text.replace("\x00", "").strip()
        return {"question": text} if text else {}
    split, example = run.config.evaluation.split, data.view(views.training.an_evaluation_question, run)
    id = st.text_input(
        "Id of the question", key="training_question", bind="query-params", placeholder=example,
        help=f"Of the {split} questions, or any other",
    ).strip()  # fmt: skip
    return {"id": id} if id else {}


def _arms(run: Run, trained: list[str]) -> tuple[list[str], int | None]:
    ours = next((arm for arm in trained if arm.startswith("stat-")), trained[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        arms = st.multiselect("Asked", ["base", *trained], default=["base", ours], key="training_asked")
        seeds = sorted({seed for arm in trained for seed in run.trained_seeds(arm)})
        if len(seeds) < 2:
            return arms, None
        seed = st.selectbox("Seed", seeds, key="training_asked_seed", width=120)
    return arms, int(seed)


def _shown(run: Run, found: dict[str, Any]) -> None:
    written(found["question"])
    if found["reference"] is not None:
        st.caption(f"Reference answer: {answer(found['reference'])}")
    grid = st.grid(len(found["answers"]), min_column_width=300, border=True)
    for one in found["answers"]:
        with grid.cell():
            _answer(run, one, found["reference"])


def _answer(run: Run, one: dict[str, Any], reference: str | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{as_markdown(one['arm'])}**")
        verdict(one["is_correct"])
        cut = ", cut off" if one["is_cut"] else ""
        st.caption(f"seed {one['seed']} · {one['n_tokens']:,} tokens{cut} · {one['seconds']:.1f} s")
    written(one["response"], "*no text*")
    st.markdown(
        f"Answer: **{answer(str(one['answer']))}**" if one["answer"] is not None else "No answer found."
    )
    if one["is_correct"] is not None:
        verdicts.reason(run, one["response"], reference, one["is_correct"])
