"""Units and other words around a number: removed before the comparison, and compared themselves.

A unit is removed from one number, not from a formula: the m of 100 + 20m is a variable. One letter is a unit
only after a space or as `\\text{ m}`; after a digit (`18m`) it is a unit in a response and a variable in a
reference, and after \\pi, a root, a fraction or a power it is a factor in both."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

_ALIASES = {
    "mm": "mm millimeter millimetre", "cm": "cm cms centimeter centimetre", "m": "m meter metre mtr",
    "km": "km kms kilometer kilometre", "in": "in inch inches", "ft": "ft foot feet", "yd": "yd yard",
    "mi": "mi mile", "s": "s sec second", "min": "min minute", "h": "h hr hrs hour", "day": "day",
    "week": "week wk", "month": "month", "year": "year yr yrs", "g": "g gm gram", "kg": "kg kgs kilogram",
    "mg": "mg milligram", "lb": "lb lbs", "oz": "oz ounce", "ton": "ton tonne",
    "ml": "ml milliliter millilitre", "l": "l L liter litre", "gal": "gal gallon", "cup": "cup",
    "pint": "pint", "quart": "quart", "dollar": "dollar usd USD buck", "cent": "cent",
    "euro": "euro eur EUR", "pound": "pound gbp GBP", "rupee": "rupee rs Rs INR", "yen": "yen",
    "degree": "degree deg", "radian": "radian rad", "N": "N newton", "J": "J joule", "W": "W watt",
    "V": "V volt", "K": "K", "kelvin": "kelvin", "k": "k", "M": "M", "B": "B",
    "C": "C celsius", "F": "F fahrenheit", "Hz": "Hz hertz", "acre": "acre",
    "unit": "unit", "am": "am", "pm": "pm", "mi / h": "mph", "km / h": "kph kmph kmh",
}  # fmt: skip
UNITS = {word: unit for unit, words in _ALIASES.items() for word in words.split()}
"""Word -> unit."""
_ONE_LETTER = {word for word in UNITS if len(word) == 1} - {"C", "F"}
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "mn": 6, "bn": 9}
_LETTERS = {"K": 3, "k": 3, "M": 6, "B": 9}
"""Letters of scale: 5K is 5000. A reference may mean kelvin."""
_SIZES = {
    "length": "mm 0.001 cm 0.01 m 1 km 1000 in 0.0254 ft 0.3048 yd 0.9144 mi 1609.344",
    "time": "s 1 min 60 h 3600 day 86400 week 604800",
    "months": "month 1 year 12",
    "mass": "mg 0.001 g 1 kg 1000",
    "weight": "oz 1 lb 16",
    "volume": "ml 0.001 l 1",
    "cups": "cup 1 pint 2 quart 4 gal 16",
    "money": "cent 1 dollar 100",
}
_FACTORS = {
    unit: (kind, Fraction(size))
    for kind, sizes in _SIZES.items()
    for unit, size in zip(sizes.split()[::2], sizes.split()[1::2], strict=True)
}
"""Unit -> (what it measures, its size)."""
_NOT_UNITS = {
    "or", "and", "than", "not", "to", "plus", "minus", "squared", "cubed", "if", "for", "when", "where",
    "except", "mod", "modulo", "base", "remainder", "factorial", "over", "half", "halves", "third",
    "quarter", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "hundredth", "thousandth",
    "infinity", "choose", "with", "is", "are", "sqrt", "pi", "sin", "cos", "tan", "log", "ln", "exp",
    "dozen", "divided", "root", "between", "but", "from", "below", "under", "negative", "less", "fewer",
    "most", "least", "wrong", "incorrect", "tens", "hundreds", "thousands", "score", "lakh", "crore",
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
}  # fmt: skip
"""Words after a number that change its value."""
_FILLERS = {
    "in", "of", "the", "a", "an", "total", "each", "all", "altogether", "left", "more", "about", "there",
    "long", "exactly", "old", "ago", "off", "tall", "away", "wide", "high", "apart", "only",
}  # fmt: skip
_NOUNS = {
    "men", "man", "boy", "cat", "dog", "hat", "pen", "car", "box", "egg", "way", "bag", "pie", "toy", "bus",
    "row", "set", "kid", "jar", "fox", "cow", "hen", "pig", "bee", "ant", "cup", "tip", "mug", "day", "pet",
    "can", "bar", "tea", "cap", "win",
}  # fmt: skip
"""Words of three letters that are not products of three variables."""
_PIECE = (
    r"(?:\\text\{[^{}]*\}|[A-Za-z]++\.?|\^\s*(?:\d|\{\s*-?\d\s*\})|\^\{?\\circ\s*\}?|[/()¢€£¥-]|\\\$"
    r"|\\cdot(?![A-Za-z])|\\cents?(?![A-Za-z])|\s)"
)
_QUANTITY = re.compile(rf"(.*?(?:[\d)}}\]%!.]|\\pi|\\%|\\circ))(\s*(?=[A-Za-z\\^(¢€£¥]){_PIECE}++)")
_IN_WORDS = re.compile(rf"(.*[^\s,;])(\s*\\text\{{[^{{}}]{{2,}}\}}{_PIECE}*+)")
_MONEY = {
    "\\$": "dollar", "$": "dollar", "\\textdollar": "dollar", "USD": "dollar", "£": "pound",
    "\\pounds": "pound", "€": "euro", "\\euro": "euro", "EUR": "euro", "GBP": "pound", "Rs": "rupee",
    "INR": "rupee", "₹": "rupee", "¥": "yen", "\\textsterling": "pound", "US\\$": "dollar",
}  # fmt: skip
_SAID = (
    r"(?:both|either|approximately|approx\.?|about|around|exactly|roughly|nearly|only|just|clearly|simply"
    r"|therefore|thus|then|hence|a total of|total of|there (?:are|is)|it is|that is"
    r"|(?:the )?(?:final )?(?:answer|solution)(?: is)?:?)"
)
_PREFIX = re.compile(rf"\s*(?:{_SAID}\s+|\\text\{{\s*{_SAID}\s*\}}\s*|\\approx\s*|=\s*)+", re.IGNORECASE)
_CURRENCY = re.compile(
    r"(-?)\s*(US\\\$|\\\$|\\textdollar|\\textsterling|\\pounds|\\euro|[£€¥₹]|(?:USD|EUR|GBP|INR|Rs)(?![A-Za-z])\.?"
    r"|\\text\{\s*(?:USD|EUR|GBP|INR|Rs)\.?\s*\})\s*(?=[-\d.\\({])"
)
_SPELT = re.compile(r"([A-Za-z][A-Za-z -]{2,}) \((-?\d[\d.,/]*)\)")
_ORDINAL = re.compile(r"(\d+)\s*(?:\^\s*)?(?:\{|\\text\{)*\s*(?:st|nd|rd|th)\s*\}*")
_WORD = re.compile(r"[A-Za-z]+(?:\.[A-Za-z]+)*|[/¢€£¥]|\\\$|\d+")
_COMPOUND = re.compile(r"\d+(?:\.\d+)?\s*[A-Za-z]+\.?(?:,?\s*(?:and\s+)?\d+(?:\.\d+)?\s*[A-Za-z]+\.?){1,3}")
_MEASURE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)")
_EACH = re.compile(r"(?:(?<=[a-z])|^)\s+an?\s+(?=[a-z]{3})")
"""The a of 18 dollars a day."""
_SPACED_PIECE = re.compile(rf"(?P<space>\s*)(?P<piece>{_PIECE})")
_SIGNS = {"per": "/", "/": "/", "¢": "cent", "£": "pound", "€": "euro", "¥": "yen", "\\$": "dollar"}
_POWER = re.compile(r"\^\s*\{?\s*(-?\d)")
_AREAS = ("m^2", "m^3")
"""Lone letters with a power that measure an area or a volume."""
_SQUARES = {"square": "^2", "sq": "^2", "cubic": "^3", "cu": "^3"}


_OPPOSITES = (
    "north / south / east / west",
    "left / right", "up upward uphill / down downward downhill", "before early / after late",
    "above / below",
    "profit gain increase surplus credit / loss decrease deficit debit debt",
    "forward / backward",
    "clockwise / counterclockwise anticlockwise", "win won / lost", "inside / outside", "faster / slower",
    "older / younger", "taller / shorter", "heavier / lighter", "hotter warmer / colder cooler",
)  # fmt: skip
_SIDES = {
    f"?{word}": (group, side)
    for group, sides in enumerate(_OPPOSITES)
    for side, words in enumerate(sides.split(" / "))
    for word in words.split()
}
"""Stem of a word -> (what it tells, which side of it)."""


@dataclass(frozen=True)
class Quantity:
    """A number and the words around it."""

    number: str
    unit: tuple[str, ...] = ()
    """Units known by name, `^2` and `/` with them, and the stems of other words."""
    scale: Fraction = Fraction(1)
    """A million, if the word follows the number."""
    letters: frozenset[str] = frozenset()
    """Letters of the unit, if they could be variables."""
    is_any: bool = False
    """Whether the unit is known, so that it may follow a formula."""
    is_spelt: bool = True
    """Whether its words cannot be variables, so that they may follow a sum."""
    is_letter: bool = False
    """Whether it is one bare letter, which is a factor after anything but a plain number."""


def quantity(text: str, is_reference: bool) -> Quantity:
    """The number of a normalised answer, and its unit; the whole text if it has none."""
    prefix = _PREFIX.match(text)
    if prefix and prefix.end() < len(text):
        text = text[prefix.end() :]
    spelt = _SPELT.fullmatch(text)
    if spelt and not _NOT_UNITS & set(spelt[1].lower().split()):
        text = spelt[2]
    compound = _compound(text)
    if compound:
        return compound
    ordinal = _ORDINAL.fullmatch(text)
    if ordinal:
        return Quantity(ordinal[1])
    unit: tuple[str, ...] = ()
    money = _CURRENCY.match(text)
    if money:
        name = money[2].removeprefix("\\text{").rstrip("} .").strip()
        unit, text = (_MONEY[name],), money[1] + text[money.end() :]
    for pattern in (_QUANTITY, _IN_WORDS):
        found = pattern.fullmatch(text)
        is_glued_to_digits = found is not None and found[1][-1].isdigit()
        read = _tail(found[2], is_reference or not is_glued_to_digits) if found else None
        if found and read:
            read = _with_scale(read, bool(unit))
            return replace(read, number=found[1].strip(), unit=_joined(unit, read.unit))
    return Quantity(text, unit, is_any=True)


def _compound(text: str) -> Quantity | None:
    """Measures of one kind, from the largest unit to the smallest, in the first: 1 hour 12 minutes."""
    plain = " ".join(re.sub(r"\\text\{([^{}]*)\}", r" \1 ", text).split())
    if not _COMPOUND.fullmatch(plain):
        return None
    measures = [
        (Fraction(n), UNITS.get(word) or UNITS.get(_stem(word))) for n, word in _MEASURE.findall(plain)
    ]
    known = [(n, unit, *_FACTORS[unit]) for n, unit in measures if unit in _FACTORS]
    sizes = [size for *_, size in known]
    if len(known) != len(measures) or len({kind for *_, kind, _ in known}) > 1:
        return None
    if any(later >= before for before, later in pairwise(sizes)):
        return None
    return Quantity(str(sum((n * size for n, *_, size in known), Fraction(0)) / sizes[0]), (known[0][1],))


def _joined(money: tuple[str, ...], unit: tuple[str, ...]) -> tuple[str, ...]:
    """The sign of money before a number with the words after it, which may name the money again."""
    if not money or unit[: len(money)] == money:
        return money if money and unit == money else unit
    if unit and _FACTORS.get(unit[0], ("",))[0] in ("time", "months"):
        return (*money, "/", *unit)  # $5 a day
    return money + unit if unit and (unit[0] == "/" or unit[0] in _SIDES) else money


def _with_scale(found: Quantity, is_money: bool) -> Quantity:
    """A letter of scale before another unit, or after a sign of money, is a factor: 5K dollars, $5M."""
    unit = found.unit
    if (
        not unit
        or unit[0] not in _LETTERS
        or (not is_money and unit[1:2] and unit[1][0] in "/^")
        or not (unit[1:] or is_money)
    ):
        return found
    return replace(found, unit=unit[1:], scale=found.scale * 10 ** _LETTERS[unit[0]])


def scale_of(unit: tuple[str, ...], other: tuple[str, ...]) -> int | None:
    """The factor of a letter of scale, unless the other answer has it as its unit; None for other units."""
    if len(unit) != 1 or unit[0] not in _LETTERS or other[:1] in (unit, ("kelvin",), ("C",), ("F",)):
        return None
    return int(10 ** _LETTERS[unit[0]])


def factor(unit: tuple[str, ...], other: tuple[str, ...]) -> Fraction | None:
    """How many of the other unit one unit is, as 1/100 for cents and dollars; None if it is not known."""
    if len(unit) != 1 or len(other) != 1 or unit == other:
        return None
    (name, _, power), (others_name, _, others_power) = (part[0].partition("^") for part in (unit, other))
    if power != others_power or (power and not power.isdecimal()):
        return None
    ours, theirs = _FACTORS.get(name), _FACTORS.get(others_name)
    if ours is None or theirs is None or ours[0] != theirs[0]:
        return None
    return (ours[1] / theirs[1]) ** int(power or 1)


def differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether both have units and these differ: cm and m, cats and dogs."""
    if not one or not other or one == other:
        return False
    if _are_opposite(one, other) or _rates_differ(one, other):
        return True
    if one[: len(other)] == other or other[: len(one)] == one:
        return False
    if one[0].startswith("unit") != other[0].startswith("unit"):
        return False
    known, others = ([word for word in unit if not word.startswith("?")] for unit in (one, other))
    if known and others:
        return known[: len(others)] != others[: len(known)]
    return not set(one) & set(other)


def _rates_differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether they are rates per different things; of a measure without a rate also m and m/s.

    Money and things that are counted may leave out the rate: 5 dollars for 5 dollars an hour."""
    per = [unit[unit.index("/") + 1] if "/" in unit[:-1] else "" for unit in (one, other)]
    is_measure = one[0] != "dollar" and one[0].partition("^")[0] in _FACTORS
    return per[0] != per[1] and (all(per) or is_measure)


def _are_opposite(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether the words say opposite things: east and west, a profit and a loss."""
    said = [{_SIDES[word] for word in unit if word in _SIDES} for unit in (one, other)]
    return any(ours[0] == theirs[0] and ours[1] != theirs[1] for ours in said[0] for theirs in said[1])


def _tail(tail: str, is_reference: bool) -> Quantity | None:
    """The unit in the words after a number; None if they are not a unit."""
    reader = _UnitReader(is_reference)
    tail = _EACH.sub(" per ", tail)
    for match in _SPACED_PIECE.finditer(tail):
        is_spaced = bool(match["space"]) or tail[: match.start()].endswith("(")
        if not reader.take(match["piece"].strip(), is_spaced):
            return None
    return reader.quantity()


class _UnitReader:
    """Collects the pieces of a unit; each method says whether it can still be one."""

    def __init__(self, is_reference: bool) -> None:
        self._is_reference = is_reference
        self._unit: list[str] = []
        self._letters: set[str] = set()
        self._power = ""
        self._scale = Fraction(1)
        self._is_any = self._is_spelt = True
        self._is_after_letter = False
        self._has_words = self._is_degree = False

    def quantity(self) -> Quantity | None:
        """The unit that was collected, without the number."""
        if self._is_degree and not self._unit:
            return None
        letters = frozenset(self._letters)
        is_letter = len(letters) == len(self._unit) == 1 and self._unit[0] not in _AREAS
        unit = tuple(self._unit)
        return Quantity("", unit, self._scale, letters, self._is_any, self._is_spelt, is_letter)

    def take(self, piece: str, is_spaced: bool) -> bool:
        """Add a word, a `\\text{...}`, a power or a sign."""
        if piece.startswith("^") and "circ" in piece:
            self._is_degree = True
            return True
        raised = _POWER.match(piece)
        if raised:
            if self._unit:
                self._unit[-1] += f"^{raised[1]}"
            return self._has_words and not self._is_powered_variable()
        is_text = piece.startswith("\\text{")
        words = [word.replace(".", "") for word in _WORD.findall(piece[6:-1] if is_text else piece)]
        return all(self._word(word, is_text, is_spaced, len(words) == 1) for word in words)

    def _is_powered_variable(self) -> bool:
        """Whether the power is of a lone letter that no area or volume is measured in: the s of 6s^2."""
        return len(self._unit) == 1 and len(self._letters) == 1 and self._unit[0] not in _AREAS

    def _word(self, word: str, is_text: bool, is_spaced: bool, is_alone: bool) -> bool:
        self._has_words = True
        small, stem = word.lower(), _stem(word)
        name = UNITS.get(word) or UNITS.get(small) or UNITS.get(stem)
        if word == "K" and self._is_reference and (is_text or is_spaced):
            name = "kelvin"
        if small in _NOT_UNITS or stem in _NOT_UNITS or word.isdigit():
            return False
        if is_alone and len(word) == 1 and word.isalpha() and not name:
            return False
        is_temperature = self._is_degree and name in ("C", "F")
        if not is_text and not is_temperature and not _is_unit(word, name, is_spaced, self._is_reference):
            return False
        if not is_text and len(word) == 1 and word.isalpha() and self._is_after_letter:
            return False
        self._is_after_letter = not is_text and len(word) == 1 and word.isalpha()
        if not is_text and len(word) <= 3:
            self._letters |= set(word)
        self._is_spelt = self._is_spelt and (len(word) > 1 if is_text else len(word) > 2 and is_spaced)
        known = name or _SIGNS.get(word) or _SQUARES.get(small)
        self._is_any = self._is_any and known is not None and (is_text or len(word) > 1)
        if small in _SCALES and not self._unit:
            self._scale *= 10 ** _SCALES[small]
        elif small in _SQUARES and not name:
            self._power = _SQUARES[small]
        elif known:
            self._unit.extend((known + self._power).split())
            self._power = ""
        elif stem not in _FILLERS:
            self._unit.append(f"?{stem}")
        return True


def _is_unit(word: str, name: str | None, is_spaced: bool, is_reference: bool) -> bool:
    """Whether a bare word after a number is a unit and not a product of variables."""
    if len(word) == 1 and word.isalpha():
        return word in _LETTERS or (word in _ONE_LETTER and (is_spaced or not is_reference))
    if name or not word.isalpha():
        return True
    return is_spaced and (len(word) > 3 or word.lower() in _FILLERS | _NOUNS | {"per", "sq", "cu"})


def _stem(word: str) -> str:
    """The word without a plural's ending."""
    word = word.lower()
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("xes", "ches", "shes", "sses")):
        return word[:-2]
    return word[:-1] if len(word) > 2 and word.endswith("s") and not word.endswith("ss") else word
