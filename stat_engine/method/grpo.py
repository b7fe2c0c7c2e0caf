"""Stage 3, reinforcement: GRPO on the student or an arm, through TRL, with or without the profile's weights.

Questions in, an adapter folder out. As in the paper: constant learning rate, no KL term, no entropy
bonus, several updates for each batch of answers, reward 1 for a correct final answer and 0 otherwise. The
paper names no variant of the loss; ours is TRL's own (`dapo`). Deviation: Skill-GRPO, the paper's open
question, in which the Missing-Skill-Profile weights the rewards or the draw of the questions
(`question_weights`)."""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from stat_engine.config import GrpoConfig, SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.grading import Grader
from stat_engine.method import computed
from stat_engine.method.context import RunContext
from stat_engine.method.sft.arm import arm_adapter, card_of, drop_other_work, finished
from stat_engine.method.sft.faults import finite_only, told
from stat_engine.method.sft.fine_tuning import (
    base_weights,
    last_whole_checkpoint,
    lora,
    quantisation,
    save_adapter,
)
from stat_engine.method.sft.metrics import forget_after, read_metrics, writer
from stat_engine.method.stage import grader_settings
from stat_engine.models.framing import frame
from stat_engine.models.local.abilities import pads_apart
from stat_engine.models.local.loading import end_tokens, load_tokenizer, own_ends
from stat_engine.models.local.templates import check_template
from stat_engine.models.open import student_identity
from stat_engine.records import Question, SkillMapEntry, content_hash
from stat_engine.skills import Skill
from stat_engine.store.files import sha256

SAVES_MEMORY = "a smaller grpo.device_batch (the same updates), grpo.max_tokens or grpo.questions_a_batch"
Progress = Callable[[int, int], None]


def question_weights(
    question_ids: Sequence[str],
    skill_map: Mapping[str, SkillMapEntry],
    failure_rates: Mapping[Skill, float],
    strength: float,
) -> dict[str, float]:
    """Weight of each question, mean 1: w(q) = (1 - s) + s * f(q) / mean(f), in [0, n].

    f(q) is the mean failure rate, in the profile, of the skills that q carries, 0 for a question without
    any; s is `strength` in [0, 1]. Our formula: the paper leaves it open. All 1 where no rate is above 0."""
    rates = [_failure(skill_map.get(id), failure_rates) for id in question_ids]
    mean = fmean(rates) if rates else 0.0
    if mean == 0:
        return dict.fromkeys(question_ids, 1.0)
    return {id: (1 - strength) + strength * rate / mean for id, rate in zip(question_ids, rates, strict=True)}


def _failure(entry: SkillMapEntry | None, failure_rates: Mapping[Skill, float]) -> float:
    if entry is None or not entry.skills:
        return 0.0
    return fmean(failure_rates.get((entry.subject, skill), 0.0) for skill in entry.skills)


def drawn(
    questions: Sequence[Question], weights: Mapping[str, float], config: GrpoConfig, seed: int
) -> list[Question]:
    """The questions that are trained on, `config.questions` of them: all at random, or by their weights.

    Drawn by weight a question may come more than once; at random none does."""
    chance = random.Random(seed)
    n = min(config.questions or len(questions), len(questions))
    if config.profile_weighs != "sampling":
        return chance.sample(list(questions), n)
    return chance.choices(list(questions), [weights[question.id] for question in questions], k=n)


def in_order(questions: Sequence[Question], config: GrpoConfig, seed: int) -> list[Question]:
    """The questions of all batches of all epochs, one after the other.

    Each epoch goes through them in another order and leaves out those that make no whole batch."""
    chance, n_epoch = random.Random(seed), len(questions) // config.questions_a_batch
    wanted, ordered = config.n_batches(len(questions)) * config.questions_a_batch, list[Question]()
    while len(ordered) < wanted:
        ordered += chance.sample(list(questions), n_epoch * config.questions_a_batch)
    return ordered[:wanted]


def reinforce(
    student: StudentConfig,
    start: Path | None,
    questions: Sequence[Question],
    weights: Mapping[str, float],
    grader: Grader,
    config: GrpoConfig,
    adapter: SftConfig,
    seed: int,
    folder: Path,
    progress: Progress | None = None,
) -> dict[str, float]:
    """Train an adapter into `folder`/adapter, going on from the adapter `start` where one is given.

    `adapter` is what a new one is made like. Returns the mean reward of the first and of the last batch
    (fraction right; weighted where the profile weighs it), the steps and the questions. Metrics are as in
    `sft.fine_tune`, and a killed training resumes from the checkpoint of its last batch.
    Raises StatError for questions without answers or too few of them and for a server that cannot be asked,
    before anything is loaded, and for a loss that is no number, memory that runs out, and a full disk."""
    from transformers import set_seed

    check(questions, config)
    set_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = last_whole_checkpoint(folder / "checkpoints")
    with told(folder, SAVES_MEMORY):
        forget_after(folder, int(checkpoint.name.split("-")[1]) if checkpoint else 0)
        reward = reward_of(questions, weights, grader, config, student.stops())
        rows = [_row(question, student.framing) for question in in_order(questions, config, seed)]
        trainer = _trainer(student, start, rows, reward, config, adapter, seed, folder, progress)
        result = trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        save_adapter(trainer.model, folder / "adapter")
    rewards = [float(line["reward"]) for line in read_metrics(folder / "metrics.jsonl") if "reward" in line]
    return {
        "first_reward": rewards[0], "reward": rewards[-1],
        "steps": result.global_step, "questions": len(questions),
    }  # fmt: skip


def check(questions: Sequence[Question], config: GrpoConfig) -> None:
    """Raise StatError for questions that no reward can be given on, and for a server without its client."""
    from trl.import_utils import is_vllm_available

    without = [question.id for question in questions if question.answer is None]
    if without:
        raise StatError(
            f"{len(without):,} of {len(questions):,} questions have no answer to reward (first: "
            f"{without[0]}); GRPO needs questions with answers"
        )
    if len(questions) < config.questions_a_batch:
        raise StatError(
            f"{len(questions):,} questions make no whole batch of grpo.questions_a_batch="
            f"{config.questions_a_batch}; lower it, and grpo.mini_batch with it"
        )
    if config.vllm_url is not None and not is_vllm_available():
        raise StatError(
            f"grpo.vllm_url={config.vllm_url}: weights go to that server through the package vllm, which is "
            "not installed here; install stat-studio[vllm], or set grpo.vllm_url=null"
        )


def reward_of(
    questions: Sequence[Question],
    weights: Mapping[str, float],
    grader: Grader,
    config: GrpoConfig,
    stop: Sequence[str] = (),
) -> Callable[..., list[float]]:
    """The reward as TRL asks for it: 1 for the correct final answer, else 0; times the question's weight
    where the profile weighs rewards. An answer ends at the first of the texts in `stop`, as when graded."""
    by_id = {question.id: question for question in questions}
    is_weighed = config.profile_weighs == "reward"

    def correct(completions: list[Any], question_id: list[str], **_: Any) -> list[float]:
        texts = [_cut(one if isinstance(one, str) else str(one[-1]["content"]), stop) for one in completions]
        graded = grader.grade([(text, by_id[id]) for text, id in zip(texts, question_id, strict=True)])
        return [
            float(bool(one.is_correct)) * (weights[id] if is_weighed else 1.0)
            for one, id in zip(graded, question_id, strict=True)
        ]

    return correct


def _cut(text: str, stop: Sequence[str]) -> str:
    for end in stop:
        text = text.split(end, 1)[0]
    return text


def _row(question: Question, framing: str) -> dict[str, Any]:
    prompt = frame(question.problem, framing)
    return {"prompt": prompt, "question_id": question.id}


def _trainer(
    student: StudentConfig,
    start: Path | None,
    rows: list[dict[str, Any]],
    reward: Callable[..., list[float]],
    config: GrpoConfig,
    adapter: SftConfig,
    seed: int,
    folder: Path,
    progress: Progress | None,
) -> Any:
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import GRPOTrainer

    torch.set_num_threads(adapter.threads)
    tokenizer = load_tokenizer(
        student.model, needs_chat=student.framing != "base", trust_remote_code=student.trust_remote_code
    )
    check_template(tokenizer, student.model, student.framing)
    trainer = GRPOTrainer(
        model=_policy(student, start, adapter, tokenizer),
        reward_funcs=reward,
        args=trainer_arguments(config, seed, folder / "checkpoints", own_ends(tokenizer)),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=[finite_only("grpo"), writer(folder, progress)],
    )
    trainer.remove_callback(PrinterCallback)  # it prints to stdout, which belongs to the results
    return trainer


def _policy(student: StudentConfig, start: Path | None, adapter: SftConfig, tokenizer: Any) -> Any:
    """The student with an adapter that learns: the one of an arm, or a new one that changes nothing yet.

    Its rollouts end at the tokens at which evaluation ends answers."""
    from peft import PeftModel, get_peft_model

    base = base_weights(student, quantisation(adapter))
    if not pads_apart(base):
        raise StatError(
            f"grpo: TRL pads prompts on the left, which changes what student {student.model}, a "
            f"{type(base).__name__}, answers with this version of transformers; reinforce another student, "
            "or train this one on pairs (stat-studio train)"
        )
    base.generation_config.eos_token_id = end_tokens(base, tokenizer)
    if start is not None:
        return PeftModel.from_pretrained(base, str(start), is_trainable=True)
    return get_peft_model(base, lora(adapter, student, base))


def trainer_arguments(config: GrpoConfig, seed: int, folder: Path, ends: Sequence[int] = ()) -> Any:
    """TRL's GRPOConfig; checkpoints go to `folder`, one after each batch's updates.

    `ends`: tokens at which a server ends answers besides the checkpoint's own."""
    import torch
    from trl import GRPOConfig as TrlConfig

    has_gpu = torch.cuda.is_available()
    n_update = config.mini_batch * config.rollouts
    n_device = max(n for n in range(1, min(config.device_batch, n_update) + 1) if n_update % n == 0)
    return TrlConfig(
        output_dir=str(folder),
        seed=seed,
        data_seed=seed,
        num_train_epochs=1,  # the rows are those of all epochs, so that a training is taken up at any batch
        shuffle_dataset=False,
        learning_rate=config.learning_rate,
        lr_scheduler_type="constant",
        max_grad_norm=config.max_grad_norm,
        per_device_train_batch_size=n_device,
        gradient_accumulation_steps=n_update // n_device,
        generation_batch_size=config.questions_a_batch * config.rollouts,
        num_generations=config.rollouts,
        max_completion_length=config.max_tokens,
        temperature=config.temperature,
        beta=0.0,  # no KL term, so no reference model is held
        entropy_coef=0.0,
        disable_dropout=True,  # an arm's would make the probabilities of its own answers uncertain
        # a weight on a question's rewards would vanish where each group is divided by its own deviation
        scale_rewards="none" if config.profile_weighs == "reward" else "group",
        use_vllm=config.vllm_url is not None,
        vllm_mode="server",
        vllm_server_base_url=config.vllm_url,
        generation_kwargs={"stop_token_ids": list(ends)} if config.vllm_url and ends else None,
        bf16=has_gpu,
        use_cpu=not has_gpu,
        gradient_checkpointing=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=config.questions_a_batch // config.mini_batch,
        save_total_limit=1,
        report_to=[],
        disable_tqdm=True,
        dataloader_pin_memory=has_gpu,
    )


def reinforce_arm(context: RunContext, start: str, arm: str, seed: int) -> dict[str, Any]:
    """GRPO from `start`, an arm's same seed or `base`, on questions of P; returns the new arm's card.

    The questions are the clean pool's: none is a copy, or nearly one, of a validation or test question.
    Nothing to do where the arm is there. Raises StatError where it was trained otherwise, and before
    anything is changed for what `grpo.check` finds; NotThereYet for a start that is not trained, and for a
    profile that is asked for and is not there."""
    config, folder = context.config, context.run.arm_folder(arm, seed)
    grpo = config.grpo
    adapter, weights_of = (None, None) if start == "base" else arm_adapter(context, start, seed)
    pool, weights = _weighed_pool(context)
    questions = drawn(pool, weights, grpo, seed)
    settings = grpo.decides_an_arm(start, config.sft)
    student = student_identity(config.student)
    asked = {key: config.student.decides_an_arm()[key] for key in ("framing", "dtype", "stop")}
    fingerprint = content_hash(
        "grpo", settings, grader_settings(context.run.config), student, asked, start, weights_of, seed,
        [[question.id, question.problem, question.answer, weights[question.id]] for question in questions],
    )  # fmt: skip
    there = card_of(
        folder, fingerprint,
        f"arm {arm}, seed {seed} of run {context.run.name} was trained on other questions, from another "
        "start or otherwise; train under another name: "
        f"stat-studio grpo {context.run.name} --start {start} --arm NAME",
    )  # fmt: skip
    if there is not None:
        return there
    check(questions, grpo)
    frame("", config.student.framing)  # raises for a prompt file that is none
    plan = {"fingerprint": fingerprint, "start": start, "n_questions": len(questions), "settings": settings}
    drop_other_work(folder, plan)
    context.run.mark(arm)
    label = f"{grpo.method} {arm} seed {seed}"
    outcome = reinforce(
        config.student, adapter, questions, weights, context.grader, grpo, config.sft, seed, folder,
        lambda n, of: context.report.progress(label, n, of),
    )  # fmt: skip
    before = {} if start == "base" else context.run.arm_card(start, seed)
    n_answers = grpo.n_batches(len(questions)) * grpo.questions_a_batch * grpo.rollouts
    card = {
        "arm": arm, "start": start, "set": before.get("set"), "n_pairs": before.get("n_pairs"),
        "method": grpo.method, "seed": seed, "n_questions": len(questions), "n_answers": n_answers,
        "fingerprint": fingerprint, "weights": sha256(folder / "adapter" / "adapter_model.safetensors"),
        "base_identity": student, "outcome": outcome, "settings": settings,
    }  # fmt: skip
    return finished(folder, card)


def _weighed_pool(context: RunContext) -> tuple[list[Question], dict[str, float]]:
    """The clean pool's questions that have an answer, and the weight of each."""
    pool, n_near = context.clean_pool(context.config.training_set.near)
    questions = [question for question in pool.questions if question.answer is not None]
    n_without = len(pool.questions) - len(questions)
    if n_near or n_without:
        context.report.say(
            "grpo",
            f"of the pool, {n_near:,} near-copies of evaluation questions and {n_without:,} questions "
            "without an answer are left out",
        )
    ids = [question.id for question in questions]
    if context.config.grpo.profile_weighs == "nothing":
        return questions, dict.fromkeys(ids, 1.0)
    rates = {(of.subject, of.skill): of.failure_rate for of in computed.profile(context.run)}
    return questions, question_weights(
        ids, context.pool_dataset.skill_map, rates, context.config.grpo.strength
    )
