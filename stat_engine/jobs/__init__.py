"""Long work as jobs: separate processes that outlive the page, the app and the terminal."""

from stat_engine.jobs.answers import answer
from stat_engine.jobs.cleaning import Wish, clean, losses
from stat_engine.jobs.jobs import find, history, job, log_file, log_tail, resume, stop, submit
from stat_engine.jobs.launchers import check_launcher, launchers, need_launcher, set_launcher
from stat_engine.jobs.listing import listed
from stat_engine.jobs.settings import override_settings, remove_entry, save_entry, save_values
from stat_engine.store.files import MAX_UPLOAD, forget_upload, keep_upload

__all__ = [
    "MAX_UPLOAD",
    "Wish",
    "answer",
    "check_launcher",
    "clean",
    "find",
    "forget_upload",
    "history",
    "job",
    "keep_upload",
    "launchers",
    "listed",
    "log_file",
    "log_tail",
    "losses",
    "need_launcher",
    "override_settings",
    "remove_entry",
    "resume",
    "save_entry",
    "save_values",
    "set_launcher",
    "stop",
    "submit",
]
