"""Before stage 1: evaluation questions Q are split at random into Q_val and Q_test (paper, section 4.1).

`stat-studio split` draws and stores the split; the pipeline only checks that it is there."""

import random
from collections.abc import Sequence

from stat_engine.errors import StatError
from stat_engine.method.context import RunContext


def check_split(context: RunContext) -> None:
    """The stage: raises NotThereYet without validation questions, unless responses were imported."""
    if context.config.student.backend != "imported":
        context.dataset.need_split("validation")


def split(ids: Sequence[str], n_validation: int, seed: int) -> tuple[list[str], list[str]]:
    """(validation ids, test ids), each sorted; the same for the same ids, size and seed.

    Raises StatError unless both parts get at least one question."""
    if not 0 < n_validation < len(ids):
        raise StatError(
            f"--validation: found {n_validation}, expected 1 to {len(ids) - 1} of the {len(ids)} questions"
        )
    validation = set(random.Random(seed).sample(sorted(ids), n_validation))
    return sorted(validation), sorted(set(ids) - validation)
