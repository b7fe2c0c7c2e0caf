"""Long work as jobs: separate processes that outlive the page, the app and the terminal."""

from stat_engine.jobs.answers import answer
from stat_engine.jobs.cleaning import Wish, clean, losses
from stat_engine.jobs.jobs import find, history, job, log_file, log_tail, resume, stop, submit
from stat_engine.jobs.launchers import check_launcher, launchers, need_launcher, set_launcher
from stat_engine.jobs.listing import listed

__all__ = [
    "Wish",
    "answer",
    "check_launcher",
    "clean",
    "find",
    "history",
    "job",
    "launchers",
    "listed",
    "log_file",
    "log_tail",
    "losses",
    "need_launcher",
    "resume",
    "set_launcher",
    "stop",
    "submit",
]
