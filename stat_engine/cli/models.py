"""The verb `models`: which servers are up, and what they serve."""

from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.options import SettingsArgument
from stat_engine.cli.verbs import Shown, Verbs
from stat_engine.config import ServerConfig
from stat_engine.errors import StatError

app = Verbs()
UrlOption = Annotated[
    str | None, typer.Option(help="Ask this address; OPENAI_BASE_URL, else OpenAI's, by default")
]
KeyOption = Annotated[str, typer.Option("--key-env", help="Environment variable that holds the server's key")]
DEFAULT_KEY = ServerConfig().api_key_env


@app.verb("models")
def models(
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
    lines = [f"{row['part']}: {row['sentence']}" for row in rows] or [f"run {run} asks no server"]
    return Shown({"servers": rows, "is_up": all(row["is_up"] for row in rows)}, lines)
