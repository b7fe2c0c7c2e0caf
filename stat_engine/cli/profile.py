"""The verb `profile`: the Missing-Skill-Profile, alone, beside the training pool, or beside another run's."""

from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer

from stat_engine import views
from stat_engine.api import Workspace
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.errors import StatError
from stat_engine.store.files import replacing
from stat_engine.store.run_folder import RunFolder

NAMES = {"subject": "subject", "skill": "skill"}
COLUMNS = NAMES | {
    "n_missing": "missing", "n_questions": "questions", "failure_rate": "rate", "ci_low": "95% from",
    "ci_high": "to",
}  # fmt: skip
CORRECTED = {"corrected_rate": "corrected", "corrected_low": "95% from", "corrected_high": "to"}
MISFIT = NAMES | {
    "n_missing": "missing", "n_pool": "in the pool", "missed_share": "missed", "pool_share": "trained",
    "gap": "difference", "gap_low": "95% from", "gap_high": "to",
}  # fmt: skip
AGAINST = NAMES | {
    "n_missing": "missing", "n_questions": "of", "other_n_missing": "other", "other_n_questions": "of",
    "difference": "difference", "difference_low": "95% from", "difference_high": "to",
}  # fmt: skip


def profile(
    run: RunArgument,
    subject: Annotated[str | None, typer.Option(help="Only this subject's skills")] = None,
    against: Annotated[
        str | None, typer.Option(help="Another run, or an earlier round, to compare with")
    ] = None,
    misfit: Annotated[
        bool, typer.Option("--misfit", help="Compare with what the training pool trains")
    ] = False,
    skill: Annotated[
        str | None, typer.Option(help="List the questions that lack it: SKILL, or SUBJECT/SKILL")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the rows to this file")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show the Missing-Skill-Profile, most missed first."""
    if sum((against is not None, misfit, skill is not None)) > 1:
        raise StatError("--against, --misfit and --skill each show another table; give one of them")
    place = Workspace(workspace)
    folder = place.run_folder(run)
    if skill is not None:
        result, frame, lines = _questions(folder, skill, subject)
    elif against is not None:
        result, frame, lines = _against(folder, place.run_folder(against), subject)
    elif misfit:
        result, frame, lines = _misfit(folder, subject)
    else:
        result, frame, lines = _profile(folder, subject)
    if csv is not None:
        write_csv(frame, csv)
        result, lines = result | {"file": str(csv)}, [*lines, f"{len(frame):,} rows written to {csv}"]
    show(result, json, lines)


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame, whole or not at all. Raises StatError where the place cannot be written to."""
    try:
        with replacing(path) as temporary:
            frame.to_csv(temporary, index=False)
    except OSError as error:
        raise StatError(f"{path}: cannot be written ({error.strerror or error})") from None


Shown = tuple[dict[str, Any], pd.DataFrame, list[str]]


def _profile(run: RunFolder, subject: str | None) -> Shown:
    found, summary = views.agreement.corrected(run), views.profile.summary(run)
    frame = views.agreement.with_correction(views.profile.profile(run, subject), found)
    columns = COLUMNS | (CORRECTED if found["source"] else {})
    error = {key: value for key, value in found.items() if key != "skills"}
    warning = [f"warning: {summary['warning']}"] if summary["warning"] else []
    head = [f"{summary['n_difficult']:,} difficult questions", views.agreement.in_words(found)]
    result = summary | {"skills": _rows(frame), "teacher_error": error}
    return result, frame, [*head, *table(_rows(frame), columns), *warning]


def _misfit(run: RunFolder, subject: str | None) -> Shown:
    every = views.profile.misfit(run)
    frame = every if subject is None else views.profile.of_subject(every, subject)
    distance, n_pool = views.profile.distance(every), int(every.n_pool_questions.max()) if len(every) else 0
    result = {"run": run.name, "n_pool_questions": n_pool, "distance": distance, "skills": _rows(frame)}
    head = f"shares of what is missed, and of what {n_pool:,} pool questions train"
    far = (
        [] if distance is None else [f"{distance:.1%} of what the pool trains would have to be other skills"]
    )
    return result, frame, [head, *far, *table(_rows(frame), MISFIT)]


def _against(run: RunFolder, other: RunFolder, subject: str | None) -> Shown:
    both = views.profile.against(views.profile.profile(run), views.profile.profile(other))
    frame = both if subject is None else views.profile.of_subject(both, subject)
    result = {"run": run.name, "against": other.name, "skills": _rows(frame)}
    return result, frame, [f"{run.name} minus {other.name}", *table(_rows(frame), AGAINST)]


def _questions(run: RunFolder, name: str, subject: str | None) -> Shown:
    of, skill = views.profile.skill_of(name, views.profile.profile(run, subject))
    frame = views.profile.lacking_rows(run, of, skill)
    result = {"run": run.name, "subject": of, "skill": skill, "questions": _rows(frame)}
    columns = {"question_id": "question", "level": "level", "problem": "problem"}
    short = [row | {"problem": " ".join(row["problem"].split())[:80]} for row in _rows(frame)]
    return result, frame, [f"{len(frame):,} difficult questions lack {of}/{skill}", *table(short, columns)]


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.to_dict("records")  # type: ignore[assignment]
    return rows
