"""Verbs on the studio itself: demo, app, doctor."""

import os
import socket
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from stat_engine import doctor as diagnosis
from stat_engine import jobs, views
from stat_engine.api import Workspace
from stat_engine.cli.compare import comparison_lines
from stat_engine.cli.terminal import JsonOption, TerminalReport, WorkspaceOption, show, table
from stat_engine.config.shipped import ROOT
from stat_engine.numeracy.demo import run_demo


def demo(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Run the whole loop on the embedded domain: no key, no GPU, no network."""
    begun = time.monotonic()
    done = run_demo(Workspace(workspace), TerminalReport())
    result = views.compare.compare(done.folder)
    seconds = f"{time.monotonic() - begun:.0f} s; everything is in {done.folder.folder}"
    show(result, json, ["", *comparison_lines(result), "", seconds])


def app(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1")] = 8501,
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


def doctor(workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Check Python, packages, devices, disk and keys; each with the line that fixes it."""
    rows = diagnosis.examine(Path(Workspace(workspace).root))
    lines = table(rows, {"what": "what", "state": "", "found": "found", "fix": "fix"})
    show({"checks": rows, "is_healthy": all(row["state"] != "missing" for row in rows)}, json, lines)


def _start_demo(place: Workspace) -> None:
    job = jobs.find(place.root, "demo")
    if job is None or not job["is_running"]:
        jobs.submit(place.root, ["demo"], name="demo")
    typer.echo("the demo works beside the app; its log: stat-studio jobs log demo --follow")


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


VERBS = [demo, app, doctor]
