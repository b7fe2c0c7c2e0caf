"""GRPO: what is drawn, weighed and rewarded, and a training that a kill leaves no trace in."""

import hashlib
import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from trl import GRPOTrainer

from stat_engine.config import GrpoConfig, SftConfig, StudentConfig
from stat_engine.errors import StatError
from stat_engine.grading.mathematical import MathematicalGrader
from stat_engine.method.grpo import drawn, in_order, question_weights, reinforce, reward_of, trainer_arguments
from stat_engine.method.sft.metrics import read_metrics
from stat_engine.records import Question, SkillMapEntry
from tests.method.sft.test_settings import given
from tests.models.architectures import saved

CONFIG = GrpoConfig(
    epochs=2, learning_rate=1e-2, questions_a_batch=4, mini_batch=2, rollouts=4, max_tokens=6, device_batch=4
)
QUESTIONS = [
    Question(id=f"q{at}", problem=f"What is {at}+{at}?", answer=str(2 * at), subject="s", split="train")
    for at in range(10)
]
ONES = dict.fromkeys((question.id for question in QUESTIONS), 1.0)


class Evens:
    """Rewards what no student of random weights does alike in all its answers: an even number of characters."""

    def grade(self, items: Any) -> list[Any]:
        return [type("Graded", (), {"is_correct": len(text) % 2 == 0}) for text, _ in items]


def trained(
    checkpoint: Path,
    folder: Path,
    config: GrpoConfig = CONFIG,
    seed: int = 0,
    progress: Any = None,
    **of: Any,
) -> dict[str, float]:
    student = StudentConfig(model=str(checkpoint))
    start, weights = of.get("start"), of.get("weights", ONES)
    return reinforce(
        student, start, QUESTIONS, weights, Evens(), config, SftConfig(), seed, folder, progress  # type: ignore[arg-type]
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["gpt2", "rwkv"])
def test_a_student_that_padding_changes_is_not_reinforced(kind: str, tmp_path: Path) -> None:
    with pytest.raises(StatError, match="TRL pads prompts on the left, which changes what student"):
        trained(saved(kind, tmp_path / "student"), tmp_path / "arm")


def adapter(folder: Path) -> str:
    return hashlib.sha256((folder / "adapter" / "adapter_model.safetensors").read_bytes()).hexdigest()


def test_a_weight_is_the_mean_failure_rate_of_the_skills_over_all_questions_mean() -> None:
    rates = {("s", "add"): 0.2, ("s", "carry"): 0.6, ("t", "add"): 1.0}
    skill_map = {
        id: SkillMapEntry(question_id=id, subject="s", skills=skills)
        for id, skills in (("a", ["add"]), ("b", ["add", "carry"]), ("c", ["new"]), ("d", []))
    }
    ids = ["a", "b", "c", "d", "unmapped"]
    f = {"a": 0.2, "b": 0.4, "c": 0.0, "d": 0.0, "unmapped": 0.0}
    mean = 0.6 / 5
    for strength in (0.0, 0.25, 1.0):
        found = question_weights(ids, skill_map, rates, strength)
        assert found == pytest.approx({id: 1 - strength + strength * f[id] / mean for id in ids})
        assert math.isclose(sum(found.values()) / len(ids), 1.0)
    assert question_weights(ids, skill_map, {}, 1.0) == dict.fromkeys(ids, 1.0)


def test_questions_are_drawn_by_their_weights_only_where_the_profile_weighs_the_draw() -> None:
    weights = ONES | {"q0": 0.0, "q1": 7.0}
    plain = GrpoConfig(questions=8, questions_a_batch=8, mini_batch=8)
    assert drawn(QUESTIONS, weights, plain, 0) == drawn(QUESTIONS, ONES, plain, 0)
    assert len({question.id for question in drawn(QUESTIONS, weights, plain, 0)}) == 8  # none comes twice
    assert sorted(q.id for q in drawn(QUESTIONS, weights, GrpoConfig(), 0)) == sorted(
        ONES
    )  # null: all of them
    weighed = GrpoConfig(profile_weighs="sampling")
    many = Counter(q.id for seed in range(400) for q in drawn(QUESTIONS, weights, weighed, seed))
    assert many["q0"] == 0 and sum(many.values()) == 4000
    assert 7 * 250 * 0.9 < many["q1"] < 7 * 250 * 1.1  # 7 of 15 parts, and of 4,000 draws


def test_every_epoch_has_its_own_order_in_whole_batches() -> None:
    ids = [question.id for question in in_order(QUESTIONS, CONFIG, 0)]
    assert len(ids) == 16 == CONFIG.n_batches(10) * 4  # two questions of ten wait for another epoch
    first, second = ids[:8], ids[8:]
    assert len(set(first)) == len(set(second)) == 8 and first != second
    assert ids == [question.id for question in in_order(QUESTIONS, CONFIG, 0)]
    assert ids != [question.id for question in in_order(QUESTIONS, CONFIG, 1)]
    half = CONFIG.model_copy(update={"epochs": 1.5})
    assert [question.id for question in in_order(QUESTIONS, half, 0)] == ids[:12]


@pytest.mark.parametrize("as_chat", [True, False])
def test_the_reward_is_one_for_the_right_final_answer_times_the_weight_if_asked(as_chat: bool) -> None:
    texts = ["1+1=2\nAnswer: 2", "Answer: 3", "no idea", "2+2=4\nAnswer: 4.0"]
    answers: list[Any] = [[{"role": "assistant", "content": text}] if as_chat else text for text in texts]
    ids, weights = ["q1", "q1", "q1", "q2"], ONES | {"q1": 0.5, "q2": 3.0}
    for weighs, expected in (
        ("nothing", [1.0, 0.0, 0.0, 1.0]), ("sampling", [1.0, 0.0, 0.0, 1.0]), ("reward", [0.5, 0.0, 0.0, 3.0]),
    ):  # fmt: skip
        config = GrpoConfig.model_validate({"profile_weighs": weighs})
        reward = reward_of(QUESTIONS, weights, MathematicalGrader(), config)
        assert reward(completions=answers, question_id=ids, prompts=["?"] * 4) == expected


def test_what_follows_a_text_that_ends_an_answer_is_not_rewarded() -> None:
    reward = reward_of(QUESTIONS, ONES, MathematicalGrader(), CONFIG, ["\n\nQuestion:"])
    assert reward(completions=["Answer: 2\n\nQuestion: 3?\nAnswer: 9"], question_id=["q1"]) == [1.0]


def test_training_taken_up_after_a_kill_ends_as_an_undisturbed_one(
    tiny_checkpoint: Path, tmp_path: Path
) -> None:
    undisturbed = trained(tiny_checkpoint, tmp_path / "a")
    assert (undisturbed["steps"], undisturbed["questions"]) == (8, 10)
    taken: list[int] = []

    def killed(step: int, _: int) -> None:
        taken.append(step)
        if step == 7:  # within the last batch, whose two steps are 7 and 8
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(tiny_checkpoint, tmp_path / "b", progress=killed)
    resumed = trained(tiny_checkpoint, tmp_path / "b", progress=lambda step, _: taken.append(step))
    assert taken == [1, 2, 3, 4, 5, 6, 7, 7, 8]
    assert (resumed, adapter(tmp_path / "b")) == (undisturbed, adapter(tmp_path / "a"))
    metrics = read_metrics(tmp_path / "a" / "metrics.jsonl")
    assert read_metrics(tmp_path / "b" / "metrics.jsonl") == metrics
    rewards = [line["reward"] for line in metrics if "reward" in line]
    assert (len(rewards), rewards[0], rewards[-1]) == (4, undisturbed["first_reward"], undisturbed["reward"])
    assert len(set(rewards)) > 1 and all(0 <= reward <= 1 for reward in rewards)
    tokens = [line["n_tokens"] for line in metrics]
    assert tokens == sorted(tokens) and len(set(tokens)) == 4  # counted once a batch, when it is written


def test_the_seed_the_weights_and_the_start_decide(tiny_checkpoint: Path, tmp_path: Path) -> None:
    one = CONFIG.model_copy(update={"epochs": 0.5})
    (tmp_path / "plain").mkdir()  # of a training that was killed before its first checkpoint
    (tmp_path / "plain" / "metrics.jsonl").write_text('{"step": 1, "reward": 9.0, "n_tokens": 5}\n')
    trained(tiny_checkpoint, tmp_path / "plain", one)
    trained(tiny_checkpoint, tmp_path / "seed", one, seed=1)
    weighs = one.model_copy(update={"profile_weighs": "reward"})
    outcome = trained(tiny_checkpoint, tmp_path / "skill", weighs, weights=dict.fromkeys(ONES, 2.0))
    start = tmp_path / "plain" / "adapter"
    trained(tiny_checkpoint, tmp_path / "start", one, start=start)
    hashes = [adapter(tmp_path / name) for name in ("plain", "seed", "skill", "start")]
    assert len(set(hashes)) == 4
    assert outcome["first_reward"] == 2 * read_metrics(tmp_path / "plain" / "metrics.jsonl")[0]["reward"]


def test_the_paper_s_settings_reach_the_trainer(tmp_path: Path) -> None:
    from trl import GRPOConfig as TrlConfig

    of = trainer_arguments(GrpoConfig(), 3, tmp_path)
    assert given(of, TrlConfig(output_dir=str(tmp_path), use_cpu=True)) == {
        "seed": 3, "data_seed": 3, "num_train_epochs": 1, "shuffle_dataset": False, "learning_rate": 5e-7,
        "lr_scheduler_type": "constant", "per_device_train_batch_size": 64, "gradient_accumulation_steps": 4,
        "generation_batch_size": 1024, "steps_per_generation": 16, "num_generations": 4,
        "max_completion_length": 2048, "disable_dropout": True, "gradient_checkpointing": False,
        "vllm_mode": "server", "save_steps": 4, "save_total_limit": 1, "logging_steps": 1,
        "logging_nan_inf_filter": False,
    }  # fmt: skip
    of = trainer_arguments(GrpoConfig(), 3, tmp_path)
    assert (of.learning_rate, of.lr_scheduler_type, of.beta, of.entropy_coef) == (5e-7, "constant", 0.0, 0.0)
    assert (of.num_generations, of.max_completion_length, of.generation_batch_size) == (4, 2048, 1024)
    n_update = of.per_device_train_batch_size * of.gradient_accumulation_steps
    assert (n_update, of.save_steps, of.scale_rewards, of.use_vllm) == (256, 4, "group", False)
    assert (of.seed, of.data_seed) == (3, 3)


def test_a_server_and_weighed_rewards_reach_the_trainer(tmp_path: Path) -> None:
    config = GrpoConfig(vllm_url="http://127.0.0.1:8000", profile_weighs="reward", device_batch=100)
    of = trainer_arguments(config, 0, tmp_path)
    assert (of.use_vllm, of.vllm_mode, of.vllm_server_base_url) == (True, "server", "http://127.0.0.1:8000")
    assert of.scale_rewards == "none"
    assert (of.per_device_train_batch_size, of.gradient_accumulation_steps) == (
        64,
        4,
    )  # 100 does not divide 256


@pytest.mark.parametrize(
    ("questions", "config", "sentence"),
    [
        (
            [QUESTIONS[0].model_copy(update={"answer": None}), *QUESTIONS[1:]],
            CONFIG,
            r"1 of 10 questions have no answer to reward \(first: q0\); GRPO needs questions with answers",
        ),
        (QUESTIONS[:3], CONFIG, r"3 questions make no whole batch of grpo\.questions_a_batch=4; lower it"),
        (
            QUESTIONS,
            CONFIG.model_copy(update={"vllm_url": "http://127.0.0.1:8000"}),
            r"grpo\.vllm_url=http://127\.0\.0\.1:8000: weights go to that server through the package vllm",
        ),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, questions: list[Question], config: GrpoConfig, sentence: str
) -> None:
    with pytest.raises(StatError, match=sentence):
        reinforce(
            StudentConfig(model="nowhere"), None, questions, ONES, MathematicalGrader(), config, SftConfig(), 0,
            tmp_path / "x",
        )  # fmt: skip
    assert not (tmp_path / "x").exists()


def test_memory_that_runs_out_names_the_settings_that_need_less(
    tiny_checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(GRPOTrainer, "training_step", full)
    with pytest.raises(StatError, match=r"memory ran out \(.*needs less: a smaller grpo\.device_batch"):
        trained(tiny_checkpoint, tmp_path)


def test_a_loss_that_is_no_number_is_one_sentence(tiny_checkpoint: Path, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"learning_rate": 1e38})
    with pytest.raises(StatError, match=r"the .* turned (nan|inf) at step 2 of 8.*grpo\.learning_rate"):
        trained(tiny_checkpoint, tmp_path, config)
