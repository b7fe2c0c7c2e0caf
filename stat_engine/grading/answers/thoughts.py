"""What of a model's text may hold its answer: the part after its thoughts, before a cut or another turn."""

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
_OPENED = re.compile(
    r"(?:\A|(?<=\n)|(?<=\|>))\s*(?:<(?:seed:)?(?:think|thinking|thoughts?|reasoning)>|\[THINK\]|◁think▷"
    r"|<\|begin_of_thought\|>|<\|channel\|>analysis<\|message\|>)",
    re.IGNORECASE,
)
_TURN_ENDS = re.compile(
    r"<\|(?:eot_id|eom_id|eot|im_end|endoftext|end_of_text|end_of_turn|return|user)\|>"
    r"|<\|end\|>(?!\s*<\|start\|>assistant)|<\|(?:im_start|start_header_id)\|>\s*user\b"
    r"|</s>|<eos>|<end_of_turn>|<start_of_turn>user\b|<[|｜](?:end▁of▁sentence|User)[|｜]>|\[INST\]",
    re.IGNORECASE,
)
_NEXT_QUESTION = re.compile(
    r"\n[\s#*_\[]*(?:(?:the\s+)?(?:next|new|another)\s+)?"
    r"(?:question|problem|exercise|example|q|instruction|human|user)(?P<number>\s?#?\d+)?[\s*_\]]*[:：]"
    r"|\n#{2,}\s*(?:question|problem|instruction|input|user)s?\b|\n\[(?:question|problem)\]",
    re.IGNORECASE,
)
_ANSWERED = re.compile(
    r"\\(?:boxed|fbox)|####\s*\S|\banswers?\b.{0,40}?(?:\bis\b|:)|^\s*A:\s*\S|</answer>|\A\s*\S{1,20}\s*\Z",
    re.IGNORECASE | re.MULTILINE,
)
"""A marked answer, or a single word: the label of a question after it begins another question."""


def answering_part(response: str) -> str:
    """The text that may hold the answer: after the thinking block, and before the end of the turn and a next
    question that the model went on with.

    Empty if a thinking block never ends; all of the turn if nothing follows the block."""
    return answering_parts(response)[0]


def answering_parts(response: str) -> list[str]:
    """As `answering_part`, then the whole turn if a thinking block ends in it."""
    turn = _own_turn(response) if "<" in response or "[INST]" in response else response
    part = after_thinking(turn)
    if "<" in part or "[THINK" in part or "◁" in part:
        opened = list(_OPENED.finditer(part))
        if opened and not _THOUGHT.search(part, opened[-1].end()):
            return [_before_next_question(part[: opened[-1].start()])]
    own = _before_next_question(part)
    return [own] if part is turn else [own, turn]


def _own_turn(response: str) -> str:
    """The text before the first token that ends a turn, if anything is before it."""
    for match in _TURN_ENDS.finditer(response):
        if response[: match.start()].strip():
            return response[: match.start()]
    return response


def _before_next_question(text: str) -> str:
    if "\n" not in text or not (
        "uestion" in text
        or "roblem" in text
        or "Q" in text
        or "nstruction" in text
        or "x" in text
        or "uman" in text
        or "ser" in text
        or "nput" in text
        or "PROBLEM" in text
    ):
        return text
    for match in _NEXT_QUESTION.finditer(text):
        before = text[: match.start()]
        is_part = match["number"] and _NEXT_QUESTION.search(f"\n{before}")
        if not is_part and _ANSWERED.search(before):
            return before
    return text


def after_thinking(response: str) -> str:
    """The text after a response's thinking block; all of it if nothing follows the block."""
    if "</" not in response and "|>" not in response and "[/" not in response and "▷" not in response:
        return response
    end = max((match.end() for match in _THOUGHT.finditer(response)), default=0)
    return response[end:] if end and response[end:].strip() else response


def stretches(text: str) -> list[str]:
    """The parts of a text between the ends of its thinking blocks."""
    return _THOUGHT.split(text)


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
