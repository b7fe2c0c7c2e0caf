"""Settings and measured results of the two small models; no torch here."""

from pydantic import BaseModel


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
