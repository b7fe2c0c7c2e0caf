"""The verb `app`: the pages in a browser."""

import os
import socket
import sys
from typing import Annotated

import typer

from stat_engine import jobs
from stat_engine.api import Workspace
from stat_engine.cli.verbs import Verbs, WorkspaceOption
from stat_engine.config.shipped import ROOT
from stat_engine.orders import DemoOrder

app = Verbs()


@app.command("app")
def open_pages(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1")] = 8501,
    demo: Annotated[
        bool, typer.Option("--demo", help="Start the demo where the workspace has no run")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the pages on 127.0.0.1; nothing is served to other machines."""
    place = Workspace(workspace)
    if demo and not place.run_names():
        _start_demo(place)
    address = f"http://127.0.0.1:{port}"
    if _is_taken(port):
        typer.echo(f"the app is open already: {address}")
        return
    os.environ["STAT_WORKSPACE"] = str(place.root.resolve())
    sys.stdout.flush()
    # Streamlit reads .streamlit/config.toml beside app.py. -P: no module of the current folder is imported.
    program = [sys.executable, "-P", "-m", "streamlit", "run", str(ROOT / "app.py")]
    os.execv(program[0], [*program, "--server.port", str(port), "--server.address", "127.0.0.1"])


def _start_demo(place: Workspace) -> None:
    job = jobs.find(place.root, "demo")
    if job is None or not job["is_running"]:
        jobs.submit(place.root, DemoOrder(), name="demo")
    typer.echo("the demo runs beside the app; its log: stat-studio jobs log demo --follow")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
