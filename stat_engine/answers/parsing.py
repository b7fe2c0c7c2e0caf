"""From the text of an answer to its tree: LaTeX as people and models write it, and the notation of programs.

Strict: a token that the grammar does not know makes the whole text unreadable, so that no two answers
are equal because what differs was dropped. The grammar, from the loosest binding to the tightest:

    items      item (separator item)*            separators: , ; and or
    item       set (sign set)* [modulus]         signs: = < <= in ...
    set        sum (cup sum)*                    also cap, setminus
    sum        term (+ term)*                    also -, plus-minus
    term       factor (times factor)*            also a division, or nothing between two factors
    factor     atom with its powers, indices, factorials, percent and degree signs
"""

from collections.abc import Collection
from fractions import Fraction

from stat_engine.answers import lexicon
from stat_engine.answers.lexicon import Token
from stat_engine.answers.trees import (
    EMPTY,
    INFINITY,
    REALS,
    Apply,
    Based,
    Beyond,
    Dots,
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
)

_DEEPEST = 40
_END: Token = ("end", "")
_SEPARATING = {"and", "or", "and/or"}
_CLOSERS = {"(": ")]", "[": "])"}
_SET_SIGNS = {"\\cup": "union", "\\cap": "intersection", "\\setminus": "minus", "\\backslash": "minus"}
_MONEY = {"\\$", "\\textdollar", "\\pounds", "\\textsterling", "\\euro", "£", "€", "¥", "₹"}
_ENDS_TERM = {
    "+", "-", "\\pm", "\\mp", ",", ";", ")", "]", "}", "\\}", "&", "\\\\", "\\end", "\\rangle", "\\rfloor", "\\rceil",
    "\\rvert", "\\rVert", "\\mid", "\\choose", "\\over", "\\pmod", "\\mod", "\\bmod", "\\lor", "\\vee", "\\land", "\\wedge",
    ":", *lexicon.SIGNS, *lexicon.TIMES, *lexicon.OVER, *_SET_SIGNS,
}  # fmt: skip


def parse(text: str) -> Node:
    """The tree of a tidy text. Raises Unreadable, and Beyond for what only sympy can compare."""
    return _Parser(lexicon.tokens(text)).answer()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0
        self._n_bars = 0
        self._in_set = False
        self._has_words = False

    def answer(self) -> Node:
        items, joiner = self._items(())
        if self._at < len(self._tokens) or not items:
            raise Unreadable("something is left over")
        node = items[0] if len(items) == 1 else Several("list", items, joiner=joiner)
        return _settled(node) if self._has_words else node

    # Tokens

    def _peek(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else _END

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

    # Items

    def _items(self, closers: Collection[str]) -> tuple[tuple[Node, ...], str]:
        items: list[Node] = []
        joiner = ","
        while self._peek() != _END and self._peek()[1] not in closers:
            items.append(self._item())
            separator = self._separator()
            if separator is None:
                break
            joiner = separator if separator != "," else joiner
        return tuple(items), joiner

    def _separator(self) -> str | None:
        """`,`, `and` or `or`, of which a comma may stand before a word; None: none stands here."""
        found = None
        while True:
            kind, text = self._peek()
            word = text.strip(" ,;").lower()
            if kind in ("letters", "text") and word in _SEPARATING:
                found = "or" if word == "or" else "and"
            elif kind == "text" and not word:
                found = found or ","
            elif kind == "mark" and text in ",;":
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
        sides, signs = [self._set()], []
        while self._peek()[0] != "text" and self._peek()[1] in lexicon.SIGNS:
            signs.append(lexicon.SIGNS[self._take()[1]])
            sides.append(self._set())
        modulus = self._modulus()
        if not signs and modulus is None:
            return sides[0]
        return Relation(tuple(sides), tuple(signs), modulus)

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
        while self._peek()[1] in _SET_SIGNS:
            name = _SET_SIGNS[self._take()[1]]
            left = Region(name, (left, self._sum()))
        return left

    def _word(self) -> Node | None:
        """Letters that stand alone as an item or as a side of a relation; None: something else is here."""
        ahead, found = 0, []
        while True:
            kind, text = self._peek(ahead)
            if kind not in ("letters", "text") or text.strip(" ,;").lower() in _SEPARATING:
                break
            found.append((kind, text.strip()))
            ahead += 1
        kind, text = self._peek(ahead)
        is_over = kind in ("end", "text", "letters") or text in ",;)]}" or text in _ENDS_TERM - {
            "+", "-", "\\pm", "\\mp", ":", *lexicon.TIMES, *lexicon.OVER,
        }  # fmt: skip
        if not found or not is_over or (len(found) == 1 and len(found[0][1]) == 1):
            return None
        self._at += ahead
        self._has_words = True
        return Word(" ".join(text for _, text in found))

    # Arithmetic

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
        if kind == "end" or (kind != "text" and text in _ENDS_TERM):
            return False
        if kind in ("letters", "text"):
            return text.strip(" ,;").lower() not in {*_SEPARATING, "mod", "modulo", ""}
        if text == "|":
            return not self._n_bars and not self._in_set
        return not (text == "(" and self._peek(1)[1].strip() in ("mod", "\\bmod", "\\mod"))

    def _beside(self, node: Node, last: Node) -> tuple[Node, Node]:
        """A factor with nothing before it: a product, or a mixed number such as 2 1/2."""
        is_whole = isinstance(last, Number) and last is node and last.value.denominator == 1 and not last.digits
        if self._peek()[0] in ("number", "repeating", "rounded"):
            if not is_whole or self._peek(1)[1] != "/":
                raise Unreadable("a number right behind another factor")
            above = self._factor()
            self._expect("/")
            part: Node = Apply("/", (above, self._factor()))
        else:
            part = self._factor()
        if is_whole and _is_proper(part):
            return Apply("mixed", (node, part)), part
        if is_whole and isinstance(part, Apply) and part.name in ("percent", "degree") and _is_proper(part.args[0]):
            part = Apply(part.name, (Apply("mixed", (node, part.args[0])),))
            return part, part
        if is_whole and isinstance(part, Apply) and part.name == "/" and self._tokens[self._at - 2][1] == "/":
            raise Unreadable("two numbers beside each other")
        return Apply("*", (node, part)), part

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
        return Apply("^", (node, self._exponent()))

    def _exponent(self) -> Node:
        if self._skip("-"):
            return Apply("neg", (self._exponent(),))
        if self._skip("+"):
            return self._exponent()
        return self._argument(whole=True)

    def _argument(self, whole: bool = False) -> Node:
        """The argument of a command: a group, or the next token; of a number one digit, or all of it."""
        kind, text = self._peek()
        if kind == "number" and not whole and len(text) > 1:
            if not text.isdigit():
                raise Unreadable("a decimal as the argument of a command")
            self._tokens[self._at] = (kind, text[1:])
            return number(int(text[0]))
        if kind == "letters" and len(text) > 1:
            self._tokens[self._at] = (kind, text[1:])
            return Symbol(text[0])
        if kind == "end" or (kind != "text" and text in _ENDS_TERM):
            raise Unreadable("a command without its argument")
        return self._atom()

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
            if token == _END:
                raise Unreadable("a brace that is not closed")
            depth += (token[1] == "{") - (token[1] == "}")
            found.append(token[1].strip())
        return "".join(found[:-1])

    # Atoms

    def _atom(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Number(*lexicon.decimal(text))
        if kind == "repeating":
            return number(lexicon.repeating(text))
        if kind == "rounded":
            return number(lexicon.continued(text))
        if kind == "dots":
            return Dots()
        if kind == "letters":
            return self._letters(text)
        if kind == "text":
            return self._text(text.strip())
        if kind == "command" and text[1:2].isalpha():
            return self._command(text[1:].rstrip("*"))
        return self._bracket(text)

    def _letters(self, run: str) -> Node:
        if run.lower() in lexicon.CLAUSES or len(run) > 4:
            raise Unreadable("a word in a formula")
        if len(run) == 1 and run in "fgFG" and self._peek()[1] == "(":
            return Apply(f"call {run}", (self._atom(),))
        for letter in reversed(run[1:]):
            self._tokens.insert(self._at, ("letters", letter))
        return Symbol(run[0])

    def _text(self, text: str) -> Node:
        if not text.isalpha() or text.lower() in lexicon.CLAUSES:
            raise Unreadable("words in a formula")
        return Symbol(text)

    def _bracket(self, text: str) -> Node:
        if text in _MONEY:
            return self._atom()
        if text in ("(", "["):
            return self._parenthesis(text)
        if text == "{":
            return self._group()
        if text == "\\{":
            return self._braces()
        if text in ("|", "\\|"):
            return self._bars(text)
        raise Unreadable(f"{text or 'the end'} where a number or a name should be")

    def _parenthesis(self, opening: str) -> Node:
        outside = self._n_bars, self._in_set
        self._n_bars, self._in_set = 0, False
        items, _ = self._items(_CLOSERS[opening])
        self._n_bars, self._in_set = outside
        closing = self._expect(*_CLOSERS[opening])
        if not items or (len(items) == 1 and closing != _CLOSERS[opening][0]):
            raise Unreadable("brackets with nothing to hold")
        return items[0] if len(items) == 1 else Several("tuple", items, opening + closing)

    def _group(self) -> Node:
        items, _ = self._items("}")
        if len(items) == 1 and self._peek()[1] in ("\\choose", "\\over"):
            name = {"\\choose": "binom", "\\over": "/"}[self._take()[1]]
            items = (Apply(name, (items[0], self._sum())),)
        self._expect("}")
        if not items:
            raise Unreadable("an empty group")
        return items[0] if len(items) == 1 else Several("set", items)

    def _braces(self) -> Node:
        outside, self._in_set = self._in_set, True
        items, _ = self._items(("\\}",))
        self._in_set = outside
        if len(items) == 1 and self._skip("\\mid", "|", ":"):
            conditions, _ = self._items(("\\}",))
            self._expect("\\}")
            return _described(items[0], conditions)
        self._expect("\\}")
        if len(items) == 1 and isinstance(items[0], Several) and items[0].kind == "ratio":
            raise Unreadable("a set that a colon describes")
        return Several("set", items)

    def _bars(self, bar: str) -> Node:
        self._n_bars += 1
        inner = self._sum()
        self._n_bars -= 1
        self._expect(bar)
        return Apply("abs", (inner,))

    # Commands

    def _command(self, name: str) -> Node:
        if name in lexicon.FRACTIONS:
            return Apply("/", (self._argument(), self._argument()))
        if name in lexicon.BINOMIALS:
            return Apply("binom", (self._argument(), self._argument()))
        if name == "sqrt":
            return self._root()
        if name in lexicon.FUNCTIONS:
            return self._function(lexicon.FUNCTIONS[name])
        if name in lexicon.CONSTANTS:
            return {"infinity": INFINITY, "empty": EMPTY, "reals": REALS}.get(lexicon.CONSTANTS[name], Symbol("i"))
        if name in lexicon.GREEK:
            return Symbol(name)
        if name in lexicon.DOTS:
            return Dots()
        if name in lexicon.MARKED:
            content = self._raw_argument()
            return REALS if (name, content) == ("mathbb", "R") else Symbol(f"{name} {content}")
        if name in lexicon.SHAPES:
            return self._shape(name)
        return self._enclosing(name)

    def _enclosing(self, name: str) -> Node:
        closing = {"lfloor": "\\rfloor", "lceil": "\\rceil", "lvert": "\\rvert", "lVert": "\\rVert"}.get(name)
        if closing:
            inner = self._sum()
            self._expect(closing)
            return Apply({"lfloor": "floor", "lceil": "ceil"}.get(name, "abs"), (inner,))
        if name == "langle":
            items, _ = self._items(("\\rangle",))
            self._expect("\\rangle")
            return Several("vector", items)
        if name in ("lbrace", "lbrack"):
            raise Unreadable("brackets by name")
        if name == "based":
            return Based(self._raw_argument(), int(self._raw_argument()))
        if name == "begin":
            return self._matrix(self._raw_argument())
        if f"\\{name}" in _MONEY:
            return self._atom()
        if name in ("boxed", "fbox", "framebox"):
            return self._argument(whole=True)
        raise (Beyond if name in lexicon.ONLY_SYMPY else Unreadable)(f"command {name}")

    def _root(self) -> Node:
        degree: Node = number(2)
        if self._skip("["):
            degree = self._sum()
            self._expect("]")
        return Apply("root", (self._argument(whole=True), degree))

    def _function(self, name: str) -> Node:
        base: Node = Symbol("e") if name == "ln" else number(10)
        power: Node | None = None
        while self._peek()[1] in ("_", "^") and self._peek()[0] == "mark":
            if self._take()[1] == "^":
                power = self._exponent()
            elif name == "log":
                base = self._argument(whole=True)
            else:
                raise Unreadable("an index of a function")
        if power is not None and fraction_of(power) == -1 and name in lexicon.INVERSES:
            name, power = lexicon.INVERSES[name], None
        call = _called(name, base, self._function_arguments())
        return call if power is None else Apply("^", (call, power))

    def _function_arguments(self) -> tuple[Node, ...]:
        """What is in the brackets right behind a function, or the product that follows: the 2x of sin 2x."""
        if self._peek()[1] in ("(", "[", "{"):
            found = self._atom()
            return found.items if isinstance(found, Several) and found.kind == "tuple" else (found,)
        node = self._factor()
        while self._starts_factor() and self._peek()[0] != "number":
            kind, text = self._peek()
            if text in ("(", "[", "|") or (kind == "command" and text[1:] in lexicon.FUNCTIONS):
                break
            node = Apply("*", (node, self._factor()))
        return (node,)

    def _shape(self, name: str) -> Node:
        kind, text = self._peek()
        if kind not in ("letters", "text") and text != "{":
            raise Unreadable("an angle without a name")
        if text == "{":
            return Symbol(f"{name} {self._raw_argument()}")
        self._at += 1
        return Symbol(f"{name} {text.strip()}")

    def _matrix(self, name: str) -> Node:
        if name not in {"pmatrix", "bmatrix", "matrix", "array", "Bmatrix", "smallmatrix"}:
            raise Unreadable(f"environment {name}")
        if name == "array":
            self._raw_argument()
        rows: list[list[Node]] = [[]]
        while not self._skip("\\end"):
            if self._skip("\\\\"):
                rows.append([])
            elif not self._skip("&", "\\hline"):
                rows[-1].append(self._sum())
        self._raw_argument()
        kept = [tuple(row) for row in rows if row]
        if not kept or len({len(row) for row in kept}) > 1:
            raise Unreadable("a matrix whose rows differ in length")
        return Matrix(tuple(kept))


def _settled(node: Node) -> Node:
    """The tree in which letters inside a formula are variables: a word stands only where a whole answer does."""
    if isinstance(node, Apply):
        args = (product_of(arg) or Symbol(arg.text) if isinstance(arg, Word) else arg for arg in node.args)
        return Apply(node.name, tuple(map(_settled, args)))
    if isinstance(node, Several):
        return Several(node.kind, tuple(map(_settled, node.items)), node.brackets, node.joiner)
    if isinstance(node, Relation):
        return Relation(tuple(map(_settled, node.sides)), node.signs, node.modulus)
    return node


def _added(node: Node, term: Node) -> Node:
    if isinstance(node, Apply) and node.name == "+":
        return Apply("+", (*node.args, term))
    return Apply("+", (node, term))


def _negative(node: Node) -> Node:
    if isinstance(node, Number):
        return Number(-node.value, node.digits)
    return Apply("neg", (node,))


def _is_proper(node: Node) -> bool:
    """Whether this is a fraction of two whole numbers below one, as a mixed number has."""
    if not isinstance(node, Apply) or node.name != "/":
        return False
    above, below = node.args
    if not isinstance(above, Number) or not isinstance(below, Number):
        return False
    return above.value.denominator == below.value.denominator == 1 and 0 < above.value < below.value


def _described(item: Node, conditions: tuple[Node, ...]) -> Node:
    """{x | x > 3} is what its condition says. Raises Unreadable for a set that something else describes."""
    name = item
    if isinstance(item, Relation) and item.signs == ("in",) and item.sides[1] == REALS:
        name = item.sides[0]
    if not isinstance(name, Symbol) or not conditions or not all(isinstance(c, Relation) for c in conditions):
        raise Unreadable("a set that a rule describes")
    return conditions[0] if len(conditions) == 1 else Several("list", conditions, joiner="and")


def _called(name: str, base: Node, arguments: tuple[Node, ...]) -> Node:
    if name in ("max", "min"):
        return Apply(name, arguments)
    if not name or len(arguments) != 1:
        raise Unreadable("a function that is not known, or not of one argument")
    if name in ("ln", "log", "lg"):
        return Apply("log", (arguments[0], base))
    if name == "exp":
        return Apply("^", (Symbol("e"), arguments[0]))
    return Apply(name, arguments)


def fraction_of(node: Node) -> Fraction | None:
    """The value of a tree that is a literal number; None: it is something else."""
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Apply) and node.name == "neg" and isinstance(node.args[0], Number):
        return -node.args[0].value
    return None
