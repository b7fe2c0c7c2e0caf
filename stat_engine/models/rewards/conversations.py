"""Conversations in which marks stand where a reward model is read, and the exact tokens of those marks.

A conversation is rendered once, with a character that its texts do not have in the marks' places;
where that character comes out, the marks are. So a `+` or a marker that a step itself contains is
never taken for one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stat_engine.errors import StatError
from stat_engine.models.base import Message
from stat_engine.models.local.loading import render

Build = Callable[[str, Sequence[str], str], list[Message]]
"""Messages of a problem and its steps, with the given mark once a step."""


@dataclass(frozen=True)
class Marked:
    """A rendered conversation."""

    text: str
    characters: list[int]
    """Where each mark begins in the text."""
    ids: list[int]
    marks: list[int]
    """Where each mark's token is among the ids."""


class Conversations:
    """Renders and encodes conversations of one form."""

    def __init__(self, tokenizer: Any, name: str, build: Build, mark: str, mark_id: int) -> None:
        if not tokenizer.is_fast:
            raise StatError(f"reward model {name}: its tokenizer cannot say where a text's tokens are")
        self._tokenizer = tokenizer
        self._name = name
        self._build = build
        self._mark = mark
        self._mark_id = mark_id

    def encode(self, items: Sequence[tuple[str, Sequence[str]]]) -> list[Marked]:
        """(problem, steps) items as tokens, with one mark a step; raises StatError for a chat template in
        which the marks cannot be told."""
        if not items:
            return []
        rendered = [self._rendered(problem, steps) for problem, steps in items]
        tokens = self._tokenizer([text for text, _ in rendered], add_special_tokens=False)
        marked = []
        for at, (text, characters) in enumerate(rendered):
            marks = [tokens.char_to_token(at, character) for character in characters]
            ids = tokens["input_ids"][at]
            if not all(mark and ids[mark] == self._mark_id for mark in marks):
                raise self._refused(f"{self._mark!r} is not a token of its own")
            marked.append(Marked(text, characters, ids, marks))
        return marked

    def check_turns(self) -> None:
        """Raise StatError for a template that renders a turn otherwise once more turns follow: one pass over
        the whole conversation would then not be what the model read step by step."""
        short, long = self.encode([("1 + 1?", ["1 + 1 = 2"]), ("1 + 1?", ["1 + 1 = 2", "Answer: 2"])])
        end = short.characters[0] + len(self._mark)
        if long.text[:end] != short.text[:end]:
            raise self._refused("a turn changes once more turns follow")

    def _rendered(self, problem: str, steps: Sequence[str]) -> tuple[str, list[int]]:
        if not steps:
            return "", []
        texts = "".join((problem, *steps))
        hole = next(sign for sign in map(chr, range(0xE000, 0xF900)) if sign not in texts)
        parts = self._render(self._build(problem, steps, hole)).split(hole)
        if len(parts) != len(steps) + 1:
            raise self._refused(f"{len(parts) - 1} marks came out for {len(steps)} steps")
        characters, end = [], 0
        for part in parts[:-1]:
            characters.append(end + len(part))
            end = characters[-1] + len(self._mark)
        return self._mark.join(parts), characters

    def _render(self, messages: list[Message]) -> str:
        from jinja2 import TemplateError

        try:
            return render(self._tokenizer, messages)
        except (TemplateError, ValueError) as error:
            raise self._refused(str(error).split("\n")[0]) from None

    def _refused(self, found: str) -> StatError:
        return StatError(
            f"reward model {self._name}: its chat template does not work out for this kind of reward "
            f"model, which reads one {self._mark!r} a step: {found}"
        )


def sign_turns(problem: str, steps: Sequence[str], mark: str) -> list[Message]:
    """The RLHFlow form: the question and step 1 in one user turn, a user turn a later step, each followed by
    the assistant's mark."""
    messages: list[Message] = []
    for at, step in enumerate(steps):
        messages += [
            {"role": "user", "content": step if at else f"{problem} {step}"},
            {"role": "assistant", "content": mark},
        ]
    return messages


def sign_tokens(tokenizer: Any, name: str) -> tuple[int, int]:
    """Ids of `-` and `+`, each the last that the tokenizer gives for it; raises StatError without both."""
    minus, plus = (tokenizer.encode(sign, add_special_tokens=False)[-1:] for sign in "-+")
    if not minus or not plus or minus == plus or tokenizer.unk_token_id in (*minus, *plus):
        raise StatError(f"reward model {name}: found no tokens for '+' and '-' in its tokenizer")
    return minus[0], plus[0]
