"""The examples of one training set as people left them, a page at a time, and what was drawn for what.

Rows are read by query, so that a set of any size costs a page of rows."""

from typing import Any, TypedDict

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.records import DroppedQuestion, ExampleAction, ExampleEvent, TrainingExample
from stat_engine.skills import Skill
from stat_engine.store import query
from stat_engine.store.event_log import decisions, event_words
from stat_engine.store.run_folder import RunFolder

STATES = ("as built", "edited", "dropped")
COLUMNS = [
    "example_id", "state", "problem", "solution", "subject", "missing_skill", "skills",
    "difficult_question_id", "question_id", "answer_index", "is_repeat",
]  # fmt: skip
"""As in Example."""
DRAW_COLUMNS = ["difficult_question_id", "subject", "missing_skill", "n_questions", "n_pairs"]
"""Questions and pairs made for a difficult question and missing skill."""
DROPPED_COLUMNS = list(DroppedQuestion.model_fields)
_CHANGED = ("edit", "drop")
_WHERE = """
where (? is null or subject = ?) and (? is null or missing_skill = ? or list_contains(skills, ?))
  and (? is null or difficult_question_id = ?)
  and (? is null or contains(lower(question_id), lower(?)) or list_contains(?, example_id)
    or not list_contains(?, example_id) and contains(lower(problem || ' ' || solution), lower(?)))
  and case ? when 'edited' then list_contains(?, example_id) when 'dropped' then list_contains(?, example_id)
      when 'as built' then not list_contains(?, example_id) and not list_contains(?, example_id)
      else true end
"""
_DRAWS = """
select difficult_question_id, subject, missing_skill, count(distinct question_id) as n_questions,
       count(*) as n_pairs
from examples
where difficult_question_id is not null and (? is null or missing_skill = ?) and (? is null or subject = ?)
group by all
order by n_pairs desc, difficult_question_id, subject, missing_skill
"""


class Example(TypedDict):
    """A question-answer pair as it is now: the fields of TrainingExample, the texts as people left them."""

    example_id: str
    question_id: str
    problem: str
    solution: str
    subject: str
    skills: list[str]
    method: str
    answer_index: int
    difficult_question_id: str | None
    missing_skill: str | None
    reference_ids: list[str]
    teacher_calls: list[str]
    is_repeat: bool
    state: str
    """One of STATES."""


class Texts(TypedDict):
    """What people can change of an example."""

    problem: str
    solution: str


class ExampleChange(TypedDict):
    """One decision of a person about an example: the fields of ExampleEvent, and the whole as a clause."""

    event_id: str
    example_id: str
    action: ExampleAction
    problem: str | None
    solution: str | None
    author: str
    at: str
    seen: str | None
    note: str | None
    in_words: str


class OneExample(Example):
    """An example with its history."""

    built: Texts
    """As it was built."""
    events: list[ExampleChange]
    """Oldest first."""
    newest: str | None
    """Id of the last event; null: none."""


class ExamplePage(TypedDict):
    """A page of the chosen examples."""

    n: int
    """How many are chosen."""
    rows: pd.DataFrame
    """COLUMNS."""


class DroppedPage(TypedDict):
    """A page of the questions that the gates left out."""

    gates: dict[str, int]
    """Questions by gate, most first."""
    n: int
    """How many are chosen."""
    rows: pd.DataFrame
    """DROPPED_COLUMNS."""


def page(
    run: RunFolder,
    name: str,
    skill: Skill | None = None,
    state: str | None = None,
    question: str | None = None,
    text: str | None = None,
    at: int = 0,
    size: int = 100,
) -> ExamplePage:
    """The chosen examples, `size` of them from page `at` (from 0).

    `skill` is carried or aimed at, `question` is the difficult question, `text` occurs in the question or
    solution as people left them, or in its id. Raises StatError for an unknown state."""
    if state is not None and state not in STATES:
        raise StatError(f"state {shown(state)}: expected one of {', '.join(STATES)}")
    now = decisions(run.example_log(name).events())
    values = _values(skill, state, question, text, now)
    tables = _tables(run, name)
    n = query.rows(f"select count(*) as n from examples {_WHERE}", tables, values)[0]["n"]
    sql = f"select * from examples {_WHERE} limit ? offset ?"
    found = query.as_records(TrainingExample, sql, tables, [*values, size, at * size])
    return {"n": n, "rows": pd.DataFrame([_as_it_is(one, now) for one in found], columns=COLUMNS)}


def one(run: RunFolder, name: str, example_id: str) -> OneExample:
    """An example as it is now, and its history; raises StatError where the set has none of that id."""
    sql = "select * from examples where example_id = ? limit 1"
    found = query.as_records(TrainingExample, sql, _tables(run, name), [example_id])
    if not found:
        raise StatError(f"set {name} has no example {shown(example_id)}")
    events = [event for event in run.example_log(name).events() if event.example_id == example_id]
    return {
        **_as_it_is(found[0], decisions(events)),
        "built": {"problem": found[0].problem, "solution": found[0].solution},
        "events": [_change(event) for event in events],
        "newest": events[-1].event_id if events else None,
    }


def position(run: RunFolder, name: str, example_id: str) -> tuple[str | None, str | None]:
    """Ids of the examples before and after this one in the set's order; null at its ends."""
    sql = (
        "select before, after from (select example_id, lag(example_id) over (order by n) as before, "
        "lead(example_id) over (order by n) as after from (select example_id, min(place) as n from (select "
        "example_id, row_number() over () as place from examples) group by all)) where example_id = ?"
    )
    found = query.rows(sql, _tables(run, name), [example_id])
    return (found[0]["before"], found[0]["after"]) if found else (None, None)


def draws(run: RunFolder, name: str, skill: Skill | None = None) -> pd.DataFrame:
    """What was drawn or written for what, as built, most pairs first, with DRAW_COLUMNS."""
    subject, of = skill or (None, None)
    return query.frame(_DRAWS, _tables(run, name), [of, of, subject, subject])[DRAW_COLUMNS]


def drawn_for(run: RunFolder, name: str, question: str, skill: str | None) -> list[Example]:
    """The pairs of the set made for a difficult question and skill, in the set's order, as they are now."""
    now = decisions(run.example_log(name).events())
    sql = (
        "select * from examples where difficult_question_id = ? and missing_skill is not distinct from ? "
        "and not is_repeat"
    )
    found = query.as_records(TrainingExample, sql, _tables(run, name), [question, skill])
    return [_as_it_is(example, now) for example in found]


def dropped_page(
    run: RunFolder, name: str, gate: str | None = None, at: int = 0, size: int = 100
) -> DroppedPage:
    """The questions that the gates, or the one named, left out, `size` of them from page `at` (from 0)."""
    run.need_training_set(name)
    tables: query.Tables = {"dropped": (run.dropped_questions(name).files(), DroppedQuestion)}
    counts = query.rows("select gate, count(*) as n from dropped group by all order by n desc, gate", tables)
    where = "from dropped where (? is null or gate = ?)"
    n = query.rows(f"select count(*) as n {where}", tables, [gate, gate])[0]["n"]
    rows = query.rows(f"select * {where} limit ? offset ?", tables, [gate, gate, size, at * size])
    frame = pd.DataFrame(rows, columns=DROPPED_COLUMNS)
    return {"gates": {row["gate"]: row["n"] for row in counts}, "n": n, "rows": frame}


def _values(
    skill: Skill | None,
    state: str | None,
    question: str | None,
    text: str | None,
    now: dict[str, ExampleEvent],
) -> list[Any]:
    subject, of = skill or (None, None)
    text = text or None
    edited, gone = ([id for id, event in now.items() if event.action == action] for action in _CHANGED)
    worded = [id for id in edited if text and text.lower() in f"{now[id].problem} {now[id].solution}".lower()]
    return [
        subject, subject, of, of, of, question, question, text, text, worded, edited, text,
        state or "all", edited, gone, edited, gone,
    ]  # fmt: skip


def _as_it_is(example: TrainingExample, now: dict[str, ExampleEvent]) -> Example:
    """The example with the change in force for it."""
    event = now.get(example.example_id)
    is_edited = event is not None and event.action == "edit"
    return {
        "example_id": example.example_id,
        "question_id": example.question_id,
        "problem": event.problem or "" if event and is_edited else example.problem,
        "solution": event.solution or "" if event and is_edited else example.solution,
        "subject": example.subject,
        "skills": example.skills,
        "method": example.method,
        "answer_index": example.answer_index,
        "difficult_question_id": example.difficult_question_id,
        "missing_skill": example.missing_skill,
        "reference_ids": example.reference_ids,
        "teacher_calls": example.teacher_calls,
        "is_repeat": example.is_repeat,
        "state": "as built" if event is None else "edited" if is_edited else "dropped",
    }


def _change(event: ExampleEvent) -> ExampleChange:
    return {
        "event_id": event.event_id,
        "example_id": event.example_id,
        "action": event.action,
        "problem": event.problem,
        "solution": event.solution,
        "author": event.author,
        "at": event.at,
        "seen": event.seen,
        "note": event.note,
        "in_words": event_words(event),
    }


def _tables(run: RunFolder, name: str) -> query.Tables:
    return {"examples": (run.need_training_set(name).files(), TrainingExample)}
