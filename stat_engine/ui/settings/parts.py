"""Servers, prices, budget, launchers, reviewers and this machine, and how an entry is saved.

An error is shown and the input stays.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from stat_engine import jobs, views
from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.orders import DoctorOrder, ModelsOrder
from stat_engine.ui.shared import data, work
from stat_engine.ui.shared.words import sentence, show_error
from stat_engine.views.servers import Key, Server, WorkspaceSettings
from stat_engine.views.text import as_markdown

REFUSED, SAVED = "settings_refused", "settings_saved"
LAUNCHER_FIELDS = ("settings_launcher_name", "settings_launcher_template")
COLUMNS = {"what": "What", "state": "State", "found": "Found", "fix": "Fix"}
NAMES = "settings_reviewers"
PRICE_FIELDS = ("settings_price_model", "settings_price_input", "settings_price_output")
BUDGET = "settings_budget"
UNPACKED = "settings_unpacked"


def typed(key: str) -> str:
    """What stands in a text field."""
    return str(st.session_state.get(key) or "").strip()


def save_entry(section: str, name: str, value: dict[str, Any], fields: Sequence[str]) -> None:
    """Put an entry among the servers or prices; what the form does not ask for stays as it was."""
    _do(lambda: jobs.save_entry(data.workspace().root, section, name, value), f"{name} is saved", fields)


def save_launcher(name: str, template: str, fields: Sequence[str]) -> None:
    """Put a launcher's template in force."""
    _do(lambda: jobs.set_launcher(data.workspace().root, name, template), f"Launcher {name} is saved", fields)


def save_values(what: str, fields: Sequence[str] = (), **values: Any) -> None:
    """Put the budget, the reviewers or the limit of imports in force."""
    _do(lambda: jobs.save_values(data.workspace().root, **values), f"{what} saved", fields)


def remove(section: str, name: str) -> None:
    """Take an entry out; runs that took it over keep what they have."""
    _do(lambda: jobs.remove_entry(data.workspace().root, section, name), f"{name} is taken out", ())


def change_or_remove(section: str, name: str, at: int, values: dict[str, Any]) -> None:
    """The two buttons of an entry: `values` are what its form's fields get to be changed."""
    key = f"{section}_{at}"
    with st.container(horizontal=True, width="content"):
        st.button("Change", key=f"settings_change_{key}", on_click=fill, kwargs=values)
        st.button("Remove", key=f"settings_remove_{key}", on_click=remove, args=(section, name))


def fill(**values: Any) -> None:
    """Put an entry's values into its form, to be changed there."""
    for key, value in values.items():
        st.session_state[key] = value


def message() -> None:
    """The result of the last action here, once."""
    if refused := st.session_state.pop(REFUSED, None):
        st.error(as_markdown(refused))
    if saved := st.session_state.pop(SAVED, None):
        st.success(as_markdown(saved))


def settings() -> WorkspaceSettings:
    """The workspace's settings; the defaults where their file is damaged, which every page says."""
    return views.servers.settings(data.workspace())


def _do(act: Callable[[], Any], said: str, fields: Sequence[str]) -> None:
    try:
        act()
    except StatError as error:
        st.session_state[REFUSED] = sentence(error)
        return
    st.session_state[SAVED] = f"{said}."
    for key in fields:
        st.session_state.pop(key, None)


def show_launchers(settings: WorkspaceSettings) -> None:
    """The launchers one by one, and the form for another."""
    st.markdown(
        "A launcher is a command in which `{command}` stands for the job, once: "
        "`srun --gres=gpu:1 {command}`, `ssh gpu-box {command}`. Choose one under *Where* "
        "when you start a job. The other machine must see this workspace and this Python environment under "
        "the same paths."
    )
    for at, (name, template) in enumerate(settings.launchers.items()):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(name)}**", width="content")
            st.markdown(as_markdown(template))
            values = dict(zip(LAUNCHER_FIELDS, (name, template), strict=True))
            change_or_remove("launchers", name, at, values)
    if not settings.launchers:
        st.caption("No launcher yet: every job works on this machine.")
    with st.form("settings_launcher", border=True):
        st.markdown("**Add a launcher, or change one under its name**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name", key=LAUNCHER_FIELDS[0], placeholder="gpu", width=160)
            st.text_input(
                "Command", key=LAUNCHER_FIELDS[1], placeholder="srun --gres=gpu:1 {command}", width=420
            )
            st.form_submit_button("Save launcher", on_click=_save_launchers, key="settings_save_launcher")


def _save_launchers() -> None:
    save_launcher(typed(LAUNCHER_FIELDS[0]), typed(LAUNCHER_FIELDS[1]), LAUNCHER_FIELDS)


def show_machine() -> None:
    """Where everything is kept, and the checks of `stat-studio doctor`."""
    st.markdown("The workspace: all datasets, runs, kept answers and jobs are in this folder.")
    st.code(str(data.workspace().root.resolve()), language=None)
    found = work.answer(DoctorOrder())
    if found is None:
        return
    missing = [row["what"] for row in found["checks"] if row["state"] == "missing"]
    if missing:
        st.warning(as_markdown(f"Missing: {', '.join(missing)}"))
    rows = pd.DataFrame(found["checks"], columns=list(COLUMNS))
    st.dataframe(
        rows, hide_index=True, placeholder="–", column_config=COLUMNS, height="content", key="settings_checks"
    )
    work.command(DoctorOrder().words())


def show_people(settings: WorkspaceSettings) -> None:
    """The names, one a line."""
    st.markdown(
        "Every decision on a label bears its author's name. These names are offered on the Skill labels "
        "page, where another may be typed; a person who is logged in reviews under the name of the login."
    )
    st.session_state.setdefault(NAMES, "\n".join(settings.reviewers))
    with st.form("settings_people", border=True):
        st.text_area("Reviewers, one a line", key=NAMES, height=160)
        st.form_submit_button("Save reviewers", on_click=_save_people, key="settings_save_reviewers")


def _save_people() -> None:
    names = [line.strip() for line in typed(NAMES).splitlines() if line.strip()]
    save_values("The reviewers are", [NAMES], reviewers=names)


def show_prices(settings: WorkspaceSettings) -> None:
    """The prices one by one, the form for another, and the budget."""
    st.markdown(
        "New runs start with these prices and this budget. Runs that are there keep their own: "
        "`stat-studio set RUN prices.MODEL.input=2 prices.MODEL.output=8 budget=5`."
    )
    st.header("Prices")
    if not settings.prices:
        st.caption("No model has a price, so what calls cost is not known before, and no budget can hold.")
    for at, (model, price) in enumerate(settings.prices.items()):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(model)}**", width="content")
            said = f"${price.input:,.4g} a million tokens in, ${price.output:,.4g} out"
            st.markdown(as_markdown(said))
            values = dict(zip(PRICE_FIELDS, (model, price.input, price.output), strict=True))
            change_or_remove("prices", model, at, values)
    _form()
    _budget(settings)


def _form() -> None:
    model, price_in, price_out = PRICE_FIELDS
    with st.form("settings_price", border=True):
        st.markdown("**Add a price, or change one under its model**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Model, as its server names it", key=model, width=260)
            st.number_input("USD a million tokens in", 0.0, value=None, key=price_in, width=180)
            st.number_input("USD a million tokens out", 0.0, value=None, key=price_out, width=180)
            st.form_submit_button("Save price", on_click=_save_prices, key="settings_save_price")


def _save_prices() -> None:
    value = {"input": st.session_state.get(PRICE_FIELDS[1]), "output": st.session_state.get(PRICE_FIELDS[2])}
    save_entry("prices", typed(PRICE_FIELDS[0]), value, PRICE_FIELDS)


def _budget(settings: WorkspaceSettings) -> None:
    st.header("Budget of a new run")
    st.markdown(
        "A run's calls stop before they cost more in all. It needs the price of every model that costs."
    )
    st.session_state.setdefault(BUDGET, settings.budget)
    form = st.form("settings_budget_form", border=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("USD; empty: no cap", 0.0, value=None, key=BUDGET, width=220)
        st.form_submit_button("Save budget", on_click=_save_budget, key="settings_save_budget")


def show_imports(settings: WorkspaceSettings) -> None:
    """What an import may take."""
    st.markdown(
        "A compressed file is read only up to this size, so that a small one cannot fill memory or disk. "
        "`STAT_STUDIO_MAX_UNPACKED_GB` in the environment takes precedence."
    )
    st.session_state.setdefault(UNPACKED, settings.max_unpacked_gb)
    form = st.form("settings_unpacked_form", border=True)
    with form, st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Gigabytes that a file may unpack to", 0.0, value=None, key=UNPACKED, width=260)
        st.form_submit_button("Save limit", on_click=_save_unpacked, key="settings_save_unpacked")


def _save_unpacked() -> None:
    save_values("The limit is", max_unpacked_gb=st.session_state.get(UNPACKED))


def _save_budget() -> None:
    save_values("The budget is", budget=st.session_state.get(BUDGET))


FIELDS = ("settings_server_name", "settings_server_url", "settings_server_key")
KEY_COLUMNS = {"variable": "Variable", "state": "State", "used_by": "Wanted by"}
NO_ADDRESS = "OPENAI_BASE_URL, else OpenAI's own address"
MANY = 6
"""Uses that are named one by one."""


def show() -> None:
    """Servers of the settings and of runs, the form for another, and the keys."""
    try:
        rows = data.workspace_view(views.servers.servers)
        keys = data.workspace_view(views.servers.keys)
    except StatError as error:
        show_error(error)
        return
    st.markdown(
        "A server is an OpenAI-compatible endpoint for a student, teacher, reward model or embeddings. A new "
        "run takes one by its name: `stat-studio new RUN teacher.server=NAME`."
    )
    for at, row in enumerate(rows):
        _server(row, at)
    if not rows:
        st.caption("No server is named here or by a run: everything runs on this machine.")
    _server_form()
    _keys(keys)


def _server(row: Server, at: int) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{as_markdown(row['name'] or 'Named by runs only')}**", width="content")
            st.text(row["base_url"] or NO_ADDRESS, width="content")
            _key_badge(row)
        if row["used_by"]:
            more = f" and {len(row['used_by']) - MANY:,} more" if len(row["used_by"]) > MANY else ""
            st.caption(as_markdown(f"Used by {', '.join(row['used_by'][:MANY])}{more}"))
        name = row["name"]
        values = dict(zip(FIELDS, (name or "", row["base_url"] or "", row["api_key_env"]), strict=True))
        with st.container(horizontal=True):
            is_asked = st.button("Check health", key=f"settings_check_{at}")
            if name:
                change_or_remove("servers", name, at, values)
            else:
                st.button("Give it a name", key=f"settings_name_{at}", on_click=fill, kwargs=values)
        if is_asked:
            _health(row)


def _key_badge(row: Server) -> None:
    state, colour = ("set", "green") if row["is_key_set"] else ("not set", "gray")
    st.markdown(f":{colour}-badge[{as_markdown(row['api_key_env'])} {state}]", width="content")


def _health(row: Server) -> None:
    found = work.answer(ModelsOrder(url=row["base_url"] or None, key_env=row["api_key_env"]))
    for server in found["servers"] if found else ():
        said = as_markdown(str(server["sentence"]))
        st.success(said) if server["is_up"] else st.error(said)


def _server_form() -> None:
    name, url, key = FIELDS
    st.session_state.setdefault(key, ServerConfig().api_key_env)
    with st.form("settings_server", border=True):
        st.markdown("**Add a server, or change one under its name**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Name", key=name, placeholder="lab", width=160)
            st.text_input("Address", key=url, placeholder="http://127.0.0.1:8000/v1", width=340)
            st.text_input(
                "Variable that holds its key", key=key, width=220,
                help="The name of an environment variable or Streamlit secret, never the key itself",
            )  # fmt: skip
            st.form_submit_button("Save server", on_click=_save, key="settings_save_server")


def _save() -> None:
    name, url, key = (typed(field) for field in FIELDS)
    save_entry("servers", name, {"base_url": url or None, "api_key_env": key}, FIELDS)


def _keys(keys: list[Key]) -> None:
    st.header("Keys")
    st.markdown(
        "Keys stand in the environment of the app and its jobs, or in Streamlit's `secrets.toml`; here is "
        "only said whether they are there. `export NAME=...` before `stat-studio app` sets one."
    )
    rows = [
        {
            "variable": key["variable"],
            "state": "set" if key["is_set"] else "not set",
            "used_by": ", ".join(key["used_by"][:MANY]),
        }
        for key in keys
    ]
    st.dataframe(
        pd.DataFrame(rows, columns=list(KEY_COLUMNS)), hide_index=True,
        placeholder="–", column_config=KEY_COLUMNS,
        key="settings_keys",
    )  # fmt: skip
