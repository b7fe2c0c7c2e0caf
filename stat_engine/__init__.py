"""STAT Studio's engine: Skill-Targeted Adaptive Training (arXiv 2510.10023) without a screen.

from stat_engine import Workspace
Workspace().run("demo").profile()
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stat_engine.config import RunConfig
    from stat_engine.errors import StatError
    from stat_engine.notebook import Run, Workspace

__version__ = "0.3.0"

__all__ = ["Run", "RunConfig", "StatError", "Workspace"]

# Looked up when asked for: a model's own process, possibly in another environment, imports one module
# of this package and has none of what the notebook needs.
_HOMES = {"Run": "notebook", "RunConfig": "config", "StatError": "errors", "Workspace": "notebook"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
