"""Verbs of Stage 3: build, dropped."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.api import Workspace
from stat_engine.cli.runs import RunArgument, show_calls
from stat_engine.cli.terminal import JsonOption, TerminalReport, WorkspaceOption, show, table
from stat_engine.errors import shown
from stat_engine.store.allocations import read_allocation


def build(
    run: RunArgument,
    method: Annotated[
        str,
        typer.Option(
            help="stat-sel, stat-syn; controls: random, uniform, math-train, math-augment, math-hard, "
            "embed-sel, embed-syn, skill-shuffled, syn-shuffled"
        ),
    ],
    name: Annotated[str, typer.Option(help="Name of the set; the method's by default")] = "",
    pairs: Annotated[int | None, typer.Option(help="Question-answer pairs at most")] = None,
    answers_per_question: Annotated[int | None, typer.Option(help="Answers of a question at most")] = None,
    per_skill: Annotated[int | None, typer.Option(help="Questions a difficult question and skill")] = None,
    rewrites: Annotated[int | None, typer.Option(help="Times the teacher rewrites each solution")] = None,
    allocation: Annotated[str | None, typer.Option(help="proportional or lower-bound")] = None,
    allocation_file: Annotated[
        Path | None, typer.Option(help="JSON {subject: {skill: pairs}}, in place of --allocation and --pairs")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draw")] = None,
    allow_repeats: Annotated[bool, typer.Option("--allow-repeats", help="Fill up with repeats")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say how many teacher calls it takes and what they cost")
    ] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Build a training set that fits the Missing-Skill-Profile, or a control."""
    chosen = Workspace(workspace).run(run, TerminalReport())
    settings: dict[str, Any] = {
        "pairs": pairs, "answers_per_question": answers_per_question, "per_skill": per_skill,
        "rewrites": rewrites, "allocation": allocation, "seed": seed, "allow_repeats": allow_repeats or None,
        "pairs_by_skill": read_allocation(chosen.folder, allocation_file) if allocation_file else None,
    }  # fmt: skip
    if dry_run:
        show_calls(chosen, chosen.estimate_build(method, **settings), json)
        return
    result = chosen.build(method, name or method, **settings)
    counts = f"{result['n_pairs']:,} pairs, {result['n_questions']:,} questions"
    head = f"set {result['set']} ({result['method']}): {counts}"
    columns = {"subject": "subject", "skill": "skill", "n": "pairs"}
    show(result, json, [head, *result["notes"], *table(result["skills"], columns)])


def dropped(
    run: RunArgument,
    set_name: Annotated[str, typer.Option("--set", help="Synthesised training set of the run")],
    gate: Annotated[str | None, typer.Option(help="Only those that fell at this gate")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """List the new questions that a synthesised set left out, with the gate and its reason."""
    frame = views.training_sets.dropped(Workspace(workspace).run_folder(run), set_name)
    counts = {str(name): int(n) for name, n in frame["gate"].value_counts().items()}
    chosen = frame[frame.gate == gate] if gate else frame
    rows: list[dict[str, Any]] = [
        dict(zip(frame.columns, row, strict=True)) for row in chosen.itertuples(index=False)
    ]
    result = {"set": set_name, "gates": counts, "questions": rows}
    columns = {"gate": "gate", "missing_skill": "missing skill", "problem": "question", "detail": "why"}
    short = [{**row, "problem": shown(row["problem"]), "detail": shown(row["detail"])} for row in rows]
    head = ", ".join(f"{n:,} {name}" for name, n in counts.items()) or "nothing was dropped"
    show(result, json, [head, *(table(short, columns) if short else [])])


VERBS = [build, dropped]
