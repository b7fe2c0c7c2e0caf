"""The engine as a notebook and the command line use it: `Workspace().run("demo").profile()` is a frame.

What a person can ask or order belongs here, as a method; how it is done belongs in the rooms below. Its
modules are imported when they are needed: `stat-studio status` loads neither pandas nor a model."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.api import choices, output
    from stat_engine.api.examples import Examples
    from stat_engine.api.imports import Imports
    from stat_engine.api.labels import Labels
    from stat_engine.api.run import Run
    from stat_engine.api.skills import Asked, Skills
    from stat_engine.api.verdicts import Verdicts
    from stat_engine.api.workspace import Workspace
    from stat_engine.grading.open import graded
    from stat_engine.method.estimate import Estimate
    from stat_engine.models.paid_calls.account import Report
else:
    __getattr__ = on_demand(
        __name__, Asked="skills", Estimate="stat_engine.method.estimate", Examples="examples",
        Imports="imports", Labels="labels", Report="stat_engine.models.paid_calls.account", Run="run",
        Skills="skills", Verdicts="verdicts", Workspace="workspace", graded="stat_engine.grading.open",
    )  # fmt: skip

__all__ = [
    "Asked", "Estimate", "Examples", "Imports", "Labels", "Report", "Run", "Skills", "Verdicts", "Workspace",
    "choices", "graded", "output",
]  # fmt: skip
