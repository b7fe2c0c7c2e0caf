"""Verbs on settings: those of the workspace, those of a run, and the presets that a run can start from."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from stat_engine import config as configuration
from stat_engine.api import Run, Workspace
from stat_engine.cli.options import RunArgument, SettingsArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.errors import StatError

app = Verbs()


@app.verb("presets")
def presets(place: Workspace) -> Shown:
    """List the presets: settings that come along, to start a run from with `new --preset`."""
    found = [
        {"preset": preset.name, "dataset": str(configuration.read_tree(preset.path)["dataset"]),
         "what": preset.what, "steps": preset.steps, "file": str(preset.path)}
        for preset in configuration.presets().values()
    ]  # fmt: skip
    columns = {"preset": "preset", "dataset": "dataset", "what": "what it is"}
    return Shown({"presets": found}, table(found, columns))


@app.verb("show")
def show(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    full: Annotated[bool, typer.Option("--full", help="All settings, also those at their defaults")] = False,
) -> Shown:
    """Show a run's settings as YAML that `new --config` reads; with settings, as they would be."""
    config = place.run(run).under(settings or [])
    text = configuration.as_yaml(config, full)
    return Shown({"run": run, "yaml": text, "settings": config.model_dump()}, text.splitlines())


@app.verb("set")
def set_settings(
    place: Workspace,
    run: RunArgument,
    settings: SettingsArgument = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change and what would be stale")
    ] = False,
) -> Shown:
    """Change settings of a run; nothing is made again until the run is brought up to date."""
    if not settings:
        raise StatError(f"set {run}: expected key=value, as in difficulty.tau1=0.9")
    chosen = place.run(run)
    found = chosen.changes(settings)
    if not dry_run:
        chosen.configure(settings)
    result = {"run": run, **found, "saved": bool(found["changed"]) and not dry_run}
    return Shown(result, _changes(chosen, found, dry_run))


def _changes(run: Run, found: Mapping[str, Any], dry_run: bool) -> list[str]:
    if not found["changed"]:
        return [f"run {run.name}: these settings are set already"]
    rows = [{"key": key, "now": str(a), "then": str(b)} for key, (a, b) in found["changed"].items()]
    stale = ", ".join(found["stale"]) or "nothing"
    lines = [*table(rows, {"key": "setting", "now": "before", "then": "after"}), f"stale by it: {stale}"]
    way_out = f"stat-studio fork {run.name} NEW key=value"
    if found["n_decisions"]:
        lines.append(
            f"refused while {found['n_decisions']} label decisions depend on it; change a copy: {way_out}"
        )
    elif found["needs_copy"]:
        lines.append(
            "existing training sets and fine-tuned students are never overwritten; make them in a copy: "
            + way_out
        )
    return [*lines, "nothing was changed"] if dry_run else lines


@app.verb("settings")
def settings(
    place: Workspace,
    settings: SettingsArgument = None,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="KEY", help="A setting to remove, as in servers.lab; repeatable"),
    ] = None,
) -> Shown:
    """Show or change the workspace's settings; of keys only whether they are set, never their value."""
    if settings or remove:
        place.configure(settings or [], remove or [])
    result = place.settings()
    return Shown(result, _lines(result))


def _lines(found: Mapping[str, Any]) -> list[str]:
    rows = [
        row | {"key": "set" if row["is_key_set"] else "not set", "used_by": ", ".join(row["used_by"])}
        for row in found["servers_in_use"]
    ]
    columns = {
        "name": "server", "base_url": "address", "api_key_env": "key variable", "key": "key",
        "used_by": "used by",
    }  # fmt: skip
    prices = [{"model": model, **price} for model, price in found["prices"].items()]
    thresholds = [{"model": model, **of} for model, of in found["thresholds"].items()]
    launchers = [{"name": name, "template": template} for name, template in found["launchers"].items()]
    keys = [{"key": row["variable"], "state": "set" if row["is_set"] else "not set"} for row in found["keys"]]
    budget = "no cap" if found["budget"] is None else f"${found['budget']:,.2f}"
    return [
        *_table(rows, columns),
        *_table(prices, {"model": "model", "input": "USD a million in", "output": "out"}),
        *_table(thresholds, {"model": "reward model", "tau1": "tau1", "tau2": "tau2", "run": "saved in"}),
        *_table(launchers, {"name": "launcher", "template": "template"}),
        *_table(keys, {"key": "key", "state": "state"}),
        f"budget of a new run: {budget}",
        f"a compressed import may unpack to: {found['max_unpacked_gb']:g} GB",
        f"reviewers: {', '.join(found['reviewers']) or 'none named'}",
    ]


def _table(rows: list[dict[str, Any]], columns: dict[str, str]) -> list[str]:
    return [*table(rows, columns), ""] if rows else []
