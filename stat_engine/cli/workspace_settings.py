"""The verb on the workspace's settings: servers, prices, budget, reviewers, launchers, keys set or not."""

from typing import Annotated, Any

import typer

from stat_engine import jobs, views
from stat_engine.cli.terminal import JsonOption, SettingsArgument, WorkspaceOption, show, table
from stat_engine.notebook import Workspace
from stat_engine.store.settings import WorkspaceSettings, change_settings, changed, read_settings


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


VERBS = [settings]
