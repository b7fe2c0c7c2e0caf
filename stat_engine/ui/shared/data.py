"""Views for the pages, kept in bounded caches that are keyed on the run and all of its manifests."""

import os
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs, views
from stat_engine.skill_map.editing import runs_of
from stat_engine.store.cards import kept_row
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.settings import read_settings
from stat_engine.store.workspace import WorkspaceFolder

VIEWS: dict[str, Callable[..., Any]] = {
    "difficult": views.difficult.summary,
    "difficult_at": views.difficult.summary_at,
    "difficult_warning": views.difficult.warning,
    "difficult_page": views.difficult.page,
    "difficult_choices": views.difficult.choices,
    "difficult_question": views.difficult.question_at,
    "filter_grid": views.filters.grid,
    "filters_compared": views.filters.compared,
    "filters_compared_at": views.filters.compared_at,
    "warnings": views.warnings.warnings,
    "profile": views.profile.profile,
    "profile_summary": views.profile.summary,
    "profile_basis": views.profile.basis,
    "profile_subjects": views.profile.by_subject,
    "profile_misfit": views.profile.misfit,
    "profile_corrected": views.agreement.corrected,
    "lacking_rows": views.profile.lacking_rows,
    "questions_lacking": views.profile.questions_lacking,
    "second_teachers_agreement": views.agreement.second_teachers,
    "stage_figures": views.next_steps.figures,
    "compare": views.compare.compare,
    "by_group": views.compare.by_group,
    "benchmark_table": views.benchmarks.benchmark_table,
    "differences": views.compare.differences,
    "smallest_effects": views.benchmarks.smallest_effects,
    "skill_gains": views.differences.skill_gains,
    "missed_skills": views.evaluations.missed_skills,
    "compared_groups": views.evaluations.groups,
    "flips": views.differences.flips,
    "flip": views.differences.flip,
    "round_accuracies": views.rounds.accuracies,
    "round_failures": views.rounds.failures,
    "round_row": views.rounds.row,
    "training_metrics": views.training.training_metrics,
    "training_finished": views.training.finished,
    "training_speed": views.training.seconds_a_pair,
    "training_sizes": views.training.sets,
    "training_plan": views.training_plan.plan,
    "grpo_plan": views.training_plan.grpo_plan,
    "training_example": views.training.an_evaluation_question,
    "training_sets": views.training_sets.overview,
    "skill_shares": views.training_sets.skill_shares,
    "sets_listed": views.training_sets.listed,
    "sets_against_profile": views.training_sets.against_profile,
    "allocation": views.training_sets.plan,
    "examples": views.examples.page,
    "example_position": views.examples.position,
    "draws": views.examples.draws,
    "drawn_for": views.examples.drawn_for,
    "dropped_page": views.examples.dropped_page,
    "dropped_written": views.examples.dropped,
    "lineage": views.examples.lineage,
    "difficult_behind": views.examples.difficult,
    "references": views.examples.references,
    "label_queue": views.labels.queue,
    "label_item": views.labels.item,
    "label_progress": views.label_history.progress,
    "label_history": views.label_history.history,
    "label_plan": views.label_history.plan,
    "label_effects": views.label_history.effects,
    "label_bulk_effects": views.label_history.bulk_effects,
    "people_agreement": views.label_history.people_agreement,
    "teacher_agreement": views.agreement.agreement,
}

DATASET_VIEWS: dict[str, Callable[..., Any]] = {
    "summary": views.datasets.summary,
    "versions": views.datasets.versions,
    "audit": views.datasets.audit,
    "subjects": views.datasets.subjects,
    "skills": views.datasets.skills,
    "doubled": views.datasets.doubled,
    "questions": views.datasets.questions,
    "question": views.datasets.question,
    "reviews": views.datasets.reviews,
}


def workspace() -> WorkspaceFolder:
    """The workspace the app was started on."""
    return WorkspaceFolder(os.environ.get("STAT_WORKSPACE"))


def view(name: str, run: RunFolder, *arguments: Any) -> Any:
    """A view of the run as it stands now; raises the view's StatError, which is not kept."""
    return _kept(name, str(workspace().root), run.name, run.version(), *arguments)


def dataset_view(name: str, dataset: str, *arguments: Any) -> Any:
    """A view of a dataset as it stands now; raises the view's StatError, which is not kept."""
    version = workspace().need_dataset(dataset).version()
    return _kept_of_dataset(name, str(workspace().root), dataset, version, *arguments)


def workspace_view(name: str, *arguments: Any) -> Any:
    """A view of the whole workspace, at most ten seconds old; anew when a run changes, begins or ends."""
    place = workspace()
    runs = [place.run_folder(name) for name in place.run_names()]
    versions = tuple((run.name, run.version(), run.is_working()) for run in runs)
    settings = read_settings(place.root).model_dump_json()
    return _kept_of_workspace(name, str(place.root), (settings, *versions), *arguments)


def runs_on(dataset: str) -> dict[str, RunFolder]:
    """The runs on a dataset by name, newest first."""
    return {run.name: run for run in runs_of(workspace(), dataset)}


def status(run: RunFolder) -> dict[str, Any]:
    """How far the run is: read afresh each time, because it changes while a stage works."""
    return views.status.status(run)


def stage_cards(run: RunFolder) -> list[dict[str, Any]]:
    """The paper's three stages of the run, as `views.next_steps.cards` has them."""
    paid = views.status.calls(workspace(), run)
    return views.next_steps.cards(status(run), paid, view("stage_figures", run))


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


@st.cache_data(max_entries=64, show_spinner=False)
def _kept_of_dataset(name: str, root: str, dataset: str, version: str, *arguments: Any) -> Any:
    return DATASET_VIEWS[name](WorkspaceFolder(root).need_dataset(dataset), *arguments)


def _runs_table(place: WorkspaceFolder) -> pd.DataFrame:
    found: pd.DataFrame = views.runs.table(
        place, lambda run: kept_row(place, run, views.runs.row, views.runs.MADE_BY)
    )
    return found


WORKSPACE_VIEWS: dict[str, Callable[..., Any]] = {
    "runs_table": _runs_table,
    "run_differences": views.runs.differences,
    "disk": views.runs.used,
    "studies": views.studies.studies,
    "study_table": views.studies.table,
    "study_contrasts": views.studies.contrasts,
    "study_filters": views.studies.filters,
    "servers": views.servers.servers,
    "keys": views.servers.keys,
}


@st.cache_data(max_entries=32, ttl=10, show_spinner=False)
def _kept_of_workspace(name: str, root: str, versions: tuple[Any, ...], *arguments: Any) -> Any:
    return WORKSPACE_VIEWS[name](WorkspaceFolder(root), *arguments)
