"""What a text says of each option that it names: right, wrong, told of, or named alone."""

import re
from dataclasses import dataclass
from typing import Literal

from stat_engine.grading.letters import SEVERAL

_NAMED = re.compile(
    r"(?<![A-Za-z0-9)])\(([A-Z])\)|^\s*[-*•]?\s*(?!I\.)([A-Z])[.):](?!\w)|(?i:\boption|\bchoice)\s+([A-Z])(?![\w'’])",
    re.MULTILINE,
)
_FALSE = re.compile(
    r"\b(?:no|not|wrong|incorrect|false|fails?|too|cannot|never|impossible|invalid|unlikely|negative|out"
    r"|contradict\w*|violates?)\b|n['’]t\b|[✗✘❌×]",
    re.IGNORECASE,
)
_TRUE = re.compile(
    r"\b(?:works?|correct|right|true|match(?:es)?|holds?|satisf(?:y|ies)|fits?|valid|yes|agrees?|the only)\b"
    r"|[✓✔✅]",
    re.IGNORECASE,
)
TOLD = re.compile(
    r"\s*(?:is|are|was|were|has|have|had|gives?|gave|means?|shows?|says?|would|could|might|may|can|does|costs?"
    r"|represents?|describes?)\b"
)
_SUPPOSED = re.compile(r"\b(?:if|whether|suppose|assume)\s+\Z", re.IGNORECASE)
_JOINS = re.compile(r"\W*(?:and|or|nor)?\W*")

Status = Literal["true", "false", "told", "named"]


@dataclass(frozen=True)
class _Mention:
    letter: str
    status: Status
    start: int


def only_one(text: str) -> str | None:
    """The one option that is said to be right, else the one that is named and not rejected; a repeated list
    of the options names none."""
    mentions = _without_list(_mentions(text))
    for status in ("true", "named"):
        letters = {mention.letter for mention in mentions if mention.status == status}
        if letters:
            return letters.pop() if len(letters) == 1 else SEVERAL
    return None


def _mentions(text: str) -> list[_Mention]:
    """The options that a text names; "A:" before a last line without a B is "answer:"."""
    found = list(_NAMED.finditer(text))
    ends = [*(match.start() for match in found[1:]), len(text)][: len(found)]
    mentions: list[_Mention] = []
    for match, end in reversed(list(zip(found, ends, strict=True))):
        comment = text[match.end() : min(end, match.end() + 200)]
        is_joined = bool(mentions) and _JOINS.fullmatch(comment) and not re.search(r"[\n.;]", comment)
        status = mentions[-1].status if is_joined else _status(comment)
        if _SUPPOSED.search(text[max(0, match.start() - 20) : match.start()]):
            status = "told"
        mentions.append(_Mention(next(filter(None, match.groups())), status, match.start()))
    if not any(mention.letter == "B" for mention in mentions):
        mentions = [
            mention for mention in mentions if not mention.start or not text.startswith("A:", mention.start)
        ]
    return mentions[::-1]


def _status(comment: str) -> Status:
    """What is said of an option, up to the end of the sentence."""
    comment = re.split(r"[.;\n]", comment, maxsplit=1)[0]
    if "?" in comment:
        return "told"
    if _FALSE.search(comment):
        return "false"
    return "true" if _TRUE.search(comment) else "told" if TOLD.match(comment) else "named"


def _without_list(mentions: list[_Mention]) -> list[_Mention]:
    """The mentions without runs A, B, C, ... that only repeat the options."""
    kept: list[_Mention] = []
    run: list[_Mention] = []
    for mention in mentions:
        follows = bool(run) and ord(mention.letter) == ord(run[-1].letter) + 1
        if mention.status == "named" and (mention.letter == "A" or follows):
            run = [*run, mention] if follows else [mention]
            kept = [one for one in kept if one not in run] if len(run) > 1 else [*kept, mention]
        else:
            run = []
            kept.append(mention)
    return kept
