"""STAT Studio's engine: Skill-Targeted Adaptive Training (arXiv 2510.10023) without a screen.

from stat_engine import Workspace
Workspace().run("demo").profile()
"""

from stat_engine.config import RunConfig
from stat_engine.errors import StatError
from stat_engine.notebook import Run, Workspace

__all__ = ["Run", "RunConfig", "StatError", "Workspace"]
