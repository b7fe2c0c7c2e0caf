"""The atoms of a formula: numbers, names, brackets, and the commands of LaTeX with their arguments."""

from abc import ABC, abstractmethod
from collections.abc import Collection

from stat_engine.grading.answers import lexicon
from stat_engine.grading.answers.lexicon import Cursor
from stat_engine.grading.answers.trees import (
    REALS,
    Apply,
    Based,
    Beyond,
    Dots,
    Matrix,
    Node,
    Number,
    Relation,
    Several,
    Symbol,
    Unreadable,
    children,
    determinant,
    number,
)

_CLOSERS = {"(": ")]", "[": "])"}
_MONEY = {"\\$", "\\textdollar", "\\pounds", "\\textsterling", "\\euro", "£", "€", "¥", "₹"}


class Atoms(Cursor, ABC):
    """Parses one atom; subclasses parse the content of its brackets and arguments."""

    def __init__(self, tokens: list[lexicon.Token]) -> None:
        super().__init__(tokens)
        self._n_bars = 0
        self._in_set = False

    @abstractmethod
    def _items(self, closers: Collection[str]) -> tuple[tuple[Node, ...], str]: ...

    @abstractmethod
    def _sum(self) -> Node: ...

    @abstractmethod
    def _factor(self) -> Node: ...

    @abstractmethod
    def _exponent(self) -> Node: ...

    @abstractmethod
    def _starts_factor(self) -> bool: ...

    def _atom(self) -> Node:
        kind, text = self._take()
        if kind == "number":
            return Number(*lexicon.decimal(text))
        if kind == "repeating":
            return number(lexicon.repeating(text))
        if kind == "rounded":
            return _continued(text)
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
        if not items or (len(items) != 2 and closing != _CLOSERS[opening][0]):
            raise Unreadable("brackets with nothing to hold")
        return items[0] if len(items) == 1 else Several("tuple", items, opening + closing)

    def _group(self) -> Node:
        items = self._above(self._items("}")[0])
        self._expect("}")
        if not items:
            raise Unreadable("an empty group")
        return items[0] if len(items) == 1 else Several("set", items)

    def _above(self, items: tuple[Node, ...]) -> tuple[Node, ...]:
        """The items, with `\\over` or `\\choose` applied to the item before it."""
        if len(items) != 1 or self._peek()[1] not in ("\\choose", "\\over"):
            return items
        name = "binom" if self._take()[1] == "\\choose" else "/"
        return (Apply(name, (items[0], self._sum())),)

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
        return determinant(inner.rows) if isinstance(inner, Matrix) else Apply("abs", (inner,))

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
        if kind == "end" or (kind != "text" and text in lexicon.ENDS_TERM):
            raise Unreadable("a command without its argument")
        return self._atom()

    def _command(self, name: str) -> Node:
        if name in lexicon.FRACTIONS:
            return Apply("/", (self._argument(), self._argument()))
        if name in lexicon.BINOMIALS:
            return Apply("binom", (self._argument(), self._argument()))
        if name == "sqrt":
            return self._root()
        if name == "binomial":
            return Apply("binom", children(self._atom()))
        if name == "cbrt":
            return Apply("root", (self._argument(whole=True), number(3)))
        if name in lexicon.FUNCTIONS:
            return self._function(lexicon.FUNCTIONS[name])
        if name in lexicon.CONSTANTS:
            return lexicon.CONSTANTS[name]
        if name in lexicon.GREEK:
            return Symbol(name)
        if name in lexicon.DOTS:
            return Dots()
        if name in lexicon.MARKED:
            content = self._raw_argument()
            return REALS if (name, content) == ("mathbb", "R") else Symbol(_mark(name, content))
        if name in lexicon.SHAPES:
            return self._shape(name)
        if name == "det":
            inner = self._atom()
            return determinant(inner.rows) if isinstance(inner, Matrix) else Apply("call det", (inner,))
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
                if power is not None:
                    raise Unreadable("two powers of a function")
                power = self._exponent()
            elif name == "log":
                base = self._argument(whole=True)
            else:
                raise Unreadable("an index of a function")
        if power is not None and _is_minus_one(power) and name in lexicon.INVERSES:
            name, power = lexicon.INVERSES[name], None
        call = _called(name, base, self._function_arguments())
        return call if power is None else Apply("^", (call, power))

    def _function_arguments(self) -> tuple[Node, ...]:
        """The content of the brackets after a function, or the product that follows: the 2x of sin 2x."""
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
        letters = self._raw_argument() if text == "{" else self._take()[1]
        return Symbol(_mark(name, letters.strip()))

    def _matrix(self, name: str) -> Node:
        if name not in {"pmatrix", "bmatrix", "matrix", "array", "Bmatrix", "smallmatrix", "vmatrix"}:
            raise Unreadable(f"environment {name}")
        if name == "array":
            self._raw_argument()
        rows: list[list[Node]] = [[]]
        while not self._skip("\\end"):
            if self._skip("\\hline"):
                continue
            rows[-1].append(self._sum())
            if self._skip("\\\\"):
                rows.append([])
            elif not self._skip("&") and self._peek()[1] != "\\end":
                raise Unreadable("a cell that goes on")
        if self._raw_argument() != name:
            raise Unreadable("a matrix that another environment ends")
        kept = [tuple(row) for row in rows if row]
        if not kept or len({len(row) for row in kept}) > 1:
            raise Unreadable("a matrix whose rows differ in length")
        return determinant(tuple(kept)) if name == "vmatrix" else Matrix(tuple(kept))


def _mark(name: str, letters: str) -> str:
    """The name of a marked symbol; angle BAC is angle CAB, and segment AB is segment BA."""
    name = {"overrightarrow": "vec", "measuredangle": "angle"}.get(name, name)
    is_either_way = (name == "overline" and len(letters) == 2) or (name == "angle" and len(letters) == 3)
    if is_either_way and letters.isalpha() and letters.isupper():
        letters = min(letters, letters[::-1])
    return f"{name} {letters}"


def _continued(written: str) -> Node:
    """A decimal with dots after it: its value if the digits repeat, else the digits that are known."""
    value = lexicon.continued(written)
    if value is not None:
        return number(value)
    return Apply("continued", (Number(*lexicon.decimal(written)), number(len(written.partition(".")[2]))))


def _described(item: Node, conditions: tuple[Node, ...]) -> Node:
    """The condition of {x | x > 3}. Raises Unreadable for sets described in another way."""
    name = item
    if isinstance(item, Relation) and item.signs == ("in",) and item.sides[1] == REALS:
        name = item.sides[0]
    if not isinstance(name, Symbol) or not conditions or not all(isinstance(c, Relation) for c in conditions):
        raise Unreadable("a set that a rule describes")
    return conditions[0] if len(conditions) == 1 else Several("list", conditions, joiner="and")


def _called(name: str, base: Node, arguments: tuple[Node, ...]) -> Node:
    if name in ("max", "min", "gcd", "lcm"):
        return Apply(name, arguments)
    if not name or len(arguments) != 1:
        raise Unreadable("a function that is not known, or not of one argument")
    if name in ("ln", "log", "lg"):
        return Apply("log", (arguments[0], base))
    if name == "exp":
        return Apply("^", (Symbol("e"), arguments[0]))
    return Apply(name, arguments)


def _is_minus_one(node: Node) -> bool:
    return node in (number(-1), Apply("neg", (number(1),)))
