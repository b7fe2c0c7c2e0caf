"""Stage 3a, the training sets: `build` makes one by any method; the other files are its parts."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.method.training_sets import build, select
else:
    __getattr__ = on_demand(__name__)

__all__ = ["build", "select"]
