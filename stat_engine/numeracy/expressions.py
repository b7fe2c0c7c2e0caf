"""Arithmetic as text, parsed without `eval`: whole numbers, decimals, + - * / ^ and brackets.

Lengths, digits and exponents are limited, so that no text takes long or makes a huge number. A solution's
line is an optional lead word, an optional label, and equal expressions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

MAX_CHARACTERS = 120
MAX_DIGITS = 9
MAX_EXPONENT = 6

_TOKEN = re.compile(r"\d+(?:\.\d+)?|[-+*/^()]")
_PRECEDENCE = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 3}


@dataclass(frozen=True)
class Number:
    text: str


@dataclass(frozen=True)
class Operation:
    operator: str
    left: "Expression"
    right: "Expression"


Expression = Number | Operation


class _Reader:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.place = 0

    def peek(self) -> str | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def take(self) -> str:
        token = self.peek()
        if token is None:
            raise ValueError("the expression ends too early")
        self.place += 1
        return token

    def chain(self, operators: str, below: str | None) -> Expression:
        """Left-associative operators of one precedence; `below` holds the next higher one."""
        node = self.chain(below, None) if below else self.power()
        while (operator := self.peek()) is not None and operator in operators:
            self.take()
            right = self.chain(below, None) if below else self.power()
            node = Operation(operator, node, right)
        return node

    def power(self) -> Expression:
        base = self.atom()
        if self.peek() == "^":
            self.take()
            return Operation("^", base, self.atom())
        return base

    def atom(self) -> Expression:
        token = self.take()
        if token == "(":
            inside = self.chain("+-", "*/")
            if self.take() != ")":
                raise ValueError("a bracket is not closed")
            return inside
        if token == "-":
            return Operation("-", Number("0"), self.atom())
        if not token[0].isdigit():
            raise ValueError(f"found {token!r} where a number was expected")
        return Number(token)


def parse(text: str) -> Expression:
    """Read one expression.

    Raises ValueError on anything that is not arithmetic, and on texts or numbers that are too long."""
    compact = text.replace(" ", "") if not re.search(r"\d\s+\d", text) else text
    tokens = _TOKEN.findall(compact)
    if len(text) > MAX_CHARACTERS or "".join(tokens) != compact or not tokens:
        raise ValueError(f"not an expression: {text[:MAX_CHARACTERS]!r}")
    if any(len(token) > MAX_DIGITS for token in tokens):
        raise ValueError("a number has too many digits")
    reader = _Reader(tokens)
    node = reader.chain("+-", "*/")
    if reader.peek() is not None:
        raise ValueError(f"unexpected {reader.peek()!r}")
    return node


def value(node: Expression) -> Fraction:
    """The exact value; raises ValueError on a division by zero or a power that is too large."""
    if isinstance(node, Number):
        return Fraction(node.text)
    left, right = value(node.left), value(node.right)
    if node.operator == "+":
        return left + right
    if node.operator == "-":
        return left - right
    if node.operator == "*":
        return left * right
    if node.operator == "^":
        if right.denominator != 1 or not 0 <= right <= MAX_EXPONENT:
            raise ValueError("the exponent is out of range")
        return left ** int(right)
    if right == 0:
        raise ValueError("division by zero")
    return left / right


def walk(node: Expression) -> Iterator[Expression]:
    """The expression and every expression inside it."""
    yield node
    if isinstance(node, Operation):
        yield from walk(node.left)
        yield from walk(node.right)


def commute(node: Expression) -> Expression:
    """The same value with the operands of every sum and product in the other order."""
    if isinstance(node, Number):
        return node
    left, right = commute(node.left), commute(node.right)
    if node.operator in "+*":
        left, right = right, left
    return Operation(node.operator, left, right)


def write(node: Expression) -> str:
    """The expression as text, with the brackets that it needs and no spaces."""
    if isinstance(node, Number):
        return node.text
    rank = _PRECEDENCE[node.operator]
    left, right = write(node.left), write(node.right)
    if isinstance(node.left, Operation) and _PRECEDENCE[node.left.operator] < rank:
        left = f"({left})"
    if isinstance(node.right, Operation):
        inner = _PRECEDENCE[node.right.operator]
        free = inner == rank and node.operator in "+*" and node.right.operator in "+-*"
        if inner < rank or (inner == rank and not free):
            right = f"({right})"
    return f"{left}{node.operator}{right}"


def canonical(node: Expression) -> str:
    """One text for all orders of the operands of sums and products."""
    if isinstance(node, Number):
        return node.text
    if node.operator in "+*":
        return node.operator + "(" + ",".join(sorted(_operands(node, node.operator))) + ")"
    return f"{node.operator}({canonical(node.left)},{canonical(node.right)})"


def _operands(node: Expression, operator: str) -> list[str]:
    if isinstance(node, Operation) and node.operator == operator:
        return _operands(node.left, operator) + _operands(node.right, operator)
    return [canonical(node)]


LEADS = ("so", "then", "thus", "hence", "now")
_LEAD = re.compile(rf"(?:{'|'.join(LEADS)}),? ", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """One line, read."""

    lead: str
    # What the expressions are the value of, for example "term 9"; None where the line names nothing.
    label: str | None
    expressions: tuple[Expression, ...]


def read_line(text: str) -> Line:
    """Read one line; raises ValueError where it is not a chain of equal expressions."""
    if len(text) > MAX_CHARACTERS:
        raise ValueError("the line is too long")
    text = text.strip()
    lead = _LEAD.match(text)
    parts = [part.strip() for part in text[lead.end() if lead else 0 :].rstrip(".").split("=")]
    labels = [part for part in parts if re.search("[A-Za-z]", part)]
    expressions = tuple(parse(part) for part in parts if part not in labels)
    if len(labels) > 1 or not expressions or len(parts) < 2:
        raise ValueError(f"not a step: {text!r}")
    return Line(lead.group().strip(" ,") if lead else "", labels[0] if labels else None, expressions)


def write_line(line: Line) -> str:
    parts = [write(expression) for expression in line.expressions]
    chain = "=".join(([line.label] if line.label else []) + parts)
    return f"{line.lead} {chain}" if line.lead else chain


def commuted(line: Line) -> Line:
    """The same statement with the operands of sums and products in the other order."""
    return Line(line.lead, line.label, tuple(commute(expression) for expression in line.expressions))


def with_lead(line: Line, lead: str) -> Line:
    return Line(lead, line.label, line.expressions)
