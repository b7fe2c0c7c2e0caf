"""Supervised fine-tuning: an arm, from its training set to its adapter.

`arm` controls the work, `fine_tuning` trains in this process, `processes` on several GPUs."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.method.sft import arm
else:
    __getattr__ = on_demand(__name__)

__all__ = ["arm"]
