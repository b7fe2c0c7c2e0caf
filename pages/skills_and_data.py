"""Skills and data: the vocabulary and the Skill-Map, their audit, the splits, and imports."""

from stat_engine.ui.shared import frame
from stat_engine.ui.skills_and_data import audit, browsing, header, importing, vocabulary

SHOWN = {
    "Versions": vocabulary.versions, "Audit": audit.audit, "Splits": audit.splits,
    "Import": importing.importing,
}  # fmt: skip

frame.on_workspace()
dataset = header.chosen_dataset()
if dataset is None:
    importing.first()
elif (part := header.chosen_part()) in SHOWN:
    SHOWN[part](dataset)
elif picked := browsing.skills(dataset):
    vocabulary.change_skill(dataset, picked)
