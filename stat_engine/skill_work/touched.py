"""Which runs a change of skills touches: what of theirs names a skill that goes.

Nothing of a run is rewritten by an edit. Its labels and training sets were made with the vocabulary as
it was, and are made anew when the run is next brought up to date; people's decisions stay as they are."""

from collections.abc import Iterable, Sequence
from typing import Any

from stat_engine.errors import StatError
from stat_engine.records import MissingSkill, TrainingExample
from stat_engine.skills import Skill, normalise
from stat_engine.store import query
from stat_engine.store.label_log import decisions
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
        except StatError:
            continue
    return found


def runs_touched(workspace: WorkspaceFolder, dataset: str, skills: Sequence[Skill]) -> list[dict[str, Any]]:
    """One row a run on the dataset: {"run", "n_labels" (of its teacher) and "n_decisions" (edits in force)
    that name one of the skills, "training_sets": {set: pairs that do}, "has_labels"}."""
    return [_row(run, skills) for run in runs_of(workspace, dataset)]


def _row(run: RunFolder, skills: Sequence[Skill]) -> dict[str, Any]:
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
