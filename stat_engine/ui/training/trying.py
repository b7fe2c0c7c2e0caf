"""The student and its arms asked one question, side by side."""

from typing import Any

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui import data, work
from stat_engine.ui.text import MAX_CHARACTERS, as_markdown

OWN, KNOWN = "A question of one's own", "A test question"
ANSWERS = "training_answers"
"""In the session: the arguments that were asked, and what was answered."""


def side_by_side(run: RunFolder) -> None:
    """The form and the last answers; nothing before the first arm is trained."""
    trained = run.trained_arms()
    if not trained:
        return
    st.subheader("Try arms on a question")
    question = _question(run)
    arms, seed = _arms(run, trained)
    arguments = ["try", run.name, *(word for arm in arms for word in ("--arm", arm)), *seed, *question]
    st.caption(
        "Loads each in turn and lets it answer once, as in the evaluation: about 4 to 10 s in all for the "
        "embedded student without a card, longer for larger ones. Free, and nothing is kept."
    )
    if st.button("Ask", key="training_ask", type="primary", disabled=not (question and arms)):
        found = work.answer(arguments)
        if found:
            st.session_state[ANSWERS] = (run.name, found)
    asked_of, found = st.session_state.get(ANSWERS, (None, None))
    if found and asked_of == run.name:
        _shown(found)


def _question(run: RunFolder) -> list[str]:
    """The question as options of `try`; none where it is empty."""
    kind = st.segmented_control(
        "Question",
        [OWN, KNOWN],
        default=OWN,
        required=True,
        key="training_kind",
        label_visibility="collapsed",
    )
    if kind == OWN:
        text = st.text_area("Question", key="training_text", max_chars=MAX_CHARACTERS, height=100)
        text = text.replace("\x00", "").strip()
        return [f"--question={text}"] if text else []
    split = run.config.evaluation.split
    id = st.text_input(
        "Id of the question", key="training_question", bind="query-params",
        placeholder=data.view("training_example", run), help=f"Of the {split} questions, or any other",
    ).strip()  # fmt: skip
    return [f"--id={id}"] if id else []


def _arms(run: RunFolder, trained: list[str]) -> tuple[list[str], list[str]]:
    ours = next((arm for arm in trained if arm.startswith("stat-")), trained[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        arms = st.multiselect("Asked", ["base", *trained], default=["base", ours], key="training_asked")
        seeds = sorted({seed for arm in trained for seed in run.trained_seeds(arm)})
        if len(seeds) < 2:
            return arms, []
        seed = st.selectbox("Seed", seeds, key="training_asked_seed", width=120)
    return arms, ["--seed", str(seed)]


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
        if one["is_correct"] is not None:
            st.badge("right" if one["is_correct"] else "wrong", color="green" if one["is_correct"] else "red")
        cut = ", cut off" if one["is_cut"] else ""
        st.caption(f"seed {one['seed']} · {one['n_tokens']:,} tokens{cut} · {one['seconds']:.1f} s")
    st.markdown(as_markdown(one["response"]) or "*no text*")
    st.markdown(
        f"Answer: **{as_markdown(str(one['answer']))}**" if one["answer"] is not None else "No answer found."
    )
