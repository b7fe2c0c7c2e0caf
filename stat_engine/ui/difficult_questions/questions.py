"""The list of questions a page at a time, and one question with its samples and its response step by step."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.config import DifficultyConfig
from stat_engine.errors import StatError
from stat_engine.records import MissingSkill, Question
from stat_engine.ui.shared import data, verdicts, words
from stat_engine.ui.shared.address import LEFT_PROFILE, link, remember
from stat_engine.ui.shared.draw import chosen_row, numbers, row_name, wrapped_rows
from stat_engine.ui.shared.words import questions
from stat_engine.views.difficult import (
    CLAUSE_WORDS,
    GRADED,
    LABELLED,
    SHOWN,
    SORTS,
    JudgedResponse,
    Page,
    QuestionFilter,
)
from stat_engine.views.places import Run
from stat_engine.views.text import answer, as_markdown, clipped, plain, reason_words

ALL = "All"
ROWS = 50
PAGE, LACKS = "difficult_page", "lacks"
LABELS = {"any": "Any", "labelled": "With a label", "not labelled": "No label yet"}
CLAUSES = {"Any": "Any", "final": "Final step", "mean": "Mean", "step": "An earlier step"}
NEUTRAL = {
    "subject": ALL, "clause": "Any", "graded": GRADED[0], "label": LABELLED[0], "level": ALL, "search": "",
}  # fmt: skip
"""Filters where they leave everything."""
COLUMNS: dict[str, Any] = {
    "question_id": row_name("Question", width=145),
    **numbers("%.2f", mean="Mean reward", lowest="Lowest"),
    "responses": st.column_config.TextColumn("Responses", help="Difficult ones of all", width=80),
    "problem": st.column_config.TextColumn("Problem", width=250),
    "is_wrong": st.column_config.CheckboxColumn("Wrong", width=60),
    "subject": st.column_config.TextColumn("Subject", width=145), **numbers(level="Level"),
    "clauses": st.column_config.TextColumn("Clauses that fired", width=130),
    "is_difficult": st.column_config.CheckboxColumn("Difficult", width=70),
}  # fmt: skip


def ask(**wanted: str) -> None:
    """List the questions that a number stands for: `shown`, `subject`, `clause`, `graded` or `label`."""
    for name, value in {**NEUTRAL, **wanted}.items():  # one taken out first has no place in the address
        st.session_state[f"difficult_{name}"] = value
    _first_page()


def filters(run: Run, is_moved: bool) -> tuple[QuestionFilter, str]:
    """What the filters say, and the order."""
    known = data.view(views.difficult.choices, run)
    shown = SHOWN if is_moved else SHOWN[:3]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = {
            "shown": _choice("shown", "Show", dict(zip(shown, map(plain, shown), strict=True))),
            "subject": _choice(
                "subject", "Subject", {ALL: ALL} | {of: plain(of) for of in known["subjects"]}
            ),
            "graded": _choice("graded", "Answer", dict(zip(GRADED, map(plain, GRADED), strict=True))),
            "clause": _choice("clause", "Clause", CLAUSES),
            "label": _choice("label", "Label", {name: LABELS[name] for name in LABELLED}),
        }
        level = _choice("level", "Level", {ALL: ALL} | {str(n): str(n) for n in known["levels"]})
        sort = _choice("sort", "Order", {name: plain(name) for name in SORTS})
        search = st.text_input(
            "Search in problems and ids", key="difficult_search", bind="query-params", type="search",
            on_change=_first_page, width=260,
        )  # fmt: skip
    chosen: dict[str, Any] = {name: None if value in (ALL, "Any") else value for name, value in found.items()}
    number = None if level == ALL else int(level)
    return QuestionFilter(**chosen, level=number, search=search or ""), sort


def rows(run: Run, now: tuple[float, float], wanted: QuestionFilter, sort: str) -> Page:
    """A page of the questions; a click on a row opens it. Returns the page, with the opened one's place."""
    opened = st.query_params.get("question")
    first = (int(st.session_state.get(PAGE, 1)) - 1) * ROWS
    page = data.view(views.difficult.page, run, *now, wanted, sort, first, ROWS, opened)
    n_pages = max(1, -(-page["n"] // ROWS))
    if first >= page["n"] and first:  # fewer are left than there were
        st.session_state[PAGE] = n_pages
        page = data.view(views.difficult.page, run, *now, wanted, sort, (n_pages - 1) * ROWS, ROWS, opened)
    st.caption(f"{questions(page['n'])}. Click a row to open it.")
    listed = page["rows"].assign(
        problem=[clipped(text) for text in page["rows"].problem],
        subject=[plain(str(subject)) for subject in page["rows"].subject],
        is_wrong=page["rows"].is_wrong.astype(object),
        responses=[f"{k:,} of {n:,}" for k, n in page["rows"][["n_difficult", "n_responses"]].to_numpy()],
    )[list(COLUMNS)]
    event = st.dataframe(
        listed, hide_index=True,
        placeholder="–", column_config=COLUMNS, on_select="rerun", selection_mode="single-row",
        key="difficult_table", **wrapped_rows(len(listed)),
    )  # fmt: skip
    _open_picked(list(event.selection.rows), listed)
    if n_pages > 1:
        st.pagination(n_pages, key=PAGE)
    if st.query_params.get("question") != opened:
        page = data.view(
            views.difficult.page, run, *now, wanted, sort, first, ROWS, st.query_params["question"]
        )
    return page


def open_question(id: str | None, place: int | None = None) -> None:
    """Open a question; `place` is where it stands among the rows, so that its page is turned to."""
    remember("question", id)
    remember("response", None)
    if place is not None:
        st.session_state[PAGE] = place // ROWS + 1


def _open_picked(picked: list[int], listed: Any) -> None:
    """Open the row that was clicked just now; a row clicked before stays marked and opens nothing."""
    id = str(listed.question_id.iloc[picked[0]]) if picked and picked[0] < len(listed) else None
    if id != st.session_state.get("difficult_picked"):
        st.session_state["difficult_picked"] = id
        if id is not None:
            open_question(id)


def _choice(name: str, label: str, options: Mapping[str, str]) -> str:
    chosen = st.selectbox(
        label, list(options), format_func=lambda option: options.get(option, option),
        key=f"difficult_{name}", bind="query-params", on_change=_first_page, width=170, filter_mode=None,
    )  # fmt: skip
    return str(chosen)


def _first_page() -> None:
    st.session_state.pop(PAGE, None)


SAMPLES: dict[str, Any] = {
    "model": st.column_config.TextColumn("Student", width=140), **numbers(sample="Sample"),
    "is_difficult": st.column_config.CheckboxColumn("Difficult", width=70),
    "is_wrong": st.column_config.CheckboxColumn("Wrong", width=60),
    "answer": st.column_config.TextColumn("Answer", width=90),
    **numbers("%.2f", final="Final step", mean="Mean", lowest="Lowest"),
    "clauses": st.column_config.TextColumn("Clauses that fired", width=140),
    "is_labelled": st.column_config.CheckboxColumn("Label", width=60), **numbers(n_steps="Steps"),
}  # fmt: skip


def of_skill(run: Run, now: tuple[float, float]) -> bool:
    """Where the address names a missing skill, one of its questions alone, with those before and after it.

    Returns whether it does."""
    named = st.query_params.get(LACKS)
    if named is None:
        return False
    with st.container(horizontal=True):
        left = st.session_state.get(LEFT_PROFILE, {})
        before = left if left.get("profile_skill") == [named] else {"profile_skill": [named]}
        link("missing_skill_profile", "Back to the profile", run=run.name, **before)
        link("difficult_questions", "All questions", run=run.name)
    try:
        subject, skill = views.profile.skill_of(named, data.view(views.profile.profile, run))
    except StatError as error:
        st.info(as_markdown(str(error)))
        return True
    ids = data.view(views.profile.questions_lacking, run, subject, skill)
    opened = st.query_params.get("question")
    at = ids.index(opened) if opened in ids else None
    st.markdown(f"Questions that lack **{as_markdown(plain(skill))}**")
    before = ids[at - 1] if at else None
    after = ids[at + 1] if at is not None and at + 1 < len(ids) else None
    question(run, now, Page(n=len(ids), rows=pd.DataFrame(), place=at, before=before, after=after))
    return True


def question(run: Run, now: tuple[float, float], page: Page) -> None:
    """The question in the address, with the buttons and keys that go on from it."""
    id = st.query_params.get("question")
    if id is None:
        st.caption("Open a question to read the student's responses step by step.")
        return
    st.header("One question, step by step")
    _moves(page)
    try:
        detail = data.view(views.difficult.question_at, run, id, *now)
    except StatError as error:
        st.info(as_markdown(str(error)))
        return
    _asked(detail["question"])
    config = run.config.difficulty.model_copy(update={"tau1": now[0], "tau2": now[1]})
    entry = _chosen(detail["responses"])
    if len(detail["responses"]) > 1:
        entry = _samples(detail["responses"], entry)
    with st.container(border=True):
        _response(run, detail["question"], entry, config)


def _moves(page: Page) -> None:
    place = page["place"]
    where = "Not among the rows above" if place is None else f"{place + 1:,} of {page['n']:,}"
    after = 0 if place is None else place + 1
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, key, id, to in (
            ("Previous question", "k", page["before"], after - 2),
            ("Next question", "j", page["after"], after),
        ):
            st.button(label, key=f"difficult_{key}", shortcut=key, disabled=id is None,
                      on_click=open_question, args=(id, to))  # fmt: skip
        st.caption(where, width="content")


def _asked(asked: Question) -> None:
    with st.container(border=True):
        facts = [asked.id, plain(asked.subject or ""), f"level {asked.level}" if asked.level else ""]
        st.caption(as_markdown(" · ".join(filter(None, facts))))
        words.written(asked.problem)
        if asked.answer is not None:
            st.caption(f"Reference answer: {answer(asked.answer)}")
        words.solution(asked.solution)


def _chosen(entries: Sequence[JudgedResponse]) -> JudgedResponse:
    """The response in the address, else the one that a teacher is asked about: the worst difficult one."""
    wanted = st.query_params.get("response")
    for entry in entries:
        if entry["response"].response_id == wanted:
            return entry
    return min(
        entries, key=lambda one: (not one["is_difficult"], 1.0 if one["mean"] is None else one["mean"])
    )


def _samples(entries: Sequence[JudgedResponse], entry: JudgedResponse) -> JudgedResponse:
    """All responses to the question; a click on a row reads it."""
    n = sum(one["is_difficult"] for one in entries)
    known = [one["response"].is_correct for one in entries if one["response"].is_correct is not None]
    graded = f", {known.count(False):,} of {len(known):,} wrong" if known else ""
    st.markdown(f"**All {len(entries):,} responses**: {n:,} difficult{graded}. Click a row to read it.")
    listed = pd.DataFrame([_sample(one) for one in entries], columns=list(SAMPLES))
    height, key = 36 + 35 * min(8, len(entries)), f"difficult_samples_{entry['response'].question_id}"
    row = chosen_row(listed, SAMPLES, key, height=height)
    picked = None if row is None else entries[row]["response"].response_id
    if picked != st.session_state.get("difficult_sample"):
        st.session_state["difficult_sample"] = picked
        if picked:
            remember("response", picked)
            entry = _chosen(entries)
    at = entries.index(entry)
    with st.container(horizontal=True, vertical_alignment="center"):
        for label, to, key in (("Previous response", at - 1, "p"), ("Next response", at + 1, "n")):
            is_there = 0 <= to < len(entries)
            id = entries[to]["response"].response_id if is_there else None
            st.button(label, key=f"difficult_{key}", shortcut=key, disabled=not is_there,
                      on_click=remember, args=("response", id))  # fmt: skip
        st.caption(f"{at + 1:,} of {len(entries):,}", width="content")
    return entry


def _sample(entry: JudgedResponse) -> dict[str, Any]:
    response = entry["response"]
    return {
        **{name: entry[name] for name in ("is_difficult", "final", "mean", "lowest")},
        "model": response.model,
        "sample": response.sample,
        "is_wrong": None if response.is_correct is None else not response.is_correct,
        "answer": None if response.answer is None else clipped(response.answer, 60),
        "n_steps": len(response.steps),
        "clauses": ", ".join(entry["clauses"]),
        "is_labelled": bool(entry["labels"]),
    }


def _response(run: Run, asked: Question, entry: JudgedResponse, config: DifficultyConfig) -> None:
    response = entry["response"]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{as_markdown(response.model)}, sample {response.sample}**", width="content")
        words.verdict(response.is_correct)
        st.badge("difficult" if entry["is_difficult"] else "easy",
                 color="orange" if entry["is_difficult"] else "gray")  # fmt: skip
        if response.finish_reason == "length":
            st.badge("cut off at the token limit", color="orange")
    verdicts.reason(run, response.response, asked.answer, response.is_correct)
    if entry["clauses"]:
        st.caption("Fired: " + "; ".join(CLAUSE_WORDS[clause] for clause in entry["clauses"]))
    for at, step in enumerate(response.steps):
        is_failing = entry["is_difficult"] and at == entry["failing_step"]
        marks = [":red-badge[first failing step]"] if is_failing else []
        st.markdown(words.step_line(at, as_markdown(step), entry["step_rewards"], config, marks))
    if not response.steps:
        st.caption("The response is empty.")
    else:
        st.caption("Step rewards: red at or below τ2, orange at or below τ1, blue above both.")
    for label in entry["labels"]:
        _label(run, label)
    shown = verdicts.Graded(
        asked.id, response.response_id, response.sample, response.is_correct, "", response.model
    )
    verdicts.overrule(run, [shown])


def _label(run: Run, label: MissingSkill) -> None:
    skills = ", ".join(plain(skill) for skill in label.skills) or "none"
    teacher = as_markdown(words.teacher(run, label.teacher))
    st.markdown(f"**{teacher}** says it lacks: :red-badge[{as_markdown(skills)}]")
    if label.reason:
        st.caption(reason_words(label.reason))
    link("skill_labels", "Review this label", run=run.name, item=label.response_id, status="all")
