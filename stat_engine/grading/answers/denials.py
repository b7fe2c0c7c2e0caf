"""Values that a text denies: not 5; \\boxed{5} is wrong; 7? No. They are no answers."""

import re

_S, _S1 = r"\s{0,3}", r"\s{1,3}"
"""White space of limited length, so that no text takes quadratic time."""
_BOX = r"\\(?:boxed|fbox)\s?\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_VALUE = (
    rf"(?:[$*_`(\[\"“'~]|\\[(\[]|\s){{0,6}}(?:{_BOX}|(?:[-−–+]\s?)?\$?(?:\d+(?:,\d{{3}})*(?:\.\d+)?|\.\d+)"
    r"(?:/\d+)?|(?<=\$)[^$\n]{1,60}(?=\$)|\\frac\s?\{[^{}]{1,60}\}\s?\{[^{}]{1,60}\})"
    r"(?:\s?\\?%|\\?\)|[$*_`)\]\"”']){0,6}"
)
_BETWEEN = (
    rf"(?:{_S1}(?:be|been|being|is|was|equals?|to|quite|the|a|an|our|final|correct|right|simply|just|exactly|have"
    r"|possibly|actually|answer|value|result|solution|going|as|x|n|=)(?![\w'])){0,6}"
)
_NOT = (
    r"(?:\b(?:not|never|cannot|neither|nor|rather than|instead of|reject|discard|exclude|rule out"
    r"|eliminate|anything but|everything but|unlikely to|far from|nowhere near"
    r"|(?:cannot|can['’]t|not) be (?:uniquely )?(?:determined|found|computed|calculated|deduced) from"
    r"|impossible to (?:get|obtain|reach|have)|any (?:number|value|integer) (?:except|but))\b|n['’]t\b)"
)
_BEFORE = re.compile(rf"{_NOT}{_BETWEEN}(?P<value>{_VALUE})", re.IGNORECASE)
"""A negation, then words that say nothing, then the value."""
_LINKS = (
    r"(?:(?:which|but|and|that|this|it|however|though|answer|result|value|no|sorry|oops|oh|wait|hmm|actually"
    r"|(?:that|it|this)['’]s)[\s,]{1,3}){0,6}"
)
_IS = (
    r"(?:(?:is|was|would be|must be|seems|looks|can|could|does|has to be)(?=\s|n['’]t)|ca(?=n['’]t)"
    r"|can(?=not))?"
)
_SURELY = r"(?:(?:clearly|obviously|also|actually|definitely|of course|be|simply|just|certainly)\s{1,3}){0,3}"
_STOPS = r"(?=\s*(?:[.,;:!?)*_]|\Z|(?:because|since|as|and|but|so|here)\b))"
"""After words that a longer clause uses in another sense: it is not possible to have fewer."""
_BAD = (
    r"(?:(?:wrong|incorrect|mistaken|a mistake|rejected|discarded|excluded|extraneous|a contradiction"
    rf"|too (?:large|small|big|high|low))\b|(?:impossible|invalid|false|an error)\b{_STOPS})"
)
_WRONG = (
    rf"(?:{_IS}{_S}{_SURELY}(?:not|n['’]t|never)\s(?:be\s|the\s|a\s|quite\s){{0,3}}"
    r"(?:(?:correct|right|valid|answer|solution|work|satisfy|fit|match)\b"
    rf"|(?:possible|true|hold)\b{_STOPS})"
    rf"|(?:is|was|seems|looks|must be|(?:that|it|this)['’]s|they(?:\sare|['’]re)){_S1}{_SURELY}{_BAD}"
    r"|(?:fails|contradicts)\b)"
)
_BEHIND = re.compile(
    rf"(?P<value>{_VALUE})(?:[.?!,;:]{{0,3}}{_S}(?:[-–—(]{_S})?{_LINKS}{_WRONG}"
    rf"|{_S}[-–—(,:]{_S}{_SURELY}{_BAD})",
    re.IGNORECASE,
)
"""The value, then a sentence or a clause that rejects it."""
_ASKED = re.compile(rf"(?P<value>{_VALUE}){_S}\?{_S}(?:no|nope|wait|hmm|not|but|actually)\b", re.IGNORECASE)
_CORRECTED = re.compile(
    rf"(?P<value>{_VALUE})[.,;!]{{1,3}}{_S}(?:(?:hmm|wait|no|oops|sorry|oh|actually)[\s,.!]{{1,5}}){{1,4}}"
    rf"(?:it|that|this|the answer)\s(?:should be|must be|is|has to be){_S1}(?={_VALUE})",
    re.IGNORECASE,
)
"""The value, then another in its place: 12. Hmm, actually it should be 13."""
_CONTRASTED = re.compile(
    rf"(?<=[\d}})$*]),?{_S}\(?(?:(?:and|but){_S1})?(?:not|rather than|instead of){_S1}{_VALUE}"
    rf"(?:{_S1}(?:or|and|nor){_S1}{_VALUE}){{0,3}}\)?(?=[\s.,;!)]|\Z)",
    re.IGNORECASE,
)
"""What the value before it is not: 13 rather than 12."""


def without_denied(text: str) -> str:
    """The text with a space in place of each value that it denies."""
    if not _may_deny(text):
        return text
    text = _CONTRASTED.sub(" ", text)
    for pattern in (_BEFORE, _BEHIND, _ASKED, _CORRECTED):
        text = pattern.sub(_blanked, text)
    return text


def _may_deny(text: str) -> bool:
    """Whether a word of a denial is in a text; most have none. `in` is faster than an expression here."""
    return (
        "not" in text
        or "?" in text
        or "n't" in text
        or "n’t" in text
        or "ever" in text
        or "rong" in text
        or "ncorrect" in text
        or "mpossible" in text
        or "nvalid" in text
        or "false" in text
        or "mist" in text
        or "error" in text
        or "instead" in text
        or "rather" in text
        or "either" in text
        or "nor " in text
        or "reject" in text
        or "discard" in text
        or "clude" in text
        or "rule" in text
        or "far from" in text
        or "should be" in text
        or "actually" in text
        or "ait," in text
        or "nowhere" in text
        or "any " in text
        or "elimin" in text
        or "fails" in text
        or "contra" in text
        or "too " in text
        or "extran" in text
        or "thing but" in text
        or "unlikely" in text
    )


def _blanked(found: re.Match[str]) -> str:
    begin, end = (at - found.start() for at in found.span("value"))
    return f"{found[0][:begin]} {found[0][end:]}"
