"""Questions and responses on a page: the table, its filters, and one response step by step."""

from typing import Any, Literal

import pandas as pd
import streamlit as st

from stat_engine.config import DifficultyConfig
from stat_engine.records import Response
from stat_engine.ui.frame import choice, remember
from stat_engine.ui.text import as_markdown, clipped, plain
from stat_engine.views.difficult import CLAUSE_WORDS

PAGE_ROWS = 200
COLUMNS: dict[str, Any] = {
    "question_id": st.column_config.TextColumn("Question", width="medium"),
    "subject": "Subject",
    "level": st.column_config.NumberColumn("Level", width="small"),
    "is_difficult": st.column_config.CheckboxColumn("Difficult", width="small"),
    "is_wrong": st.column_config.CheckboxColumn("Wrong", width="small"),
    "n_responses": st.column_config.NumberColumn("Responses", width="small"),
    "mean": st.column_config.ProgressColumn("Mean reward", min_value=0, max_value=1, format="%.2f"),
    "lowest": st.column_config.ProgressColumn("Lowest reward", min_value=0, max_value=1, format="%.2f"),
    "clauses": "Clauses that fired",
    "problem": st.column_config.TextColumn("Problem", width="large"),
}


def rule_in_words(config: DifficultyConfig) -> str:
    """What makes a question difficult here."""
    if config.filter != "prm":
        return f"Filter {config.filter}, aggregate {config.aggregate_used()}."
    clauses = []
    if config.tau1 > 0:
        clauses.append(f"its final step or its mean reward is at or below τ1 = {config.tau1:g}")
    if config.tau2 > 0:
        clauses.append(f"a step before the final one is at or below τ2 = {config.tau2:g}")
    return (
        f"A response is difficult when {', or '.join(clauses) or 'never: both thresholds are off'}; "
        f"a question by aggregate “{config.aggregate_used()}” of its responses."
    )


def filter_quality(found: dict[str, Any]) -> None:
    """How the filter did against known correctness, which it never sees."""
    st.markdown("**Responses under each clause**")
    for clause, n in found["clauses"].items():
        st.markdown(f"{n:,} · {CLAUSE_WORDS[clause]}")
    confusion = found["confusion"]
    if confusion is None:
        st.caption("No question's correctness is known, so the filter cannot be checked.")
        return
    tp, fp, fn = confusion["tp"], confusion["fp"], confusion["fn"]
    with st.container(horizontal=True):
        st.metric("Precision", f"{tp / (tp + fp):.3f}" if tp + fp else "–", help=f"n = {tp + fp:,} difficult")
        st.metric("Recall", f"{tp / (tp + fn):.3f}" if tp + fn else "–", help=f"n = {tp + fn:,} wrong")
    st.caption("Difficult against wrong, by question. The filter never reads correctness.")


def filtered(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that the filters above the table leave."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        subject = choice("subject", "Subject", ["All", *sorted(set(table.subject))])
        shown = choice("show", "Show", ["Difficult", "Easy", "All"])
        clause = choice("clause", "Clause", ["Any", *CLAUSE_WORDS])
        words = st.text_input(
            "Search in problems and ids", st.query_params.get("search", ""), key="difficult_search"
        )
    remember("search", words or None)
    keep = pd.Series(True, index=table.index)
    if subject != "All":
        keep &= table.subject == subject
    if shown != "All":
        keep &= table.is_difficult == (shown == "Difficult")
    if clause != "Any":
        keep &= table.clauses.str.contains(clause, regex=False)
    if words:
        text = table.problem + " " + table.question_id
        keep &= text.str.contains(words, case=False, regex=False)
    return table[keep]


def question_table(rows: pd.DataFrame) -> str | None:
    """The table, a page of rows at a time; returns the chosen question's id, which stands in the address."""
    n_pages = max(1, -(-len(rows) // PAGE_ROWS))
    at = st.number_input(f"Page (of {n_pages})", 1, n_pages, key="difficult_page") - 1 if n_pages > 1 else 0
    page = rows.iloc[at * PAGE_ROWS : (at + 1) * PAGE_ROWS]
    st.caption(f"{len(rows):,} questions")
    event = st.dataframe(
        page.assign(problem=page.problem.map(clipped)),
        hide_index=True,
        column_config=COLUMNS,
        on_select="rerun",
        selection_mode="single-row",
        height=320,
        key="difficult_table",
    )
    picked = list(event.selection.rows)
    if picked:
        remember("question", str(page.iloc[picked[0]].question_id))
    wanted = st.query_params.get("question")
    return wanted if wanted in set(rows.question_id) else None


def question(detail: dict[str, Any], config: DifficultyConfig) -> None:
    """One question with its reference and every response."""
    asked = detail["question"]
    with st.container(border=True):
        st.caption(
            " · ".join(
                filter(None, [asked.id, plain(asked.subject or ""), asked.level and f"level {asked.level}"])
            )
        )
        st.markdown(as_markdown(asked.problem))
        if asked.solution:
            with st.expander("Reference solution"):
                st.markdown(as_markdown(asked.solution))
    for entry in detail["responses"]:
        with st.container(border=True):
            _response(entry, config)


def _response(entry: dict[str, Any], config: DifficultyConfig) -> None:
    response: Response = entry["response"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{as_markdown(response.model)}, sample {response.sample}**")
        if response.is_correct is not None:
            st.badge(
                "right" if response.is_correct else "wrong", color="green" if response.is_correct else "red"
            )
        st.badge(
            "difficult" if entry["is_difficult"] else "easy",
            color="orange" if entry["is_difficult"] else "gray",
        )
        if response.finish_reason == "length":
            st.badge("cut off at the token limit", color="orange")
    if entry["clauses"]:
        st.caption("Fired: " + "; ".join(CLAUSE_WORDS[clause] for clause in entry["clauses"]))
    for at, step in enumerate(response.steps):
        _step(at, step, entry, config)
    if not response.steps:
        st.caption("The response is empty.")
    for label in entry["labels"]:
        skills = ", ".join(plain(skill) for skill in label.skills) or "none"
        st.markdown(f"Missing skills according to **{as_markdown(label.teacher)}**: {as_markdown(skills)}")
        st.caption(as_markdown(label.reason))


def _step(at: int, step: str, entry: dict[str, Any], config: DifficultyConfig) -> None:
    rewards = entry["step_rewards"]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(f"{at}", width=24)
        if rewards is not None and at < len(rewards):
            st.badge(f"{rewards[at]:.2f}", color=reward_colour(rewards[at], config), width=56)
        elif rewards:
            st.badge("not scored", color="gray", help="Beyond the reward model's context")
        st.markdown(as_markdown(step))
        if entry["is_difficult"] and at == entry["failing_step"]:
            st.badge("first failing step", color="red")


def reward_colour(reward: float, config: DifficultyConfig) -> Literal["red", "orange", "blue"]:
    """One scale for rewards everywhere: red at or below tau2, orange at or below tau1, blue above."""
    return "red" if reward <= config.tau2 else "orange" if reward <= config.tau1 else "blue"
