"""`python -m stat_engine.cli.worker JOBFOLDER`: carries a job's order out in this process."""

import sys
from pathlib import Path

from stat_engine.api import Workspace
from stat_engine.cli import execute, sentence
from stat_engine.cli.terminal import TerminalReport
from stat_engine.errors import StatError
from stat_engine.jobs.folder import JobFolder
from stat_engine.jobs.work import JobReport, work
from stat_engine.orders import read_order
from stat_engine.orders.perform import perform


def carry_out(folder: JobFolder, report: JobReport) -> None:
    """Carry out the job's order; the log gets the progress, then what the verb prints."""
    TerminalReport.listeners.append(report)
    order = folder.card.get("order")
    if order is None:
        _work_off_words(folder)
        return
    outcome = perform(read_order(order), Workspace(folder.root))
    print("\n".join(outcome.lines))  # noqa: T201 (the log is what it prints)


def _work_off_words(folder: JobFolder) -> None:
    """Jobs of earlier versions hold a command line in place of an order."""
    status = execute([*folder.card["arguments"], "--workspace", str(folder.root)])
    if status:
        raise StatError(f"exit status {status}")


def main() -> None:
    """Do the job; exit status 1 where it did not come to its end."""
    try:
        is_done = work(Path(sys.argv[1]), carry_out, sentence)
    except StatError as error:
        sys.exit(f"stat-studio: {error}")
    sys.exit(0 if is_done else 1)


if __name__ == "__main__":
    main()
