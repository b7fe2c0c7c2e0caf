"""Verbs on settings: presets, show, set, fork, and models, the health of a server.

The verb on the workspace's settings: servers, prices, budget, reviewers, launchers, keys set or not.
"""

from typing import Annotated, Any

import typer

from stat_engine import config as configuration
from stat_engine import jobs, views
from stat_engine.api import Run, Workspace
from stat_engine.cli.terminal import JsonOption, SettingsArgument, WorkspaceOption, show, table
from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.models.servers import server as server_module
from stat_engine.store.settings import (
    WorkspaceSettings,
    change_settings,
    changed,
    keep_thresholds,
    read_settings,
)

RunArgument = Annotated[str, typer.Argument(help="Run in the workspace", show_default=False)]
DEFAULT_KEY = ServerConfig().api_key_env


def presets(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """List the presets: settings that come along, to start a run from with `new --preset`."""
    found = [
        {"preset": preset.name, "dataset": str(configuration.read_tree(preset.path)["dataset"]),
         "what": preset.what, "steps": preset.steps, "file": str(preset.path)}
        for preset in configuration.presets().values()
    ]  # fmt: skip
    columns = {"preset": "preset", "dataset": "dataset", "what": "what it is"}
    show({"presets": found}, json, table(found, columns))


def show_settings(
    run: RunArgument,
    settings: SettingsArgument = None,
    full: Annotated[bool, typer.Option("--full", help="All settings, those as in the defaults too")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show a run's settings as YAML that `new --config` reads; with settings, as they would be."""
    chosen = Workspace(workspace).run_folder(run)
    tree = configuration.override(chosen.config.model_dump(), settings or [])
    config = configuration.validate(tree, f"run {run}")
    text = configuration.as_yaml(config, full)
    result = {"run": run, "yaml": text, "settings": config.model_dump()}
    show(result, json, text.splitlines())


def set_settings(
    run: RunArgument,
    settings: SettingsArgument = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would change and what would be stale")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Put settings in force; nothing is made anew until the run is brought up to date."""
    if not settings:
        raise StatError(f"set {run}: expected key=value, as in difficulty.tau1=0.9")
    chosen = Workspace(workspace).run(run)
    found = chosen.changes(settings)
    if not dry_run:
        chosen.configure(settings)
    result = {"run": run, **found, "saved": bool(found["changed"]) and not dry_run}
    show(result, json, _said(chosen, found, dry_run))


def fork(
    run: RunArgument,
    copy: Annotated[str, typer.Argument(metavar="NEW", help="Name of the copy", show_default=False)],
    settings: SettingsArgument = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Copy a run under a new name and other settings; it keeps all that the settings leave as it is."""
    place = Workspace(workspace)
    of = place.run(run)
    made = of.fork(copy, settings or [])
    keep_thresholds(place.root, made.name, of.config, made.config)
    kept = views.status.kept(place.run_folder(run), made.config)
    result = {"run": made.name, "parent": run, "kept": kept, "folder": str(made.folder.folder)}
    said = ", ".join(kept) or "nothing: the settings decide all of it anew"
    show(result, json, [f"run {made.name}, a copy of {run}; kept: {said}"])


def models(
    run: Annotated[str | None, typer.Argument(help="Run in the workspace", show_default=False)] = None,
    settings: SettingsArgument = None,
    url: Annotated[
        str | None, typer.Option(help="Ask this address; OPENAI_BASE_URL, else OpenAI's, by default")
    ] = None,
    key_env: Annotated[
        str, typer.Option("--key-env", help="Environment variable that holds the server's key")
    ] = DEFAULT_KEY,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Ask servers for their models: whether they are up, what they serve. No key is ever shown."""
    if run is not None and url is not None:
        raise StatError(f"models {run} --url {url}: give a run, whose servers are asked, or an address")
    if run is None:
        servers: dict[str, tuple[ServerConfig, str | None]] = {"server": (_server(url, key_env), None)}
    else:
        config = Workspace(workspace).run_folder(run).config
        tree = configuration.override(config.model_dump(), settings or [])
        servers = views.servers.run_servers(configuration.validate(tree, f"run {run}"))
    rows = [server_module.ask(server, part, wanted) for part, (server, wanted) in servers.items()]
    lines = [f"{row['part']}: {row['sentence']}" for row in rows] or [f"run {run} asks no server"]
    show({"servers": rows, "is_up": all(row["is_up"] for row in rows)}, json, lines)


def _server(url: str | None, key_env: str) -> ServerConfig:
    tree = {"student": {"server": {"base_url": url, "api_key_env": key_env}}}
    try:
        return configuration.validate(tree, "models").student.server
    except StatError as error:
        place = "--url" if "base_url" in str(error) else "--key-env"
        raise StatError(f"models {place}: {str(error).rpartition(': ')[2]}") from None


def _said(run: Run, found: dict[str, Any], dry_run: bool) -> list[str]:
    if not found["changed"]:
        return [f"run {run.name}: these settings are in force already"]
    rows = [{"key": key, "now": str(a), "then": str(b)} for key, (a, b) in found["changed"].items()]
    stale = ", ".join(found["stale"]) or "nothing"
    lines = [*table(rows, {"key": "setting", "now": "before", "then": "after"}), f"stale by it: {stale}"]
    if found["n_decisions"]:
        lines.append(
            f"refused while {found['n_decisions']} label decisions hang on it; change a copy: "
            f"stat-studio fork {run.name} NEW key=value"
        )
    elif found["needs_copy"]:
        lines.append(
            "training sets and fine-tuned students that are there are never overwritten; make them in a "
            f"copy: stat-studio fork {run.name} NEW key=value"
        )
    return [*lines, "nothing was changed"] if dry_run else lines


def settings(
    settings: SettingsArgument = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="KEY", help="A setting to take out, as in servers.lab; repeatable"),
    ] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Show or change the workspace's settings; of keys only whether they are set, never their value."""
    place = Workspace(workspace)
    found = (
        change_settings(place.root, lambda now: _checked(changed(now, settings or [], remove or [])))
        if settings or remove
        else read_settings(place.root)
    )
    result = found.model_dump() | {
        "servers_in_use": views.servers.servers(place),
        "keys": views.servers.keys(place),
    }
    show(result, json, _lines(found, result))


def _checked(settings: WorkspaceSettings) -> WorkspaceSettings:
    for name, template in settings.launchers.items():
        jobs.check_launcher(name, template)
    return settings


def _lines(settings: WorkspaceSettings, found: dict[str, Any]) -> list[str]:
    rows = [
        row | {"key": "set" if row["is_key_set"] else "not set", "used_by": ", ".join(row["used_by"])}
        for row in found["servers_in_use"]
    ]
    columns = {
        "name": "server",
        "base_url": "address",
        "api_key_env": "key variable",
        "key": "key",
        "used_by": "used by",
    }
    prices = [{"model": model, **price} for model, price in found["prices"].items()]
    thresholds = [{"model": model, **of} for model, of in found["thresholds"].items()]
    launchers = [{"name": name, "template": template} for name, template in found["launchers"].items()]
    keys = [{"key": row["variable"], "state": "set" if row["is_set"] else "not set"} for row in found["keys"]]
    budget = "no cap" if settings.budget is None else f"${settings.budget:,.2f}"
    return [
        *_table(rows, columns),
        *_table(prices, {"model": "model", "input": "USD a million in", "output": "out"}),
        *_table(thresholds, {"model": "reward model", "tau1": "tau1", "tau2": "tau2", "run": "saved in"}),
        *_table(launchers, {"name": "launcher", "template": "template"}),
        *_table(keys, {"key": "key", "state": "state"}),
        f"budget of a new run: {budget}",
        f"reviewers: {', '.join(settings.reviewers) or 'none named'}",
    ]


def _table(rows: list[dict[str, Any]], columns: dict[str, str]) -> list[str]:
    return [*table(rows, columns), ""] if rows else []


VERBS = [presets, ("show", show_settings), ("set", set_settings), fork, models, settings]
