"""Free disk space: remove leftovers, files that can be made again, and whole runs by name.

A run in use is refused where it was named, and skipped otherwise. People's decisions are removed only on
explicit request."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from stat_engine.errors import StatError
from stat_engine.jobs.listing import listed
from stat_engine.method.stage import STORED, Stage
from stat_engine.store import disk
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

MOST_DAYS = 36_500


@dataclass(frozen=True)
class Wish:
    """What to take away."""

    run: str | None = None
    """The run to look at; None: all of them that nobody works on."""
    unfinished: bool = False
    """Batches of stages that were broken off, temporary files, copies that were broken off."""
    checkpoints: bool = False
    """The trainer's checkpoints of finished fine-tunings; the adapters stay."""
    jobs: bool = False
    """What ended jobs printed."""
    days: float = 30
    """Only of jobs that ended longer ago than so many days."""
    whole_run: str | None = None
    """A run that is to go altogether."""
    with_decisions: bool = False
    """Take a whole run although people's decisions go with it."""


def clean(workspace: WorkspaceFolder, wish: Wish, dry_run: bool = False) -> dict[str, Any]:
    """{"bytes": freed, or what would be, "items": [{kind, path, bytes}], "losses": sentences, "passed_by":
    runs that somebody works on, "dry_run"}; paths within the workspace.

    Raises StatError where nothing was asked for, for a named run that is worked on, and for a whole run on
    which another is built or, without `with_decisions`, that people decided on."""
    if not (wish.unfinished or wish.checkpoints or wish.jobs or wish.whole_run):
        raise StatError("clean: expected what to take away: --unfinished, --checkpoints, --jobs, --whole-run")
    losses = _check_whole(workspace, wish)
    with contextlib.ExitStack() as held:
        runs, passed_by = _hold(workspace, wish, held)
        found = list(_leftovers(workspace, wish, runs))
        n_bytes = sum(item.n_bytes for item in found)
        if not dry_run:
            disk.remove(found)
    items = [
        {"kind": item.kind, "path": str(item.path.relative_to(workspace.root)), "bytes": item.n_bytes}
        for item in found
    ]
    return {"bytes": n_bytes, "items": items, "losses": losses, "passed_by": passed_by, "dry_run": dry_run}


def losses(run: RunFolder) -> list[str]:
    """What goes with a whole run, a few words each; first what nothing brings back."""
    n_decisions = disk.n_decisions(run.folder)
    decisions = f"{n_decisions:,} decision{'s' * (n_decisions != 1)} of people"
    made = [(_n_made(run, of), of) for of in STORED]
    return [*([decisions] if n_decisions else []), *(of.counted(n) for n, of in made if n)]


def _n_made(run: RunFolder, of: Stage) -> int:
    """Rows of a stage of one table; of another one, its finished outcomes."""
    if not of.is_one_table:
        return sum(1 for _ in (run.folder / of.folders[0]).rglob("manifest.json"))
    try:
        manifest = run.stage_table(of.name).manifest()
    except StatError:  # a card that cannot be read names no teacher
        return 0
    return manifest.n_rows if manifest else 0


def _check_whole(workspace: WorkspaceFolder, wish: Wish) -> list[str]:
    if wish.whole_run is None:
        return []
    run = workspace.run_folder(wish.whole_run)
    for name in workspace.run_names():
        if name != run.name and _stands_on(workspace.run_folder(name), run):
            raise StatError(f"run {run.name} stays: the student of run {name} is made of its files")
    said = losses(run)
    n = disk.n_decisions(run.folder)
    if n and not wish.with_decisions:
        raise StatError(
            f"run {run.name} has {said[0]}, which nothing brings back; keep those on labels with: "
            f"stat-studio label export {run.name} --out FILE.jsonl; and take the run with --with-decisions"
        )
    return said


def _stands_on(other: RunFolder, run: RunFolder) -> bool:
    """Whether the other's student is, or begins with, a checkpoint in this run's folder.

    Raises StatError where its card does not say."""
    try:
        student = other.config.student
    except StatError as error:
        raise StatError(
            f"run {run.name} stays, because run {other.name} may need its files: {error}"
        ) from None
    own = run.folder.resolve()
    return any(
        (root / Path(path).expanduser()).resolve().is_relative_to(own)
        for path in (student.model, *student.adapters())
        for root in (Path(), run.folder.parent.parent)  # as given, or from the workspace
    )


def _hold(
    workspace: WorkspaceFolder, wish: Wish, held: contextlib.ExitStack
) -> tuple[list[RunFolder], list[str]]:
    """The runs that are looked at, each held, and the names of those that somebody works on."""
    named = [name for name in (wish.run, wish.whole_run) if name]
    names = named or workspace.run_names()
    if not (wish.unfinished or wish.checkpoints or wish.whole_run):
        return [], []
    waiting = {job["run"]: job["id"] for job in listed(workspace.root) if job["is_running"]}
    runs, passed_by = [], []
    for name in dict.fromkeys(names):
        run = workspace.run_folder(name)
        try:
            if name in waiting:
                raise StatError(f"run {name}: job {waiting[name]} works on it, or waits to; stop it first")
            held.enter_context(run.lock())
        except StatError:
            if named:
                raise
            passed_by.append(name)
        else:
            runs.append(run)
    return runs, passed_by


def _leftovers(workspace: WorkspaceFolder, wish: Wish, runs: list[RunFolder]) -> Iterator[disk.Leftover]:
    for run in runs:
        if run.name == wish.whole_run:
            yield disk.whole_run(run.folder)
            continue
        yield from disk.unfinished(run.folder) if wish.unfinished else ()
        yield from disk.checkpoints(run.folder) if wish.checkpoints else ()
    if wish.unfinished and wish.run is None:
        yield from disk.abandoned(workspace.root)
    if wish.jobs:
        yield from disk.job_logs(workspace.root, _old_jobs(workspace.root, wish))


def _old_jobs(root: Path, wish: Wish) -> list[str]:
    if not 0 <= wish.days <= MOST_DAYS:
        raise StatError(f"--days {wish.days:g}: expected 0 to {MOST_DAYS:,} days")
    before = (datetime.now(UTC) - timedelta(days=wish.days)).isoformat(timespec="milliseconds")
    return [
        job["id"]
        for job in listed(root)
        if not job["is_running"]
        and job["state"] != "damaged"
        and (wish.run is None or job["run"] == wish.run)
        and (job["ended"] or job["created"]) < before
    ]
