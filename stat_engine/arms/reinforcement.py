"""Stage 3 of the pipeline, reinforcement: an arm, or the student itself, goes on learning from rewards."""

import shutil
from typing import Any

from stat_engine import derived
from stat_engine.arms.training import arm_adapter, drop_other_work
from stat_engine.errors import StatError
from stat_engine.models.open import student_identity
from stat_engine.records import Question, content_hash
from stat_engine.stages.grpo import check, drawn, question_weights, reinforce
from stat_engine.store.files import read_json, sha256, write_json
from stat_engine.workbench import Workbench


def reinforce_arm(bench: Workbench, start: str, arm: str, seed: int) -> dict[str, Any]:
    """GRPO from `start`, an arm's same seed or `base`, on questions of P; returns the new arm's card.

    The questions are the clean pool's: none is a copy, or nearly one, of a validation or test question.
    Nothing to do where the arm is there. Raises StatError where it was trained otherwise, and before
    anything is changed for what `grpo.check` finds; NotThereYet for a start that is not trained, and for a
    profile that is asked for and is not there."""
    config, folder = bench.config, bench.run.arm_folder(arm, seed)
    grpo = config.grpo
    adapter, weights_of = (None, None) if start == "base" else arm_adapter(bench, start, seed)
    pool, weights = _weighed_pool(bench)
    questions = drawn(pool, weights, grpo, seed)
    settings = grpo.decides_an_arm(start, config.sft)
    student = student_identity(config.student)
    asked = {key: config.student.decides_an_arm()[key] for key in ("framing", "dtype", "stop")}
    fingerprint = content_hash(
        "grpo", settings, bench.run.grader_settings(), student, asked, start, weights_of, seed,
        [[question.id, question.problem, question.answer, weights[question.id]] for question in questions],
    )  # fmt: skip
    card = read_json(folder / "manifest.json")
    if card is not None and card["fingerprint"] == fingerprint:
        return dict(card)
    if card is not None:
        raise StatError(
            f"arm {arm}, seed {seed} of run {bench.run.name} was trained on other questions, from another "
            "start or otherwise; train under another name: "
            f"stat-studio grpo {bench.run.name} --start {start} --arm NAME"
        )
    check(questions, grpo)
    plan = {"fingerprint": fingerprint, "start": start, "n_questions": len(questions), "settings": settings}
    drop_other_work(folder, plan)
    label = f"{grpo.method} {arm} seed {seed}"
    outcome = reinforce(
        config.student, adapter, questions, weights, bench.grader, grpo, config.sft, seed, folder,
        lambda n, of: bench.report.progress(label, n, of),
    )  # fmt: skip
    before = {} if start == "base" else read_json(bench.run.arm_folder(start, seed) / "manifest.json") or {}
    n_answers = grpo.n_batches(len(questions)) * grpo.questions_a_batch * grpo.rollouts
    card = {
        "arm": arm, "start": start, "set": before.get("set"), "n_pairs": before.get("n_pairs"),
        "method": grpo.method, "seed": seed, "n_questions": len(questions), "n_answers": n_answers,
        "fingerprint": fingerprint, "weights": sha256(folder / "adapter" / "adapter_model.safetensors"),
        "base_identity": student, "outcome": outcome, "settings": settings,
    }  # fmt: skip
    write_json(folder / "manifest.json", card)
    shutil.rmtree(folder / "checkpoints", ignore_errors=True)
    return card


def _weighed_pool(bench: Workbench) -> tuple[list[Question], dict[str, float]]:
    """The clean pool's questions that have an answer, and the weight of each."""
    pool, n_near = bench.clean_pool(bench.config.training_set.near)
    questions = [question for question in pool.questions if question.answer is not None]
    n_without = len(pool.questions) - len(questions)
    if n_near or n_without:
        bench.report.say(
            "grpo",
            f"of the pool, {n_near:,} near-copies of evaluation questions and {n_without:,} questions "
            "without an answer are left out",
        )
    ids = [question.id for question in questions]
    if bench.config.grpo.profile_weighs == "nothing":
        return questions, dict.fromkeys(ids, 1.0)
    rates = {(of.subject, of.skill): of.failure_rate for of in derived.profile(bench.run)}
    return questions, question_weights(ids, bench.pool_dataset.skill_map, rates, bench.config.grpo.strength)
