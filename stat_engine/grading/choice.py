"""The grader `choice`: the letter of an option that a response settles on."""

import re
from collections.abc import Sequence

from stat_engine.errors import StatError, shown
from stat_engine.grading.answers import answering_part, last_boxed, tagged
from stat_engine.grading.grader import AnswerGrader, Graded
from stat_engine.grading.letters import GAP, SEVERAL, led_by, plain, without_rejected
from stat_engine.grading.options import TOLD, only_one
from stat_engine.grading.text import NO_ANSWER, NO_REFERENCE
from stat_engine.records import Question

_SAYS = (
    r"(?i:(?:\s+choice)?\s+(?:to|for|of|that|which|(?:I|we)(?=\s(?:get|find|obtain)))\s+"
    r"(?![^.\n]{0,30}(?:students|people|many|wrong))[^.,;:?!\n]{1,40}?"
    r"(?=\s(?:is|must|should|would|will|has)\b))?"
    r"(?i:,?\s+(?:then|therefore|thus|here|hence|so)\b,?)?"
    r"(?i:\s+(?:would|must|should|will|(?:has|have|had|ought|seems|appears) to|c(?:an|ould) only)"
    r"(?:\s(?:therefore|thus|then|clearly|surely|hence))?)?"
    r"[\"']?\s*(?:(?i:is|are|be)\b|[:=]|[-–—]\s)"
)
_FOREIGN = (
    r"(?i:(?<!\w)(?:r[ée]ponse|antwort|respuesta|resposta|risposta|l[öo]sung|soluci[óo]n|odpowied[źz]"
    r"|ответ|вариант|відповідь|отговор|jawaban|cevap|antwoord|svar|svaret|odpov[eě][dď]|odgovor|r[ăa]spuns|válasz"
    r"|vastaus|đáp án|απάντηση|الإجابة|الجواب|उत्तर)(?!\w)(?:\s+\w{4,15})?"
    r"(?:\s*:|\s*[-–—=]\s|\s+(?:est|ist|lautet|es|é|è|to|adalah|är|er|is)(?!\w)))"
    r"|(?:答案|选项|選項)\s*(?:应该|应|應該)?\s*[是为為选選:]+|(?:故|应|應|应该|所以|因此)?[选選](?:择|擇)?\s*:?(?=\s*[A-Z(])"
    r"|(?:正解|答え|正答|答案|回答|答)\s*[は:]|(?:정답|답)\s*[은는:]"
)
_CHOSEN = (
    r"(?i:\b(?:I(?:['’](?:d|ll|m))?|we)\s+(?:\w+\s+){0,2}"
    r"(?:go(?:ing)? with|choos(?:e|ing)|pick|select|opt for|settle on)\b)"
    r"|(?:^|[.!,;:]\s+)(?i:(?:so|therefore|thus|hence),?\s+)?(?i:go with|choose|pick|select|opt for)\b"
)
_ANNOUNCES = re.compile(
    rf"\b(?i:answers?|choice|option|letter){_SAYS}|\b(?i:ans)\b[.:=]+|####|^\W*(?i:correct|solution)\s*:"
    r"|^A:[ \t]+(?=[\[(]?[A-Z][\])]?[ \t.]*$|[\[(][A-Z][\])]|[B-Z][.)][ \t])"
    rf"|{_FOREIGN}|{_CHOSEN}",
    re.MULTILINE,
)
_UNMEANT = re.compile(
    r"(?:\b(?:if|suppose|supposing|assume|assuming|whether|unless|imagine)\s+(?:that\s+)?"
    r"|\b(?:many|some|others|people|students?|(?:might|may|could|would)(?:\s\w+)?)\s+(?:\w+\s+){0,2}"
    r"(?:think|say|believe|guess|argue|assume|claim|expect|conclude|pick|choose|select)s?\s+(?:that\s+)?"
    r"|tempting to (?:think|say|conclude|believe|answer)\s+(?:that\s+)?)"
    r"(?:(?:the|my|our|an?)\s+)?(?:\w+\s+){0,2}\Z"
    r"|\b(?:wrong|incorrect|tempting|common|popular|naive|false|no|another|student['’]?s)\s+(?:\w+\s+)?\Z",
    re.IGNORECASE,
)
"""What stands before an answer that is supposed, or that others give."""
_CLAUSE = r"(?:^|(?<=[.,!?;:])\s+|\b(?:but|and|that)\s+)"
_CONCLUDED = re.compile(
    rf"{_CLAUSE}(?i:therefore|thus|hence|so|consequently|it['’]s|it (?:is|must be|should be|has to be)"
    r"|(?:that |which |this )?leav(?:es|ing)(?: only| us with)?"
    r"|namely|i\.e|I (?:think|believe|guess)(?: that)?)\b[.,:]{0,2}\s*"
    r"(?:(?i:it['’]s|it is|it must be|option|choice|letter|the|answer)\s+){0,2}(?=[\[(A-Z])",
    re.MULTILINE,
)
_JUDGED = re.compile(
    rf"(?:{_CLAUSE}(?i:(?:so|therefore|thus|hence),?\s+)?"
    r"|(?<!\bif )(?<!\bwhether )\b(?i:option|choice|answer|选项)\s*)"
    r"[\[(]?([A-Z])[\])]?(?:\s+(?:is|must be|has to be)\s+(?:clearly |therefore |indeed )?(?:the )?"
    r"(?:only )?(?:correct|right|best|answer)\b|\s*(?:是)?(?:正确|對的|对的))(?!\s*\?)",
    re.MULTILINE,
)
_SENTENCE_ENDS = re.compile(r"[.;!?\n]")
_STOPS = re.compile(r"\W*$|[.!;]\s", re.MULTILINE)
_JOINED = re.compile(
    r"\\(?:boxed|fbox)\s?\{(?:[^{}]|\{[^{}]*\}){1,80}\}\$?\s*(?:,|and\b|or\b|[/&])\s*\$?(?=\\(?:boxed|fbox)\s?\{)"
)
"""A box that is joined to the next one."""
_ENDS = re.compile(r"[\s.!,:;…⋯\"'”’()\]}>]*")
_LABEL = re.compile(r"^[\s✅✓✔☑]*(?:[-•]\s+)?(?:[\[(]([A-Z])[\])]|(?!I\.)([A-Z])[.):](?!\w))", re.MULTILINE)
_REFUSED = re.compile(
    rf"{TOLD.pattern}|[\s:–-]*(?:fails?\b|wrong\b|incorrect\b|too\b|does(?:n['’]t| not)\b|[✗✘❌×])"
)
"""What the text says of an option; "No solution" and "False" may be the option's own text."""
_MOST_CHARACTERS = 100_000


class ChoiceGrader(AnswerGrader):
    """`choice`: the letter that a response announces, concludes with or leads with; several are none."""

    def grade(self, items: Sequence[tuple[str, Question]]) -> list[Graded]:
        """Right where the letter is the reference's. Raises StatError for a reference that is no letter."""
        return [self._graded(self.extract(text), question) for text, question in items]

    def extract(self, text: str) -> str | None:
        """The letter, as a capital: in `<answer>` or the last \\boxed{}, else the last that is announced
        ("the answer is"), judged ("B is correct") or concluded ("so B"), else alone on the last line, else
        at the beginning, else the only option that is named and not rejected."""
        text = answering_part(text)
        joined = list(_JOINED.finditer(text))
        marked = tagged(text) or (text[joined[-1].start() :] if joined else last_boxed(text))
        found = _marked(marked) if marked else None
        return (_settled(text) if found is None else found) or None

    def agree(self, one: str | None, other: str | None) -> bool:
        """The same letter."""
        return one is not None and one == other

    def _graded(self, letter: str | None, question: Question) -> Graded:
        if question.answer is None:
            return Graded(letter, None, NO_REFERENCE)
        reference = _marked(tagged(question.answer) or last_boxed(question.answer) or question.answer)
        if not reference:
            raise StatError(
                f"question {shown(question.id)}: found reference answer {shown(question.answer)}, "
                "expected one letter, as grader choice compares them"
            )
        if letter is None:
            return Graded(letter, False, NO_ANSWER)
        return Graded(letter, letter == reference, "same letter" if letter == reference else "another letter")


def _marked(text: str) -> str | None:
    """The letter of a text that is an answer as a whole."""
    text = without_rejected(plain(text)).strip()
    return led_by(text)[0] if led_by(text)[0] is not None else _announced(text)


def _settled(text: str) -> str | None:
    if len(text) > _MOST_CHARACTERS:  # an answer stands at the beginning or at the end
        text = f"{text[: _MOST_CHARACTERS // 10]}\n{text[-_MOST_CHARACTERS:]}"
    text = without_rejected(plain(text)).strip()
    for read in (_announced, _judged, _concluded, _last_line, _leading, only_one):
        found = read(text)
        if found is not None:
            return found
    return None


def _announced(text: str) -> str | None:
    found = None
    for match in _ANNOUNCES.finditer(text):
        if _UNMEANT.search(text[max(0, match.start() - 60) : match.start()]):
            continue
        letter, _ = led_by(text, match.end())
        found = found if letter is None else letter
    return found


def _judged(text: str) -> str | None:
    found = list(_JUDGED.finditer(text))
    if not found:
        return None
    last = found[-1]
    others = [one for one in found[:-1] if one[1] != last[1]]
    is_joined = bool(others) and not _SENTENCE_ENDS.search(text, others[-1].end(), last.start())
    return SEVERAL if is_joined else last[1]


def _concluded(text: str) -> str | None:
    """The letter behind "therefore" with which a sentence ends."""
    found = None
    for match in _CONCLUDED.finditer(text):
        letter, end = led_by(text, match.end())
        is_all = letter is SEVERAL or _STOPS.match(text, end)
        if letter is not None and is_all and text[match.end()] != "I":
            found = letter
    return found


def _last_line(text: str) -> str | None:
    return _alone(text.rpartition("\n")[2])


def _alone(line: str) -> str | None:
    letter, end = led_by(line)
    if letter == "I" and GAP.strip() in line:  # a word: "I cannot choose C"
        return None
    return letter if letter is SEVERAL or _ENDS.fullmatch(line, end) else None


def _leading(text: str) -> str | None:
    """The letter at the beginning, alone or as the only label at the beginning of a line."""
    first = text.partition("\n")[0]
    if (letter := _alone(first)) is not None:
        return letter
    labels = {one or other for one, other in _LABEL.findall(text)}
    found = _LABEL.match(first)
    if len(labels) != 1 or not found or _REFUSED.match(first, found.end()):
        return None
    return led_by(first)[0]
