"""The choice of an arm's learning rate by validation accuracy (paper, "Training").

One adapter is trained with each rate and answers the validation questions; the test questions are not
used. The profile was made from the validation questions too, so a targeted set is fitted to them: their
accuracy compares rates on one set and says nothing about sets."""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from stat_engine.method.accuracy import accuracy
from stat_engine.method.context import RunContext, batch_seed, batched, opened
from stat_engine.method.responses import respond
from stat_engine.method.sft.fine_tuning import Training
from stat_engine.method.sft.processes import fine_tune
from stat_engine.method.stage import grader_settings
from stat_engine.models.base import Sampling
from stat_engine.records import Response, TrainingExample, content_hash
from stat_engine.store.files import read_json, sha256, write_json
from stat_engine.store.tables import StageTable

NOTE = (
    "chosen on the validation questions, which the Missing-Skill-Profile was made from: their accuracies "
    "compare rates on this set, and are no result"
)
CHOICE, FOLDER = "learning_rate.json", "learning_rates"


def chosen_rate(
    context: RunContext, arm: str, seed: int, examples: Sequence[TrainingExample], identity: Sequence[object]
) -> dict[str, Any] | None:
    """The arm's rate and how it was chosen, made now where it is not there; None where there is no choice.

    learning_rate, seed, split, n_questions, note, and `rates`: learning_rate, accuracy (fraction), ci_low,
    ci_high (Wilson's 95%), n_questions, last_loss of each. The best wins, of equal ones the lowest. Trained
    with the first seed that the arm is asked for; `identity` is what decides a training but for its seed.
    An interrupted choice resumes at its step and batch of questions."""
    rates = sorted(context.config.sft.learning_rates)
    if not rates:
        return None
    folder = context.run.arm_folder(arm, seed).parent
    fingerprint = content_hash(
        list(identity), context.dataset.digest("validation"), context.config.student.max_tokens
    )
    there = read_json(folder / CHOICE)
    if there is not None and there["fingerprint"] == fingerprint:
        return {key: value for key, value in there.items() if key != "fingerprint"}
    rows = [_tried(context, arm, seed, rate, examples, fingerprint) for rate in rates]
    best = max(rows, key=lambda row: (row["accuracy"], -row["learning_rate"]))
    choice = {
        "learning_rate": best["learning_rate"], "seed": seed, "split": "validation",
        "n_questions": best["n_questions"], "note": NOTE, "rates": rows,
    }  # fmt: skip
    write_json(folder / CHOICE, {"fingerprint": fingerprint, **choice})
    context.report.say(f"sft {arm}", _in_words(choice))
    return choice


def taken_over(context: RunContext, arm: str, seed: int, choice: dict[str, Any]) -> dict[str, float] | None:
    """Copy what was trained at the chosen rate to the arm's folder where it is of this seed; its outcome.

    None where the choice was made with another seed, or its adapter is gone: then it is to be trained."""
    folder = context.run.arm_folder(arm, seed)
    source = _folder(folder.parent, choice["learning_rate"])
    trained = read_json(source / "manifest.json")
    if seed != choice["seed"] or trained is None or not (source / "adapter").is_dir():
        return None
    for name in ("metrics.jsonl", "pace.jsonl"):
        shutil.copy2(source / name, folder / name)
    shutil.rmtree(folder / "adapter", ignore_errors=True)
    shutil.copytree(source / "adapter", folder / "adapter")
    return dict(trained["outcome"])


def _folder(arm_folder: Path, rate: float) -> Path:
    return arm_folder / FOLDER / f"{rate:g}"


def _tried(
    context: RunContext,
    arm: str,
    seed: int,
    rate: float,
    examples: Sequence[TrainingExample],
    fingerprint: str,
) -> dict[str, Any]:
    """One rate: trained, asked, and its line of the choice."""
    folder = _folder(context.run.arm_folder(arm, seed).parent, rate)
    plan = {"fingerprint": fingerprint, "seed": seed, "learning_rate": rate}
    if read_json(folder / "plan.json") != plan:  # of another set or other settings
        shutil.rmtree(folder, ignore_errors=True)
        write_json(folder / "plan.json", plan)
    trained = read_json(folder / "manifest.json")
    if trained is None:
        label = f"sft {arm} seed {seed} at {rate:g}"
        config = context.config.sft.model_copy(update={"learning_rate": rate})
        outcome = fine_tune(
            Training(context.config.student, examples, config, seed, folder),
            lambda n, of: context.report.progress(label, n, of),
        )
        weights = sha256(folder / "adapter" / "adapter_model.safetensors")
        trained = {**plan, "weights": weights, "outcome": outcome}
        write_json(folder / "manifest.json", trained)
        shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    rows = list(_asked(context, arm, rate, folder, trained).read())
    right = pd.DataFrame({"id": [r.question_id for r in rows], "right": [bool(r.is_correct) for r in rows]})
    at = accuracy(right.groupby("id").right.mean())
    return {
        "learning_rate": rate, "accuracy": at.accuracy, "ci_low": at.ci_low, "ci_high": at.ci_high,
        "n_questions": at.n_questions, "last_loss": trained["outcome"]["loss"],
    }  # fmt: skip


def _asked(context: RunContext, arm: str, rate: float, folder: Path, trained: dict[str, Any]) -> StageTable:
    """The greedy answers of one rate's adapter to the validation questions."""
    student, table = context.config.student, StageTable(folder / "validation", Response)
    sampling = Sampling(0.0, 1.0, student.max_tokens, stop=student.stops())
    with opened(lambda: context.student(folder / "adapter", f"{student.name}+{arm}@{rate:g}")) as model:
        context.complete(
            table,
            f"learning rate {rate:g} of {arm}",
            grader_settings(context.run.config) | student.decides_an_arm(),
            [trained["fingerprint"], trained["weights"], context.dataset.digest("validation")],
            batched(context.dataset.need_split("validation"), context.config.evaluation.batch_size),
            lambda i, batch, keeping: respond(
                model(),
                batch,
                sampling,
                student.steps,
                batch_seed(trained["seed"], i),
                context.grader,
                keeping.answers(),
            ),
        )
    return table


def _in_words(choice: dict[str, Any]) -> str:
    tried = ", ".join(
        f"{row['learning_rate']:g}: {row['accuracy']:.1%} [{row['ci_low']:.1%}, {row['ci_high']:.1%}]"
        for row in choice["rates"]
    )
    return (
        f"learning rate {choice['learning_rate']:g} of {tried} ({choice['n_questions']:,} questions); {NOTE}"
    )
