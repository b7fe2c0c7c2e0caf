"""Search in the sidebar of every page: runs, skills and questions, each hit a link to its page."""

import streamlit as st

from stat_engine import views
from stat_engine.errors import StatError
from stat_engine.ui.shared import data
from stat_engine.ui.shared.words import show_error
from stat_engine.views.search import MOST, Hit
from stat_engine.views.text import as_markdown, clipped, plain

BOX = "frame_search"
ICONS = {"run": ":material/science:", "skill": ":material/category:", "question": ":material/help:"}
MANY = {"run": "runs", "skill": "skills", "question": "questions"}


@st.fragment
def box(run: str) -> None:
    """The box, which the key `/` goes to, and below it what was found; only this part is drawn again."""
    text = st.text_input(
        "Search", key=BOX, placeholder="Questions, skills, runs (/)", type="search",
        help="Every word must occur: in a question's text or id, a skill's name, a run's name, note or tags",
    )  # fmt: skip
    if not text.strip():
        return
    try:
        found = data.workspace_view(views.search.find, run, text)
    except StatError as error:
        show_error(error)
        return
    if not found["hits"]:
        st.caption("Nothing has all of these words.")
    with st.container(key="frame_hits", gap="xxsmall"):
        for hit in found["hits"]:
            _link(run, hit)
    more = [f"{n - MOST:,} more {MANY[kind]}" for kind, n in found["n"].items() if n > MOST]
    if more:
        st.caption(f"{', '.join(more)}: add a word.")


def _link(run: str, hit: Hit) -> None:
    page, address = _place(run, hit)
    says = {"run": hit["name"], "skill": plain(hit["name"]), "question": clipped(hit["words"], 70)}
    st.page_link(
        f"pages/{page}.py",
        label=as_markdown(says[hit["kind"]]),
        icon=ICONS[hit["kind"]],
        query_params=address,
    )


def _place(run: str, hit: Hit) -> tuple[str, dict[str, str]]:
    """The page that shows it, and the address there."""
    if hit["kind"] == "run":
        return "overview", {"run": hit["name"]}
    if hit["kind"] == "skill":
        return "missing_skill_profile", {"run": run, "profile_skill": hit["name"]}
    if hit["is_asked"]:
        return "difficult_questions", {"run": run, "question": hit["name"]}
    dataset = data.workspace().run_folder(run).config.dataset
    return "skills_and_data", {"run": run, "skills_dataset": dataset, "skills_question": hit["name"]}
