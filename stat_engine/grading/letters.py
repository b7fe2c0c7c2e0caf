"""Letters of options as a text writes them: the one that a phrase leads with, and those that it rejects."""

import re
import unicodedata

SEVERAL = ""
"""What is read where a phrase names several letters: no single one is the answer."""

GAP = " ⋯ "
"""What stands in place of letters that a text rejects."""

_FONT = re.compile(
    r"\\(?:text[a-z]{0,7}|math[a-z]{1,7}|boldsymbol|bm|emph|operatorname|[mhf]box|boxed)(?![A-Za-z])"
    r"|\\(?:bf|it|rm|sf|tt|sc|large|Large|LARGE|huge|Huge|displaystyle|quad|qquad)(?![A-Za-z])"
)
_MARKUP = re.compile(r"[*`$~{}]|(?<!\w)_+|_+(?!\w)|\\[()\[\]]|</?(?:b|i|u|em|strong|code|p|span|mark)>")
_SPACES = re.compile(r"\\[,;:! ]")
_STARRED = re.compile(r"^([^*\n]*\b[A-Z])\*(?=[^*\n]*$)", re.MULTILINE)
"""A grade such as A*, the only asterisk of its line: no emphasis."""
_WIDE = re.compile("[（）：．，Ａ-Ｚａ-ｚⒶ-ⓩ⒜-⒵\U0001d400-\U0001d6a3\U0001f110-\U0001f149]")
_NEXT = r"(?![A-Za-z0-9_\u00c0-\u024f]|['’][A-Za-z]|(?(quote)(?!)|['’]))"
_NO_MATH = (
    r"(?!\s*(?:[=^+*#>≤≥×÷·⋆⊂⊆∩∪∈%°²³♯♭]|<(?![/a-z|])|\\#|\\(?:cdot|times|cap|cup|subset|in|div|pm|leq?|geq?|neq?|to)\b)"
    r"|[-–]\w|/[^\s]|_|\.[a-z]|\.[A-Z]\b|\.\s?[A-Za-z]\.)"
)
"""What makes a letter part of a name or a formula: C++, D-day, E = mc^2, C.S."""
_GOES_ON = (
    r"(?:is|was|because|since|as|for|with|which|but|by|not|due|rather|and|or|given|so|where|when|from"
    r"|according|based|that|here|seems|would)\b"
)
_NO_WORD = rf"(?<!I)(?<!A){_NEXT}|(?<=[IA]){_NEXT}(?!\s(?!{_GOES_ON})[a-z])"
"""A and I are words too: "a dog", "I think"."""
_ONE = (
    rf"(?:[\[(<]{{1,2}}\s*(?P<held>[A-Za-z])\s*[\])>]{{1,2}}{_NO_MATH}|(?P<bare>[A-Z])(?:{_NO_WORD})(?!\([A-Za-z]\)){_NO_MATH}"
    r"|(?P<small>[a-z])(?:\)|[.:](?=\s|$)|(?=[\s\"'”’!]*(?:$|\n))))"
)
_FILLER = (
    r"(?:clearly|actually|therefore|simply|indeed|definitely|thus|just|probably|most|likely|certainly"
    r"|of course|option|choice|answer|letter|the|la|le|el|die|der|opción|opção|вариант|буква|letra|lettre)"
)
_LED = re.compile(
    rf"(?:[\s\"'“‘:：=,✅✓✔☑→⇒]|[-–—>]\s|[选選]?[项項])*(?:(?i:{_FILLER})[\s,:]{{1,3}}){{0,4}}(?P<quote>[\"'“‘])?{_ONE}",
    re.MULTILINE,
)
_OTHER = r"(?:[\[(]\s*([A-Za-z])\s*[\])]|([A-Z])(?![\w'’])(?!(?<=[IA])\s[a-z]))"
_AND = r"(?:and|or|und|oder|et|ou|y|and/or)\b\s*(?:(?:also|maybe|perhaps|possibly|option|choice)\s+)?"
_SET = re.compile(
    rf"[.)\]]?\s*(?:(?:,\s*)?{_AND}|[/&+、和或])\s*{_OTHER}|\s*[,;]\s*{_OTHER}(?=\s*(?:$|[,.;/&\n]|{_AND}))"
    rf"|[ \t]*{_OTHER}(?=[ \t]*(?:$|[,.;(\n]|[A-Z]\b))"
    rf"|[.):\]]?\s*[-\d.,/%°]{{1,12}}(?:\s?[a-z]{{1,3}})?\s+(?:and|or)\s+{_OTHER}",
    re.MULTILINE,
)
"""Another letter joined to the one before it."""

_ANY = r"(?:[\[(]\s*[A-Za-z]\s*[\])]|(?<![A-Za-z0-9])[A-Z](?![A-Za-z0-9'’]))"
_SORT = r"(?:(?i:options?|choices?|answers?|letters?)\s+)?"
_ALL = rf"{_SORT}{_ANY}(?:(?:\s?,\s?(?:(?:and|or)\s)?|\s(?:and|or|nor|&)\s|\s?/\s?){_SORT}{_ANY}){{0,8}}"
_NOT = (
    r"(?i:\b(?:not|never|cannot|neither|nor|rul(?:e|es|ed|ing) out|eliminat(?:e|es|ed|ing)"
    r"|reject(?:s|ed|ing)?|exclud(?:e|es|ed|ing)|discard(?:s|ed|ing)?|cross(?:ed|ing)? out"
    r"|dismiss(?:es|ed|ing)?|rather than|instead of|except|other than|unlike|as opposed to)\b|n['’]t\b)"
)
_LITTLE = r"(?:(?i:be|is|the|answer|correct|right|pick|choose|select|for|either|go(?:ing)? with)\s+){0,3}"
_BEFORE = re.compile(
    rf"{_NOT}\s{{1,3}}{_LITTLE}{_ALL}(?P<but>,?\s+but\s+(?:(?:rather|instead)\s+)?(?={_ANY}))?"
    r"|(?:不是|不选|不選|排除)\s*(?:选项)?\s*[A-Z](?P<rather>[，,]?\s*而是)?"
)
_SURE = (
    r"(?:(?:clearly|obviously|also|both|all|definitely|therefore|thus|simply|just|already|actually)\s+){0,3}"
)
_RIGHT = (
    r"(?:be\s+)?(?:the\s+|a\s+|an\s+)?(?:correct|right|answer|true|valid|possible|solution|best|good|option"
    r"|choice|it\b|so\b)"
)
_WRONG = (
    rf"{_SURE}(?:wrong|incorrect|false\b|invalid|impossible|mistaken|out\b|eliminated|excluded|rejected"
    rf"|ruled out|(?:not|n['’]t)\s+{_SURE}{_RIGHT})"
)
_IS = r"(?:is|was|are|were|seems?|looks?|must be|would be|can|could|ca|does|do)(?=\s|n['’]t|not)\s*"
_AFTER = re.compile(
    rf"{_ALL}(?:\s+[-\d.,/%]{{1,12}})?[\s,]{{1,3}}{_IS}{_WRONG}"
    rf"|{_ANY}[.!,;]?\s+(?i:(?:but|no|wait|hmm|oops|sorry|actually|hold on)[,.!…]*\s+){{0,4}}"
    rf"(?i:that|this|it|which)(?:['’]s\s+|\s+{_IS}){_WRONG}"
    rf"|{_ANY}\s?\?\s+(?i:no|nope|wait|not)\b|[A-Z]\s*(?:选项)?\s*(?:是)?(?:不正确|不对|错误|错的|不符合)"
)


def plain(text: str) -> str:
    """The text without Markdown, TeX fonts and braces, wide and circled letters as plain ones."""
    text = _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found[0]), text)
    text = _STARRED.sub(r"\1⋆", _FONT.sub("", text))
    return _MARKUP.sub("", _SPACES.sub(" ", text))


def without_rejected(text: str) -> str:
    """The text with GAP for the letters that it denies or rules out: "not A", "(B) is wrong"."""
    return _AFTER.sub(GAP, _BEFORE.sub(_instead, text))


def _instead(found: re.Match[str]) -> str:
    return "是" if found["rather"] else " " if found["but"] else GAP


def led_by(text: str, start: int = 0) -> tuple[str | None, int]:
    """The letter that stands first from `start` on, as a capital, and where it ends.

    SEVERAL: others are joined to it; None: something else stands there, or the letter is in question."""
    found = _LED.match(text, start)
    if found is None:
        return None, start
    letter = (found["held"] or found["bare"] or found["small"]).upper()
    end = found.end()
    if text[end : end + 1] == "?":
        return None, end
    other = _SET.match(text, end)
    if other and next(filter(None, other.groups())).upper() != letter:
        return SEVERAL, end
    return letter, end
