"""Difficult questions that lack a skill, each with the response that the label is about and its review."""

import pandas as pd

from stat_engine.records import Question, Response, StepReward
from stat_engine.store import query
from stat_engine.store.event_log import PAST
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import labels_in_force

COLUMNS = ["question_id", "response_id", "problem", "answer", "mean", "state"]
"""`answer` is the response's as its grader read it, null: none; `mean` is its mean step reward in [0, 1],
null: not scored; `state` is what people made of its label, of `views.labels.STATES`."""
_RESPONSES = """
with wanted as (select unnest(?::varchar[]) as response_id, unnest(?::varchar[]) as question_id)
select w.question_id, w.response_id, q.problem, r.answer, s.mean
from wanted w
left join questions q on q.id = w.question_id
left join responses r on r.response_id = w.response_id
left join step_rewards s on s.response_id = w.response_id
order by w.question_id
"""


def responses(
    run: RunFolder, subject: str, skill: str, start: int = 0, n_rows: int | None = None
) -> pd.DataFrame:
    """`n_rows` questions from row `start`, by id as `views.profile.questions_lacking` has them, with COLUMNS.

    Of several labels that name the skill for one question, the first counts."""
    first: dict[str, str] = {}
    for label in labels_in_force(run):
        if label.subject == subject and skill in label.skills:
            first.setdefault(label.question_id, label.response_id)
    asked = sorted(first)[start : None if n_rows is None else start + n_rows]
    answered = [first[id] for id in asked]
    tables: query.Tables = {
        "questions": (run.dataset.question_table.files(), Question),
        "responses": (run.responses.files(), Response),
        "step_rewards": (run.step_rewards.files(), StepReward),
    }
    found, decided = query.frame(_RESPONSES, tables, [answered, asked]), run.label_log.now().in_force
    states = [PAST[decided[id].action] if id in decided else "pending" for id in found.response_id]
    return found.assign(state=states)[COLUMNS]
