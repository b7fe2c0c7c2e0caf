"""The audit of a Skill-Map, its review list, and the splits of the dataset."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import views
from stat_engine.charts import training_sets as charts
from stat_engine.orders import AuditSkillMapOrder, SplitOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.draw import counts, draw, numbers, row_name
from stat_engine.ui.shared.words import sentence
from stat_engine.ui.skills_and_data.header import do, say_what_was_done, told
from stat_engine.views.datasets import Audit, Summary
from stat_engine.views.text import as_markdown, one_line

AUDIT_COLUMNS: dict[str, Any] = {
    "subject": "Subject", "fitted_on": "Learnt on", "scored_on": "Tried on",
    **counts(n_fitted="Questions learnt", n_scored="Questions tried"),
    **numbers("%.3f", hit_rate="Hit rate", ci_low="95% from", ci_high="to", shuffled="Shuffled labels"),
    **numbers("%.3f", ceiling="Within the split"),
}  # fmt: skip
REVIEW_COLUMNS = {
    "question_id": row_name("Question"), "subject": "Subject", "status": "Why", "skills": "Skills now",
    "detail": "Found",
}  # fmt: skip
SPLIT_COLUMNS: dict[str, Any] = {
    "subject": "Subject",
    **counts(train="Train", validation="Validation", test="Test", none="In no split", n="All"),
    **counts(n_mapped="With skills"),
}
WORDS = {
    "train": "the pool that training sets are drawn from",
    "validation": "the questions on which missing skills are found",
    "test": "the questions on which arms are compared, and nothing else",
}


def audit(dataset: str) -> None:
    """The audit of the Skill-Map as it is, and the button that makes it."""
    say_what_was_done()
    if not data.dataset_view(views.datasets.summary, dataset)["n_mapped"]:
        st.info("There is no Skill-Map to audit yet. Import one under Import.")
        return
    st.markdown(
        "A classifier learns from the words of one split's questions which skill they carry, and is tried on "
        "the other split. Labels that mean the same in both splits can be found again; labels that are "
        "found no better than shuffled ones do not fit their questions. A hit is a question whose likeliest "
        "skill is one of its own."
    )
    found = data.dataset_view(views.datasets.audit, dataset)
    _findings(found)
    order = AuditSkillMapOrder(dataset=dataset)
    work.at_work(None, verbs=("audit-skill-map",), key="skills_audit")
    again = found is not None and found["is_current"] and len(found["rows"])
    work.offer(
        "Audit again" if again else "Audit the Skill-Map", order,
        "Free: it runs on this machine, in seconds for thousands of questions, and changes no label.",
        "skills_audit_offer", kind="secondary" if again else "primary",
    )  # fmt: skip
    work.command(order.words())
    _reviews(dataset)


def _findings(found: Audit | None) -> None:
    if found is None:
        st.info("Nobody has audited this Skill-Map yet.")
        return
    if not found["is_current"]:
        st.warning("The Skill-Map or the vocabulary has changed since this audit. Audit it again.")
    for finding in found["findings"]:
        st.markdown(f"- {as_markdown(sentence(finding))}.")
    rows = found["rows"]
    if rows.empty:
        st.caption("Its figures are not kept; audit the Skill-Map to see them.")
        return
    draw(charts.hit_rates(rows), key="skills_audit_chart")
    st.dataframe(
        rows[list(AUDIT_COLUMNS)], hide_index=True,
        placeholder="–", column_config=AUDIT_COLUMNS, height="content",
        key="skills_audit_table",
    )  # fmt: skip


def _reviews(dataset: str) -> None:
    reviews = data.dataset_view(views.datasets.reviews, dataset)
    st.header("Questions to review", anchor=False)
    if not reviews:
        st.caption("None: no teacher's answer about a question's skills was unreadable or doubtful.")
        return
    rows = pd.DataFrame([review.model_dump() for review in reviews])[list(REVIEW_COLUMNS)]
    rows = rows.assign(
        detail=rows.detail.map(lambda text: one_line(text, 300)), status=rows.status.str.replace("_", " ")
    )
    st.dataframe(
        rows, hide_index=True, placeholder="–", column_config=REVIEW_COLUMNS, height=280, key="skills_reviews"
    )
    st.caption(f"{len(rows):,} questions. A question leaves the list when it is labelled again.")


def splits(dataset: str) -> None:
    """Counts by subject and split, where the splits come from, and the form that draws them."""
    say_what_was_done()
    found = data.dataset_view(views.datasets.summary, dataset)
    for name, meaning in WORDS.items():
        st.markdown(f"- **{name.capitalize()}** {found['parts'][name]:,}: {meaning}. {_origin(found, name)}")
    table = data.dataset_view(views.datasets.subjects, dataset)
    st.dataframe(table, hide_index=True, placeholder="–", column_config=SPLIT_COLUMNS, key="skills_subjects")
    st.header("Draw validation and test again", anchor=False)
    _draw(dataset, found)


def _origin(found: Summary, name: str) -> str:
    made_by = found["splits"].get(name)
    if made_by is None:
        return "As the dataset itself says."
    return as_markdown(f"Drawn from {made_by.get('from')} with seed {made_by.get('seed')}.")


def _draw(dataset: str, found: Summary) -> None:
    parts = found["parts"]
    if not parts["test"] + parts["validation"]:
        st.info("All questions are training questions. Import evaluation questions with split test first.")
        return
    st.caption("The training pool stays whole, so no training question is ever tested on.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        of = st.selectbox("Draw from", ["test", "validation"], key="skills_draw_from", width=160)
        most = max(1, parts["test"] + parts["validation"] - 1)
        n = st.number_input(
            "Validation questions", 1, most, min(most, max(1, parts["validation"] or most // 3)),
            key=f"skills_draw_n_{dataset}", width=200,
        )  # fmt: skip
        seed = st.number_input("Seed", 0, 2**31, 0, key="skills_draw_seed", width=140)
    order = SplitOrder(dataset=dataset, validation=int(n), of=str(of), seed=int(seed))
    told_of = told(order, "Show what it changes", "skills_draw")
    if told_of is None:
        return
    st.markdown(f"**{told_of['validation']:,}** validation and **{told_of['test']:,}** test questions.")
    _runs(told_of["runs"])
    says = f"{told_of['validation']:,} validation and {told_of['test']:,} test questions are drawn."
    if st.button("Draw them", key="skills_draw_do", type="primary") and do(order, says) is not None:
        st.rerun()


def _runs(runs: list[str]) -> None:
    if not runs:
        st.caption("No run is touched: these are the current questions, or no run is on this dataset.")
        return
    st.warning(
        f"Other questions than now. {len(runs):,} runs hold answers to those of the split before, and answer "
        f"again when they are brought up to date: {as_markdown(', '.join(runs[:10]))}."
    )
