"""Verbs on studies: study, studies, study-report."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.api import Workspace
from stat_engine.cli.detaching import DetachOption, LauncherOption, check_detached, start_job
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import (
    JsonOption,
    SettingsArgument,
    TerminalReport,
    WorkspaceOption,
    show,
    table,
)
from stat_engine.errors import StatError, shown
from stat_engine.studies import STUDIES, Design, plan, run_study

KINDS = ", ".join(STUDIES)
NameArgument = Annotated[str, typer.Argument(help="The study", show_default=False)]
ROWS = {
    "value": "value", "arm": "arm", "accuracy": "accuracy", "ci_low": "95% from", "ci_high": "to",
    "gain": "gain", "gain_low": "95% from", "gain_high": "to", "lowest": "lowest", "highest": "highest",
    "n_trainings": "trainings", "n_pairs": "pairs", "n_pairs_most": "to",
}  # fmt: skip
AGAINST = {
    "value": "value", "arm": "arm", "control": "against", "difference": "difference", "ci_low": "95% from",
    "ci_high": "to", "p_value": "p", "p_adjusted": "corrected", "n_gained": "gained", "n_lost": "lost",
}  # fmt: skip


def study(
    kind: Annotated[str, typer.Argument(help=f"One of {KINDS}", show_default=False)],
    run: RunArgument,
    settings: SettingsArgument = None,
    name: Annotated[str | None, typer.Option(help="Name of the study; its kind by default")] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Seed of the fine-tunings; 0, 1 and 2 by default")
    ] = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Pairs of every training set")] = None,
    arm: Annotated[list[str] | None, typer.Option(help="Arm to train; the study's own by default")] = None,
    value: Annotated[
        list[str] | None, typer.Option(help="Value of what is varied; the study's own by default")
    ] = None,
    student: Annotated[
        list[str] | None, typer.Option(help="arms: checkpoint in place of the run's student; repeatable")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say which runs and fine-tunings it takes")
    ] = False,
    detach: DetachOption = False,
    launcher: LauncherOption = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Answer a question by runs that differ in one thing; asked again, it goes on where it was."""
    if kind not in STUDIES:
        raise StatError(f"study {shown(kind)}: expected one of {KINDS}")
    place = Workspace(workspace)
    check_detached(place.root, detach, launcher, dry_run)
    chosen = place.run(run, TerminalReport())
    lists = (tuple(of or ()) for of in (arm, value, student, settings))
    design = Design(tuple(seed or (0, 1, 2)), pairs, *lists)
    rows = plan(chosen, STUDIES[kind], design)
    if dry_run:
        n = {key: sum(row[key] for row in rows) for key in ("n_trainings", "n_reinforced")}
        columns = {"variant": "variant", "value": "value", "arms": "arms", "n_trainings": "fine-tunings"}
        with_grpo = f", {n['n_reinforced']} trainings with GRPO" if n["n_reinforced"] else ""
        runs = f"{len(rows)} run{'' if len(rows) == 1 else 's'}"
        head = f"{STUDIES[kind].question} {runs}, {n['n_trainings']} fine-tunings{with_grpo}"
        show(
            {"study": kind, "run": run, "variants": rows, **n},
            json,
            [head, *table(rows, columns)],
        )
        return
    if detach:
        words = _words(kind, run, name, design)
        start_job(place.root, words, launcher, json)
        return
    made = run_study(place, STUDIES[kind], chosen, design, TerminalReport(), name)
    _show(place, made.name, json)


def studies(
    name: Annotated[str | None, typer.Argument(help="A study whose figures are shown")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the studies, or show one's figures: every arm at every value, and what is compared with what."""
    place = Workspace(workspace)
    if name is not None:
        _show(place, name, json)
        return
    rows: list[Any] = views.studies.studies(place).to_dict("records")
    columns = {
        "name": "study", "question": "question", "run": "run", "n_done": "done", "variants": "of",
    }  # fmt: skip
    show({"studies": rows}, json, table(rows, columns) if rows else ["no study yet"])


def study_report(
    name: NameArgument,
    to: Annotated[Path, typer.Option(help="Folder to write to; made where it is not there")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a study's tables (CSV and Markdown), its figure and its configuration to a folder."""
    # the charts load Streamlit and Plotly, half a second that no other verb needs
    from stat_engine.report.studies import write

    paths = [str(path) for path in write(Workspace(workspace), name, to)]
    show({"study": name, "files": paths}, json, [f"wrote {path}" for path in paths])


def _words(kind: str, run: str, name: str | None, design: Design) -> list[str]:
    """The study as the arguments of `stat-studio`, for a job."""
    options = [
        *(("--seed", str(seed)) for seed in design.seeds),
        *([("--name", name)] if name else []),
        *([("--pairs", str(design.pairs))] if design.pairs else []),
        *(("--arm", arm) for arm in design.arms),
        *(("--value", value) for value in design.values),
        *(("--student", student) for student in design.students),
    ]
    return ["study", kind, run, *(word for option in options for word in option), *design.settings]


def _show(place: Workspace, name: str, as_json: bool) -> None:
    frames = {
        "rows": views.studies.table(place, name),
        "contrasts": views.studies.contrasts(place, name),
        "filters": views.studies.filters(place, name),
    }
    found: dict[str, list[Any]] = {
        key: frame.astype(object).where(frame.notna(), None).to_dict("records")
        for key, frame in frames.items()
    }
    runs = views.studies.runs_of(place, name)
    head = f"study {name}: {int(runs.is_done.sum())} of {len(runs)} runs are done"
    against = ["", *table(found["contrasts"], AGAINST)] if found["contrasts"] else []
    result = {"study": name, "n_done": int(runs.is_done.sum()), "n_runs": len(runs), **found}
    show(result, as_json, [head, *table(found["rows"], ROWS), *against])


VERBS: list[Any] = [study, studies, ("study-report", study_report)]
