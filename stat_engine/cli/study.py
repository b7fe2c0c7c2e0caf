"""Verbs on studies: run one, see the figures, write them to a folder."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.detaching import Detaching
from stat_engine.cli.options import MOST_SEED, RunArgument, SettingsArgument
from stat_engine.cli.terminal import TerminalReport, table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError, shown
from stat_engine.orders import StudyOrder
from stat_engine.studies import STUDIES, Design, plan, run_study

app = Verbs()
KINDS = ", ".join(STUDIES)
SeedOption = Annotated[
    list[int] | None,
    typer.Option(min=0, max=MOST_SEED, help="Seed of the fine-tunings; 0, 1 and 2 by default"),
]
ArmOption = Annotated[list[str] | None, typer.Option(help="Arm to train; the study's own by default")]
ValueOption = Annotated[
    list[str] | None, typer.Option(help="Value of what is varied; the study's own by default")
]
StudentOption = Annotated[
    list[str] | None, typer.Option(help="arms: checkpoint in place of the run's student; repeatable")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Only show which runs and fine-tunings it takes")
]
ROWS = {
    "value": "value", "arm": "arm", "accuracy": "accuracy", "ci_low": "95% from", "ci_high": "to",
    "gain": "gain", "gain_low": "95% from", "gain_high": "to", "lowest": "lowest", "highest": "highest",
    "n_trainings": "trainings", "n_pairs": "pairs", "n_pairs_most": "to",
}  # fmt: skip
AGAINST = {
    "value": "value", "arm": "arm", "control": "against", "difference": "difference", "ci_low": "95% from",
    "ci_high": "to", "p_value": "p", "p_adjusted": "corrected", "n_gained": "gained", "n_lost": "lost",
}  # fmt: skip


@app.verb("study")
def study(
    place: Workspace,
    kind: Annotated[str, typer.Argument(help=f"One of {KINDS}", show_default=False)],
    run: RunArgument,
    settings: SettingsArgument = None,
    *,
    name: Annotated[str | None, typer.Option(help="Name of the study; its kind by default")] = None,
    seed: SeedOption = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Pairs of every training set")] = None,
    arm: ArmOption = None,
    value: ValueOption = None,
    student: StudentOption = None,
    dry_run: DryRunOption = False,
    work: Detaching,
) -> Shown:
    """Answer a question by runs that differ in one thing; repeated, it continues where it stopped."""
    if kind not in STUDIES:
        raise StatError(f"study {shown(kind)}: expected one of {KINDS}")
    work.check(place, dry_run)
    chosen = place.run(run, TerminalReport())
    lists = (tuple(of or ()) for of in (arm, value, student, settings))
    design = Design(tuple(seed or (0, 1, 2)), pairs, *lists)
    rows = plan(chosen, STUDIES[kind], design, place, name)
    if dry_run:
        return _plan(kind, run, rows)
    if work.detach:
        order = StudyOrder(
            kind=kind, run=run, name=name, seeds=design.seeds, pairs=pairs, arms=design.arms,
            values=design.values, students=design.students, settings=design.settings,
        )  # fmt: skip
        return work.start(place, order)
    return _figures(place, run_study(place, STUDIES[kind], chosen, design, TerminalReport(), name).name)


def _plan(kind: str, run: str, rows: Sequence[dict[str, Any]]) -> Shown:
    n = {key: sum(row[key] for row in rows) for key in ("n_trainings", "n_reinforced")}
    columns = {"variant": "variant", "value": "value", "arms": "arms", "n_trainings": "fine-tunings"}
    with_grpo = f", {n['n_reinforced']} trainings with GRPO" if n["n_reinforced"] else ""
    runs = f"{len(rows)} run{'' if len(rows) == 1 else 's'}"
    head = f"{STUDIES[kind].question} {runs}, {n['n_trainings']} fine-tunings{with_grpo}"
    return Shown({"study": kind, "run": run, "variants": rows, **n}, [head, *table(rows, columns)])


@app.verb("studies")
def studies(
    place: Workspace,
    name: Annotated[str | None, typer.Argument(help="A study whose figures are shown")] = None,
) -> Shown:
    """List the studies, or show one's figures: every arm at every value, and what is compared with what."""
    if name is not None:
        return _figures(place, name)
    rows = rows_of(place.studies())
    columns = {
        "name": "study", "question": "question", "run": "run", "n_done": "done", "variants": "of",
    }  # fmt: skip
    damaged = [f"study {row['name']} is damaged: {row['damage']}" for row in rows if row["damage"]]
    return Shown({"studies": rows}, [*table(rows, columns), *damaged] if rows else ["no study yet"])


@app.verb("study-report")
def study_report(
    place: Workspace,
    name: Annotated[str, typer.Argument(help="The study", show_default=False)],
    *,
    to: Annotated[Path, typer.Option(help="Folder to write to; made where it is not there")],
) -> Shown:
    """Write a study's tables (CSV and Markdown), its figure and its configuration to a folder."""
    paths = [str(path) for path in place.write_study(name, to)]
    return Shown({"study": name, "files": paths}, [f"wrote {path}" for path in paths])


def _figures(place: Workspace, name: str) -> Shown:
    found = place.study(name)
    head = f"study {name}: {found['n_done']} of {found['n_runs']} runs are done"
    against = ["", *table(found["contrasts"], AGAINST)] if found["contrasts"] else []
    return Shown(found, [head, *table(found["rows"], ROWS), *against])
