"""Figure 5: the difficult question, the student's response with its failing step, what was made of it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from stat_engine.store.run_folder import RunFolder
from stat_engine.ui.frame import ONWARD
from stat_engine.ui.responses import reason_words
from stat_engine.ui.sets.overview import EXAMPLES, go_to
from stat_engine.ui.text import as_markdown, highlighted, plain

SHOWN = 6
"""Questions that the third column shows at most."""


def side_by_side(
    run: RunFolder, behind: dict[str, Any] | None, pairs: Sequence[dict[str, Any]], name: str
) -> None:
    """Three columns; without a difficult question only the pairs."""
    if behind is None:
        st.caption("Drawn without a difficult question.")
        made_of(pairs, name)
        return
    grid = st.grid(3, min_column_width=290)
    with grid.cell():
        _difficult(run, behind)
    with grid.cell():
        _response(run, behind)
    with grid.cell():
        made_of(pairs, name)


def made_of(pairs: Sequence[dict[str, Any]], name: str) -> None:
    """The questions for it, each with its solutions."""
    by_question: dict[str, list[dict[str, Any]]] = {}
    for pair in pairs:
        by_question.setdefault(pair["question_id"], []).append(pair)
    is_new = bool(pairs) and bool(pairs[0]["reference_ids"])
    st.markdown(f"**{'Written' if is_new else 'Selected'} for it**")
    for id, own in list(by_question.items())[:SHOWN]:
        with st.container(border=True):
            st.caption(as_markdown(id))
            st.markdown(as_markdown(own[0]["problem"]))
            for pair in own:
                with st.expander(f"Solution {pair['answer_index'] + 1}, {pair['state']}"):
                    st.markdown(as_markdown(pair["solution"]))
                    st.button(
                        "Open this pair", key=f"sets_open_{pair['example_id']}", on_click=go_to,
                        args=(EXAMPLES, name, None, pair["example_id"]),
                    )  # fmt: skip
    if len(by_question) > SHOWN:
        st.caption(f"and {len(by_question) - SHOWN:,} more questions")


def _difficult(run: RunFolder, behind: dict[str, Any]) -> None:
    asked = behind["question"]
    st.markdown("**Difficult question**")
    with st.container(border=True):
        if asked is None:
            st.caption("The dataset has this question no more.")
            return
        level = f" · level {asked['level']}" if asked["level"] is not None else ""
        st.caption(as_markdown(f"{asked['id']} · {plain(asked['subject'] or '')}{level}"))
        st.markdown(as_markdown(asked["problem"]))
        if asked["solution"]:
            with st.expander("Reference solution"):
                st.markdown(as_markdown(asked["solution"]))
        if behind["skill"]:
            st.markdown(f"Missing skill: :red-badge[{as_markdown(plain(behind['skill']))}]")
        st.page_link(
            "pages/difficult_questions.py", label="All of its responses", icon=ONWARD,
            query_params={"run": run.name, "question": asked["id"]},
        )  # fmt: skip


def _response(run: RunFolder, behind: dict[str, Any]) -> None:
    st.markdown("**The student's response**")
    responses = behind["responses"]
    if not responses:
        st.caption("The run has no response to it any more.")
        return
    response = responses[0]
    with st.container(border=True):
        st.caption(as_markdown(f"{response['model']}, sample {response['sample']}"))
        label = response["label"] or {}
        failing = label.get("evidence_step")
        failing = response["failing_step"] if failing is None else failing
        for at, step in enumerate(response["steps"]):
            _step(at, step, response["step_rewards"], at == failing)
        if label.get("reason"):
            st.caption(f"Teacher: {reason_words(label['reason'])}")
        st.page_link(
            "pages/skill_labels.py", label="Its label", icon=ONWARD,
            query_params={"run": run.name, "item": response["response_id"]},
        )  # fmt: skip
    if len(responses) > 1:
        st.caption(f"1 of {len(responses):,} responses; first those whose label names the skill")


def _step(at: int, step: str, rewards: list[float] | None, is_failing: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        reward = f"{rewards[at]:.2f}" if rewards is not None and at < len(rewards) else "–"
        if is_failing:
            st.badge(f"{reward} fails", color="red", width=80, help="Step reward; the first failing step")
        else:
            st.badge(reward, color="gray", width=80, help="Step reward")
        st.markdown(highlighted(step, step) if is_failing else as_markdown(step))
