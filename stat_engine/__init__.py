"""STAT Studio's engine: Skill-Targeted Adaptive Training (arXiv 2510.10023) without a screen.

from stat_engine import Workspace
Workspace().run("demo").profile()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stat_engine.api import Run, Workspace
    from stat_engine.config import RunConfig
    from stat_engine.errors import StatError

__all__ = ["Run", "RunConfig", "StatError", "Workspace"]

# Looked up when asked for: a model's own process, possibly in another environment, imports one module
# of this package and has none of what the notebook needs.
_HOMES = {"Run": "api", "RunConfig": "config", "StatError": "errors", "Workspace": "api"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
