"""The model cards that stand beside the two checkpoints, written from the measured reports."""

from pathlib import Path

from stat_engine.numeracy.generate import WEAK_SHARE
from stat_engine.numeracy.reports import PretrainReport, RewardModelReport

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
