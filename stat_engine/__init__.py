"""STAT Studio's engine: Skill-Targeted Adaptive Training (arXiv 2510.10023) without a screen.

from stat_engine import Workspace
Workspace().run("demo").profile()
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

__version__ = "0.3.0"

__all__ = ["Run", "RunConfig", "StatError", "Workspace"]


def on_demand(package: str, **homes: str) -> Callable[[str], Any]:
    """The `__getattr__` of a package whose modules are imported when they are first used.

    `homes` names the module of each further attribute, in the package or by its whole name. So
    `stat-studio status` loads no pandas, and the process of a model, possibly in another environment, nothing
    of what a notebook needs."""

    def imported(name: str) -> Any:
        if name in homes:
            home = homes[name] if homes[name].startswith("stat_engine.") else f"{package}.{homes[name]}"
            return getattr(import_module(home), name)
        if name.startswith("_") or find_spec(f"{package}.{name}") is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return import_module(f"{package}.{name}")

    return imported


if TYPE_CHECKING:
    from stat_engine.api import Run, Workspace
    from stat_engine.config import RunConfig
    from stat_engine.errors import StatError
else:
    __getattr__ = on_demand(__name__, Run="api", RunConfig="config", StatError="errors", Workspace="api")
