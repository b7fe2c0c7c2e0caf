"""The examples of one training set, a page of rows at a time, and what was drawn for what.

Rows are read by query, so that a set of any size costs a page of rows; what people changed is laid over
them."""

from typing import Any

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.records import DroppedQuestion, ExampleEvent, TrainingExample
from stat_engine.store import query
from stat_engine.store.example_log import in_words, standing
from stat_engine.store.run_folder import RunFolder

STATES = ("as built", "edited", "dropped")
COLUMNS = [
    "example_id", "state", "problem", "solution", "subject", "missing_skill", "skills",
    "difficult_question_id", "question_id", "answer_index", "is_repeat",
]  # fmt: skip
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


def page(
    run: RunFolder,
    name: str,
    skill: tuple[str, str] | None = None,
    state: str | None = None,
    question: str | None = None,
    text: str | None = None,
    at: int = 0,
    size: int = 100,
) -> dict[str, Any]:
    """{"n": examples that fit, "rows": frame with COLUMNS, `size` of them from page `at` (from 0)}.

    `skill` (subject, skill) is carried or aimed at, `question` the difficult question, `text` stands in the
    question or solution as people left them, or in its id. Raises StatError for an unknown state."""
    if state is not None and state not in STATES:
        raise StatError(f"state {shown(state)}: expected one of {', '.join(STATES)}")
    now = standing(run.example_log(name).events())
    values = _values(skill, state, question, text, now)
    tables = _tables(run, name)
    n = query.rows(f"select count(*) as n from examples {_WHERE}", tables, values)[0]["n"]
    sql = f"select * from examples {_WHERE} limit ? offset ?"
    rows = [_laid_over(row, now) for row in query.rows(sql, tables, [*values, size, at * size])]
    return {"n": n, "rows": pd.DataFrame(rows, columns=COLUMNS)}


def one(run: RunFolder, name: str, example_id: str) -> dict[str, Any]:
    """An example as it is now: all its fields, `state`, `built` (problem and solution as built), `events`.

    Raises StatError where the set has none of that id."""
    sql = "select * from examples where example_id = ? limit 1"
    found = query.rows(sql, _tables(run, name), [example_id])
    if not found:
        raise StatError(f"set {name} has no example {shown(example_id)}")
    events = [event for event in run.example_log(name).events() if event.example_id == example_id]
    built = {key: found[0][key] for key in ("problem", "solution")}
    newest = events[-1].event_id if events else None
    return {
        **_laid_over(found[0], standing(events)),
        "built": built,
        "events": [{**event.model_dump(), "in_words": in_words(event)} for event in events],
        "newest": newest,
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


def draws(run: RunFolder, name: str, skill: tuple[str, str] | None = None) -> pd.DataFrame:
    """What was drawn or written for what, one row a (difficult question, missing skill).

    difficult_question_id, subject, missing_skill, n_questions, n_pairs; most pairs first; as built."""
    subject, of = skill or (None, None)
    return query.frame(_DRAWS, _tables(run, name), [of, of, subject, subject])


def drawn_for(run: RunFolder, name: str, question: str, skill: str | None) -> list[dict[str, Any]]:
    """The pairs of the set made for a difficult question and skill, in the set's order, as they are now."""
    now = standing(run.example_log(name).events())
    sql = (
        "select * from examples where difficult_question_id = ? and missing_skill is not distinct from ? "
        "and not is_repeat"
    )
    return [_laid_over(row, now) for row in query.rows(sql, _tables(run, name), [question, skill])]


def dropped_page(
    run: RunFolder, name: str, gate: str | None = None, at: int = 0, size: int = 100
) -> dict[str, Any]:
    """{"gates": {gate: questions}, "n": those that fit, "rows": frame of DroppedQuestion fields}."""
    run.need_training_set(name)
    tables: query.Tables = {"dropped": (run.dropped_questions(name).files(), DroppedQuestion)}
    counts = query.rows("select gate, count(*) as n from dropped group by all order by n desc, gate", tables)
    where = "from dropped where (? is null or gate = ?)"
    n = query.rows(f"select count(*) as n {where}", tables, [gate, gate])[0]["n"]
    rows = query.rows(f"select * {where} limit ? offset ?", tables, [gate, gate, size, at * size])
    frame = pd.DataFrame(rows, columns=list(DroppedQuestion.model_fields))
    return {"gates": {row["gate"]: row["n"] for row in counts}, "n": n, "rows": frame}


def _values(
    skill: tuple[str, str] | None,
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


def _laid_over(row: dict[str, Any], now: dict[str, ExampleEvent]) -> dict[str, Any]:
    """The row with the change in force for it."""
    event = now.get(row["example_id"])
    if event is None:
        return {**row, "state": STATES[0]}
    if event.action == "edit":
        return {**row, "state": "edited", "problem": event.problem, "solution": event.solution}
    return {**row, "state": "dropped"}


def _tables(run: RunFolder, name: str) -> query.Tables:
    return {"examples": (run.need_training_set(name).files(), TrainingExample)}
