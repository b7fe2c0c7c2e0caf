"""Chat templates as checkpoints bring them: tried before weights load, and continued exactly when trained on.

What is trained is always what is asked and then an answer: the tokens of the prompt as the student reads it,
the solution, and what the template writes behind an answer.
"""

import re
from typing import Any

from stat_engine.errors import StatError, shown
from stat_engine.models.base import Message, Prompt
from stat_engine.models.framing import frame
from stat_engine.models.local.loading import own_ends, prompt_tokens, render

OPEN = re.compile(r"(<|\[|◁)(?!/)([\w|]+)(>|\]|▷)\s*\Z")
"""A mark that opens a thought, at the end of a prompt: `<think>`, `[THINK]`, `◁think▷`."""
QUESTION, ANSWER = "What is 12+30?", "12+30 is 42."


def check_template(tokenizer: Any, model: str, framing: str) -> None:
    """Render a question and its answer as `framing` puts them; raises StatError, with the way out, for a
    template that fails, leaves the question out, or has no place for the answer as it stands."""
    asked = frame(QUESTION, framing)
    if isinstance(asked, str):
        return
    text = _tried(tokenizer, model, framing, asked)
    if QUESTION not in text:
        raise StatError(
            f"checkpoint {model}: its chat template leaves the question out of the prompt (found "
            f"{shown(text, 120)!r}); set student.framing=base, or mend chat_template.jinja"
        )
    answered_text(tokenizer, asked, ANSWER, model)


def trained_tokens(tokenizer: Any, prompt: Prompt, solution: str, model: str) -> tuple[list[int], int]:
    """Tokens of a prompt with its solution and an end, and how many of them are the prompt's.

    The first are those that the student is asked with, whatever a tokenizer makes of the whole text."""
    asked = prompt_tokens(tokenizer, prompt, model)
    if isinstance(prompt, str):
        begun, whole = prompt, f"{prompt} {solution}"
        tokens = list(tokenizer(whole)["input_ids"])
    else:
        begun = render(tokenizer, prompt, is_open=True)
        whole = answered_text(tokenizer, prompt, solution, model)
        tokens = list(tokenizer(whole, add_special_tokens=False)["input_ids"])
    if tokens[: len(asked)] != asked:
        tokens = asked + list(tokenizer(whole[len(begun) :], add_special_tokens=False)["input_ids"])
    ends = own_ends(tokenizer)
    if ends and not set(ends) & set(tokens[len(asked) :][-3:]):  # a line break may stand behind the end
        tokens.append(ends[0])
    return tokens, len(asked)


def answered_text(tokenizer: Any, prompt: list[Message], solution: str, model: str) -> str:
    """The prompt as it is asked, the solution, and the template's end of an answer.

    A thought that the prompt opens is closed before the solution, which else would be one. Raises
    StatError where the template changes the solution, so that its end cannot be found."""
    begun = render(tokenizer, prompt, is_open=True)
    whole = render(tokenizer, [*prompt, Message(role="assistant", content=solution)])
    if whole.startswith(begun) and solution.strip() in whole[len(begun) :]:
        return whole
    _, found, end = whole.rpartition(solution.strip())
    if not found:
        raise StatError(
            f"checkpoint {model}: its chat template changes the answers of an earlier turn (an answer "
            f"{shown(solution, 60)!r} is not in it), so none can be trained on; set student.framing=base, or "
            "mend chat_template.jinja"
        )
    mark = OPEN.search(begun)
    closing = f"\n{mark[1]}/{mark[2]}{mark[3]}\n\n" if mark else ""
    return f"{begun}{closing}{solution.strip()}{end}"


def _tried(tokenizer: Any, model: str, framing: str, asked: list[Message]) -> str:
    try:
        return render(tokenizer, asked, is_open=True)
    except Exception as error:  # of any template's code
        said = shown(str(error).split("\n")[0] or type(error).__name__, 200)
    try:
        render(tokenizer, [Message(role="user", content=QUESTION)], is_open=True)
    except Exception:
        way = "set student.framing=base, or mend chat_template.jinja"
    else:
        way = (
            "a question alone it takes: set student.framing=boxed, or a prompt file without the section "
            "'## system'"
        )
    raise StatError(f"checkpoint {model}: its chat template refuses framing {framing}: {said}; {way}")
