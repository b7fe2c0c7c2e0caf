"""How far the Skill-Map is to be trusted: the audit's figures and findings, and the review list."""

from typing import Any

import pandas as pd
import streamlit as st

from stat_engine.ui import data, work
from stat_engine.ui.charts import audit as charts
from stat_engine.ui.charts.draw import draw
from stat_engine.ui.skills.asking import say_what_was_done
from stat_engine.ui.text import as_markdown, clipped

COLUMNS: dict[str, Any] = {
    "subject": "Subject",
    "fitted_on": "Learnt on",
    "scored_on": "Tried on",
    "n_fitted": st.column_config.NumberColumn("Questions learnt", format="localized"),
    "n_scored": st.column_config.NumberColumn("Questions tried", format="localized"),
    "hit_rate": st.column_config.NumberColumn("Hit rate", format="%.3f"),
    "ci_low": st.column_config.NumberColumn("95% from", format="%.3f"),
    "ci_high": st.column_config.NumberColumn("to", format="%.3f"),
    "shuffled": st.column_config.NumberColumn("Shuffled labels", format="%.3f"),
    "ceiling": st.column_config.NumberColumn("Within the split", format="%.3f"),
}
REVIEW_COLUMNS = {
    "question_id": "Question",
    "subject": "Subject",
    "status": "Why",
    "skills": "Skills now",
    "detail": "Found",
}


def audit(dataset: str) -> None:
    """The audit of the Skill-Map as it is, and the button that makes it."""
    say_what_was_done()
    if not data.dataset_view("summary", dataset)["n_mapped"]:
        st.info("There is no Skill-Map to audit yet. Import one under Import.")
        return
    st.markdown(
        "A classifier learns from the words of one split's questions which skill they carry, and is tried on "
        "the other split. Labels that mean the same in both splits can be found again; labels that cannot be "
        "told from shuffled ones do not fit their questions. A hit is a question whose likeliest skill "
        "is one of its own."
    )
    found = data.dataset_view("audit", dataset)
    _findings(found)
    verb = ["audit-skill-map", dataset]
    work.at_work(None, verbs=("audit-skill-map",), key="skills_audit")
    again = found is not None and found["is_current"] and len(found["rows"])
    work.offer(
        "Audit again" if again else "Audit the Skill-Map", verb,
        "Free: it runs on this machine, in seconds for thousands of questions, and changes no label.",
        "skills_audit_offer", kind="secondary" if again else "primary",
    )  # fmt: skip
    work.command(verb)
    _reviews(dataset)


def _findings(found: dict[str, Any] | None) -> None:
    if found is None:
        st.info("Nobody has audited this Skill-Map yet.")
        return
    if not found["is_current"]:
        st.warning("The Skill-Map or the vocabulary has changed since this audit. Audit it again.")
    for sentence in found["findings"]:
        st.markdown(f"- {as_markdown(work.sentence(Exception(sentence)))}.")
    rows = found["rows"]
    if rows.empty:
        st.caption("Its figures are not kept; audit the Skill-Map to see them.")
        return
    draw(charts.hit_rates(rows), key="skills_audit_chart")
    st.dataframe(
        rows,
        hide_index=True,
        column_config=COLUMNS,
        column_order=list(COLUMNS),
        height="content",
        key="skills_audit_table",
    )


def _reviews(dataset: str) -> None:
    reviews = data.dataset_view("reviews", dataset)
    st.subheader("Questions that want a person's eye", anchor=False)
    if not reviews:
        st.caption("None: no teacher's answer about a question's skills was unreadable or doubtful.")
        return
    rows = pd.DataFrame([review.model_dump() for review in reviews])[list(REVIEW_COLUMNS)]
    rows = rows.assign(
        detail=rows.detail.map(lambda text: clipped(text, 300)), status=rows.status.str.replace("_", " ")
    )
    st.dataframe(rows, hide_index=True, column_config=REVIEW_COLUMNS, height=280, key="skills_reviews")
    st.caption(f"{len(rows):,} questions. A line goes when the question is labelled anew.")
