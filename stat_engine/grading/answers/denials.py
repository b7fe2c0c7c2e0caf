"""Values that a text denies: not 5; \\boxed{5} is wrong; 7? No. They are no answers."""

import re

_BOX = r"\\(?:boxed|fbox)\s*\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_VALUE = (
    rf"(?:[$*_`(\[\"“'~]|\\[(\[]|\s)*(?:{_BOX}|(?:[-−–+]\s?)?\$?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:/\d+)?"
    r"|(?<=\$)[^$\n]{1,60}(?=\$)|\\frac\s*\{[^{}]*\}\s*\{[^{}]*\})(?:\s?\\?%|(?:\\?\)|[$*_`)\]\"”'])+)*"
)
_BETWEEN = (
    r"(?:\s+(?:be|been|being|is|was|equals?|to|the|a|an|our|final|correct|right|simply|just|exactly|have|possibly"
    r"|actually|answer|value|result|solution|going|as|x|n|=)(?![\w']))*"
)
_NOT = r"(?:\b(?:not|never|cannot|neither|nor|rather than|instead of)\b|n['’]t\b)"
_BEFORE = re.compile(rf"{_NOT}{_BETWEEN}\s*(?P<value>{_VALUE})", re.IGNORECASE)
"""A negation, then words that say nothing, then the value."""
_WRONG = (
    r"(?:(?:not|n['’]t|never)\s+(?:be\s+|the\s+|a\s+|quite\s+)*(?:correct|right|valid|possible|true|answer|solution)\b"
    r"|(?:wrong|incorrect|impossible|invalid|false|mistaken|a mistake|an error)\b)"
)
_BEHIND = re.compile(
    rf"(?P<value>{_VALUE})[.?!,;:]?\s*(?:[-–—(]+\s*)?(?:(?:which|but|and|that|this|it|however|though|answer|result|value)[\s,]+)*"
    r"(?:(?:is|was|would be|must be|seems|looks|can|could|does|has to be)(?=\s|n['’]t))?\s*"
    rf"(?:(?:clearly|obviously|also|actually|definitely|of course|be|simply|just|certainly)\s+)*{_WRONG}",
    re.IGNORECASE,
)
"""The value, then a sentence or a clause that rejects it."""
_ASKED = re.compile(rf"(?P<value>{_VALUE})\s*\?\s*(?:no|nope|wait|hmm|not|but|actually)\b", re.IGNORECASE)
_SIGNS = re.compile(
    r"\bnot\b|n['’]t\b|\bnever\b|cannot|neither|instead|rather|rong\b|ncorrect|mpossible|nvalid|false|mist|error|\?"
)


def without_denied(text: str) -> str:
    """The text with a space in place of each value that it denies."""
    if not _SIGNS.search(text):
        return text
    for pattern in (_BEFORE, _BEHIND, _ASKED):
        text = pattern.sub(_blanked, text)
    return text


def _blanked(found: re.Match[str]) -> str:
    begin, end = (at - found.start() for at in found.span("value"))
    return f"{found[0][:begin]} {found[0][end:]}"
