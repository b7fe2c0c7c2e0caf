"""Stage 3 of the pipeline: fine-tuning every arm on its training set, and evaluation."""

import shutil
from pathlib import Path
from typing import Any

from stat_engine import derived
from stat_engine.config import StudentConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Sampling
from stat_engine.models.open import open_reward_model, open_student, reward_model_identity, student_identity
from stat_engine.records import Question, TrainingExample, content_hash
from stat_engine.stages.responses import respond
from stat_engine.stages.select import canonical
from stat_engine.stages.sft import fine_tune
from stat_engine.stages.step_rewards import score
from stat_engine.store.files import read_json, sha256, write_json
from stat_engine.store.tables import Manifest
from stat_engine.workbench import Workbench, batch_seed, batched, opened


def train_arms(bench: Workbench) -> None:
    """Fine-tune the student on every configured arm's set, once a seed."""
    for arm in bench.config.arms:
        for seed in bench.config.seeds:
            train(bench, canonical(arm), canonical(arm), seed)


def train(bench: Workbench, set_name: str, arm: str, seed: int, n_pairs: int | None = None) -> dict[str, Any]:
    """Fine-tune the student on one set, or on `n_pairs` of it; returns the arm's card.

    Nothing to do where it is there. Raises StatError where the arm was trained from another set or with
    other settings."""
    if arm == "base":
        raise StatError("arm base is the student itself; choose another --arm name")
    config, folder = bench.config, bench.run.arm_folder(arm, seed)
    set_manifest = bench.run.need_training_set(set_name).manifest()
    assert set_manifest is not None
    settings = config.sft.model_dump()
    student = student_identity(_student(bench))
    asked = {key: config.student.decides_an_arm()[key] for key in ("framing", "dtype")}
    examples = bench.run.examples(set_name)  # as people left the set
    n = min(n_pairs or len(examples), len(examples))
    cut = [n] if n < len(examples) else []
    digest = bench.run.examples_digest(set_name)
    fingerprint = content_hash(settings, digest, student, asked, seed, *cut)
    card = read_json(folder / "manifest.json")
    if card is not None and card["fingerprint"] == fingerprint:
        return dict(card)
    if card is not None:
        raise StatError(
            f"arm {arm}, seed {seed} of run {bench.run.name} was trained on another set or otherwise; "
            f"train under another name: stat-studio train {bench.run.name} --set {set_name} --arm NAME"
        )
    _refuse_another_set(bench, arm, set_name)
    _drop_other_work(
        folder, {"fingerprint": fingerprint, "set": set_name, "n_pairs": n, "settings": settings}
    )
    examples = drawn(examples, n)
    label = f"sft {arm} seed {seed}"
    outcome = fine_tune(
        config.student,
        examples,
        config.sft,
        seed,
        folder,
        lambda n, of: bench.report.progress(label, n, of),
    )
    if outcome["too_long"]:
        n_long = int(outcome["too_long"])
        bench.report.say(
            label, f"{n_long:,} pairs are longer than sft.max_length and are left out of the training"
        )
    weights = sha256(folder / "adapter" / "adapter_model.safetensors")
    card = {
        "arm": arm, "set": set_name, "method": set_manifest.settings["method"], "seed": seed,
        "n_pairs": n, "fingerprint": fingerprint, "weights": weights,
        "outcome": outcome, "settings": settings,
    }  # fmt: skip
    write_json(folder / "manifest.json", card)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return card


def drawn(examples: list[TrainingExample], n: int) -> list[TrainingExample]:
    """`n` of the examples in their order, the same ones every time.

    By the hash of their ids rather than from the front: the first pairs of a set lean to its first skills."""
    if n >= len(examples):
        return examples
    order = sorted(range(len(examples)), key=lambda at: content_hash(examples[at].example_id, at))
    return [examples[at] for at in sorted(order[:n])]


def _refuse_another_set(bench: Workbench, arm: str, set_name: str) -> None:
    for seed in bench.run.trained_seeds(arm):
        other = (read_json(bench.run.arm_folder(arm, seed) / "manifest.json") or {}).get("set")
        if other != set_name:
            raise StatError(
                f"arm {arm} of run {bench.run.name} was trained on set {other}; its seeds are repetitions, "
                f"so train set {set_name} under another name: --arm NAME"
            )


def _drop_other_work(folder: Path, asked: dict[str, Any]) -> None:
    """Forget the checkpoints of an unfinished training that was on another set or with other settings."""
    plan = folder / "plan.json"
    if (read_json(plan) or {}).get("fingerprint") != asked["fingerprint"]:
        shutil.rmtree(folder, ignore_errors=True)
        write_json(plan, asked)


def evaluate_arms(bench: Workbench) -> None:
    """Grade the student itself and every trained arm on the test questions."""
    evaluate(bench, "base", 0)
    measure_difficult_part(bench)
    for arm in dict.fromkeys(canonical(arm) for arm in bench.config.arms):
        for seed in bench.config.seeds:
            evaluate(bench, arm, seed)


def evaluate(bench: Workbench, arm: str, seed: int) -> Manifest:
    """Graded greedy responses of one arm. Raises NotThereYet for an arm that is not trained."""
    config, run = bench.config, bench.run
    settings, split = config.evaluation, config.evaluation.split
    adapter, weights = (None, None) if arm == "base" else arm_adapter(bench, arm, seed)
    student_config = _student(bench)
    sampling = Sampling(settings.temperature, 1.0, student_config.max_tokens, stop=tuple(student_config.stop))
    questions = _benchmark(bench, split)
    with opened(lambda: bench.student(adapter, f"{student_config.name}+{arm}")) as student:
        return bench.complete(
            run.evaluation(arm, seed, split),
            f"evaluation {arm} seed {seed}",
            settings.decides()
            | run.grader_settings()
            | student_config.decides_an_arm()
            | {"arm": arm, "seed": seed},
            [
                student_identity(student_config),
                weights,
                bench.dataset.digest(split),
                [question.id for question in questions],
            ],
            batched(questions, settings.batch_size),
            lambda i, batch: respond(
                student(), batch, sampling, student_config.steps, batch_seed(seed, i), bench.grader
            ),
        )


def _benchmark(bench: Workbench, split: str) -> list[Question]:
    """The split's questions but those that the profile was made from, which training may have aimed at."""
    asked = set(derived.question_ids(bench.run)) if split == "test" else set()
    return [question for question in bench.dataset.need_split(split) if question.id not in asked]


def measure_difficult_part(bench: Workbench) -> None:
    """Step rewards of the student's own test responses: what MATH^D, the difficult part, is cut from."""
    config, split = bench.config.reward_model, bench.config.evaluation.split
    responses = bench.run.evaluation("base", 0, split)
    manifest = responses.manifest()
    if config.backend == "imported" or manifest is None:
        return
    with opened(lambda: open_reward_model(config, bench.config.student.threads)) as reward_model:
        bench.complete(
            bench.run.benchmark_rewards(split),
            "evaluation difficult part",
            config.decides(),
            [reward_model_identity(config), manifest.digest],
            batched(list(responses.read()), config.batch_size),
            lambda _, batch: score(reward_model(), batch, bench.dataset.questions),
        )


def _student(bench: Workbench) -> StudentConfig:
    """The student's section; raises StatError where responses were imported and there is none to train."""
    config = bench.config.student
    if config.backend == "imported":
        open_student(config)
    return config


def arm_adapter(bench: Workbench, arm: str, seed: int) -> tuple[Path, str]:
    """Folder and hash of an arm's trained weights; raises StatError for one that is not trained."""
    folder = bench.run.arm_folder(arm, seed)
    card = read_json(folder / "manifest.json")
    if card is None:
        trained = ", ".join(bench.run.trained_arms()) or "none yet"
        raise StatError(
            f"run {bench.run.name} has no arm {arm} with seed {seed} (trained: {trained}); train it with: "
            f"stat-studio train {bench.run.name} --set SET --arm {arm} --seed {seed}"
        )
    return folder / "adapter", str(card["weights"])
