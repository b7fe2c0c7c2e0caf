"""Settings of a GRPO that takes seconds, on the run `small`."""

TINY = (
    "grpo.epochs=1", "grpo.questions=16", "grpo.questions_a_batch=8", "grpo.mini_batch=4",
    "grpo.max_tokens=48", "grpo.learning_rate=0.001",
)  # fmt: skip
"""16 questions with 4 answers each: 64 answers, 4 steps."""
