"""Skills and data: the vocabulary and the Skill-Map, their audit, the splits, and imports."""

from stat_engine.ui.shared import frame
from stat_engine.ui.skills_and_data import header, parts

frame.on_workspace()
dataset = header.chosen_dataset()
if dataset is None:
    parts.begin()
else:
    parts.PARTS[header.chosen_part()](dataset)
