"""The prompt for a question: alone, with instructions for a boxed answer, or as a prompt file says.

Fine-tuning uses the same prompt, so that training matches inference.

Split a response into steps, and join steps into a response.
"""

import re
from collections.abc import Sequence

from stat_engine.config import Splitter, StudentConfig
from stat_engine.config.framing import is_file, read_framing
from stat_engine.models.base import Completion, LanguageModel, Message, Prompt, Sampling

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

    def respond(self, problems: Sequence[str], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a problem, as the model gives them."""
        return self._model.complete([frame(problem, self._framing) for problem in problems], sampling, seed)

    def close(self) -> None:
        """Free what the model holds; it cannot be asked any more."""
        close(self._model)


def close(model: object) -> None:
    """Free what a model holds, if it holds anything: a process, a card's memory."""
    release = getattr(model, "close", None)
    if release is not None:
        release()


_SEPARATOR: dict[str, str] = {
    "newline": r"\n",
    "blank-line": r"\n\s*\n",
    "ki": "\u043a\u0438",  # the mark that Math-Shepherd's steps end in
    "numbered": r"(?m)^(?=[ \t]*(?:#{1,6}[ \t]*)?(?:\*\*)?(?:Step[ \t]+)?\d{1,3}[.:)](?!\d))",
}


def split_steps(response: str, splitter: Splitter) -> list[str]:
    """The response's steps, trimmed, empty ones left out; none for an empty response.

    `numbered` cuts before lines that begin with a number: `1.`, `2)`, `Step 3:`, `## Step 4:`."""
    return [step.strip() for step in re.split(_SEPARATOR[splitter], response) if step.strip()]


def join_steps(steps: list[str]) -> str:
    """Steps as one text, for a response that came as steps only."""
    return "\n\n".join(steps)
