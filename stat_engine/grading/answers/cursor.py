"""A position in the tokens of an answer."""

from stat_engine.grading.answers.lexicon import Token
from stat_engine.grading.answers.trees import Unreadable

END: Token = ("end", "")


class Cursor:
    """Tokens that are taken one after the other; the grammar of `parsing.py` builds on it."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else END

    def _take(self) -> Token:
        token = self._peek()
        self._at += 1
        return token

    def _skip(self, *texts: str) -> bool:
        if self._peek()[1] in texts and self._peek()[0] != "text":
            self._at += 1
            return True
        return False

    def _expect(self, *texts: str) -> str:
        token = self._take()
        if token[1] not in texts:
            raise Unreadable(f"{token[1] or 'the end'} in place of {texts[0]}")
        return token[1]

    def _raw_argument(self) -> str:
        """The text of a command's argument, for names and indices."""
        if not self._skip("{"):
            kind, text = self._take()
            if kind not in ("number", "letters", "text", "command"):
                raise Unreadable("an index that is no name")
            if len(text) > 1 and kind == "letters":
                self._at -= 1
                self._tokens[self._at] = (kind, text[1:])
                return text[0]
            return text.strip()
        depth, found = 1, []
        while depth:
            token = self._take()
            if token == END:
                raise Unreadable("a brace that is not closed")
            depth += (token[1] == "{") - (token[1] == "}")
            found.append(token[1].strip())
        return "".join(found[:-1])
