"""Stage 3b: fine-tune the student on each arm's training set."""

import shutil
from pathlib import Path
from typing import Any

from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.method.context import RunContext
from stat_engine.method.sft.faults import check
from stat_engine.method.sft.fine_tuning import Training
from stat_engine.method.sft.learning_rate import chosen_rate, taken_over
from stat_engine.method.sft.processes import fine_tune
from stat_engine.method.sft.targets import reach
from stat_engine.method.training_sets.select import canonical
from stat_engine.models.open import open_student, student_identity
from stat_engine.records import TrainingExample, content_hash
from stat_engine.store.checked_json import ArmCard, read_checked
from stat_engine.store.files import sha256, write_json


def train_arms(context: RunContext) -> None:
    """Fine-tune the student on every configured arm's set, once a seed."""
    for arm in context.config.arms:
        for seed in context.config.seeds:
            train(context, canonical(arm), canonical(arm), seed)


def train(
    context: RunContext, set_name: str, arm: str, seed: int, n_pairs: int | None = None
) -> dict[str, Any]:
    """Fine-tune the student on one set, or on `n_pairs` of it; returns the arm's card.

    Nothing to do where it is there. With sft.learning_rates the arm's rate is chosen first, once for all its
    seeds. Raises StatError where the arm was trained from another set or with other settings, and for what
    `sft.faults.check` finds, before anything is changed."""
    if arm == "base":
        raise StatError("arm base is the student itself; choose another --arm name")
    config, folder = context.config, context.run.arm_folder(arm, seed)
    set_manifest = context.run.need_training_set(set_name).manifest()
    assert set_manifest is not None
    settings = config.sft.decides()
    student = student_identity(_student(context))
    asked = {key: config.student.decides_an_arm()[key] for key in ("framing", "dtype")}
    examples = context.run.examples(set_name)  # as people left the set
    n = min(n_pairs or len(examples), len(examples))
    cut = [n] if n < len(examples) else []
    digest = context.run.examples_digest(set_name)
    fingerprint = content_hash(settings, digest, student, asked, seed, *cut)
    there = card_of(
        folder, fingerprint,
        f"arm {arm}, seed {seed} of run {context.run.name} was trained on another set or otherwise; "
        f"train under another name: stat-studio train {context.run.name} --set {set_name} --arm NAME",
    )  # fmt: skip
    if there is not None:
        return there
    _refuse_another_set(context, arm, set_name)
    examples = drawn(examples, n)
    check(config.student, examples, config.sft)
    context.report.say("sft", reach(config.student, config.sft).in_words())
    drop_other_work(folder, {"fingerprint": fingerprint, "set": set_name, "n_pairs": n, "settings": settings})
    context.run.mark(arm)
    choice = chosen_rate(context, arm, seed, examples, [settings, digest, student, asked, *cut])
    outcome = _fine_tuned(context, arm, seed, examples, choice)
    weights = sha256(folder / "adapter" / "adapter_model.safetensors")
    card = {
        "arm": arm, "set": set_name, "method": set_manifest.settings["method"], "seed": seed,
        "n_pairs": n, "fingerprint": fingerprint, "weights": weights, "base_identity": student,
        "outcome": outcome, "settings": settings, **({"learning_rate": choice} if choice else {}),
    }  # fmt: skip
    return finished(folder, card)


def _fine_tuned(
    context: RunContext,
    arm: str,
    seed: int,
    examples: list[TrainingExample],
    choice: dict[str, Any] | None,
) -> dict[str, float]:
    """The outcome of the training proper; what the choice of the rate has trained already is taken over."""
    outcome = taken_over(context, arm, seed, choice) if choice else None
    label, config = f"sft {arm} seed {seed}", context.config.sft
    if outcome is None:
        rate = {"learning_rate": choice["learning_rate"]} if choice else {}
        of_arm = context.run.arm_folder(arm, seed)
        outcome = fine_tune(
            Training(context.config.student, examples, config.model_copy(update=rate), seed, of_arm),
            lambda n, of: context.report.progress(label, n, of),
        )
    if outcome["too_long"]:
        n_long = int(outcome["too_long"])
        context.report.say(
            label,
            f"{n_long:,} pairs are longer than sft.max_length={config.max_length} tokens or the student's "
            "context, and are left out of the training; raise it to keep them",
        )
    return outcome


def drawn(examples: list[TrainingExample], n: int) -> list[TrainingExample]:
    """`n` of the examples in their order, the same ones every time.

    By the hash of their ids rather than from the front: the first pairs of a set lean to its first skills."""
    if n >= len(examples):
        return examples
    order = sorted(range(len(examples)), key=lambda at: content_hash(examples[at].example_id, at))
    return [examples[at] for at in sorted(order[:n])]


def _refuse_another_set(context: RunContext, arm: str, set_name: str) -> None:
    for seed in context.run.trained_seeds(arm):
        card = read_checked(context.run.arm_folder(arm, seed) / "manifest.json", ArmCard) or {}
        other = card.get("set")
        if "start" in card:
            raise StatError(
                f"arm {arm} of run {context.run.name} was made by GRPO from {card['start']}; train set "
                f"{set_name} under another name: --arm NAME"
            )
        if other != set_name:
            raise StatError(
                f"arm {arm} of run {context.run.name} was trained on set {other}; its seeds are repetitions, "
                f"so train set {set_name} under another name: --arm NAME"
            )


def card_of(folder: Path, fingerprint: str, otherwise: str) -> dict[str, Any] | None:
    """The card of the arm in this folder; None where it is not trained.

    Raises StatError with the sentence `otherwise` where it was trained from something else."""
    card = read_checked(folder / "manifest.json", ArmCard)
    if card is not None and card["fingerprint"] != fingerprint:
        raise StatError(otherwise)
    return None if card is None else dict(card)


def finished(folder: Path, card: dict[str, Any]) -> dict[str, Any]:
    """Record that the arm in this folder is trained, and drop its checkpoints; returns the card."""
    write_json(folder / "manifest.json", card)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return card


def drop_other_work(folder: Path, asked: dict[str, Any]) -> None:
    """Forget the checkpoints of an unfinished training that was on another set or with other settings."""
    plan = folder / "plan.json"
    if (read_checked(plan, ArmCard) or {}).get("fingerprint") != asked["fingerprint"]:
        shutil.rmtree(folder, ignore_errors=True)
        write_json(plan, asked)


def _student(context: RunContext) -> StudentConfig:
    """The student's section; raises StatError where responses were imported and there is none to train."""
    config = context.config.student
    if config.backend == "imported":
        open_student(config)
    return config


def arm_adapter(context: RunContext, arm: str, seed: int) -> tuple[Path, str]:
    """Folder and hash of an arm's trained weights; raises StatError for one that is not trained."""
    folder = context.run.arm_folder(arm, seed)
    card = read_checked(folder / "manifest.json", ArmCard)
    if card is None:
        trained = ", ".join(context.run.trained_arms()) or "none yet"
        raise StatError(
            f"run {context.run.name} has no arm {arm} with seed {seed} (trained: {trained}); train it with: "
            f"stat-studio train {context.run.name} --set SET --arm {arm} --seed {seed}"
        )
    if card.get("base_identity", now := student_identity(context.config.student)) != now:
        raise StatError(
            f"arm {arm}, seed {seed} of run {context.run.name} is an adapter of another base than student "
            f"{context.config.student.model} as it is now; name the student it was trained from, or train "
            f"under another name: stat-studio train {context.run.name} --set {card['set']} --arm NAME"
        )
    return folder / "adapter", str(card["weights"])
