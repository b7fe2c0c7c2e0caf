"""Exports of a run for readers elsewhere: its comparison in one file, a study, a model with its card."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.report import models, studies
    from stat_engine.report.comparison import text, write
else:
    __getattr__ = on_demand(__name__, text="comparison", write="comparison")

__all__ = ["models", "studies", "text", "write"]
