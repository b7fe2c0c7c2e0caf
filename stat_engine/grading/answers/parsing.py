"""Parse the text of an answer: LaTeX as people and models write it, and program notation.

A token that the grammar does not know makes the whole text unreadable, so that two answers are never equal
because a difference was dropped. The grammar, from the loosest binding to the tightest:

    items      item (separator item)*            separators: , ; and or
    item       set (sign set)* [modulus]         signs: = < <= in ...
    set        sum (cup sum)*                    also cap, setminus
    sum        term (+ term)*                    also -, plus-minus
    term       factor (times factor)*            also a division, or nothing between two factors
    factor     atom with its powers, indices, factorials, percent and degree signs
"""

import re
from collections.abc import Collection
from dataclasses import replace

from stat_engine.grading.answers import lexicon
from stat_engine.grading.answers.atoms import Atoms
from stat_engine.grading.answers.lexicon import END
from stat_engine.grading.answers.trees import (
    Apply,
    Matrix,
    Node,
    Number,
    Region,
    Relation,
    Several,
    Symbol,
    Unreadable,
    Word,
    number,
    product_of,
    transposed,
)

_DEEPEST = 40
_CALLED = re.compile(
    r"(?:\\math(?:bb|cal|bf|sf)\{[A-Z]\}|\\?(?:[A-Z]|[fghnpqruvwsdyx]|Pr|Var|Cov|det|phi|varphi|mu|sigma|tau|pi|zeta|Gamma|psi))"
    r"(?:_\{?\w+\}?|\^\{-1\}|\^\{?\(\w+\)\}?|'|\\prime)*[(\[]([^()]|\([^()]*\))*[)\]]"
)
"""A function of something, as in T(n) and f^{-1}(x)."""
_FACTORED = re.compile(r"([a-z])[(\[][^=]*(?:\1|[-+*/])")
"""A product that looks like one: x(x+1), r(a-b)."""
_SEPARATING = {"and", "or", "and/or"}


def parse(text: str) -> Node:
    """The tree of a tidy text. Raises Unreadable, and Beyond for what only sympy can compare."""
    return _Parser(lexicon.tokens(text)).answer()


class _Parser(Atoms):
    def __init__(self, tokens: list[lexicon.Token]) -> None:
        super().__init__(tokens)
        self._depth = 0
        self._has_words = False

    def answer(self) -> Node:
        items, joiner = self._items(())
        items = self._above(items)
        if self._at < len(self._tokens) or not items:
            raise Unreadable("something is left over")
        node = items[0] if len(items) == 1 else Several("list", items, joiner=joiner)
        return _settled(node) if self._has_words else node

    def _items(self, closers: Collection[str]) -> tuple[tuple[Node, ...], str]:
        items: list[Node] = []
        joiner = ","
        while self._peek() != END and self._peek()[1] not in closers:
            items.append(self._item())
            separator = self._separator()
            if separator is None:
                break
            joiner = separator if separator != "," else joiner
        return tuple(items), joiner

    def _separator(self) -> str | None:
        """`,`, `and` or `or`, also a comma before a word; None if there is none."""
        found = None
        while True:
            kind, text = self._peek()
            word = text.strip(" ,;").lower()
            if kind in ("letters", "text") and word in _SEPARATING:
                found = "or" if word == "or" else "and"
            elif (kind == "text" and not word) or text == "\\&" or (kind == "mark" and text in ",;&"):
                found = found or ","
            elif text in ("\\lor", "\\vee"):
                found = "lor"
            elif text in ("\\land", "\\wedge"):
                found = "land"
            else:
                return found
            self._at += 1

    def _item(self) -> Node:
        self._skip("=", "\\approx")
        begin = self._at
        sides, signs = [self._set()], []
        called = self._called(begin)
        while self._peek()[0] != "text" and self._peek()[1] in lexicon.SIGNS:
            signs.append(lexicon.SIGNS[self._take()[1]])
            sides.append(self._set())
        modulus = self._modulus()
        if not signs and modulus is None:
            return sides[0]
        return Relation(tuple(sides), tuple(signs), modulus, called)

    def _called(self, begin: int) -> str | None:
        """The tokens since a position if they are a name and its arguments in brackets; else None."""
        written = "".join(text for _, text in self._tokens[begin : self._at])
        return written if _CALLED.fullmatch(written) and not _FACTORED.match(written) else None

    def _modulus(self) -> Node | None:
        if self._skip("\\pmod", "\\mod", "\\bmod"):
            return self._argument(whole=True)
        in_brackets = self._peek()[1] == "("
        kind, text = self._peek(int(in_brackets))
        if kind == "end" or text.strip() not in ("mod", "\\mod", "\\bmod", "modulo"):
            return None
        self._at += 1 + in_brackets
        found = self._sum()
        if in_brackets:
            self._expect(")")
        return found

    def _set(self) -> Node:
        left = self._word() or self._sum()
        while self._peek()[1] in lexicon.SET_SIGNS:
            name = lexicon.SET_SIGNS[self._take()[1]]
            left = Region(name, (left, self._sum()))
        return left

    def _word(self) -> Node | None:
        """Letters that are a whole item or a whole side of a relation; None for anything else."""
        ahead, found = 0, []
        while True:
            kind, text = self._peek(ahead)
            if kind not in ("letters", "text") or text.strip(" ,;").lower() in _SEPARATING:
                break
            found.append((kind, text.strip()))
            ahead += 1
        kind, text = self._peek(ahead)
        is_over = kind in ("end", "text", "letters") or text in lexicon.ENDS_SIDE
        if not found or not is_over or (len(found) == 1 and len(found[0][1]) == 1):
            return None
        self._at += ahead
        self._has_words = True
        return Word(" ".join(text for _, text in found))

    def _sum(self) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Unreadable("too many brackets in one another")
        node = self._signed_term()
        while True:
            if self._skip("+"):
                node = _added(node, self._term())
            elif self._skip("-"):
                node = _added(node, Apply("neg", (self._term(),)))
            elif self._peek()[1] in ("\\pm", "\\mp"):
                name = self._take()[1][1:]
                node = Apply(name, (node, self._term()))
            else:
                self._depth -= 1
                return node

    def _signed_term(self) -> Node:
        if self._skip("+"):
            return self._term()
        if self._skip("-"):
            return _negative(self._term())
        if self._peek()[1] in ("\\pm", "\\mp"):
            return Apply(self._take()[1][1:], (number(0), self._term()))
        return self._term()

    def _term(self) -> Node:
        node = self._factor()
        last = node
        while True:
            if self._skip(*lexicon.TIMES):
                last = self._factor()
                node = Apply("*", (node, last))
            elif self._skip(*lexicon.OVER):
                last = self._factor()
                node = Apply("/", (node, last))
            elif not self._in_set and self._skip(":"):
                parts = [node, self._factor()]
                while self._skip(":"):
                    parts.append(self._factor())
                return Several("ratio", tuple(parts))
            elif self._starts_factor():
                node, last = self._beside(node, last)
            else:
                return node

    def _starts_factor(self) -> bool:
        kind, text = self._peek()
        if kind == "end" or (kind != "text" and text in lexicon.ENDS_TERM):
            return False
        if kind in ("letters", "text"):
            return text.strip(" ,;").lower() not in {*_SEPARATING, "mod", "modulo", ""}
        if text == "|":
            return not self._n_bars and not self._in_set
        return not (text == "(" and self._peek(1)[1].strip() in ("mod", "\\bmod", "\\mod"))

    def _beside(self, node: Node, last: Node) -> tuple[Node, Node]:
        """(the term so far, its last factor) with the factor that follows without a sign: a product, or a
        mixed number such as 2 1/2."""
        is_whole = last is node and _is_whole(node)
        if self._peek()[0] in ("number", "repeating", "rounded"):
            return self._number_beside(node, is_whole)
        part = self._factor()
        if not is_whole:
            return Apply("*", (node, part)), part
        sign = part.name if isinstance(part, Apply) and part.name in ("percent", "degree") else ""
        fraction = part.args[0] if sign and isinstance(part, Apply) else part
        if _is_proper(fraction):
            mixed = Apply("mixed", (node, fraction))
            part = Apply(sign, (mixed,)) if sign else mixed
            return part, part
        if isinstance(fraction, Apply) and fraction.name == "/" and all(map(_is_whole, fraction.args)):
            raise Unreadable("a whole number beside a fraction above 1")
        return Apply("*", (node, part)), part

    def _number_beside(self, node: Node, is_whole: bool) -> tuple[Node, Node]:
        """A number without a sign before it: the 1/2 of 2 1/2, or a factor after brackets."""
        if self._tokens[self._at - 1][1] == ")":
            factor = self._factor()
            return Apply("*", (node, factor)), factor
        above = self._factor()
        self._expect("/")
        part = Apply("/", (above, self._factor()))
        if not is_whole or not _is_proper(part):
            raise Unreadable("a number right behind another factor")
        return Apply("mixed", (node, part)), part

    def _factor(self) -> Node:
        if self._skip("-"):
            return Apply("neg", (self._factor(),))
        if self._skip("+"):
            return self._factor()
        node = self._atom()
        while True:
            if self._skip("^", "**"):
                node = self._raised(node)
            elif self._skip("!"):
                node = Apply("!", (node,))
            elif self._skip("%", "\\%"):
                node = Apply("percent", (node,))
            elif self._skip("\\degree", "\\degrees"):
                node = Apply("degree", (node,))
            elif isinstance(node, Symbol) and self._skip("'", "\\prime"):
                node = Symbol(f"{node.name}'")
            elif isinstance(node, Symbol) and self._skip("_"):
                node = Symbol(f"{node.name}_{self._raw_argument()}")
            else:
                return node

    def _raised(self, node: Node) -> Node:
        opened = self._peek()[1] == "{"
        if self._peek(int(opened))[1] in ("\\circ", "\\degree", "o") and (
            isinstance(node, Number) or self._peek(int(opened))[1] != "o"
        ):
            self._at += 1 + opened
            if opened:
                self._expect("}")
            return Apply("degree", (node,))
        if isinstance(node, Symbol) and self._skip("\\prime"):
            return Symbol(f"{node.name}'")
        exponent = self._exponent()
        if exponent == Symbol("T") and isinstance(node, Matrix | Several):
            return transposed(node)
        return Apply("^", (node, exponent))

    def _exponent(self) -> Node:
        if self._skip("-"):
            return Apply("neg", (self._exponent(),))
        if self._skip("+"):
            return self._exponent()
        return self._argument(whole=True)


def _settled(node: Node) -> Node:
    """The tree in which letters inside a formula are variables; words are whole items only."""
    if isinstance(node, Apply):
        args = (product_of(arg) or Symbol(arg.text) if isinstance(arg, Word) else arg for arg in node.args)
        return Apply(node.name, tuple(map(_settled, args)))
    if isinstance(node, Several):
        return Several(node.kind, tuple(map(_settled, node.items)), node.brackets, node.joiner)
    if isinstance(node, Relation):
        return replace(node, sides=tuple(map(_settled, node.sides)))
    return node


def _added(node: Node, term: Node) -> Node:
    if isinstance(node, Apply) and node.name == "+":
        return Apply("+", (*node.args, term))
    return Apply("+", (node, term))


def _negative(node: Node) -> Node:
    if isinstance(node, Number):
        return Number(-node.value, node.digits)
    return Apply("neg", (node,))


def _is_whole(node: Node) -> bool:
    """Whether this is a whole number as it is written in a mixed number."""
    return isinstance(node, Number) and not node.digits and node.value.denominator == 1


def _is_proper(node: Node) -> bool:
    """Whether this is a fraction of two whole numbers below one, as a mixed number has."""
    if not isinstance(node, Apply) or node.name != "/" or not all(map(_is_whole, node.args)):
        return False
    above, below = (arg.value for arg in node.args if isinstance(arg, Number))
    return 0 < above < below
