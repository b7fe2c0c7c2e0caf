"""Work on a dataset's Skill-Map and vocabulary: label, discover, propagate, edit, import, restore."""

from stat_engine.skill_work.discovering import discover
from stat_engine.skill_work.editing import edit_vocabulary
from stat_engine.skill_work.labelling import label_skill_map
from stat_engine.skill_work.propagating import propagate
from stat_engine.skill_work.vocabularies import change_vocabulary, restore_vocabulary, versions

__all__ = [
    "change_vocabulary",
    "discover",
    "edit_vocabulary",
    "label_skill_map",
    "propagate",
    "restore_vocabulary",
    "versions",
]
