"""The Skill-Map and its vocabulary: labelling, discovery, propagation, editing, versions, audit.

Which skills a response lacks is `method/missing_skills.py`."""

from typing import TYPE_CHECKING

from stat_engine import on_demand

if TYPE_CHECKING:
    from stat_engine.skill_map import editing
else:
    __getattr__ = on_demand(__name__)

__all__ = ["editing"]
