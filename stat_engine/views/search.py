"""Search by words over a run's questions, its dataset's skills, and all runs of the workspace."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypedDict

from stat_engine.errors import StatError
from stat_engine.records import Question, Response
from stat_engine.skills import normalise
from stat_engine.store import query
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder
from stat_engine.views.text import clipped

MOST = 6
"""Hits of a kind that are returned."""
_QUESTIONS = """
with found as materialized (
  select id, problem from (select id, problem, lower(id || ' ' || problem) as words from questions)
  where len(list_filter(?::varchar[], lambda word: not contains(words, word))) = 0
), first as (select *, (select count(*) from found) as n from found order by id limit ?)
select first.*, first.id in (
  select question_id from responses where question_id in (select id from first)
) as is_asked
from first order by id
"""


class Hit(TypedDict):
    """One thing that was found."""

    kind: Literal["run", "skill", "question"]
    name: str
    """Of a run, a question's id, or a skill's as SUBJECT/SKILL."""
    words: str
    """What tells it from others: a question's problem, a run's note."""
    is_asked: bool
    """The question was put to the run's student; of other kinds true."""


class Found(TypedDict):
    """What a search found."""

    hits: list[Hit]
    """Runs, then skills, then questions, at most MOST of each."""
    n: dict[str, int]
    """{kind: how many there are}"""


def find(workspace: WorkspaceFolder, name: str, text: str) -> Found:
    """What has every word of the text, in upper or lower case: questions and skills of the run called `name`,
    and all runs; nothing for a blank text."""
    run = workspace.run_folder(name)
    words = text.lower().split()
    if not words:
        return {"hits": [], "n": {"run": 0, "skill": 0, "question": 0}}
    runs, skills = list(_runs(workspace, words)), list(_skills(run, words))
    questions, n_questions = _questions(run, words)
    return {
        "hits": [*runs[:MOST], *skills[:MOST], *questions],
        "n": {"run": len(runs), "skill": len(skills), "question": n_questions},
    }


def _runs(workspace: WorkspaceFolder, words: Sequence[str]) -> Iterator[Hit]:
    for name in workspace.run_names():
        try:
            card = workspace.run_folder(name).card
        except StatError:  # one that cannot be read is found by its name alone
            card = {}
        note = str(card.get("note") or "")
        if _has(f"{name} {note} {' '.join(card.get('tags') or [])}".lower(), words):
            yield Hit(kind="run", name=name, words=clipped(note), is_asked=True)


def _skills(run: RunFolder, words: Sequence[str]) -> Iterator[Hit]:
    for subject, skill in run.dataset.vocabulary or ():
        name = f"{subject}/{skill}" if subject else skill
        if _has(f"{normalise(skill)} {subject} {skill}".lower(), words):
            yield Hit(kind="skill", name=name, words="", is_asked=True)


def _questions(run: RunFolder, words: Sequence[str]) -> tuple[list[Hit], int]:
    tables: query.Tables = {
        "questions": (run.dataset.question_table.files(), Question),
        "responses": (run.responses.files(), Response),
    }
    rows = query.rows(_QUESTIONS, tables, [list(words), MOST])
    hits = [
        Hit(kind="question", name=row["id"], words=clipped(row["problem"]), is_asked=row["is_asked"])
        for row in rows
    ]
    return hits, rows[0]["n"] if rows else 0


def _has(text: str, words: Sequence[str]) -> bool:
    return all(word in text for word in words)
