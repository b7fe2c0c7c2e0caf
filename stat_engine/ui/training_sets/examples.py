"""The examples of a set, the references drawn for them, and the questions that checks dropped."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.ui.shared import data
from stat_engine.ui.shared.address import link
from stat_engine.ui.shared.draw import chosen_row, numbers, page_of, pick_rows, wrapped_rows
from stat_engine.ui.shared.words import sentence, written
from stat_engine.ui.training_sets import example
from stat_engine.ui.training_sets.example import made, side_by_side
from stat_engine.ui.training_sets.overview import ALL
from stat_engine.views.examples import STATES, Example
from stat_engine.views.places import Run
from stat_engine.views.text import as_markdown, clipped, plain

ROWS = 100
EXAMPLE_COLUMNS: dict[str, Any] = {
    "problem": st.column_config.TextColumn("Question", width="large"),
    "missing_skill": st.column_config.TextColumn("For the skill", width="medium"),
    "difficult_question_id": "For the question",
    "skills": st.column_config.ListColumn("Carries"),
    "subject": "Subject",
    "state": "State",
    "example_id": "Example",
}
DRAW_COLUMNS: dict[str, Any] = {
    "difficult_question_id": st.column_config.TextColumn("Difficult question", width="medium"),
    "subject": "Subject",
    "missing_skill": st.column_config.TextColumn("Missing skill", width="medium"),
    **numbers(n_questions="Questions for it", n_pairs="Pairs"),
}
ALL_DROPPED = "All"
GATES = {
    "unreadable": "no question in the teacher's answer",
    "untested": "no tests in the teacher's answer, or tests that accept an empty response",
    "leak": "equal or near to a validation or test question",
    "known": "equal to a question of the pool",
    "near": "a near-duplicate of a reference or of another new question",
    "inconsistent": "too few of its solutions agree",
    "solved": "the student solves it already",
}
DROPPED_COLUMNS: dict[str, Any] = {
    "gate": "Check",
    "problem": st.column_config.TextColumn("Question", width="large"),
    "detail": st.column_config.TextColumn("What the check found", width="large"),
    "missing_skill": "For the skill",
    "difficult_question_id": "For the question",
}


class Asked(NamedTuple):
    """Which pairs are listed; None: any."""

    skill: tuple[str, str] | None
    state: str | None
    question: str | None
    text: str | None


def examples(run: Run, name: str) -> None:
    """The set as people left it, a page of rows at a time, and one example with its whole lineage."""
    skill, state, text = _filters(run, name)
    question = st.query_params.get("sets_question")
    asked = Asked(skill, state, question, text)
    at = page_of(_n(run, name, asked), ROWS, "sets_page")
    found = data.view(views.examples.page, run, name, *asked, at, ROWS)
    of = f" for {as_markdown(question)}" if question else ""
    n_dropped = 0 if state else _n(run, name, asked._replace(state="dropped"))
    st.caption(f"{found['n']:,} pairs{of}{f', {n_dropped:,} of them dropped' if n_dropped else ''}")
    rows = found["rows"].assign(problem=found["rows"].problem.map(clipped))
    key = f"sets_table_{name}_{hash(asked)}_{at}"
    pick_rows(
        rows[list(EXAMPLE_COLUMNS)], list(rows.example_id), "sets_example", key,
        column_config=EXAMPLE_COLUMNS, **wrapped_rows(len(rows)),
    )  # fmt: skip
    wanted = st.query_params.get("sets_example")
    if wanted is None:
        st.caption("Choose a row to see where the pair came from, and to edit or drop it.")
        return
    try:
        lineage = data.view(views.lineage.lineage, run, name, wanted)
    except StatError as error:
        st.caption(as_markdown(sentence(error)))
        return
    example.example(run, name, lineage)


def _n(run: Run, name: str, asked: Asked) -> int:
    return int(data.view(views.examples.page, run, name, *asked, 0, 1)["n"])


def _filters(run: Run, name: str) -> tuple[tuple[str, str] | None, str | None, str | None]:
    shares = data.view(views.training_sets.skill_shares, run)
    own = shares[shares.set == name]
    skills = [f"{subject}/{skill}" for subject, skill in zip(own.subject, own.skill, strict=True)]
    wanted = st.session_state.get("sets_skill") or st.query_params.get("sets_skill")
    if wanted and wanted not in skills and wanted != ALL:
        skills.append(wanted)  # a skill of the profile that no pair carries: an empty table says so
    with st.container(horizontal=True, vertical_alignment="bottom"):
        skill = st.selectbox("Skill", [ALL, *skills], key="sets_skill", bind="query-params", width=280)
        state = st.selectbox("State", [ALL, *STATES], key="sets_state", bind="query-params", width=140)
        text = st.text_input("Search in questions and solutions", key="sets_text", bind="query-params")
    subject, _, of = skill.rpartition("/")
    return (subject, of) if skill != ALL else None, state if state != ALL else None, text or None


def drawn(run: Run, name: str) -> None:
    """One row a (difficult question, missing skill); a row opens what was drawn for it, side by side."""
    table = data.view(views.examples.draws, run, name)
    if table.empty:
        st.info("The pairs of this set were drawn without looking at difficult questions.")
        return
    n_questions = table.difficult_question_id.nunique()
    st.markdown(f"{len(table):,} draws, for {n_questions:,} difficult questions.")
    at = page_of(len(table), ROWS, "sets_draws_page")
    rows = table.iloc[at * ROWS : (at + 1) * ROWS]
    chosen = chosen_row(rows, DRAW_COLUMNS, f"sets_draws_{name}_{at}", height=260)
    row = rows.iloc[chosen or 0]
    skill = row.missing_skill if isinstance(row.missing_skill, str) else None
    pairs = data.view(views.examples.drawn_for, run, name, row.difficult_question_id, skill)
    behind = data.view(views.lineage.difficult, run, row.difficult_question_id, skill)
    for_skill = f" and the skill **{as_markdown(plain(skill))}**" if skill else ""
    st.markdown(f"For **{as_markdown(row.difficult_question_id)}**{for_skill}:")
    side_by_side(run, behind, pairs, name)
    _references(run, pairs)


def _references(run: Run, pairs: Sequence[Example]) -> None:
    """The pool questions that the teacher was shown for each new question."""
    shown = {pair["question_id"]: tuple(pair["reference_ids"]) for pair in pairs if pair["reference_ids"]}
    for id, references in shown.items():
        with st.expander(f"References that the teacher saw for {as_markdown(id)}"):
            for question in data.view(views.lineage.references, run, references):
                st.caption(as_markdown(question.id))
                written(question.problem)


def dropped(run: Run, name: str) -> None:
    """The dropped questions by gate, a page of rows at a time; a row opens what the teacher wrote."""
    counts = data.view(views.examples.dropped_page, run, name, None, 0, 1)["gates"]
    if not counts:
        st.info("Nothing was dropped: this set has no new questions, or all of them passed.")
        return
    gate = st.segmented_control(
        "Check", [ALL_DROPPED, *counts], default=ALL_DROPPED, required=True, key="sets_gate",
        bind="query-params",
    )  # fmt: skip
    said = [f"{n:,} {one} ({GATES[one]})" for one, n in counts.items() if gate in (ALL_DROPPED, one)]
    st.caption("; ".join(said))
    wanted = gate if gate != ALL_DROPPED else None
    n = data.view(views.examples.dropped_page, run, name, wanted, 0, 1)["n"]
    at = page_of(n, ROWS, "sets_dropped_page")
    rows = data.view(views.examples.dropped_page, run, name, wanted, at, ROWS)["rows"]
    shown = rows.assign(problem=rows.problem.map(clipped), detail=rows.detail.map(clipped))
    key = f"sets_dropped_{name}_{gate}_{at}"
    chosen = chosen_row(shown[list(DROPPED_COLUMNS)], DROPPED_COLUMNS, key, **wrapped_rows(len(shown)))
    if chosen is None:
        st.caption("Choose a row to read the draft, the question and its solutions.")
        return
    _one(run, rows.iloc[chosen].to_dict())


def _one(run: Run, row: Mapping[Hashable, Any]) -> None:
    with st.container(border=True):
        st.markdown(f"**{as_markdown(plain(row['gate']))}**: {as_markdown(row['detail'])}")
        written(row["problem"], "*no question*")
        if row["difficult_question_id"]:
            label = "The difficult question it was for"
            link("difficult_questions", label, run=run.name, question=row["difficult_question_id"])
        made(data.view(views.lineage.dropped, run, row["problem"], tuple(row["teacher_calls"])))
