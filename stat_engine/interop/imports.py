"""The door to all imports that write. A file is read and checked to its end before anything is
written, so a refused one leaves the workspace as it was; importing more adds to what is there
(`merging.py`).

Each function returns counts for people, fit for JSON; `notes` are sentences about what was left out."""

from stat_engine.interop.dataset_imports import import_questions, import_skill_map
from stat_engine.interop.evaluation_imports import import_evaluation
from stat_engine.interop.hub_imports import import_hub, import_rated, is_rated
from stat_engine.interop.lm_eval_imports import import_lm_eval
from stat_engine.interop.run_imports import import_responses, import_step_rewards, import_training_set

__all__ = [
    "import_evaluation",
    "import_hub",
    "import_lm_eval",
    "import_questions",
    "import_rated",
    "import_responses",
    "import_skill_map",
    "import_step_rewards",
    "import_training_set",
    "is_rated",
]
