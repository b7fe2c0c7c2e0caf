"""The verb `split`: validation and test questions of a dataset."""

from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.options import MOST_SEED, DatasetArgument
from stat_engine.cli.verbs import Shown, Verbs, counted

app = Verbs()


@app.verb("split")
def split(
    place: Workspace,
    dataset: DatasetArgument,
    *,
    validation: Annotated[int, typer.Option(min=0, help="Questions in Q_val; the others become Q_test")],
    of: Annotated[str, typer.Option("--from", help="Split to draw from")] = "test",
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Seed of the draw")] = 0,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would change")] = False,
) -> Shown:
    """Split evaluation questions at random into validation (Q_val) and test (Q_test)."""
    return counted(place.split(dataset, validation, of, seed, dry_run))
