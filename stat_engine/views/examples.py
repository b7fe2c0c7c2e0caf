"""The examples of one training set, a page of rows at a time, and what was drawn for what.

Rows are read by query, so that a set of any size costs a page of rows; what people changed is laid over
them.

Lineage: from a training example back to the reviewer's decision it rests on.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from stat_engine.errors import StatError, shown
from stat_engine.grading import open_grader
from stat_engine.method.difficulty import first_failing_step
from stat_engine.models.teacher_answers import tag
from stat_engine.records import (
    DroppedQuestion,
    ExampleEvent,
    LabelEvent,
    MissingSkill,
    Question,
    Record,
    TeacherCall,
    TrainingExample,
)
from stat_engine.store import query
from stat_engine.store.example_log import example_words, standing
from stat_engine.store.label_log import as_decided, decisions, in_words
from stat_engine.store.paid_answers import calls_about, calls_by_key
from stat_engine.store.run_folder import RunFolder
from stat_engine.views import labels as labels_module

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
        "events": [{**event.model_dump(), "in_words": example_words(event)} for event in events],
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


PARTS = ("reason", "draft", "question")
"""What the teacher's answer for a new question is made of (paper, B.2)."""


def lineage(run: RunFolder, name: str, example_id: str) -> dict[str, Any]:
    """An example's whole way, plain values: example, set, made (see `made`), difficult (see `difficult`).

    `difficult` is null for an example that was drawn without a difficult question. Raises StatError where
    the set has no such example."""
    example = one(run, name, example_id)
    manifest = run.need_training_set(name).need("")
    id, skill = example["difficult_question_id"], example["missing_skill"]
    at_build = manifest.settings.get("label_events")
    return {
        "run": run.name,
        "example": example,
        "set": {"set": name, "method": manifest.settings.get("method"), "label_events": at_build},
        "made": made(run, name, example),
        "difficult": difficult(run, id, skill, at_build) if id else None,
    }


def made(run: RunFolder, name: str, example: dict[str, Any]) -> dict[str, Any]:
    """How an example came to be: references, proposal, solutions, source.

    references: the pool questions shown to the teacher; source: the pool question it is, if it is one;
    proposal: the raw answer with its reason, draft and question; solutions: every kept answer to the new
    question: key, text, answer (the final one; null where it cannot be told here), is_taken (it stands in
    this set)."""
    calls = calls_by_key(run.teacher_calls_folder, example["teacher_calls"])
    kept = [calls[key] for key in example["teacher_calls"] if key in calls]
    sql = "select solution from examples where question_id = ?"
    tables: query.Tables = {"examples": (run.training_set(name).files(), Record)}
    taken = {row["solution"] for row in query.rows(sql, tables, [example["question_id"]])}
    return {
        "source": _one(run.pool_dataset.question_table.files(), "id", example["question_id"]),
        "references": references(run, example["reference_ids"]),
        **written(run, kept, example["built"]["problem"], taken),
    }


def written(run: RunFolder, calls: list[TeacherCall], problem: str, taken: set[str]) -> dict[str, Any]:
    """Proposal and solutions among the kept answers for a new question, as `made` has them."""
    proposal = next((call for call in calls if call.task == "propose_question"), None)
    solved = [call for call in calls if call.task in ("solve", "rewrite")]
    if proposal is not None:
        solved = calls_about(run.teacher_calls_folder, proposal.endpoint, "solve", problem)
    return {
        "proposal": None if proposal is None else _proposal(proposal),
        "solutions": [_solution(run, call, taken) for call in solved],
    }


def dropped(run: RunFolder, problem: str, calls: tuple[str, ...]) -> dict[str, Any]:
    """What there is of a new question that a gate dropped: its proposal and solutions."""
    kept = calls_by_key(run.teacher_calls_folder, calls)
    return written(run, list(kept.values()), problem, set())


def difficult(run: RunFolder, id: str, skill: str | None, at_build: int | None = None) -> dict[str, Any]:
    """A difficult question with each response: text, rewards, failing step, label, raw answer, decisions.

    A response's `skills` are those of its label as people left it, `names_it` whether one is `skill`; an
    event is `is_later` where it came after the set was built."""
    labels = _rows(run.missing_skills().files(), "question_id", id)
    rewards = {row["response_id"]: row for row in _rows(run.step_rewards.files(), "question_id", id)}
    calls = calls_by_key(run.teacher_calls_folder, [label["call"] for label in labels])
    by_response = {label["response_id"]: label for label in labels}
    log = list(enumerate(labels_module.label_events(run)))
    found = []
    for response in _rows(run.responses.files(), "question_id", id):
        key = response["response_id"]
        label = by_response.get(key)
        events = [(at, event) for at, event in log if event.response_id == key]
        found.append(
            {
                **response,
                **_scored(run, rewards.get(key)),
                **_labelled(label, [event for _, event in events], skill),
                "raw": calls[label["call"]].answer if label and label["call"] in calls else None,
                "events": [_event(event, at_build is not None and at >= at_build) for at, event in events],
            }
        )
    found.sort(key=lambda one: not one["names_it"])
    return {
        "question": _one(run.dataset.question_table.files(), "id", id),
        "skill": skill,
        "responses": found,
    }


def _scored(run: RunFolder, row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        return {"step_rewards": None, "failing_step": None}
    rule, rewards = run.config.difficulty, row["step_rewards"]
    return {"step_rewards": rewards, "failing_step": first_failing_step(rewards, rule.tau1, rule.tau2)}


def _labelled(label: dict[str, Any] | None, events: list[LabelEvent], skill: str | None) -> dict[str, Any]:
    if label is None:
        return {"label": None, "skills": [], "names_it": False}
    record = MissingSkill.model_construct(None, **label)
    now = as_decided(record, decisions(events).get(record.response_id))
    skills = [(one.subject, name) for one in now for name in one.skills]
    return {"label": label, "skills": skills, "names_it": skill in [name for _, name in skills]}


def _event(event: LabelEvent, is_later: bool) -> dict[str, Any]:
    return {**event.model_dump(), "in_words": in_words(event), "is_later": is_later}


def _proposal(call: TeacherCall) -> dict[str, Any]:
    parts = {part: tag(call.answer, part) for part in PARTS}
    return {"key": call.key, "endpoint": call.endpoint, "raw": call.answer, **parts}


def _solution(run: RunFolder, call: TeacherCall, taken: set[str]) -> dict[str, Any]:
    grader = run.config.domain.grader
    is_plain = grader.backend not in ("judge", "command")  # those ask others what an answer is
    answer = open_grader(grader).extract(call.answer) if is_plain else None
    text = tag(call.answer, "solution") or call.answer
    return {"key": call.key, "text": text, "answer": answer, "is_taken": text in taken}


def references(run: RunFolder, ids: Sequence[str]) -> list[dict[str, Any]]:
    """The questions of these ids, in their order; those the dataset has no more are left out."""
    sql = "select * from questions where list_contains(?, id)"
    rows = query.rows(sql, {"questions": (run.pool_dataset.question_table.files(), Question)}, [list(ids)])
    return sorted(rows, key=lambda row: list(ids).index(row["id"]))


def _rows(files: list[Any], column: str, value: str) -> list[dict[str, Any]]:
    """Rows of a table by one column; no row of a table that is not there."""
    if not files:
        return []
    return query.rows(f"select * from rows where {column} = ?", {"rows": (files, Record)}, [value])


def _one(files: list[Any], column: str, value: str) -> dict[str, Any] | None:
    return next(iter(_rows(files, column, value)), None)
