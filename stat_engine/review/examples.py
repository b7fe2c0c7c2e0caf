"""People's changes to a training set: drop an example, rewrite it, undo, work on a copy.

A set that an arm was trained on stays as it is, so that the arm always matches its data. Changes then go
to a copy, which keeps the changes made so far and can be trained on."""

import shutil
from collections.abc import Sequence
from typing import Any

from stat_engine.errors import StatError, shown
from stat_engine.records import ExampleEvent, TrainingExample, content_hash
from stat_engine.store import query
from stat_engine.store.checked_json import ArmCard, read_checked
from stat_engine.store.example_log import Change
from stat_engine.store.run_folder import RunFolder


def change_examples(
    run: RunFolder, set_name: str, changes: Sequence[Change], author: str
) -> list[ExampleEvent]:
    """Write changes to a set's log, all or none; training, export and counts follow them.

    Raises StatError for a set that an arm was trained on, for an example that the set does not have, while
    another process works on the run, and as `ExampleLog.decide` does."""
    if not changes:
        raise StatError("expected at least one example, found none")
    _need_examples(run, set_name, [change.example_id for change in changes])
    with run.lock():  # no training begins between the look and the change
        arms = trained_on(run, set_name)
        if arms:
            raise StatError(
                f"set {set_name} stays as it is: {', '.join(arms)} was trained on it; change a copy: "
                f"stat-studio examples copy {run.name} {set_name} {set_name}-edited"
            )
        return run.example_log(set_name).decide(changes, author)


def trained_on(run: RunFolder, set_name: str) -> list[str]:
    """The arms whose training on this set is finished or begun, sorted."""
    cards = sorted(run.folder.glob("students/*/seed-*/*.json"))
    of = {
        path.parts[-3]
        for path in cards
        if path.name in ("manifest.json", "plan.json")
        and (read_checked(path, ArmCard) or {}).get("set") == set_name
    }
    return sorted(of)


def copy_set(run: RunFolder, set_name: str, name: str) -> dict[str, Any]:
    """A copy of a set under a new name, with its changes and what its gates dropped, open to new changes.

    Raises StatError where the name is taken."""
    manifest = run.need_training_set(set_name).need("")
    run.new_set_name(name)
    with run.lock():
        copy = run.training_set(name)
        if copy.manifest() is not None:
            raise StatError(f"run {run.name} has a training set {name} already; choose another name")
        source = {"set": set_name, "digest": run.examples_digest(set_name)}
        log, own_log = run.example_log(set_name).path, run.example_log(name).path
        copy.folder.mkdir(parents=True, exist_ok=True)
        if log.exists():
            shutil.copy2(log, own_log)
        dropped = list(run.dropped_questions(set_name).read())
        fingerprint = content_hash("copy", name, source)
        run.dropped_questions(name).write(fingerprint, dropped, {"set": name})
        settings = manifest.settings | {"copied_from": source}
        examples = list(run.training_set(set_name).read())
        copy.write(fingerprint, examples, settings, manifest.notes)
    return {"run": run.name, "set": name, "copied_from": set_name, "n_pairs": len(run.examples(name))}


def _need_examples(run: RunFolder, set_name: str, ids: Sequence[str]) -> None:
    tables: query.Tables = {"examples": (run.need_training_set(set_name).files(), TrainingExample)}
    sql = "select distinct example_id from examples where list_contains(?, example_id)"
    known = {row["example_id"] for row in query.rows(sql, tables, [list(ids)])}
    unknown = [id for id in ids if id not in known]
    if unknown:
        raise StatError(f"set {set_name} has no example {shown(unknown[0])}")
    if len(set(ids)) < len(ids):
        raise StatError("an example stands twice among the changes; expected each only once")
