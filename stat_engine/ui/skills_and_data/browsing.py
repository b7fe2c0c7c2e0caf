"""Browse subjects, their skills, the questions that carry one, and one complete question."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.ui.shared import data
from stat_engine.ui.shared.address import link, remember
from stat_engine.ui.shared.draw import counts, numbers, page_of, pick_rows, row_name, wrapped_rows
from stat_engine.ui.shared.words import solution, written
from stat_engine.ui.skills_and_data.header import say_what_was_done
from stat_engine.ui.skills_and_data.importing import choose_kind
from stat_engine.views.datasets import MappedQuestion
from stat_engine.views.text import answer, as_markdown, one_line, plain

ALL = "All subjects"
ANY = "All splits"
PAGE_ROWS = 50
SKILL = "skills_skill"
QUESTION = "skills_question"
Picked = tuple[str, str]
"""(subject, skill)"""
COLUMNS: dict[str, Any] = {
    "subject": st.column_config.TextColumn("Subject", width=96),
    "skill": row_name("Skill", width=146),
    **counts(train="Train", validation=("Val.", "Validation"), test="Test"),
    **counts(n=("All", "With questions of no split")),
}
QUESTION_COLUMNS: dict[str, Any] = {
    "question_id": st.column_config.TextColumn("Question", width=160),
    "problem": st.column_config.TextColumn("Problem", width=260),
    "part": "Split", **numbers(level="Level"),
    "skills": st.column_config.ListColumn("Skills", width="medium"),
}  # fmt: skip


def skills(dataset: str) -> Picked | None:
    """Subjects, skills and their questions; the chosen skill."""
    say_what_was_done()
    table = data.dataset_view(views.datasets.skills, dataset)
    if table.empty:
        st.info(
            "This dataset has no Skill-Map yet. Import one, or have a teacher make one: "
            f"`stat-studio skills discover {dataset}` finds skills by itself, "
            f"`stat-studio skills label {dataset}` uses a vocabulary."
        )
        st.button("Import a Skill-Map", type="primary", key="skills_to_import", on_click=_import)
        questions(dataset, None, None)
        question(dataset)
        return None
    side_by_side = st.grid(2, min_column_width=460)
    with side_by_side.cell():
        of, rows = skill_filter(table)
        picked = skill_table(dataset, rows)
        st.caption(f"{len(rows):,} skills; a question may carry several. Choose one to see or change it.")
    with side_by_side.cell():
        _heading(picked, of)
        questions(dataset, picked, of)
        question(dataset)
    return picked


def _import() -> None:
    """Go to the part that imports, with a Skill-Map chosen."""
    st.session_state["skills_part"] = "Import"
    choose_kind("skill-map")


def _heading(picked: Picked | None, of: str | None) -> None:
    if picked:
        where = f" ({as_markdown(plain(picked[0]))})" if picked[0] else ""
        st.markdown(f"**Questions that carry {as_markdown(plain(picked[1]))}**{where}")
    else:
        st.markdown(f"**All questions{f' of {as_markdown(plain(of))}' if of else ''}**")


def skill_filter(table: pd.DataFrame) -> tuple[str | None, pd.DataFrame]:
    """(the subject chosen, the skills of it that the search leaves)."""
    names = sorted(set(table.subject))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        subject = st.selectbox(
            "Subject", [ALL, *names], key="skills_subject", bind="query-params", width=220,
            format_func=lambda name: plain(name) or "(no subject)",
        )  # fmt: skip
        search = st.text_input(
            "Search skills", key="skills_search", bind="query-params", width=240, placeholder="part of a name"
        )
    of = None if subject == ALL else str(subject)
    return of, views.datasets.matching(table, of, search or "")


def skill_table(dataset: str, rows: pd.DataFrame) -> Picked | None:
    """The skills with their counts; the chosen one, which stands in the address."""
    ids = ["/".join(pair) for pair in zip(rows.subject, rows.skill, strict=True)]
    has_others = bool((rows.n > rows.train + rows.validation + rows.test).any())
    is_one = rows.subject.nunique() <= 1
    hidden = {"subject"} if is_one else set()
    order = [name for name in COLUMNS if name not in hidden and (name != "n" or has_others)]
    config = COLUMNS | ({"skill": row_name("Skill", width=240)} if is_one else {})
    key = f"skills_table_{hash((dataset, *ids))}"
    pick_rows(rows, ids, SKILL, key, QUESTION, column_config=config, column_order=order, height=420)
    return picked_skill(dataset)


def picked_skill(dataset: str) -> Picked | None:
    """The skill in the address, where the vocabulary has it."""
    wanted, table = st.query_params.get(SKILL), data.dataset_view(views.datasets.skills, dataset)
    found = table[table.subject + "/" + table.skill == wanted]
    return (str(found.subject.iloc[0]), str(found.skill.iloc[0])) if len(found) else None


def questions(dataset: str, picked: Picked | None, of: str | None) -> None:
    """The questions that carry the chosen skill, else all of the subject, a page at a time."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        part = st.selectbox(
            "Split", [ANY, *views.datasets.PARTS], key="skills_split", bind="query-params", width=150,
            format_func=lambda name: "In no split" if name == "none" else plain(name),
        )  # fmt: skip
        search = st.text_input(
            "Search questions", key="skills_text", bind="query-params", width=240,
            placeholder="words or an id",
        )  # fmt: skip
    subject, skill = picked or (of, None)
    chosen = (subject, skill, None if part == ANY else part, search or "")
    asked = (dataset, data.workspace().dataset(dataset).version(), chosen)
    if st.session_state.setdefault("skills_asked", asked) != asked:  # other questions begin at their first
        st.session_state.update(skills_asked=asked, skills_page=1)
    n = data.dataset_view(views.datasets.questions, dataset, *chosen, 0, 1)[1]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{n:,} questions" + (f", {PAGE_ROWS} a page" if n > PAGE_ROWS else ""))
        page = page_of(n, PAGE_ROWS, "skills_page")
    rows, _ = data.dataset_view(views.datasets.questions, dataset, *chosen, page, PAGE_ROWS)
    pick_rows(
        rows.assign(problem=rows.problem.map(one_line), question_id=rows.question_id.map(one_line)),
        list(rows.question_id), QUESTION, f"skills_questions_{hash((dataset, chosen, page))}",
        column_config=QUESTION_COLUMNS, column_order=list(QUESTION_COLUMNS), **wrapped_rows(len(rows)),
    )  # fmt: skip


def question(dataset: str) -> None:
    """The question in the address with its text, solution, answer and skills."""
    id = st.query_params.get(QUESTION)
    if id is None:
        st.caption("Choose a question to read it.")
        return
    try:
        found = data.dataset_view(views.datasets.question, dataset, id)
    except StatError:
        remember(QUESTION, None)
        return
    shown, entry = found["question"], found["entry"]
    with st.container(border=True):
        st.markdown(f"**{as_markdown(id)}** · {_place(found)}")
        written(shown.problem)
        if entry is not None:
            st.caption(f"Skills: {as_markdown(', '.join(map(plain, entry.skills)))} {_source(entry)}")
        else:
            st.caption("The Skill-Map has no entry for it.")
        for review in found["reviews"]:
            st.caption(f"Needs review: {as_markdown(one_line(review.detail, 400))}")
        solution(shown.solution)
        if shown.answer is not None:
            st.caption(f"Answer: {answer(shown.answer)}")
        _link(dataset, id, found["part"])


def _place(found: MappedQuestion) -> str:
    shown, part = found["question"], found["part"]
    words = [plain(shown.subject or ""), f"level {shown.level}" if shown.level is not None else ""]
    words.append("in no split" if part == "none" else part)
    return as_markdown(", ".join(word for word in words if word))


def _source(entry: Any) -> str:
    if entry.source == "propagated":
        return f"(by a classifier, probability {entry.probability:.2f})"
    return "(by the teacher)" if entry.source == "teacher" else ""


def _link(dataset: str, id: str, part: str) -> None:
    """The way to what a run's student answered."""
    name = st.session_state.get("run")
    if part == "validation" and views.places.dataset_of(data.workspace(), name) == dataset:
        label = f"What run {as_markdown(str(name))} answered"
        link("difficult_questions", label, run=str(name), question=id)
