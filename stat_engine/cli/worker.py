"""`python -m stat_engine.cli.worker JOBFOLDER`: works a job's arguments off in this process."""

import sys
from pathlib import Path

from stat_engine.cli import execute, sentence
from stat_engine.cli.terminal import TerminalReport
from stat_engine.errors import StatError
from stat_engine.jobs.report import JobReport
from stat_engine.jobs.work import work


def perform(arguments: list[str], report: JobReport) -> None:
    """Run a verb whose progress the job hears of too."""
    TerminalReport.listeners.append(report)
    status = execute(arguments)
    if status:
        raise StatError(f"exit status {status}")


def main() -> None:
    """Work the job off; exit status 1 where it did not come to its end."""
    try:
        is_done = work(Path(sys.argv[1]), perform, sentence)
    except StatError as error:
        sys.exit(f"stat-studio: {error}")
    sys.exit(0 if is_done else 1)


if __name__ == "__main__":
    main()
