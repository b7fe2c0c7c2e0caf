"""The verb that takes an arm out of its run: export-model."""

from pathlib import Path
from typing import Annotated

import typer

from stat_engine.api import Workspace
from stat_engine.cli.detaching import DetachOption, start_job
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, TerminalReport, WorkspaceOption, show
from stat_engine.store.disk import in_words


def export_model(
    run: RunArgument,
    arm: Annotated[str, typer.Option(help="Trained arm")],
    to: Annotated[Path, typer.Option(help="Folder to write; an earlier export there is replaced")],
    seed: Annotated[
        int | None, typer.Option(help="Seed of the fine-tuning; the first there is by default")
    ] = None,
    merge: Annotated[
        bool, typer.Option("--merge", help="Whole weights with the adapter in them, in place of the adapter")
    ] = False,
    detach: DetachOption = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Write a trained arm as safetensors with its tokenizer and a model card that tells its lineage."""
    place = Workspace(workspace)
    chosen = place.run(run, TerminalReport())
    if detach:
        seeds = ["--seed", str(seed)] if seed is not None else []
        merged = ["--merge"] if merge else []
        order = ["export-model", run, "--arm", arm, *seeds, "--to", str(to.resolve()), *merged]
        start_job(place.root, order, None, json)
        return
    found = chosen.export_model(arm, to, seed, merge)
    kind = "merged weights" if merge else "adapter"
    size = in_words(found["n_bytes"])
    head = f"arm {arm}, seed {found['seed']}: {kind}, {size} in {found['folder']}"
    show(found, json, [head, ", ".join(found["files"])])


VERBS = [("export-model", export_model)]
