"""Verbs that write what a run made for other tools: a training set, step labels, a model."""

from pathlib import Path
from typing import Annotated

import typer

from stat_engine.api import Workspace, output
from stat_engine.cli.detaching import Detaching, DetachOption
from stat_engine.cli.options import MOST_SEED, RunArgument, SetArgument
from stat_engine.cli.terminal import TerminalReport
from stat_engine.cli.verbs import OWN_RULE, Shown, Verbs, counted
from stat_engine.orders import ExportModelOrder

app = Verbs()
SeedOption = Annotated[
    int | None,
    typer.Option(min=0, max=MOST_SEED, help="Seed of the fine-tuning; the first there is by default"),
]
MergeOption = Annotated[
    bool, typer.Option("--merge", help="Whole weights with the adapter in them, in place of the adapter")
]
OutOption = Annotated[Path, typer.Option(help="File or folder to write")]


@app.verb("export")
def export(
    place: Workspace,
    run: RunArgument,
    set_name: SetArgument,
    *,
    out: OutOption,
    format: Annotated[str, typer.Option(help="trl, openai, alpaca, sharegpt or parquet")] = "trl",
) -> Shown:
    """Write a training set, as people left it, for another tool."""
    return counted(place.run(run).examples(set_name).export(out, format))


@app.verb("export-steps")
def export_steps(place: Workspace, run: RunArgument, *, out: OutOption) -> Shown:
    """Write the step labels that people reviewed, as TRL's stepwise data."""
    return counted(place.run(run).labels.export_steps(out))


@app.verb("export-model")
def export_model(
    place: Workspace,
    run: RunArgument,
    *,
    arm: Annotated[str, typer.Option(help="Trained arm")],
    to: Annotated[Path, typer.Option(help="Folder to write; an earlier export there is replaced"), OWN_RULE],
    seed: SeedOption = None,
    merge: MergeOption = False,
    detach: DetachOption = False,
) -> Shown:
    """Write a trained arm as safetensors with its tokenizer and a model card that tells its lineage."""
    chosen = place.run(run, TerminalReport())
    if detach:
        order = ExportModelOrder(run=run, arm=arm, to=to.resolve(), seed=seed, merge=merge)
        return Detaching(detach).start(place, order)
    found = chosen.export_model(arm, to, seed, merge)
    kind = "merged weights" if merge else "adapter"
    head = f"arm {arm}, seed {found['seed']}: {kind}, {output.size(found['n_bytes'])} in {found['folder']}"
    return Shown(found, [head, ", ".join(found["files"])])
