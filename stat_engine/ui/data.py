"""Views for the pages, kept in bounded caches that are keyed on the run and all of its manifests."""

import os
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs, views
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.workspace import WorkspaceFolder

VIEWS: dict[str, Callable[..., Any]] = {
    "difficult": views.difficult.summary,
    "questions": views.difficult.questions,
    "question": views.difficult.question,
    "profile": views.profile.profile,
    "profile_summary": views.profile.summary,
    "questions_lacking": views.profile.questions_lacking,
    "agreement": views.profile.agreement,
    "compare": views.compare.compare,
    "by_group": views.compare.by_group,
    "training_metrics": views.compare.training_metrics,
    "training_sets": views.training_sets.overview,
    "skill_shares": views.training_sets.skill_shares,
    "label_queue": views.labels.queue,
    "label_item": views.labels.item,
    "label_progress": views.label_history.progress,
    "label_history": views.label_history.history,
    "label_plan": views.label_effects.plan,
    "label_effects": views.label_effects.effects,
    "label_bulk_effects": views.label_effects.bulk_effects,
    "people_agreement": views.label_effects.people_agreement,
    "teacher_agreement": views.agreement.agreement,
}


def workspace() -> WorkspaceFolder:
    """The workspace the app was started on."""
    return WorkspaceFolder(os.environ.get("STAT_WORKSPACE"))


def view(name: str, run: RunFolder, *arguments: Any) -> Any:
    """A view of the run as it stands now; raises the view's StatError, which is not kept."""
    return _kept(name, str(workspace().root), run.name, run.version(), *arguments)


def status(run: RunFolder) -> dict[str, Any]:
    """How far the run is: read afresh each time, because it changes while a stage works."""
    return views.status.status(run)


def runs() -> pd.DataFrame:
    """One row a run of the workspace."""
    return views.status.runs(workspace())


def jobs_of(run: RunFolder) -> list[dict[str, Any]]:
    """The jobs of a run, newest first."""
    return [job for job in jobs.listed(workspace().root) if job["run"] == run.name]


def demo_job() -> dict[str, Any] | None:
    """The demo's job with its log, if it was started here."""
    return jobs.find(workspace().root, "demo")


def start_demo() -> None:
    """Start the demo as a process of its own."""
    jobs.submit(workspace().root, ["demo"], name="demo")


@st.cache_data(max_entries=64, show_spinner=False)
def _kept(name: str, root: str, run: str, version: str, *arguments: Any) -> Any:
    return VIEWS[name](WorkspaceFolder(root).run_folder(run), *arguments)
