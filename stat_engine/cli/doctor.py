"""The verb `doctor`: what this machine has, and how to get what it lacks."""

from stat_engine import doctor as diagnosis
from stat_engine.api import Workspace
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()


@app.verb("doctor")
def doctor(place: Workspace) -> Shown:
    """Check Python, packages, devices, disk, keys and the workspace's files; each with the way to fix it."""
    rows = diagnosis.examine(place.root)
    columns = {"what": "what", "state": "", "found": "found", "fix": "fix"}
    is_healthy = all(row["state"] not in ("missing", "damaged") for row in rows)
    return Shown({"checks": rows, "is_healthy": is_healthy}, table(rows, columns))
