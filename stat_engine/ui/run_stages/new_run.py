"""A new run: from a preset, from the defaults or from an existing run."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from stat_engine import config as configuration
from stat_engine import views
from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.orders import ForkOrder, NewOrder
from stat_engine.ui.run_stages import form, models, saving
from stat_engine.ui.run_stages.form import Draft
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import show_error, titles
from stat_engine.views.text import as_markdown

DEFAULTS = "The defaults"
PRESET, RUN = "Preset: ", "Run: "
Form = tuple[Draft, NewOrder | ForkOrder, Callable[[], RunConfig]]
"""The edits, the words of the command up to the settings, and the configuration that comes of them."""


def page() -> None:
    """The whole form: start, name, parts, the rest, what comes of it, and its button."""
    left, right = st.columns([2, 1])
    with left:
        start = _start()
    name = str(right.text_input("Name of the run", key="stages_name", placeholder="letters, digits, . _ -"))
    preset = configuration.presets().get(start.removeprefix(PRESET)) if start.startswith(PRESET) else None
    if preset:
        st.caption(as_markdown(preset.what))
    draft, begin, config_of = _run_form(start) if start.startswith(RUN) else _file_form(preset)
    _outcome(name, draft, begin, config_of)


def _start() -> str:
    options = [*(f"{PRESET}{name}" for name in configuration.presets()), DEFAULTS]
    options += [f"{RUN}{name}" for name in data.workspace().run_names()]
    return str(st.selectbox("Start from", options, key="stages_start", bind="query-params"))


def _file_form(preset: configuration.Preset | None) -> Form:
    """The form over a preset or the defaults; the workspace's own settings come to the outcome."""
    path: Path | None = preset.path if preset else None
    own = str(configuration.starting_tree(path)["dataset"])
    grid = st.grid(4, min_column_width=190)
    with grid.cell():
        dataset = models.choose(own)
    tree = configuration.starting_tree(path, dataset)
    draft = Draft(f"new_{preset.name if preset else 'defaults'}", tree, "settings")
    with grid:
        shown = models.models(draft) | {"dataset"}
    if preset and preset.steps and dataset not in data.workspace().dataset_names():
        with st.expander("Commands that bring its data"):
            st.code("\n".join(preset.steps), language=None, wrap_lines=True)
    _rest(draft, shown)
    begin = NewOrder(
        run="NAME",
        preset=preset.name if preset else None,
        dataset=dataset if dataset != own or not preset else None,
    )
    return draft, begin, lambda: views.servers.new_run(data.workspace(), path, dataset, draft.settings())


def _run_form(start: str) -> Form:
    run = data.workspace().run_folder(start.removeprefix(RUN))
    draft = Draft(f"copy_{run.name}", run.config.model_dump(), f"run {run.name}")
    with st.grid(4, min_column_width=190):
        shown = models.dataset_card(draft) | models.models(draft)
    _rest(draft, shown)
    return draft, ForkOrder(run=run.name, copy_name="NAME"), draft.config


def _rest(draft: Draft, shown: set[str]) -> None:
    if st.toggle("All other settings", key=f"stages_rest_{draft.scope}"):
        form.all_fields(draft, shown)


def _outcome(
    name: str, draft: Draft, begin: NewOrder | ForkOrder, config_of: Callable[[], RunConfig]
) -> None:
    try:
        config = config_of()
    except StatError as error:
        show_error(error)
        st.button("Drop these edits", key="stages_drop", on_click=draft.forget)
        return
    if isinstance(begin, ForkOrder):
        kept = views.status.kept(data.workspace().run_folder(begin.run), config)
        stages = titles(kept, saving.ALL_ANEW)
        st.markdown(f"A copy of **{as_markdown(begin.run)}** that keeps: {stages}.")
    elif said := views.servers.thresholds_from(data.workspace(), config):
        st.caption(as_markdown(f"{said}."))
    wants = "" if name else " Give it a name first."
    st.caption(f"Making it is free and starts nothing: calls and cost are shown before it starts.{wants}")
    is_taken = work.is_taken(name)
    field = "copy_name" if isinstance(begin, ForkOrder) else "run"
    order = begin.but(**{field: name or "NAME"}, settings=tuple(draft.settings()))
    if st.button("Make the run", key="stages_make", type="primary", disabled=not name or is_taken):
        _make(name, order, draft)
    st.header("Its configuration")
    saving.yaml(config, "new")
    saving.command(order.words())


def _make(name: str, order: NewOrder | ForkOrder, draft: Draft) -> None:
    if made := work.tell(order):
        draft.forget()
        saving.go_to(made["run"])
        st.session_state["stages_next_view"] = True
        notes = " ".join(made.get("notes", []))
        saving.done(f"Run {name} is there; nothing of it has started yet. {notes}".strip())
