"""The labels of a run for review: the queue, and one label with everything known about it.

A teacher's labels are in its table, people's decisions in the label log; here both are combined and kept
in memory until the files change."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

import pandas as pd

from stat_engine.errors import NotThereYet, StatError, shown
from stat_engine.method.agreement import disagreements
from stat_engine.method.difficulty import first_failing_step
from stat_engine.records import LabelEvent, MissingSkill, Question, Response, StepReward
from stat_engine.skills import Skill
from stat_engine.store import query
from stat_engine.store.event_log import PAST, decisions
from stat_engine.store.label_log import as_decided, effective_labels
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.tables import StageTable, read_records
from stat_engine.store.verdict_log import as_judged

STATES = ("pending", "accepted", "edited", "discarded")
"""What people made of a label."""
FLAGS = ("disagreement", "parse_failed", "off_vocabulary")
"""Why a label is for review: two teachers, or two people, say different things; the teacher's answer could
not be read; it names a skill that is none of the subject's."""
QUEUE_COLUMNS = [
    "response_id", "question_id", "subject", "state", "flags", "judge", "teacher_skills", "skills",
    "author", "at", "newest",
]  # fmt: skip
"""`state` is one of STATES; `flags` (of FLAGS), `teacher_skills` and `skills` (those in force) are lists;
`author` and `at` are of the current decision, `newest` is the id of the label's last event; null: none."""
Source = tuple[tuple[Path, ...], str]
"""(files of a table, digest of their content)"""


class LabelItem(TypedDict):
    """One label with all that is known of it."""

    label: MissingSkill
    """As the teacher gave it."""
    question: Question
    response: Response
    step_rewards: list[float] | None
    """One in [0, 1] a step; null: not scored."""
    failing_step: int | None
    """From 0; null: not scored, or no step."""
    others: list[MissingSkill]
    """Labels by second teachers."""
    events: list[LabelEvent]
    """Oldest first."""
    newest: str | None
    """Id of the last event; null: none."""
    decision: LabelEvent | None
    """The one in force; null: pending."""
    skills: list[Skill]
    """In force now, (subject, skill)."""
    vocabulary: list[Skill]
    """All that can be named, the subject's own first."""


@dataclass(frozen=True)
class LabelFilter:
    """Which labels are chosen; every given condition must hold."""

    statuses: tuple[str, ...] = ()
    """States and flags."""
    judge: str | None = None
    """The teacher's verdict: correct, incorrect, or none where it could not be read."""
    subject: str | None = None
    skill: str | None = None
    """Named in the label as it is now; `SUBJECT/SKILL` where it is another subject's."""
    question_id: str | None = None
    author: str | None = None
    """Whose decision is in force."""
    responses: frozenset[str] | None = None
    """Ids of the responses whose labels are meant; None: of all."""

    def of(self, queue: pd.DataFrame) -> pd.DataFrame:
        """The rows of the queue that are meant, in its order. Raises StatError for an unknown status."""
        unknown = [status for status in self.statuses if status not in (*STATES, *FLAGS)]
        if unknown:
            raise StatError(f"status {shown(unknown[0])}: expected one of {', '.join((*STATES, *FLAGS))}")
        keep = pd.Series(True, index=queue.index)
        for status in self.statuses:
            keep &= (
                (queue.state == status)
                if status in STATES
                else queue["flags"].map(lambda f, s=status: s in f)
            )
        for column in ("judge", "subject", "question_id", "author"):
            wanted = getattr(self, column)
            if wanted is not None:
                keep &= queue[column].fillna("none") == wanted
        if self.responses is not None:
            keep &= queue.response_id.isin(self.responses)
        if self.skill is not None:
            keep &= queue.skills.map(lambda skills: self.skill in skills)
        return queue[keep]


def own_labels(run: RunFolder) -> Sequence[MissingSkill]:
    """What the run's teacher said; raises as `RunFolder.own_labels` does."""
    return _read(_source(run.own_label_table()))


def second_labels(run: RunFolder) -> dict[str, Sequence[MissingSkill]]:
    """{second teacher: its labels}, of those whose labels were made for the current settings."""
    return {teacher: _read(source) for teacher, source in _second_sources(run).items()}


def labels_in_force(run: RunFolder) -> list[MissingSkill]:
    """The labels of the run's teacher as people left them, as `RunFolder.labels` gives them."""
    return effective_labels(own_labels(run), label_events(run))


def label_events(run: RunFolder) -> Sequence[LabelEvent]:
    """Every event of the label log, oldest first."""
    return tuple(run.label_log.events())


def newest_event(run: RunFolder, response_id: str) -> str | None:
    """Id of the last event of a response's label; None without any."""
    events = run.label_log.of(response_id)
    return events[-1].event_id if events else None


def are_up_to_date(run: RunFolder) -> bool:
    """Whether the teacher's labels are finished, and made for the current settings and rewards."""
    try:
        run.own_label_table()
    except NotThereYet:
        return False
    return True


def disputed_by_teachers(run: RunFolder) -> frozenset[str]:
    """Responses of which two teachers say different things."""
    seconds = _second_sources(run).values()
    return _disputed_responses((_source(run.own_label_table()), *seconds)) if seconds else frozenset()


def queue(run: RunFolder) -> pd.DataFrame:
    """One row a label of the run's teacher, in its order, with QUEUE_COLUMNS; no row where it has none."""
    now = run.label_log.now()
    disputed = disputed_by_teachers(run) | now.disputed
    rows = [
        _row(label, now.in_force.get(id), now.newest.get(id), id in disputed)
        for label in own_labels(run)
        for id in [label.response_id]
    ]
    return pd.DataFrame(rows, columns=QUEUE_COLUMNS, dtype=object)


def counts(table: pd.DataFrame) -> dict[str, int]:
    """{status: labels} over all states and flags."""
    states = {state: int((table.state == state).sum()) for state in STATES}
    return states | {flag: sum(flag in flags for flags in table["flags"]) for flag in FLAGS}


def item(run: RunFolder, response_id: str) -> LabelItem:
    """One label with all that is known of it.

    Raises StatError where the response has none, and where its question is not in the dataset any more."""
    label = next((label for label in own_labels(run) if label.response_id == response_id), None)
    if label is None:
        raise StatError(f"run {run.name} has no label of response {shown(response_id)}")
    events = run.label_log.of(response_id)
    decision = decisions(events).get(response_id)
    scored = query.records(StepReward, run.step_rewards.files(), "response_id", response_id)
    rewards, difficulty = scored[0].step_rewards if scored else None, run.config.difficulty
    seconds = second_labels(run).values()
    question, response = _labelled(run, label)
    return {
        "label": label,
        "question": question,
        "response": response,
        "step_rewards": rewards,
        "failing_step": first_failing_step(rewards, difficulty.tau1, difficulty.tau2) if rewards else None,
        "others": [one for said in seconds for one in said if one.response_id == response_id],
        "events": events,
        "newest": events[-1].event_id if events else None,
        "decision": decision,
        "skills": [(one.subject, skill) for one in as_decided(label, decision) for skill in one.skills],
        "vocabulary": _own_first(run, label.subject),
    }


def problems(run: RunFolder, question_ids: Sequence[str]) -> list[str]:
    """The text of each of these questions, in their order; empty where the dataset has it no more."""
    tables = {"questions": (run.dataset.question_table.files(), Question)}
    found = query.rows("select id, problem from questions", tables)
    texts = {str(row["id"]): str(row["problem"]) for row in found}
    return [texts.get(id, "") for id in question_ids]


def skill_names(subject: str, skills: Sequence[Skill]) -> list[str]:
    """Skills as people write them: by name, and as SUBJECT/SKILL where they are another subject's."""
    return [skill if of == subject else f"{of}/{skill}" for of, skill in skills]


def skills_of(event: LabelEvent) -> list[Skill]:
    """The skills of an edit; the label's own subject, which an event does not know, is the empty one."""
    others = (event.other_subjects or {}).items()
    return [*(("", s) for s in event.skills or []), *((of, s) for of, skills in others for s in skills)]


def _row(
    label: MissingSkill, decision: LabelEvent | None, newest: LabelEvent | None, is_disputed: bool
) -> dict[str, object]:
    skills = [(one.subject, skill) for one in as_decided(label, decision) for skill in one.skills]
    return {
        "response_id": label.response_id,
        "question_id": label.question_id,
        "subject": label.subject,
        "state": PAST[decision.action] if decision else "pending",
        "flags": [
            *(["disagreement"] if is_disputed else []),
            *([label.status] if label.status != "ok" else []),
        ],
        "judge": label.judge,
        "teacher_skills": label.skills,
        "skills": skill_names(label.subject, skills),
        "author": decision.author if decision else None,
        "at": decision.at if decision else None,
        "newest": newest.event_id if newest else None,
    }


def _own_first(run: RunFolder, subject: str) -> list[Skill]:
    every = list(run.pool_dataset.need_skill_map())
    return sorted(every, key=lambda skill: skill[0] != subject)


def _labelled(run: RunFolder, label: MissingSkill) -> tuple[Question, Response]:
    asked = query.records(Question, run.dataset.question_table.files(), "id", label.question_id)
    answered = query.records(Response, run.responses.files(), "response_id", label.response_id)
    if not asked or not answered:
        raise StatError(
            f"run {run.name}: the label of response {shown(label.response_id)} needs question "
            f"{shown(label.question_id)} of dataset {run.config.dataset} and the response itself, and one of "
            f"them is gone; make the labels again with: stat-studio run {run.name} --until missing_skills"
        )
    return asked[0], as_judged(answered, run.verdicts())[0]


def _second_sources(run: RunFolder) -> dict[str, Source]:
    found = {}
    for teacher in run.config.second_teachers:
        table = run.missing_skills(teacher.endpoint())
        manifest = table.manifest()
        if manifest is not None and manifest.settings == run.stage_settings("missing_skills", teacher):
            found[teacher.endpoint()] = _source(table)
    return found


def _source(table: StageTable) -> Source:
    manifest = table.manifest()
    return tuple(table.files()), manifest.digest if manifest else ""


@lru_cache(maxsize=8)
def _read(source: Source) -> tuple[MissingSkill, ...]:
    return tuple(read_records(source[0], MissingSkill))


@lru_cache(maxsize=4)
def _disputed_responses(sources: tuple[Source, ...]) -> frozenset[str]:
    said = {str(at): _read(source) for at, source in enumerate(sources)}
    return frozenset(row["response_id"] for row in disagreements(said))
