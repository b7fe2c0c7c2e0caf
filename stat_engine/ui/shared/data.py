"""Views for the pages in bounded caches, keyed on the run and all of its manifests.

A page names the view itself, as in `data.view(views.profile.basis, run)`, and gets the type it returns."""

import os
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from stat_engine import jobs, views
from stat_engine.charts.colours import Marks
from stat_engine.views.places import Dataset, Run, Workspace

P = ParamSpec("P")
T = TypeVar("T")


def workspace() -> Workspace:
    """The workspace the app was started on."""
    return views.places.workspace(os.environ.get("STAT_WORKSPACE"))


def view(function: Callable[Concatenate[Run, P], T], run: Run, *arguments: P.args, **named: P.kwargs) -> T:
    """A view of the run as it stands now; raises the view's StatError, which is not kept."""
    key = (_name(function), str(run.folder), run.version())
    found: T = _kept(key, arguments, named, _function=function, _of=run)
    return found


def dataset_view(
    function: Callable[Concatenate[Dataset, P], T], name: str, *arguments: P.args, **named: P.kwargs
) -> T:
    """A view of a dataset as it stands now; raises the view's StatError, which is not kept."""
    dataset = workspace().need_dataset(name)
    key = (_name(function), str(dataset.folder), dataset.version())
    found: T = _kept(key, arguments, named, _function=function, _of=dataset)
    return found


def workspace_view(
    function: Callable[Concatenate[Workspace, P], T], *arguments: P.args, **named: P.kwargs
) -> T:
    """A view of the whole workspace, at most ten seconds old; again when a run changes, begins or ends."""
    place = workspace()
    runs = [place.run_folder(name) for name in place.run_names()]
    states = [f"{run.name} {run.version()} {run.is_working()}" for run in runs]
    key = (_name(function), str(place.root), views.servers.settings(place).model_dump_json(), *states)
    found: T = _kept_for_seconds(key, arguments, named, _function=function, _of=place)
    return found


def marks() -> Marks:
    """The colours and markers of the workspace's arms and runs."""
    found = workspace_view(views.marks.marked)
    return Marks(found["arms"], found["runs"])


def doubled(run: Run) -> list[str]:
    """Names of skills that several subjects of the run's dataset have: a chart adds the subject to them."""
    return dataset_view(views.datasets.doubled, run.config.dataset)


def jobs_of(run: Run) -> list[dict[str, Any]]:
    """The jobs of a run, newest first."""
    return [job for job in jobs.listed(workspace().root) if job["run"] == run.name]


def _name(function: Callable[..., object]) -> str:
    return f"{function.__module__}.{function.__qualname__}"


@st.cache_data(max_entries=128, show_spinner=False)
def _kept(key: tuple[str, ...], arguments: Any, named: Any, _function: Callable[..., Any], _of: Any) -> Any:
    return _function(_of, *arguments, **named)


@st.cache_data(max_entries=32, ttl=10, show_spinner=False)
def _kept_for_seconds(
    key: tuple[str, ...], arguments: Any, named: Any, _function: Callable[..., Any], _of: Any
) -> Any:
    return _function(_of, *arguments, **named)
