"""Whether two answers mean the same, and by which rule.

The rules are tried from the cheapest to the dearest; the first that decides gives the verdict. What none
decides is left to sympy (`symbolic.py`), in a process that can be stopped."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce

from stat_engine.answers.answer import CONSTANTS, Answer, plain_number, read
from stat_engine.answers.regions import real_set, same_set
from stat_engine.answers.tidying import NUMBER_WORDS
from stat_engine.answers.trees import (
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
    children,
    letters_in,
    number,
    product_of,
)
from stat_engine.answers.units import differ
from stat_engine.answers.values import Undefined, exact, has_steps, magnitude, same_numbers, sample, whole_sample

MOST_CHARACTERS = 500
"""Of an answer that is compared otherwise than as a text."""
_MOST_ITEMS = 60
_FLOAT_DIGITS, _EXACT_FLOAT_DIGITS, _MOST_FLOAT_DIGITS = 12, 15, 17
"""A decimal of 12 digits or more may be a rounded value: 0.0833333333333333 is 1/12, 0.0833 is not. One of 15
to 17 digits may be a floating point number, whose last digits are off."""
_ENOUGH, _TURNS = 4, 16
"""Points at which two formulas must agree, and how many are tried for them."""


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, and why."""

    is_correct: bool | None
    """Null: not decided, because sympy has not been asked or took too long."""
    rule: str
    """The comparison that decided, in words."""


NO_ANSWER = Verdict(False, "no answer found")
UNDECIDED = Verdict(None, "not decided without sympy")
UNREADABLE = Verdict(False, "not readable as mathematics")


def compare(answer: str | None, reference: str | None) -> Verdict:
    """The verdict on a final answer. Null where only sympy can tell (`symbolic.py`)."""
    if answer is None or reference is None:
        return NO_ANSWER
    if answer == reference:
        return Verdict(True, "same text")
    ours, theirs = plain_number(_bare(answer)), plain_number(_bare(reference))
    if ours is not None and theirs is not None and (ours == theirs or not _may_be_rounded(answer, reference)):
        return _verdict(ours == theirs, "number")
    if max(len(answer), len(reference)) > MOST_CHARACTERS:
        return Verdict(False, "too long to compare as mathematics")
    return _compared(read(answer), read(reference, True))


def _may_be_rounded(answer: str, reference: str) -> bool:
    return ("." in answer) != ("." in reference) and max(len(answer), len(reference)) > _FLOAT_DIGITS


def _bare(text: str) -> str:
    return text.strip().strip("$").strip().removesuffix(".").strip()


def _verdict(is_same: bool | None, what: str) -> Verdict:
    if is_same is None:
        return UNDECIDED
    return Verdict(is_same, f"same {what}" if is_same else f"differs as {_article(what)} {what}")


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _compared(ours: Answer, theirs: Answer) -> Verdict:
    if _key(ours.text) == _key(theirs.text):
        return Verdict(True, "same text")
    if ours.clock or theirs.clock:
        return _same_times(ours, theirs)
    if differ(ours.unit, theirs.unit) or _is_share(ours, theirs) or _is_share(theirs, ours):
        return Verdict(False, "different units")
    first, second = _chosen(ours, theirs)
    if first is None or second is None:
        if ours.is_beyond or theirs.is_beyond:
            return UNDECIDED
        return UNREADABLE
    is_ordered = ours.is_text and theirs.is_text
    try:
        return _verdict(_same(first, second, is_ordered), _kind(first, second))
    except Beyond:
        return UNDECIDED
    except (Unreadable, RecursionError):
        return UNREADABLE


def _is_share(one: Answer, other: Answer) -> bool:
    """Whether one answer is a percentage and the other has a unit."""
    return bool(one.unit and other.node is not None and _inside(other.node, "percent") is not None)


def _key(text: str) -> str:
    """The text with spaces only where they part letters or digits."""
    words = text.split(" ")
    if len(words) == 1:
        return text
    return reduce(lambda done, word: done + (" " if _parts(done, word) else "") + word, words)


def _parts(before: str, after: str) -> bool:
    return bool(before and after and before[-1].isalnum() and after[0].isalnum()) or before.endswith(",")


def _chosen(ours: Answer, theirs: Answer) -> tuple[Node | None, Node | None]:
    """The trees to compare: with a unit's letters as variables where the other side holds those letters."""
    letters = ours.letters | theirs.letters
    if letters:
        first, second = ours.full or ours.node, theirs.full or theirs.node
        if first and second and letters & letters_in(first) & letters_in(second) and not (ours.unit and theirs.unit):
            return first, second
    return ours.node, theirs.node


def _same_times(ours: Answer, theirs: Answer) -> Verdict:
    if not ours.clock or not theirs.clock:
        return Verdict(False, "differs as a time of day")
    is_half_open = not ours.clock[3] or not theirs.clock[3]
    is_same = ours.clock[:3] == theirs.clock[:3] and (is_half_open or ours.clock[3] == theirs.clock[3])
    return _verdict(is_same, "time of day")


def _kind(one: Node, other: Node) -> str:
    """What two answers are compared as, for the rule's words."""
    for node in (other, one):
        if isinstance(node, Relation):
            return "equation" if set(node.signs) == {"="} else "congruence" if node.modulus else "inequality"
        if isinstance(node, Region) or node == REALS:
            return "set of real numbers"
        if isinstance(node, Matrix):
            return "matrix"
        if isinstance(node, Several):
            return "interval" if _is_half_closed(node) else node.kind
    if isinstance(one, Word | Symbol) and isinstance(other, Word | Symbol):
        return "word" if isinstance(one, Word) or isinstance(other, Word) else "name"
    return "expression" if (letters_in(one) | letters_in(other)) - CONSTANTS else "number"


def _is_half_closed(node: Several) -> bool:
    return node.kind == "tuple" and len(node.items) == 2 and node.brackets != "()"


# Parts


def _same(ours: Node, theirs: Node, is_ordered: bool = False) -> bool | None:
    """Whether two trees mean the same. Raises Unreadable and Beyond."""
    if ours == theirs:
        return True
    ours, theirs = _unnamed(_spread(ours), _spread(theirs))
    if isinstance(ours, Relation) and isinstance(theirs, Relation):
        found = _same_relations(ours, theirs)
        return found if found else (_same_sets(ours, theirs) or found)
    if _is_set(ours) or _is_set(theirs):
        found = _same_sets(ours, theirs)
        if found is not None:
            return found
    if isinstance(ours, Based) or isinstance(theirs, Based):
        return _same_digits(ours, theirs)
    if isinstance(ours, Several | Matrix) or isinstance(theirs, Several | Matrix):
        return _same_parts(ours, theirs, is_ordered)
    if isinstance(ours, Word) or isinstance(theirs, Word):
        return _same_words(ours, theirs)
    if isinstance(ours, Relation | Region | Dots) or isinstance(theirs, Relation | Region | Dots):
        return False
    return _same_values(ours, theirs)


def _is_set(node: Node) -> bool:
    """Whether a node is compared as a set of real numbers, where the other can be one too."""
    if isinstance(node, Several):
        is_statement = node.kind == "list" and any(isinstance(item, Relation) for item in node.items)
        return is_statement and node.joiner != ","
    return isinstance(node, Relation | Region) or node == REALS


def _same_sets(ours: Node, theirs: Node) -> bool | None:
    first, second = real_set(ours), real_set(theirs)
    return None if first is None or second is None else same_set(first, second)


def _same_digits(ours: Node, theirs: Node) -> bool:
    """Digits in a base: of two bases both must agree, and one may be left out."""
    if isinstance(ours, Based) and isinstance(theirs, Based):
        return ours.base == theirs.base and ours.digits.lstrip("0") == theirs.digits.lstrip("0")
    based, other = (ours, theirs) if isinstance(ours, Based) else (theirs, ours)
    assert isinstance(based, Based)
    if isinstance(other, Number) and other.value.denominator == 1 and other.digits is None:
        return based.digits.lstrip("0") == str(other.value.numerator)
    return isinstance(other, Word) and other.text.upper() == based.digits


def _same_parts(ours: Node, theirs: Node, is_ordered: bool) -> bool | None:
    first, second = _parts_of(ours), _parts_of(theirs)
    if isinstance(first, Matrix) or isinstance(second, Matrix):
        return _same_matrices(first, second)
    if first.kind == second.kind == "ratio" or "ratio" in (first.kind, second.kind):
        return _same_ratios(first, second)
    if len(first.items) != len(second.items) and (first.kind, second.kind) == ("list", "list"):
        return False
    if {first.joiner, second.joiner} == {"lor", "land"}:
        return False
    kinds = {first.kind, second.kind}
    if len(first.items) == len(second.items) == 1:
        return _same(first.items[0], second.items[0])
    if Dots() in first.items or Dots() in second.items:
        return kinds <= {"list", "set"} and _same_in_order(first.items, second.items)
    if kinds <= {"list", "set"} and not (is_ordered and kinds == {"list"}):
        return _same_in_any_order(first.items, second.items, "set" in kinds)
    if "set" in kinds or (_is_half_closed(first) or _is_half_closed(second)) and first.brackets != second.brackets:
        return False
    return _same_in_order(first.items, second.items)


def _parts_of(node: Node) -> Several | Matrix:
    """The parts of an answer; a matrix of one column is a vector, and a single value a list of one."""
    if isinstance(node, Matrix) and len(node.rows[0]) == 1:
        return Several("vector", tuple(row[0] for row in node.rows))
    if isinstance(node, Matrix | Several):
        return node
    return Several("list", (node,))


def _same_matrices(ours: Several | Matrix, theirs: Several | Matrix) -> bool | None:
    if isinstance(ours, Matrix) and isinstance(theirs, Matrix):
        if (len(ours.rows), len(ours.rows[0])) != (len(theirs.rows), len(theirs.rows[0])):
            return False
        return _same_in_order(children(ours), children(theirs))
    one, other = (ours, theirs) if isinstance(ours, Matrix) else (theirs, ours)
    assert isinstance(one, Matrix)
    is_row = len(one.rows) == 1 and isinstance(other, Several) and other.kind == "tuple"
    return is_row and _same_in_order(children(one), children(other))


def _same_ratios(ours: Several, theirs: Several) -> bool | None:
    """2:4 is 1:2, and one half; 1:2:3 is 2:4:6."""
    if ours.kind != "ratio" or theirs.kind != "ratio":
        ratio, other = (ours, theirs) if ours.kind == "ratio" else (theirs, ours)
        if len(ratio.items) != 2 or len(other.items) != 1:
            return False
        return _same(Apply("/", ratio.items), other.items[0])
    if len(ours.items) != len(theirs.items):
        return False
    first, second = ours.items[0], theirs.items[0]
    return _all(
        _same_values(Apply("*", (one, second)), Apply("*", (other, first)))
        for one, other in zip(ours.items[1:], theirs.items[1:], strict=True)
    )


def _same_in_order(ours: Sequence[Node], theirs: Sequence[Node]) -> bool | None:
    if len(ours) != len(theirs):
        return False
    return _all(_same(one, other) for one, other in zip(ours, theirs, strict=True))


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found: bool | None = True
    for verdict in verdicts:
        if verdict is False:
            return False
        found = found and verdict
    return found


def _same_in_any_order(ours: Sequence[Node], theirs: Sequence[Node], is_set: bool) -> bool | None:
    """Each item of one is an item of the other; in sets an item may stand there twice."""
    if max(len(ours), len(theirs)) > _MOST_ITEMS:
        raise Beyond("a list of very many items")
    is_open = False
    left = list(theirs)
    met: list[Node] = []
    for item in ours:
        verdicts = [_same(item, other) for other in left]
        if True in verdicts:
            met.append(left.pop(verdicts.index(True)))
        elif None in verdicts:
            is_open = True
        elif not is_set or not any(_same(item, other) for other in met):
            return False
    repeated = all(is_set and any(_same(item, other) for other in met) for item in left)
    if is_open:
        return None
    return repeated


# Words


def _same_words(ours: Node, theirs: Node) -> bool | None:
    if isinstance(ours, Word | Symbol) and isinstance(theirs, Word | Symbol):
        return _spelt(ours) == _spelt(theirs) or _letters(ours) == _letters(theirs)
    word, other = (ours, theirs) if isinstance(ours, Word) else (theirs, ours)
    assert isinstance(word, Word)
    if isinstance(other, Number):
        return NUMBER_WORDS.get(word.text.lower()) == other.value
    factors = product_of(word)
    return False if factors is None else _same_values(factors, other)


def _spelt(node: Word | Symbol) -> str:
    return " ".join((node.text if isinstance(node, Word) else node.name).replace("-", " ").split())


def _letters(node: Word | Symbol) -> str:
    """The letters of a word, whose case counts in names: ABC is not abc, and Yes is yes."""
    text = _spelt(node).replace(" ", "")
    is_word = len(text) > 4 or (len(text) > 2 and not text.isupper()) or text.casefold() in ("no", "yes", "true", "none")
    return text.casefold() if is_word else text


# Names before a value, and both signs


def _spread(node: Node) -> Node:
    """A value with plus-minus in it as the list of its values."""
    if isinstance(node, Several) and node.kind in ("list", "set"):
        items = [part for item in node.items for part in _signs(item)]
        return Several(node.kind, tuple(items), joiner=node.joiner) if len(items) > len(node.items) else node
    values = _signs(node)
    return node if len(values) == 1 else Several("list", tuple(values), joiner="or")


def _signs(node: Node) -> list[Node]:
    if isinstance(node, Several | Matrix) or not _has_signs(node):
        return [node]
    found = [_signed(node, sign) for sign in (1, -1)]
    return [part for one in found for part in _signs(one)]


def _has_signs(node: Node) -> bool:
    return (isinstance(node, Apply) and node.name in ("pm", "mp")) or any(map(_has_signs, children(node)))


def _signed(node: Node, sign: int) -> Node:
    """The tree with plus or minus in the place of both, everywhere at once."""
    if isinstance(node, Apply):
        args = tuple(_signed(arg, sign) for arg in node.args)
        if node.name not in ("pm", "mp"):
            return Apply(node.name, args)
        is_plus = (sign == 1) == (node.name == "pm")
        return Apply("+", (args[0], args[1] if is_plus else Apply("neg", (args[1],))))
    if isinstance(node, Relation):
        return Relation(tuple(_signed(side, sign) for side in node.sides), node.signs, node.modulus)
    return node


def _unnamed(ours: Node, theirs: Node) -> tuple[Node, Node]:
    """The values of `x = 5`, of `x = 1, 2` and of `x = 1, y = 2` where the other side gives values alone."""
    first, second = _values_of(ours), _values_of(theirs)
    if first and second and first[0] and second[0] and first[0] == second[0]:
        return first[1], second[1]
    if first and not second and not _holds_relation(theirs):
        return first[1], theirs
    if second and not first and not _holds_relation(ours) and (second[0] is not None):
        return ours, second[1]
    return ours, theirs


def _holds_relation(node: Node) -> bool:
    return isinstance(node, Relation) or (
        isinstance(node, Several) and any(isinstance(item, Relation) for item in node.items)
    )


def _values_of(node: Node) -> tuple[str | None, Node] | None:
    """(name, values) of a statement that names values; the name is null where a formula stands in its place."""
    if isinstance(node, Relation) and node.modulus is None:
        if set(node.signs) == {"="}:
            return _name_of(node.sides[0]), node.sides[-1]
        if node.signs == ("in",):
            return _name_of(node.sides[0]), node.sides[1]
        return None
    if not isinstance(node, Several) or node.kind == "tuple" or not node.items:
        return None
    parts = [_values_of(item) if isinstance(item, Relation) else None for item in node.items]
    if parts[0] is None or parts[0][0] is None:
        return None
    names = [part[0] if part else None for part in parts]
    values = tuple(part[1] if part else item for part, item in zip(parts, node.items, strict=True))
    if set(names[1:]) <= {None, names[0]}:
        return names[0], Several("list", values, joiner=node.joiner)
    if None in names or len(set(names)) < len(names):
        return None
    in_order = sorted(zip(map(str, names), values, strict=True), key=lambda pair: pair[0])
    return ",".join(name for name, _ in in_order), Several("tuple", tuple(value for _, value in in_order), "()")


def _name_of(node: Node) -> str | None:
    """What a value is called: a variable, a word, f(x), a product of variables, or several of them."""
    if isinstance(node, Symbol):
        return node.name
    if isinstance(node, Word):
        return node.text
    if isinstance(node, Several) and node.kind == "tuple":
        names = [_name_of(item) for item in node.items]
        return ",".join(str(name) for name in names) if None not in names else None
    if isinstance(node, Apply) and node.name == "*":
        names = [_name_of(arg) for arg in node.args]
        return "".join(str(name) for name in names) if None not in names else None
    if isinstance(node, Apply) and (node.name.startswith("call ") or node.name in ("degree", "abs")):
        return f"{node.name} {node.args}"
    if not letters_in(node) - CONSTANTS:
        return "value"
    return None


# Relations


def _same_relations(ours: Relation, theirs: Relation) -> bool | None:
    if (ours.modulus is None) != (theirs.modulus is None):
        return False
    if ours.modulus is not None and theirs.modulus is not None:
        return _same_congruences(ours, theirs)
    first, second = _links(ours), _links(theirs)
    if len(first) != len(second):
        return False
    left = list(second)
    for link in first:
        verdicts = [_same_links(link, other) for other in left]
        if True not in verdicts:
            return None if None in verdicts else False
        left.pop(verdicts.index(True))
    return True


def _same_congruences(ours: Relation, theirs: Relation) -> bool | None:
    """The same modulus, and the same residue of the same name."""
    assert ours.modulus is not None and theirs.modulus is not None
    names = [side for relation in (ours, theirs) for side in relation.sides[:-1]]
    if len(ours.sides) == len(theirs.sides) and not _same_in_order(ours.sides[:-1], theirs.sides[:-1]):
        return False
    if len(names) > 2 or _same(ours.modulus, theirs.modulus) is not True:
        return False
    residues = [relation.sides[-1] for relation in (ours, theirs)]
    if all(isinstance(node, Number) for node in (*residues, ours.modulus)):
        values = [node.value for node in (*residues, ours.modulus) if isinstance(node, Number)]
        return bool(values[2]) and (values[0] - values[1]) % values[2] == 0
    return _same(*residues)


Link = tuple[str, Node, Node]


def _links(relation: Relation) -> list[Link]:
    """A chain as its single relations, < and <= only; a chain of equal signs says what its ends say."""
    sides, signs = relation.sides, relation.signs
    if len(signs) > 1 and set(signs) == {"="} and not any(letters_in(side) - CONSTANTS for side in sides[1:-1]):
        sides, signs = (sides[0], sides[-1]), ("=",)
    return [
        (sign, left, right) if sign not in (">", ">=") else (sign.replace(">", "<"), right, left)
        for sign, left, right in zip(signs, sides, sides[1:], strict=False)
    ]


def _same_links(one: Link, other: Link) -> bool | None:
    sign, left, right = one
    if sign != other[0]:
        return False
    if sign not in ("=", "!=", "<", "<="):
        return _same_in_order((left, right), other[1:])
    if any(isinstance(side, Several | Matrix | Region | Word) for side in (left, right, *other[1:])):
        straight = _same_in_order((left, right), other[1:])
        if straight or sign in ("<", "<="):
            return straight
        return _same_in_order((right, left), other[1:])
    return _proportional(_difference(left, right), _difference(*other[1:]), sign in ("<", "<="))


def _difference(left: Node, right: Node) -> Node:
    return Apply("+", (left, Apply("neg", (right,))))


def _proportional(one: Node, other: Node, is_positive: bool) -> bool | None:
    """Whether one formula is the other times a constant, above 0 where the direction counts."""
    zero = number(0)
    if _same_values(one, zero) is not False or _same_values(other, zero) is not False:
        return _same_values(one, other)
    found = _same_values(Apply("*", (one, _renamed(other))), Apply("*", (other, _renamed(one))))
    if not found or not is_positive:
        return found
    names = sorted((letters_in(one) | letters_in(other)) - CONSTANTS)
    for turn in range(_TURNS):
        point = {name: sample(name, turn) for name in names}
        try:
            return bool(magnitude(Apply("*", (one, other)), point) > 0)
        except Undefined:
            continue
    return None


def _renamed(node: Node) -> Node:
    """The tree with other variables, to compare two formulas at two points at once."""
    if isinstance(node, Symbol):
        return node if node.name in CONSTANTS else Symbol(f"{node.name} again")
    if isinstance(node, Apply):
        return Apply(node.name, tuple(map(_renamed, node.args)))
    return node


# Values


def _same_values(ours: Node, theirs: Node) -> bool | None:
    """Whether two formulas or numbers are equal, wherever both have a value."""
    if ours == theirs:
        return True
    if INFINITY.name in letters_in(ours) | letters_in(theirs):
        return _signed_infinity(ours) is not None and _signed_infinity(ours) == _signed_infinity(theirs)
    for name, rule in (("percent", _same_shares), ("degree", _same_angles)):
        inner, others = _inside(ours, name), _inside(theirs, name)
        if inner is not None and others is not None:
            return _same_values(inner, others)
        if inner is not None:
            return rule(inner, theirs)
        if others is not None:
            return rule(others, ours)
    variables = sorted((letters_in(ours) | letters_in(theirs)) - CONSTANTS)
    if not variables:
        return _same_constants(ours, theirs)
    is_real = "i" not in letters_in(ours) | letters_in(theirs)
    found = _agree(ours, theirs, variables, is_real, sample)
    if found is None or (found and (has_steps(ours) or has_steps(theirs))):
        return _agree(ours, theirs, variables, is_real, whole_sample)
    return found


def _agree(
    ours: Node, theirs: Node, variables: Sequence[str], is_real: bool, values: Callable[[str, int], Fraction]
) -> bool | None:
    """Whether two formulas agree at some points; None where too few of them have a value."""
    n_agreed = 0
    enough = _TURNS if has_steps(ours) or has_steps(theirs) else _ENOUGH
    for turn in range(_TURNS):
        try:
            if not same_numbers(ours, theirs, {name: values(name, turn) for name in variables}, is_real):
                return False
        except (Undefined, Beyond):
            continue
        n_agreed += 1
        if n_agreed == enough:
            return True
    return True if n_agreed > 1 else None


def _same_constants(ours: Node, theirs: Node) -> bool | None:
    try:
        if same_numbers(ours, theirs, {}, False):
            return True
        return _is_rounded(ours, theirs) or _is_rounded(theirs, ours)
    except Undefined:
        return False


def _is_rounded(decimal: Node, other: Node) -> bool:
    """Whether a decimal of many digits is the other value, rounded to those digits or to a floating point number.

    A value that a short decimal writes exactly is not rounded: 0.9999999999999999 is not 1."""
    if not isinstance(decimal, Number) or not _FLOAT_DIGITS <= (decimal.digits or 0) <= _MOST_FLOAT_DIGITS:
        return False
    value = exact(other, {})
    if not decimal.value or (value is not None and _terminates(value.denominator)):
        return False
    digits = decimal.digits or 0
    last = 10.0 ** (math.floor(math.log10(abs(decimal.value))) - digits + 1)
    error = abs(float(decimal.value)) * 2.0**-52 if digits >= _EXACT_FLOAT_DIGITS else 0.0
    return bool(abs(magnitude(_difference(decimal, other))) <= max(last / 2, error))


def _terminates(denominator: int) -> bool:
    """Whether a fraction with this denominator has a decimal that ends."""
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator == 1


def _inside(node: Node, name: str) -> Node | None:
    """What a percent or degree sign stands behind: the whole value, its sign and factors included."""
    if not isinstance(node, Apply):
        return None
    if node.name == name:
        return node.args[0]
    if node.name in ("neg", "*"):
        inner = _inside(node.args[-1], name)
        return None if inner is None else Apply(node.name, (*node.args[:-1], inner))
    return None


def _same_shares(percent: Node, other: Node) -> bool | None:
    """25% is 25 and 0.25; 1% is 0.01 alone, as 1 is all of it."""
    if _same_values(Apply("/", (percent, number(100))), other):
        return True
    return False if _same_values(other, number(1)) else _same_values(percent, other)


def _same_angles(degrees: Node, other: Node) -> bool | None:
    """45 degrees is 45, and pi/4."""
    return _same_values(degrees, other) or _same_values(
        Apply("/", (Apply("*", (degrees, Symbol("pi"))), number(180))), other
    )


def _signed_infinity(node: Node) -> int | None:
    if node == INFINITY:
        return 1
    if isinstance(node, Apply) and node.name == "neg" and node.args[0] == INFINITY:
        return -1
    return None
