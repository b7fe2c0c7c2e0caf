"""Units and other words around a number: taken off to compare it, and kept to tell cm from m.

A unit is taken off one number, not off a formula: the m of 100 + 20m is a variable. One letter is a unit
only behind a space or as `\\text{ m}`; behind a digit (`18m`) it is one in a response, and a variable in
a reference answer."""

import re
from dataclasses import dataclass, replace
from fractions import Fraction

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
    "V": "V volt", "K": "K kelvin", "C": "C celsius", "F": "F fahrenheit", "Hz": "Hz hertz", "acre": "acre",
    "unit": "unit", "am": "am", "pm": "pm", "mi / h": "mph", "km / h": "kph kmph kmh",
}  # fmt: skip
UNITS = {word: unit for unit, words in _ALIASES.items() for word in words.split()}
"""Word -> unit."""
_ONE_LETTER = {word for word in UNITS if len(word) == 1} - {"C", "F"}
_SCALES = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_NOT_UNITS = {
    "or", "and", "than", "not", "to", "plus", "minus", "squared", "cubed", "if", "for", "when", "where",
    "except", "mod", "modulo", "base", "remainder", "factorial", "over", "half", "halves", "third",
    "quarter", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "hundredth", "thousandth",
    "infinity", "choose", "with", "is", "are", "sqrt", "pi", "sin", "cos", "tan", "log", "ln", "exp",
    "dozen", "divided", "root", "between", "but", "from", "below", "under", "negative", "less", "fewer",
}  # fmt: skip
"""Words behind a number that say what the number is: without them it would be another."""
_FILLERS = {
    "in", "of", "the", "a", "an", "total", "each", "all", "altogether", "left", "more", "about", "there",
    "long", "exactly",
}  # fmt: skip
_NOUNS = {
    "men", "man", "boy", "cat", "dog", "hat", "pen", "car", "box", "egg", "way", "bag", "pie", "toy", "bus",
    "row", "set", "kid", "jar", "fox", "cow", "hen", "pig", "bee", "ant", "cup", "tip", "mug", "day", "pet",
    "can", "bar", "tea", "cap", "win",
}  # fmt: skip
"""Words of three letters that are no product of three variables."""
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
_POWER = re.compile(r"\^\s*\{?\s*(-?\d)")
_SQUARES = {"square": "^2", "sq": "^2", "cubic": "^3", "cu": "^3"}


@dataclass(frozen=True)
class Quantity:
    """A number and what is written around it."""

    number: str
    unit: tuple[str, ...] = ()
    """Units known by name, `^2` and `/` with them, and the stems of other words."""
    scale: Fraction = Fraction(1)
    """A million, where the word stands behind the number."""
    letters: frozenset[str] = frozenset()
    """Of a unit that could be variables as well."""
    is_any: bool = False
    """Whether the unit is known, so that a formula may stand before it."""
    is_spelt: bool = True
    """Whether its words can be no variables, so that a sum may stand before them."""


def quantity(text: str, is_reference: bool) -> Quantity:
    """A tidy answer's number, and the unit or words around it; without any, the text as it is."""
    prefix = _PREFIX.match(text)
    if prefix and prefix.end() < len(text):
        text = text[prefix.end() :]
    spelt = _SPELT.fullmatch(text)
    if spelt and not _NOT_UNITS & set(spelt[1].lower().split()):
        text = spelt[2]
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
        read = _tail(found[2], is_reference) if found else None
        if found and read:
            return replace(read, number=found[1].strip(), unit=unit or read.unit)
    return Quantity(text, unit, is_any=True)


def differ(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two units are different ones, both being named: cm and m, cats and dogs."""
    if not one or not other or one[: len(other)] == other or other[: len(one)] == one:
        return False
    if one[0].startswith("unit") != other[0].startswith("unit"):
        return False
    known, others = ([word for word in unit if not word.startswith("?")] for unit in (one, other))
    if known and others:
        return known[: len(others)] != others[: len(known)]
    return not set(one) & set(other)


def _tail(tail: str, is_reference: bool) -> Quantity | None:
    """The unit in the words behind a number; None where they are no unit."""
    unit: list[str] = []
    letters: set[str] = set()
    power, scale, is_any, is_spelt, has_words = "", Fraction(1), True, True, False
    is_degree = False
    for match in re.finditer(rf"(?P<space>\s*)(?P<piece>{_PIECE})", tail):
        piece = match["piece"].strip()
        is_text = piece.startswith("\\text{")
        if piece.startswith("^") and "circ" in piece:
            is_degree = True
            continue
        raised = _POWER.match(piece)
        if raised:
            if not has_words:
                return None
            if unit:
                unit[-1] += f"^{raised[1]}"
            continue
        words = _WORD.findall(piece[6:-1] if is_text else piece)
        is_spaced = bool(match["space"]) or tail[: match.start()].endswith("(")
        for word in [word.replace(".", "") for word in words]:
            has_words = True
            name = UNITS.get(word) or UNITS.get(word.lower()) or UNITS.get(_stem(word))
            if word.lower() in _NOT_UNITS or _stem(word) in _NOT_UNITS or word.isdigit():
                return None
            if len(words) == len(word) == 1 and word.isalpha() and not name:
                return None
            is_scale = is_degree and name in ("C", "F")
            if not is_text and not is_scale and not _is_unit(word, name, is_spaced, is_reference):
                return None
            if not is_text and len(word) <= 3:
                letters |= set(word)
            is_spelt = is_spelt and (len(word) > 1 if is_text else len(word) > 2 and is_spaced)
            if word.lower() in _SCALES and not unit:
                scale *= 10 ** _SCALES[word.lower()]
            elif word.lower() in _SQUARES:
                power = _SQUARES[word.lower()]
            elif name or word in ("per", "/") or word in _MONEY or word == "cents":
                known = (name or {"per": "/", "¢": "cent"}.get(word) or _MONEY.get(word, word)) + power
                unit.extend(known.split())
                power = ""
                is_any = is_any and (is_text or len(word) > 1)
            elif _stem(word) not in _FILLERS:
                unit.append(f"?{_stem(word)}")
                is_any = False
            else:
                is_any = False
    if is_degree and not unit:
        return None
    return Quantity("", tuple(unit), scale, frozenset(letters), is_any, is_spelt)


def _is_unit(word: str, name: str | None, is_spaced: bool, is_reference: bool) -> bool:
    """Whether a bare word behind a number can be a unit and no variables."""
    if len(word) == 1 and word.isalpha():
        return word in _ONE_LETTER and (is_spaced or not is_reference)
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
