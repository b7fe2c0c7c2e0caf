"""Verbs of Stage 3: build, train, evaluate."""

from typing import Annotated

import typer

from stat_engine import views
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, TerminalReport, WorkspaceOption, show, table
from stat_engine.notebook import Workspace


def build(
    run: RunArgument,
    method: Annotated[
        str, typer.Option(help="random, uniform, math-hard, stat-sel, stat-syn or skill-shuffled")
    ],
    name: Annotated[str, typer.Option(help="Name of the set; the method's by default")] = "",
    pairs: Annotated[int | None, typer.Option(help="Question-answer pairs at most")] = None,
    answers_per_question: Annotated[int | None, typer.Option(help="Answers of a question at most")] = None,
    per_skill: Annotated[int | None, typer.Option(help="Questions a difficult question and skill")] = None,
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
            seed=seed,
            allow_repeats=allow_repeats or None,
        )
    )
    counts = f"{result['n_pairs']:,} pairs, {result['n_questions']:,} questions"
    head = f"set {result['set']} ({result['method']}): {counts}"
    columns = {"subject": "subject", "skill": "skill", "n": "pairs"}
    show(result, json, [head, *result["notes"], *table(result["skills"], columns)])


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


VERBS = [build, train, evaluate]
