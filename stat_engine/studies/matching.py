"""Settings that are found from a run's own responses rather than chosen."""

from stat_engine import derived
from stat_engine.notebook import Run, Workspace
from stat_engine.studies.work import forked


def matched_length(workspace: Workspace, run: Run, name: str, settings: list[str]) -> Run:
    """A run whose length filter flags as many questions as the reward filter does on the same responses.

    The bound is the smallest mean number of words of those many longest questions; ties are flagged too."""
    made = forked(workspace, run, name, settings)
    made.run(last="step_rewards")
    by_reward = made.difficulty_config({"filter": "prm"})
    n = int(derived.difficulty(made.folder, by_reward).questions.is_difficult.sum())
    words = derived.scored_responses(made.folder).groupby("question_id", observed=True).n_words.mean()
    bound = float(words.sort_values(ascending=False).iloc[max(0, n - 1)])
    made.configure([f"difficulty.max_words={bound!r}"])
    return made
