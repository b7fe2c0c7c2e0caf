"""Making a student; the shipped one."""

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.numeracy.dataset import generate, split_problems
from stat_engine.numeracy.evaluate import is_solved, measure_accuracy, respond
from stat_engine.numeracy.pretrain import learning_rate_factor, pretrain
from stat_engine.numeracy.problem import solution_text
from stat_engine.numeracy.reports import PretrainConfig

SHIPPED = Path(__file__).parents[2] / "data" / "numeracy" / "student"
TINY = PretrainConfig(steps=4, batch_size=8, hidden_size=32, n_layers=1, mlp_size=64, n_evaluated=20)


def test_a_tiny_pretraining_saves_a_loadable_checkpoint(tmp_path: Path) -> None:
    report = pretrain(tmp_path, seed=1, config=TINY)
    assert (report.n_problems, report.accuracy.n) == (32, 20)
    model = AutoModelForCausalLM.from_pretrained(tmp_path)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    assert len(respond(model, tokenizer, ["What is 2+3*4?"])) == 1
    assert model.generation_config.do_sample is False
    assert "What it is not" in (tmp_path / "README.md").read_text()


def test_equal_seeds_give_equal_weights(tmp_path: Path) -> None:
    config = TINY.model_copy(update={"n_evaluated": 0})
    for name in ("a", "b"):
        pretrain(tmp_path / name, seed=1, config=config)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("a", "b")]
    assert weights[0] == weights[1]


def test_the_learning_rate_warms_up_stays_and_falls_to_zero() -> None:
    config = PretrainConfig(steps=1000, warmup_steps=100)
    steps = [0, 99, 499, 750, 1000]
    assert [learning_rate_factor(step, config) for step in steps] == [0.01, 1.0, 1.0, 0.5, 0.0]


@pytest.fixture(scope="module")
def shipped() -> tuple[AutoModelForCausalLM, AutoTokenizer]:
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_pretrained(SHIPPED).eval()
    return model, AutoTokenizer.from_pretrained(SHIPPED)


def test_the_shipped_student_masters_common_skills_and_fails_weak_ones(shipped: tuple) -> None:
    report = measure_accuracy(*shipped, split_problems(0)["test"][:400])
    assert report.common > 0.97
    assert 0.15 < report.weak < 0.65


def test_the_shipped_student_samples_at_every_temperature(shipped: tuple) -> None:
    problems = list(generate(30, 99, "pool"))
    questions = [problem.problem for problem in problems]
    for temperature in (0.1, 1.0):
        responses = respond(*shipped, questions, temperature, seed=3)
        assert responses == respond(*shipped, questions, temperature, seed=3)
        solved = [is_solved(p, text) for p, text in zip(problems, responses, strict=True)]
        assert sum(solved) > 20


def test_gold_solutions_count_as_solved() -> None:
    problem = next(generate(1, 0, "uniform"))
    assert is_solved(problem, solution_text(problem.reference))
    assert not is_solved(problem, "")
