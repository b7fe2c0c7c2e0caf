"""The verb `audit-skill-map`: whether the labels of a Skill-Map fit one another."""

from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.options import MOST_SEED, DatasetArgument
from stat_engine.cli.terminal import table
from stat_engine.cli.verbs import Shown, Verbs

app = Verbs()


@app.verb("audit-skill-map")
def audit_skill_map(
    place: Workspace,
    dataset: DatasetArgument,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Seed of shuffling and folds")] = 0,
) -> Shown:
    """Check a Skill-Map: does a classifier fitted on one split find the other split's labels?"""
    found = place.skills(dataset).audit(seed)
    columns = {
        "subject": "subject", "fitted_on": "fitted on", "scored_on": "scored on", "n_scored": "questions",
        "hit_rate": "hit rate", "shuffled": "shuffled labels", "ceiling": "cross-validated",
    }  # fmt: skip
    return Shown(found, [*table(found["rows"], columns), "", *found["findings"]])
