"""The table of finished trainings, the export of an arm, and one question to several arms."""

from pathlib import Path
from typing import Any

import streamlit as st

from stat_engine import views
from stat_engine.orders import ExportModelOrder, TryOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.address import link
from stat_engine.ui.shared.draw import counts, numbers
from stat_engine.ui.shared.words import verdict
from stat_engine.views.places import Run
from stat_engine.views.text import MAX_CHARACTERS, as_markdown

COLUMNS: dict[str, Any] = {
    "arm": "Arm", "seed": "Seed", "set": "Training set",
    **counts(n_pairs="Pairs", steps="Steps"),
    **numbers("%g", epochs="Epochs"),
    **numbers("%.4f", loss=("Last loss", "Nats a token, of the last step")),
    **numbers("%.0f", tokens_a_second="Tokens a second"),
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
    st.subheader("Finished fine-tunings")
    rows = rows.assign(memory=rows.memory_bytes.astype(float) / 1e9)
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
    st.subheader("Try arms on a question")
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
        _shown(found)


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


def _shown(found: dict[str, Any]) -> None:
    st.markdown(as_markdown(found["question"]))
    if found["reference"] is not None:
        st.caption(as_markdown(f"Reference answer: {found['reference']}"))
    grid = st.grid(len(found["answers"]), min_column_width=300, border=True)
    for one in found["answers"]:
        with grid.cell():
            _answer(one)


def _answer(one: dict[str, Any]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{as_markdown(one['arm'])}**")
        verdict(one["is_correct"])
        cut = ", cut off" if one["is_cut"] else ""
        st.caption(f"seed {one['seed']} · {one['n_tokens']:,} tokens{cut} · {one['seconds']:.1f} s")
    st.markdown(as_markdown(one["response"]) or "*no text*")
    st.markdown(
        f"Answer: **{as_markdown(str(one['answer']))}**" if one["answer"] is not None else "No answer found."
    )
