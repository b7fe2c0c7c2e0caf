"""Skills and data: the vocabulary and the Skill-Map, their audit, the splits, and what comes in."""

from stat_engine.ui.shared import frame
from stat_engine.ui.skills_and_data import audit, browsing, header, importing, vocabulary

frame.on_workspace()
dataset = header.chosen_dataset()
part = header.chosen_part() if dataset else None
if dataset is None:
    importing.first()
elif part == "Skills":
    if picked := browsing.skills(dataset):
        vocabulary.change_skill(dataset, picked)
elif part == "Versions":
    vocabulary.versions(dataset)
elif part == "Audit":
    audit.audit(dataset)
elif part == "Splits":
    audit.splits(dataset)
else:
    importing.importing(dataset)
