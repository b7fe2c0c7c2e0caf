"""Settings, measured results and model cards of the two small models; no torch here."""

from pathlib import Path

from pydantic import BaseModel

from stat_engine.numeracy.dataset import WEAK_SHARE


class SkillAccuracy(BaseModel):
    """Final-answer accuracy on the questions made for one skill."""

    subject: str
    skill: str
    is_weak: bool
    n: int
    # 0 to 1.
    accuracy: float


class AccuracyReport(BaseModel):
    """Final-answer accuracy of a checkpoint; all shares from 0 to 1, 0 where there is no question."""

    n: int
    overall: float
    weak: float
    common: float
    per_skill: list[SkillAccuracy]


class PretrainConfig(BaseModel):
    """How the student is made; the defaults make the shipped one."""

    steps: int = 5000
    batch_size: int = 64
    learning_rate: float = 4e-3
    warmup_steps: int = 100
    # Share of the steps after which the learning rate falls linearly to zero.
    constant_share: float = 0.5
    hidden_size: int = 128
    n_layers: int = 4
    n_heads: int = 4
    mlp_size: int = 352
    # Test questions for the report; 0 measures nothing.
    n_evaluated: int = 2100


class PretrainReport(BaseModel):
    """What went in and what came out."""

    seed: int
    config: PretrainConfig
    n_parameters: int
    n_problems: int
    n_tokens: int
    seconds: float
    final_loss: float
    # None where no question was evaluated.
    accuracy: AccuracyReport | None


class RewardModelConfig(BaseModel):
    """How the reward model is made; the defaults make the shipped one."""

    steps: int = 1500
    # The first of these steps, in which the model learns to compare digits.
    comparison_steps: int = 200
    batch_size: int = 64
    learning_rate: float = 1e-3
    # Layers on top of the student's.
    n_new_layers: int = 2
    # Pool questions used, and further samples of a question whose first sample is wrong.
    n_pool: int = 6000
    more_samples: int = 8
    # Test questions whose sampled responses are scored for the report.
    n_evaluated: int = 2100
    # The paper's thresholds, for the report only.
    tau1: float = 0.85
    tau2: float = 0.7


class RewardModelReport(BaseModel):
    """What went in and what came out; AUCs are over steps of responses to test questions."""

    config: RewardModelConfig
    seed: int = 0
    n_examples: int = 0
    n_steps: int = 0
    # Share of the training steps that are correct.
    share_correct: float = 0.0
    seconds: float = 0.0
    n_test_steps: int
    step_auc: float
    step_auc_weak: float
    # The control: the student's lowest token probability so far.
    token_probability_auc: float
    token_probability_auc_weak: float
    # Of the responses that the paper's rule calls difficult, the share with a wrong step; and of
    # those with a wrong step, the share that it calls difficult.
    difficult_precision: float
    difficult_recall: float


_NOT = (
    "It solves generated numeracy questions in their own wording and nothing else: it is no general "
    "language model, and its figures say nothing about MATH or any other benchmark."
)


def write_student_card(folder: Path, report: PretrainReport) -> None:
    """Write `README.md` for the student."""
    config = report.config
    lines = [
        "# Numeracy student",
        "",
        f"A Llama-shaped causal language model of {report.n_parameters:,} parameters (hidden "
        f"{config.hidden_size}, {config.n_layers} layers, {config.n_heads} heads, MLP {config.mlp_size}, "
        "tied embeddings, single-digit word tokenizer), trained from scratch by "
        "`stat-studio numeracy pretrain`.",
        "",
        f"- Data: {report.n_problems:,} generated problems, {report.n_tokens:,} tokens, seed "
        f"{report.seed}; the weak skills are {WEAK_SHARE['pretraining']:.1%} of them. No pool or test "
        "question is among them.",
        f"- Training: Muon and AdamW at {config.learning_rate}, {config.steps} steps of {config.batch_size}, "
        f"loss on the solution only, {report.seconds:.0f} s on one CPU thread.",
        "- Input `<bos>question<sep>`, output one step a line, then `Answer: X` and `<eos>`.",
        "",
        f"**What it is not.** {_NOT} Its weaknesses are made on purpose, by leaving skills rare.",
        "",
        *_accuracy_lines(report),
    ]
    _write(folder, lines)


def _accuracy_lines(report: PretrainReport) -> list[str]:
    accuracy = report.accuracy
    if accuracy is None:
        return ["Its accuracy was not measured."]
    return [
        f"Greedy final-answer accuracy on {accuracy.n} test questions: {accuracy.overall:.1%} "
        f"(weak skills {accuracy.weak:.1%}, common skills {accuracy.common:.1%}).",
        "",
        "| subject | skill | rare in training | questions | accuracy |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row.subject} | {row.skill} | {'yes' if row.is_weak else 'no'} | {row.n} "
            f"| {row.accuracy:.1%} |"
            for row in accuracy.per_skill
        ),
    ]


def write_reward_model_card(folder: Path, report: RewardModelReport) -> None:
    """Write `README.md` for the reward model."""
    config = report.config
    lines = [
        "# Numeracy process reward model",
        "",
        f"The numeracy student with {config.n_new_layers} more layers, trained by "
        '`stat-studio numeracy train-reward-model` to answer "+" or "-" at the newline after every '
        "step; a step's reward is P(+) over these two. It scores a whole response in one pass.",
        "",
        f"- Data: {report.n_examples:,} labelled responses, {report.n_steps:,} steps "
        f"({report.share_correct:.0%} correct), seed {report.seed}: the student's samples over the "
        "pool, gold solutions, and gold solutions with one digit changed. A step is wrong from the "
        "first wrong line on.",
        f"- Training: AdamW {config.learning_rate}, {config.steps} steps of "
        f"{config.batch_size}, {report.seconds:.0f} s on one CPU thread with the sampling.",
        "",
        f"**What it is not.** {_NOT} Much of its headline is knowing which skills usually fail: read "
        "the second row.",
        "",
        f"AUC over {report.n_test_steps:,} steps of the student's responses to test questions, "
        "sampled at temperature 0.7:",
        "",
        "| steps | reward model | student's lowest token probability so far |",
        "| --- | --- | --- |",
        f"| all | {report.step_auc:.3f} | {report.token_probability_auc:.3f} |",
        f"| in questions of weak skills | {report.step_auc_weak:.3f} "
        f"| {report.token_probability_auc_weak:.3f} |",
        "",
        f"Difficult responses by tau1 = {config.tau1}, tau2 = {config.tau2}: precision "
        f"{report.difficult_precision:.2f}, recall {report.difficult_recall:.2f} against responses "
        "with a wrong step.",
    ]
    _write(folder, lines)


def _write(folder: Path, lines: list[str]) -> None:
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
