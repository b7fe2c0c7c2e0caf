"""What of a model's text may hold its answer: the part after its thoughts, and before a cut."""

import re

_THOUGHT = re.compile(
    r"</(?:seed:)?(?:think|thinking|thoughts?|reasoning|reflection)>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>"
    r"|<\|channel\|>final<\|message\|>",
    re.IGNORECASE,
)
_BEGUN = re.compile(
    r"\A\s*(?:<(?:seed:)?(?:think|thinking|thoughts?|reasoning)>|\[THINK\]|◁think▷)", re.IGNORECASE
)
_COMPLETE = re.compile(
    r"\\(?:boxed|fbox)\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}|</(?:final_?)?answer>|^```\s*$"
    r"|^.*(?:\banswers?\b.{0,40}?(?:\bis\b|:)|####|^\s*A:)[^\n]*\S[^\n]*(?=\n)",
    re.IGNORECASE | re.MULTILINE,
)
"""A marked answer that is surely complete: closed, or on a line that another line follows."""


def after_thinking(response: str) -> str:
    """The text after a response's thinking block; all of it if nothing follows the block."""
    if "</" not in response and "|>" not in response and "[/" not in response and "▷" not in response:
        return response
    end = max((match.end() for match in _THOUGHT.finditer(response)), default=0)
    return response[end:] if end and response[end:].strip() else response


def without_thought(text: str) -> str:
    """The text after the last thinking block; empty where nothing follows it, or where it never ended."""
    end = max((match.end() for match in _THOUGHT.finditer(text)), default=None)
    if end is not None:
        return text[end:].strip()
    return "" if _BEGUN.match(text) else text


def finished_part(text: str) -> str:
    """Of a text that was cut off, all up to its last marked answer that is complete; empty without one.

    A number at which a text breaks off is no answer: it may stand in the middle of a calculation, and further
    digits may have followed."""
    return text[: max((match.end() for match in _COMPLETE.finditer(text)), default=0)]
