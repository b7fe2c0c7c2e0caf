"""The order of a workspace's arms and runs, by which all charts give them their colours and markers."""

from typing import TypedDict

from stat_engine.store import marks
from stat_engine.store.workspace import WorkspaceFolder


class MarkedNames(TypedDict):
    """Names in the order in which they came into the workspace."""

    arms: list[str]
    """Without the base, which has a mark of its own."""
    runs: list[str]


def marked(workspace: WorkspaceFolder) -> MarkedNames:
    """The names that have marks, on this workspace."""
    return {"arms": marks.names(workspace.root, "arm"), "runs": marks.names(workspace.root, "run")}
