"""Step rewards; making a reward model; the shipped one."""

from pathlib import Path
from random import Random

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.numeracy.dataset import generate
from stat_engine.numeracy.pretrain import build_tokenizer, pretrain
from stat_engine.numeracy.problem import solution_text
from stat_engine.numeracy.reports import PretrainConfig, RewardModelConfig
from stat_engine.numeracy.reward_examples import StepExample, change_digit, label_steps
from stat_engine.numeracy.reward_model import encode_steps, score_by_token_probability, score_steps
from stat_engine.numeracy.train_reward_model import area_under_curve, is_difficult, train_reward_model

SHIPPED = Path(__file__).parents[2] / "data" / "numeracy" / "reward_model"


@pytest.fixture(scope="module")
def shipped() -> tuple[AutoModelForCausalLM, AutoTokenizer]:
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(SHIPPED).eval()
    return model, AutoTokenizer.from_pretrained(SHIPPED)


def test_every_step_is_read_at_its_own_newline() -> None:
    tokenizer = build_tokenizer()
    ids, places = encode_steps(tokenizer, "What is 2+3*4?", ["2+3*4=2+12", "Answer: 14"])
    assert tokenizer.decode(ids) == "<bos>What is 2+3*4?<sep>2+3*4=2+12\nAnswer: 14\n"
    assert [tokenizer.decode([ids[place]]) for place in places] == ["\n", "\n"]
    assert places[-1] == len(ids) - 1


def test_one_reward_a_step_and_the_same_alone_or_in_a_batch(shipped: tuple) -> None:
    problems = list(generate(40, 21, "uniform"))
    rows = [(p.problem, [step.text for step in p.reference]) for p in problems]
    rewards = score_steps(*shipped, rows)
    assert [len(row) for row in rewards] == [len(steps) for _, steps in rows]
    assert all(0 <= reward <= 1 for row in rewards for reward in row)
    assert score_steps(*shipped, rows[:1])[0] == pytest.approx(rewards[0], abs=1e-4)


def test_the_shipped_reward_model_prefers_gold_to_changed_digits(shipped: tuple) -> None:
    rng = Random(4)
    problems = list(generate(200, 22, "pool"))
    gold = [label_steps(p, solution_text(p.reference)) for p in problems]
    changed = [label_steps(p, change_digit(solution_text(p.reference), rng)) for p in problems]
    examples = gold + changed
    rewards = score_steps(*shipped, [(e.problem.problem, e.steps) for e in examples])
    scores = [reward for row in rewards for reward in row]
    truth = [right for e in examples for right in e.is_correct]
    assert area_under_curve(scores, truth) > 0.9


def test_a_step_after_a_wrong_one_counts_as_wrong() -> None:
    problem = next(generate(1, 0, "uniform"))
    assert label_steps(problem, f"1+1=3\nAnswer: {problem.answer}") == StepExample(
        problem, ("1+1=3", f"Answer: {problem.answer}"), (False, False)
    )


def test_area_under_curve_counts_ties_half() -> None:
    assert area_under_curve([0.9, 0.8, 0.3], [True, True, False]) == 1.0
    assert area_under_curve([0.5, 0.5], [True, False]) == 0.5
    assert area_under_curve([0.1, 0.9], [True, False]) == 0.0


def test_the_difficulty_rule_reads_final_mean_and_earlier_steps() -> None:
    assert not is_difficult([0.9, 0.95], tau1=0.85, tau2=0.7)
    assert is_difficult([0.99, 0.84], tau1=0.85, tau2=0.7)
    assert is_difficult([0.75, 0.9], tau1=0.85, tau2=0.7)
    assert is_difficult([0.69, 1.0, 1.0, 1.0], tau1=0.85, tau2=0.7)


def test_a_tiny_training_saves_a_loadable_reward_model(tmp_path: Path) -> None:
    tiny = PretrainConfig(steps=2, batch_size=8, hidden_size=32, n_layers=1, mlp_size=64, n_evaluated=0)
    pretrain(tmp_path / "student", seed=1, config=tiny)
    config = RewardModelConfig(steps=4, comparison_steps=2, n_pool=20, more_samples=1, n_evaluated=10)
    report = train_reward_model(tmp_path / "student", tmp_path / "prm", seed=1, config=config)
    assert report.n_examples >= 60 and report.n_test_steps >= 10
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "prm")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "prm")
    row = ("What is 2+3*4?", ["2+3*4=2+12", "2+12=14", "Answer: 14"])
    assert len(score_steps(model, tokenizer, [row])[0]) == 3
    control = score_by_token_probability(model, tokenizer, [row])[0]
    assert control == sorted(control, reverse=True)
