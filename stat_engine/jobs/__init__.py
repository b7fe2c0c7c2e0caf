"""Long work as jobs: processes of their own that outlive the page, the app and the terminal."""

from stat_engine.jobs.answers import answer
from stat_engine.jobs.jobs import find, job, listed, log_file, resume, stop, submit
from stat_engine.jobs.launchers import launchers, need_launcher, set_launcher

__all__ = [
    "answer",
    "find",
    "job",
    "launchers",
    "listed",
    "log_file",
    "need_launcher",
    "resume",
    "set_launcher",
    "stop",
    "submit",
]
