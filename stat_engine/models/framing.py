"""The prompt for a question: alone, with instructions for a boxed answer, or as a prompt file says.

Fine-tuning uses the same prompt, so that training matches inference."""

from collections.abc import Sequence

from stat_engine.config import StudentConfig
from stat_engine.config.framing import is_file, read_framing
from stat_engine.models.base import Completion, LanguageModel, Message, PartialAnswers, Prompt, Sampling

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."
"""The instruction that Qwen2.5-Math's model card gives as the one it was trained with."""
LLAMA = (
    "Solve this problem. Work in steps, each under a heading of the form '## Step 1: what is done', with a "
    "blank line between steps. End with: The final answer is $\\boxed{answer}$.\n\nProblem: "
)


def frame(problem: str, framing: str) -> Prompt:
    """The question as a conversation, or as a text to continue for `base`; `framing` as in the settings.

    Raises InputError for a prompt file that is none."""
    if is_file(framing):
        file = read_framing(framing)
        system = [Message(role="system", content=file.asked(file.system, problem))] if file.system else []
        return [*system, Message(role="user", content=file.asked(file.user, problem))]
    if framing == "base":
        return f"Problem: {problem}\n\nSolution:"
    if framing == "qwen-math":
        return [Message(role="system", content=BOXED), Message(role="user", content=problem)]
    words = {"boxed": f"{problem}\n\n{BOXED}", "llama-math": f"{LLAMA}{problem}"}
    return [Message(role="user", content=words.get(framing, problem))]


class FramedStudent:
    """A language model that is asked questions."""

    def __init__(self, model: LanguageModel, config: StudentConfig, name: str | None = None) -> None:
        self.name = name or config.name
        self._model = model
        self._framing = config.framing

    def respond(
        self, problems: Sequence[str], sampling: Sampling, seed: int, partial: PartialAnswers | None = None
    ) -> list[list[Completion]]:
        """`n_samples` completions a problem, as the model gives them; those in `partial` are there."""
        prompts = [frame(problem, self._framing) for problem in problems]
        return self._model.complete(prompts, sampling, seed, partial)

    def close(self) -> None:
        """Free what the model holds; it cannot be asked any more."""
        close(self._model)


def close(model: object) -> None:
    """Free what a model holds, if it holds anything: a process, a card's memory."""
    release = getattr(model, "close", None)
    if release is not None:
        release()
