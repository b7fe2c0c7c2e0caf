"""The verb `run`: bring the stages of a run up to date."""

from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.detaching import Detaching
from stat_engine.cli.estimates import calls_shown
from stat_engine.cli.options import CallsOnly, RunArgument, SettingsArgument
from stat_engine.cli.status import stages_shown
from stat_engine.cli.terminal import TerminalReport
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.orders import RunOrder

app = Verbs()


@app.verb("run")
def run(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    *,
    first: Annotated[str | None, typer.Option("--from", help="First stage to bring up to date")] = None,
    until: Annotated[str | None, typer.Option("--until", help="Last stage to bring up to date")] = None,
    fork: Annotated[str | None, typer.Option(help="Work in a copy under this name")] = None,
    dry_run: CallsOnly = False,
    work: Detaching,
) -> Shown:
    """Bring a run's stages up to date; what is done and unchanged is not done again."""
    work.check(place, dry_run)
    chosen = place.run(run, TerminalReport())
    chosen.stages(first, until)  # what is no stage is refused before anything is copied or changed
    if dry_run:  # a copy would keep what the run has, so its calls are the run's
        return calls_shown(chosen, chosen.estimate(settings or [], first, until))
    if fork:
        chosen = chosen.fork(fork, settings or [], saves_thresholds=True)
    elif settings:
        chosen.configure(settings)
    if work.detach:
        return work.start(place, RunOrder(run=chosen.name, first=first, until=until))
    chosen.run(first, until)
    return stages_shown(chosen)
