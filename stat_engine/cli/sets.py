"""Verbs of Stage 3: build, train, evaluate."""

from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, TerminalReport, WorkspaceOption, show, table
from stat_engine.errors import shown
from stat_engine.notebook import Workspace


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
    seed: Annotated[int | None, typer.Option(help="Seed of the draw")] = None,
    allow_repeats: Annotated[bool, typer.Option("--allow-repeats", help="Fill up with repeats")] = False,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Build a training set that fits the Missing-Skill-Profile, or a control."""
    result = (
        Workspace(workspace)
        .run(run, TerminalReport())
        .build(
            method,
            name or method,
            pairs=pairs,
            answers_per_question=answers_per_question,
            per_skill=per_skill,
            rewrites=rewrites,
            allocation=allocation,
            seed=seed,
            allow_repeats=allow_repeats or None,
        )
    )
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


def train(
    run: RunArgument,
    set_name: Annotated[str, typer.Option("--set", help="Training set of the run")],
    arm: Annotated[str | None, typer.Option(help="Name of the arm; the set's by default")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the fine-tuning; another one adds a repetition")] = 0,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Fine-tune the student on a training set with LoRA."""
    card = Workspace(workspace).run(run, TerminalReport()).train(set_name, arm, seed)
    result = {key: card[key] for key in ("arm", "set", "method", "seed", "n_pairs")} | card["outcome"]
    show(
        result,
        json,
        [f"arm {card['arm']}, seed {seed}: {card['n_pairs']:,} pairs, loss {result['loss']:.3f}"],
    )


def evaluate(
    run: RunArgument,
    arm: Annotated[str, typer.Option(help="Arm to grade; base is the student itself")],
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Grade an arm, all its seeds, on the run's test questions."""
    chosen = Workspace(workspace).run(run, TerminalReport())
    chosen.evaluate(arm)
    result = views.compare.arm(chosen.folder, arm)
    show(result, json, [f"{key.replace('_', ' ')}: {value}" for key, value in result.items()])


VERBS = [build, dropped, train, evaluate]
