"""Verbs that show what was found: difficult, profile, compare."""

from typing import Annotated, Any

import typer

from stat_engine import views
from stat_engine.cli.runs import RunArgument
from stat_engine.cli.terminal import JsonOption, WorkspaceOption, show, table
from stat_engine.notebook import Workspace


def difficult(
    run: RunArgument,
    tau1: Annotated[float | None, typer.Option(help="On the final and the mean reward; 0: off")] = None,
    tau2: Annotated[float | None, typer.Option(help="On the steps before the final one; 0: off")] = None,
    rule: Annotated[str | None, typer.Option(help="paper or adaptmi")] = None,
    filter: Annotated[str | None, typer.Option(help="prm, consistency, length, orm or ground-truth")] = None,
    aggregate: Annotated[str | None, typer.Option(help="any, half, all or best-mean")] = None,
    workspace: WorkspaceOption = None,
    json: JsonOption = False,
) -> None:
    """Count the difficult questions under the run's thresholds, or others; nothing is changed."""
    result: dict[str, Any] = dict(
        Workspace(workspace)
        .run(run)
        .difficult(tau1=tau1, tau2=tau2, rule=rule, filter=filter, aggregate=aggregate)
    )
    rows = [{"subject": subject or "all", **counts} for subject, counts in result["by_subject"].items()]
    columns = {"subject": "subject", "n_questions": "questions", "n_difficult": "difficult"}
    clauses = ", ".join(f"{name} {n:,}" for name, n in result["clauses"].items())
    warning = views.difficult.warning(Workspace(workspace).run_folder(run))
    lines = [
        *([f"warning: {warning}"] if warning else []),
        f"{result['n_difficult']:,} of {result['n_questions']:,} questions are difficult "
        f"({result['n_responses']:,} responses; responses under each clause: {clauses})",
        *_confusion(result["confusion"]),
        *table(rows, columns),
    ]
    show(result, json, lines)


def profile(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Show the Missing-Skill-Profile, most missed first."""
    result: dict[str, Any] = dict(views.profile.summary(Workspace(workspace).run_folder(run)))
    columns = {
        "subject": "subject", "skill": "skill", "n_missing": "missing", "n_questions": "questions",
        "failure_rate": "rate", "ci_low": "95% from", "ci_high": "to",
    }  # fmt: skip
    warning = [f"warning: {result['warning']}"] if result["warning"] else []
    head = f"{result['n_difficult']:,} difficult questions"
    show(result, json, [head, *table(result["skills"], columns), *warning])


def compare(run: RunArgument, workspace: WorkspaceOption = None, json: JsonOption = False) -> None:
    """Compare the evaluated arms with the student itself and with random."""
    result = views.compare.compare(Workspace(workspace).run_folder(run))
    show(result, json, comparison_lines(result))


def comparison_lines(result: dict[str, Any]) -> list[str]:
    """The comparison as a table for people; accuracies are fractions."""
    base = {"arm": "base (the student)", **result["base"]}
    columns = {
        "arm": "arm", "n_pairs": "pairs", "seeds": "seeds", "accuracy": "test", "ci_low": "95% from",
        "ci_high": "to", "profile_skills_accuracy": "profile skills", "other_skills_accuracy": "others",
        "difficult_accuracy": "difficult part", "p_vs_base": "p vs base", "p_vs_random": "p vs random",
    }  # fmt: skip
    head = (
        f"{result['test_questions']:,} {result['benchmark']} questions, "
        f"{result['profile_questions']:,} with the profile's skills, "
        f"{result['difficult_questions']:,} difficult"
    )
    warning = [f"warning: {result['warning']}"] if result["warning"] else []
    return [head, *table([*result["arms"], base], columns), *warning]


def _confusion(confusion: dict[str, int] | None) -> list[str]:
    if confusion is None:
        return ["no question's correctness is known"]
    tp, fp, fn, tn = (confusion[key] for key in ("tp", "fp", "fn", "tn"))
    shares = {
        "accuracy": (tp + tn, tp + fp + fn + tn), "precision": (tp, tp + fp), "recall": (tp, tp + fn),
        "F1": (2 * tp, 2 * tp + fp + fn),
    }  # fmt: skip
    text = ", ".join(f"{name} {k / n:.3f} (n={n:,})" if n else f"{name} -" for name, (k, n) in shares.items())
    return [f"against correctness: {text}"]


VERBS = [difficult, profile, compare]
