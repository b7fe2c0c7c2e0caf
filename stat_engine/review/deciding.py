"""People's decisions on labels, checked before they are written to the run's label log.

Each decision, single or bulk, names the event of the response that its author had seen last. If somebody
else decided since, nothing is written (`Conflict`). An edit's skills are names of the label's subject, in
any spelling, or `SUBJECT/SKILL` for those of another one."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from stat_engine.errors import StatError, shown
from stat_engine.records import LabelEvent
from stat_engine.skills import Vocabulary
from stat_engine.store.event_log import newest_events, standing_decisions
from stat_engine.store.label_log import Decision, in_words
from stat_engine.store.run_folder import RunFolder
from stat_engine.views.labels import label_events, own_labels

MAX_NOTE = 10_000
"""Characters of a note."""
MAX_AUTHOR = 100


class UnknownSkill(StatError):
    """A name outside the vocabulary: what was found, and what was expected, with the nearest skill."""

    def __init__(self, found: str, expected: str) -> None:
        self.found = found
        self.expected = expected
        super().__init__(f"skill {found}: expected {expected}")


def decide(run: RunFolder, decision: Decision, author: str) -> LabelEvent:
    """Write one decision; returns its event. Raises as `decide_all` does."""
    return _write(run, [decision], author, None)[0]


def decide_all(run: RunFolder, chosen: Sequence[Decision], author: str) -> list[LabelEvent]:
    """Write many decisions, all or none, under one bulk id, so that they can be taken back together.

    Raises Conflict where somebody decided what an author had not seen, StatError for a response without
    a label, for skills outside the vocabulary, and where there is nothing to decide."""
    if not chosen:
        raise StatError("no label is meant, so there is nothing to decide")
    return _write(run, chosen, author, uuid.uuid4().hex[:8])


def undo_bulk(run: RunFolder, bulk: str, author: str) -> tuple[list[LabelEvent], int]:
    """Take back what a bulk action decided; returns the events and how many decisions it left alone
    because others stand on top of them. Raises StatError where nothing of it is in force."""
    events = run.label_log.events()
    if bulk not in {event.bulk for event in events}:
        raise StatError(
            f"run {run.name} has no bulk action {shown(bulk)}; stat-studio label history lists them"
        )
    standing, newest = standing_decisions(events), newest_events(events)
    of_it = {id: stack for id, stack in standing.items() if any(event.bulk == bulk for event in stack)}
    on_top = [id for id, stack in of_it.items() if stack[-1].bulk == bulk]
    if not on_top:
        raise StatError(f"bulk action {bulk}: it has no current decision any more")
    undos = [Decision(id, "undo", seen=newest[id].event_id) for id in on_top]
    by = checked_author(author, "label decision")
    return run.label_log.decide(undos, by, bulk), len(of_it) - len(on_top)


def resolve(
    vocabulary: Vocabulary, subject: str, names: Sequence[str]
) -> tuple[list[str], dict[str, list[str]]]:
    """(skills of the subject, {other subject: skills}) in the vocabulary's spelling, each once."""
    own: list[str] = []
    others: dict[str, list[str]] = {}
    for name in names:
        of, skill = _find(vocabulary, subject, name)
        skills = own if of == subject else others.setdefault(of, [])
        if skill not in skills:
            skills.append(skill)
    return own, others


def last_by(run: RunFolder, author: str) -> LabelEvent | None:
    """The author's last decision, if it is in force; None where it was taken back or decided upon."""
    in_force = run.label_log.now().in_force
    own = (e for e in reversed(label_events(run)) if e.author == author)
    return next((event for event in own if in_force.get(event.response_id) == event), None)


def refuse_others(run: RunFolder, response_ids: Sequence[str], author: str) -> None:
    """Raise StatError where the current decision is somebody else's."""
    decided = run.label_log.now().in_force
    others = [decided[id] for id in response_ids if id in decided and decided[id].author != author]
    if others:
        more = f" (and {len(others) - 1:,} more)" if len(others) > 1 else ""
        raise StatError(
            f"response {others[0].response_id}: {in_words(others[0])}{more}; look at it with "
            f"stat-studio label history {run.name} {others[0].response_id}, and decide on top of it with "
            "--over-others"
        )


def _write(run: RunFolder, chosen: Sequence[Decision], author: str, bulk: str | None) -> list[LabelEvent]:
    subjects = {label.response_id: label.subject for label in own_labels(run)}
    for decision in chosen:
        _check(run, decision, subjects)
    is_edit = any(decision.action == "edit" for decision in chosen)
    vocabulary = run.pool_dataset.need_skill_map() if is_edit else Vocabulary({})
    checked = [
        _resolved(decision, subjects[decision.response_id], vocabulary)
        if decision.action == "edit"
        else decision
        for decision in chosen
    ]
    return run.label_log.decide(checked, checked_author(author, "label decision"), bulk)


def _check(run: RunFolder, decision: Decision, subjects: Mapping[str, str]) -> None:
    if decision.response_id not in subjects:
        raise StatError(f"run {run.name} has no label of response {shown(decision.response_id)}")
    if decision.note is not None and len(decision.note) > MAX_NOTE:
        raise StatError(f"a note of {len(decision.note):,} characters: expected at most {MAX_NOTE:,}")
    if decision.action == "note" and not (decision.note or "").strip():
        raise StatError("a note without a word; expected some text")


def _resolved(decision: Decision, subject: str, vocabulary: Vocabulary) -> Decision:
    if decision.skills is None:
        return decision  # the log refuses it
    others = (decision.other_subjects or {}).items()
    names = [*decision.skills, *(f"{of}/{skill}" for of, skills in others for skill in skills)]
    own, elsewhere = resolve(vocabulary, subject, names)
    return replace(decision, skills=own, other_subjects=elsewhere or None)


def checked_author(author: str, what: str) -> str:
    """An author's name as decisions bear it; raises StatError, which names `what` it is of, for none."""
    name = " ".join(author.split())
    if not name:
        raise StatError(f"a {what} needs its author's name")
    if len(name) > MAX_AUTHOR:
        raise StatError(f"an author's name of {len(name):,} characters: expected at most {MAX_AUTHOR}")
    return name


def _find(vocabulary: Vocabulary, subject: str, name: str) -> tuple[str, str]:
    """(subject, skill) that a name means."""
    skill = vocabulary.find(subject, name)
    if skill is not None:
        return subject, skill
    subjects = [of for of in vocabulary.as_lists() if of]
    of = next((of for of in subjects if name.startswith(f"{of}/")), None)
    rest = name[len(of) + 1 :] if of is not None else name
    skill = vocabulary.find(of, rest) if of is not None else None
    if of is not None and skill is not None:
        return of, skill
    near = vocabulary.nearest(of or subject, rest)
    elsewhere = next((other for other in subjects if vocabulary.find(other, rest)), None)
    hint = f"; did you mean {near}?" if near else ""
    if elsewhere:
        hint = f"; {elsewhere} has it: {elsewhere}/{rest.strip()}"
    raise UnknownSkill(shown(name), f"a skill of {of or subject or 'the dataset'}{hint}")
