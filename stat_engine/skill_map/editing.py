"""Edit the current vocabulary: rename, merge, split and move a skill, with its Skill-Map entries.

With `is_dry` an edit only reports what it changes: entries of the Skill-Map, and the runs whose labels
and training sets name a removed skill. Otherwise it is made as a new version, which `restore_vocabulary`
can undo. No entry loses all its skills by an edit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from stat_engine.errors import StatError, pass_over, shown
from stat_engine.records import MissingSkill, Question, SkillMapEntry, TrainingExample
from stat_engine.skill_map.versions import changes, in_words, next_version, put_in_force
from stat_engine.skills import Skill, Vocabulary, normalise
from stat_engine.store import query
from stat_engine.store.dataset import Dataset
from stat_engine.store.event_log import decisions
from stat_engine.store.files import only_one
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

NAMED = """select count(*) as n from rows where exists (
  select 1 from (select unnest(?::varchar[]) as subject, unnest(?::varchar[]) as skill) s
  where s.subject = rows.subject and list_contains(rows.skills, s.skill))"""


def runs_of(workspace: WorkspaceFolder, dataset: str) -> list[RunFolder]:
    """The runs on a dataset, or that draw from its pool, newest first; one with a damaged card is on none."""
    found = []
    for name in workspace.run_names():
        run = workspace.run_folder(name)
        try:
            if dataset in (run.config.dataset, run.config.pool_dataset):
                found.append(run)
        except StatError as error:
            pass_over(error)
    return found


def runs_touched(workspace: WorkspaceFolder, dataset: str, skills: Sequence[Skill]) -> list[dict[str, Any]]:
    """One row a run on the dataset: {"run", "n_labels" (of its teacher) and "n_decisions" (edits in force)
    that name one of the skills, "training_sets": {set: pairs that do}, "has_labels"}."""
    return [_run_row(run, skills) for run in runs_of(workspace, dataset)]


def _run_row(run: RunFolder, skills: Sequence[Skill]) -> dict[str, Any]:
    labels = run.missing_skills()
    sets = {name: run.training_set(name).files() for name in run.training_set_names()}
    counts = {name: _naming(files, TrainingExample, skills) for name, files in sets.items()}
    return {
        "run": run.name,
        "has_labels": labels.manifest() is not None,
        "n_labels": _naming(labels.files(), MissingSkill, skills),
        "n_decisions": _decisions(run, skills),
        "training_sets": {name: n for name, n in counts.items() if n},
    }


def _naming(files: Sequence[Any], record: Any, skills: Sequence[Skill]) -> int:
    subjects, names = [subject for subject, _ in skills], [skill for _, skill in skills]
    return int(query.rows(NAMED, {"rows": (files, record)}, [subjects, names])[0]["n"])


def _decisions(run: RunFolder, skills: Iterable[Skill]) -> int:
    """Edits in force that name a skill; an event does not know its label's own subject, so any counts."""
    names = {normalise(skill) for _, skill in skills}
    named = [
        [*(event.skills or []), *(s for of in (event.other_subjects or {}).values() for s in of)]
        for event in decisions(run.label_log.events()).values()
    ]
    return sum(any(normalise(skill) in names for skill in skills) for skills in named)


MAX_NAME = 120
"""Characters of a skill's or subject's name."""
N_SHOWN = 20
"""Changed entries that a result lists."""


@dataclass(frozen=True)
class Edit:
    """One change of the vocabulary, checked against it."""

    kind: Literal["rename", "merge", "split", "move"]
    old: tuple[Skill, ...]
    """The skills whose questions change, in the vocabulary's spelling."""
    new: Skill
    """What these questions carry afterwards."""
    only: frozenset[str] | None = None
    """Split: the ids of the questions that change; null: all that carry the old skills."""

    def in_words(self) -> str:
        """The edit in one phrase, as the list of versions shows it."""
        names = " and ".join(map(in_words, self.old))
        joint = {"rename": "to", "merge": "into", "split": "in part to", "move": "to"}[self.kind]
        return f"{self.kind} of {names} {joint} {in_words(self.new)}"


def rename(vocabulary: Vocabulary, subject: str, skill: str, to: str) -> Edit:
    """Another name for a skill; raises StatError where the subject has that name already."""
    old, new = need_skill(vocabulary, subject, skill), (subject, _name(to))
    there = vocabulary.find(*new)
    if there is not None and there != old[1]:
        raise StatError(f"skill {shown(there)} is there already; merge {shown(old[1])} into it instead")
    if new == old:
        raise StatError(f"skill {shown(old[1])} has that name already, so there is nothing to rename")
    return Edit("rename", (old,), new)


def merge(vocabulary: Vocabulary, subject: str, skills: Sequence[str], into: str) -> Edit:
    """Several skills of a subject become one of them, or one under a new name."""
    new = (subject, vocabulary.find(subject, into) or _name(into))
    old = tuple(dict.fromkeys(need_skill(vocabulary, subject, skill) for skill in skills))
    gone = tuple(skill for skill in old if skill != new)
    if len({*gone, new}) < 2 or not gone:
        raise StatError(f"merge into {shown(into)}: found no other skill, expected at least one to merge")
    return Edit("merge", gone, new)


def split(
    vocabulary: Vocabulary, subject: str, skill: str, to: str, question_ids: Iterable[str], matching: str = ""
) -> Edit:
    """Some of a skill's questions carry another skill instead: a new one, or one that the subject has.

    Raises StatError for a question that does not carry the skill, and where no question is meant."""
    old = need_skill(vocabulary, subject, skill)
    new = (subject, vocabulary.find(subject, to) or _name(to))
    if new == old:
        raise StatError(f"split of {shown(skill)}: expected another name than its own")
    only = frozenset(question_ids)
    if not only:
        said = f"none whose text contains {shown(matching)}" if matching else "none"
        raise StatError(f"split of {shown(skill)}: found no question ({said}), expected some that carry it")
    return Edit("split", (old,), new, only)


def move(vocabulary: Vocabulary, subject: str, skill: str, to_subject: str) -> Edit:
    """A skill goes to another subject's list; where that one has the name, the two become one."""
    old, target = need_skill(vocabulary, subject, skill), _name(to_subject) if to_subject else ""
    if target == subject:
        raise StatError(f"move of {shown(skill)}: it stands in {shown(subject)} already")
    return Edit("move", (old,), (target, vocabulary.find(target, skill) or old[1]))


def carrying(dataset: Dataset, subject: str, skill: str, matching: str) -> list[str]:
    """Ids of the questions that carry a skill and whose text contains `matching`, whatever the case."""
    tables: query.Tables = {
        "questions": (dataset.question_table.files(), Question),
        "skill_map": (dataset.skill_map_table.files(), SkillMapEntry),
    }
    sql = """select q.id from questions q join skill_map m on m.question_id = q.id
    where m.subject = ? and list_contains(m.skills, ?) and contains(lower(q.problem), lower(?))
    order by q.id"""
    return [row["id"] for row in query.rows(sql, tables, [subject, skill, matching])]


def edit_vocabulary(
    workspace: WorkspaceFolder, dataset: Dataset, edit: Edit, note: str = "", is_dry: bool = False
) -> dict[str, Any]:
    """Make an edit as a new version of the vocabulary, and carry the Skill-Map over; dry: only tell of it.

    {"dataset", "edit" (in words), "version", "n_skills", "added", "removed", "n_changed" (entries),
    "n_left_out" (of these, entries that keep other skills of their subject and lose the moved one),
    "entries": the first of them, {question_id, before, after}, "runs": `touched.runs_touched`, "is_dry"}.
    Raises StatError for a split of questions that do not carry the skill."""
    before = dataset.need_skill_map()
    now = _vocabulary(before, edit)
    with only_one(dataset.folder / ".lock", f"dataset {dataset.name}"):
        there = list(dataset.skill_map_table.read())
        pairs = [(entry, _carried(entry, edit)) for entry in there]
        changed = [(old, new) for old, new in pairs if old != new]
        _check_split(dataset.name, edit, changed)
        version = next_version(dataset, now, bool(changed))
        if not is_dry:
            put_in_force(dataset, now, [new for _, new in pairs], [], len(changed), edit.in_words(), note)
    return {
        "dataset": dataset.name,
        "edit": edit.in_words(),
        "version": version,
        "n_skills": len(now),
        **changes(before, now),
        "n_changed": len(changed),
        "n_left_out": sum(_is_left_out(old, new, edit) for old, new in changed),
        "entries": [_row(old, new) for old, new in changed[:N_SHOWN]],
        "runs": runs_touched(workspace, dataset.name, edit.old),
        "is_dry": is_dry,
    }


def need_skill(vocabulary: Vocabulary, subject: str, skill: str) -> Skill:
    """The subject's skill that a name means; raises StatError naming the nearest one."""
    found = vocabulary.find(subject, skill)
    if found is not None:
        return subject, found
    if not vocabulary.of_subject(subject):
        known = shown(", ".join(vocabulary.as_lists()), 200)
        raise StatError(f"subject {shown(subject)}: expected one of the vocabulary ({known})")
    near = vocabulary.nearest(subject, skill)
    hint = f"; did you mean {near}?" if near else ""
    raise StatError(f"skill {shown(skill)}: expected a skill of {subject or 'the dataset'}{hint}")


def _vocabulary(before: Vocabulary, edit: Edit) -> Vocabulary:
    lists = before.as_lists()
    if edit.kind != "split":
        for subject, skill in edit.old:
            lists[subject] = [name for name in lists[subject] if name != skill]
    subject, skill = edit.new
    if skill not in lists.get(subject, []):
        lists[subject] = [*lists.get(subject, []), skill]
    return Vocabulary({of: names for of, names in lists.items() if names})


def _carried(entry: SkillMapEntry, edit: Edit) -> SkillMapEntry:
    names = {normalise(skill) for subject, skill in edit.old if subject == entry.subject}
    hit = [skill for skill in entry.skills if normalise(skill) in names]
    if not hit or (edit.only is not None and entry.question_id not in edit.only):
        return entry
    subject, new = edit.new
    if subject == entry.subject:
        skills = list(dict.fromkeys(new if skill in hit else skill for skill in entry.skills))
        return entry.model_copy(update={"skills": skills})
    stay = [skill for skill in entry.skills if skill not in hit]
    return entry.model_copy(update={"skills": stay} if stay else {"subject": subject, "skills": [new]})


def _is_left_out(old: SkillMapEntry, new: SkillMapEntry, edit: Edit) -> bool:
    return edit.new[0] != old.subject == new.subject


def _check_split(name: str, edit: Edit, changed: Sequence[tuple[SkillMapEntry, SkillMapEntry]]) -> None:
    strangers = sorted((edit.only or frozenset()) - {old.question_id for old, _ in changed})
    if strangers:
        raise StatError(
            f"question {shown(strangers[0])}: expected one of dataset {name} that carries "
            f"{in_words(edit.old[0])}" + (f" (and {len(strangers) - 1:,} more)" if len(strangers) > 1 else "")
        )


def _row(old: SkillMapEntry, new: SkillMapEntry) -> dict[str, Any]:
    before, after = ([in_words((one.subject, skill)) for skill in one.skills] for one in (old, new))
    return {"question_id": old.question_id, "before": before, "after": after}


def _name(name: str) -> str:
    """A new name as it is kept; raises StatError for one that is blank, too long or not one line."""
    kept = " ".join(name.split())
    if not normalise(kept) or len(kept) > MAX_NAME or not kept.isprintable():
        raise StatError(f"name {shown(name)}: expected 1 to {MAX_NAME} letters, digits, signs or spaces")
    return kept
