"""Verbs on whole training sets: build one, plan its pairs, and see what was dropped and what leaks."""

from pathlib import Path
from typing import Annotated, Any

import typer

from stat_engine.api import Workspace
from stat_engine.api.output import rows as rows_of
from stat_engine.cli.estimates import calls_shown
from stat_engine.cli.options import MOST_SEED, CallsOnly, RunArgument, SetArgument
from stat_engine.cli.terminal import TerminalReport, table
from stat_engine.cli.verbs import READ, Shown, Verbs
from stat_engine.errors import shown

app = Verbs()


@app.verb("build")
def build(
    place: Workspace,
    run: RunArgument,
    *,
    method: Annotated[
        str,
        typer.Option(
            help="stat-sel, stat-syn; controls: random, uniform, math-train, math-augment, math-hard, "
            "embed-sel, embed-syn, skill-shuffled, syn-shuffled"
        ),
    ],
    name: Annotated[str | None, typer.Option(help="Name of the set; the method's by default")] = None,
    pairs: Annotated[int | None, typer.Option(help="Question-answer pairs at most")] = None,
    answers_per_question: Annotated[int | None, typer.Option(help="Answers of a question at most")] = None,
    per_skill: Annotated[int | None, typer.Option(help="Questions a difficult question and skill")] = None,
    rewrites: Annotated[int | None, typer.Option(help="Times the teacher rewrites each solution")] = None,
    allocation: Annotated[str | None, typer.Option(help="proportional or lower-bound")] = None,
    allocation_file: Annotated[
        Path | None,
        typer.Option(help="JSON {subject: {skill: pairs}}, in place of --allocation and --pairs"),
        READ,
    ] = None,
    seed: Annotated[int | None, typer.Option(min=0, max=MOST_SEED, help="Seed of the draw")] = None,
    allow_repeats: Annotated[bool, typer.Option("--allow-repeats", help="Fill up with repeats")] = False,
    dry_run: CallsOnly = False,
) -> Shown:
    """Build a training set that fits the Missing-Skill-Profile, or a control."""
    chosen = place.run(run, TerminalReport())
    settings: dict[str, Any] = {
        "pairs": pairs, "answers_per_question": answers_per_question, "per_skill": per_skill,
        "rewrites": rewrites, "allocation": allocation, "seed": seed, "allow_repeats": allow_repeats or None,
        "pairs_by_skill": chosen.read_allocation(allocation_file) if allocation_file else None,
    }  # fmt: skip
    chosen.folder.new_set_name(name or method)
    if dry_run:
        return calls_shown(chosen, chosen.estimate_build(method, **settings))
    result = chosen.build(method, name or method, **settings)
    counts = f"{result['n_pairs']:,} pairs, {result['n_questions']:,} questions"
    head = f"set {result['set']} ({result['method']}): {counts}"
    columns = {"subject": "subject", "skill": "skill", "n": "pairs"}
    return Shown(result, [head, *result["notes"], *table(result["skills"], columns)])


@app.verb("allocation")
def allocation(
    place: Workspace,
    run: RunArgument,
    allocation: Annotated[str | None, typer.Option(help="proportional or lower-bound")] = None,
    pairs: Annotated[int | None, typer.Option(min=1, help="Pairs of the set")] = None,
    out: Annotated[
        Path | None, typer.Option(help="JSON file to write, to be edited and given to build")
    ] = None,
) -> Shown:
    """Show how many pairs of a targeted set each skill gets, and write that to a file to edit."""
    chosen = place.run(run)
    plan = chosen.allocation(allocation, pairs)
    if out is not None:
        chosen.write_allocation(plan, out)
    rows = rows_of(plan[plan.n_missing > 0])
    columns = {
        "subject": "subject", "skill": "skill", "n_missing": "missing in", "n_aimed": "aimed at",
        "pairs": "pairs", "n_pool": "pool questions",
    }  # fmt: skip
    lines = table(rows, columns) if rows else ["no difficult question misses a skill"]
    written = [f"written to {out}"] if out else []
    return Shown({"run": run, "skills": rows_of(plan)}, [*lines, *written])


@app.verb("dropped")
def dropped(
    place: Workspace,
    run: RunArgument,
    *,
    set_name: Annotated[str, typer.Option("--set", help="Synthesised training set of the run")],
    gate: Annotated[str | None, typer.Option(help="Only those that this gate dropped")] = None,
) -> Shown:
    """List the new questions that a synthesised set left out, with the gate and its reason."""
    frame = place.run(run).examples(set_name).dropped()
    counts = {str(name): int(n) for name, n in frame["gate"].value_counts().items()}
    rows = rows_of(frame[frame.gate == gate] if gate else frame)
    columns = {"gate": "gate", "missing_skill": "missing skill", "problem": "question", "detail": "why"}
    short = [{**row, "problem": shown(row["problem"]), "detail": shown(row["detail"])} for row in rows]
    head = ", ".join(f"{n:,} {name}" for name, n in counts.items()) or "nothing was dropped"
    result = {"set": set_name, "gates": counts, "questions": rows}
    return Shown(result, [head, *(table(short, columns) if short else [])])


@app.verb("leakage")
def leakage(
    place: Workspace,
    run: RunArgument,
    set_name: SetArgument,
    top: Annotated[int, typer.Option(min=1, help="Nearest questions to list")] = 50,
) -> Shown:
    """Show how near a training set's questions come to those of validation and test."""
    found = place.run(run).examples(set_name).leakage(top)
    columns = {"share": "share", "split": "split", "near_id": "is near to", "problem": "question"}
    short = [{**row, "problem": shown(row["problem"])} for row in found["nearest"][:10]]
    head = (
        f"{found['n_near']:,} of {found['n_questions']:,} questions share {found['threshold']:.0%} or more "
        f"of their wording with one of {found['n_evaluation']:,} evaluation questions; "
        f"{found['n_equal']:,} are equal"
    )
    return Shown(found, [head, *(table(short, columns) if short else [])])
