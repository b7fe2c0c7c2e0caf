"""The question of a document of an evaluation task: its text, from the document's own fields alone.

The prompt that a harness sent is never read: it holds a chat template, an instruction or few-shot examples.
The text is that of a field with a known name, in any case (`Problem`, `question_text`), below the passage
that it asks about (`Body` + `Question`), above its options where it has any, each with its letter."""

import re
from collections.abc import Mapping
from string import ascii_uppercase
from typing import Any

from stat_engine.errors import shown
from stat_engine.formats.row import Row

PROBLEM_FIELDS = (
    "question", "problem", "question_text", "problem_text", "problem_statement", "question_stem",
    "question_content", "prompt", "input", "query", "instruction", "text",
)  # fmt: skip
"""Fields that hold a question, likeliest first; compared without case, spaces and underscores."""
PASSAGE_FIELDS = ("body", "passage", "context", "story")
"""Fields whose text comes before that of `question`."""
OPTION_FIELDS = ("options", "choices", "answer_choices")
_LETTERED = (
    ("A", "B", "C", "D", "E"), ("opa", "opb", "opc", "opd", "ope"),
    ("choice1", "choice2", "choice3", "choice4"),
)  # fmt: skip
"""Fields with one option each."""
_MARKS = re.compile(
    r"<\|[a-z_]+\|>|\[/?INST\]|<start_of_turn>|<｜[A-Za-z]+｜>|</s>|^### Instruction:"
    r"|^(?:Human|User):.*?^Assistant:",
    re.MULTILINE | re.DOTALL,
)
_ASKED = r"^\s*(?:Q|Question|Problem)\s?\d*\s*:"
_SHOTS = re.compile(
    rf"{_ASKED}.*?^\s*(?:A|Answer|Solution)\s*:.*?{_ASKED}", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
"""A question with its answer, and another question."""
_WRAPPED = re.compile(r"\s*(?:Q|Question)\s*:\s*(.*?)\s*\n\s*(?:A|Answer)\s*:[^\n]*\s*", re.DOTALL)
_LABEL = re.compile(r"\(?[A-Ja-j]\s*[).:]\s*\S")
Doc = Mapping[str, Any]


def problem_of(row: Row, doc: Doc, field: str | None = None) -> str:
    """The text of the question that a document asks; `field` names the document's field that holds it.

    Raises InputError, with the names of the document's fields, where none of them is known to hold one."""
    names = {_plain(name): name for name in reversed(list(doc))}
    texts = {known: _text(doc, names.get(_plain(known))) for known in PROBLEM_FIELDS}
    known = next((name for name, text in texts.items() if text and not is_prompt(text)), None)
    named = field if field is not None else names.get(_plain(known)) if known else None
    text = _text(doc, named)
    if named is None or text is None:
        found = shown(f"fields {', '.join(map(str, doc)) or '(none)'}", 300)
        expected = "a field with the text of the question, or --column problem=FIELD"
        raise row.refuse("doc" if field is None else f"doc.{field}", found, expected)
    passages = [_text(doc, names.get(name)) for name in PASSAGE_FIELDS] if known == "question" else []
    before = [passage.strip() for passage in passages if passage]
    whole = " ".join([*before, text.strip()]) if before else _unwrapped(text)
    options = _options(doc, names)
    return _checked(row, named, whole if not options or _holds(whole, options) else _with(whole, options))


def field_in_any_case(doc: Doc, *wanted: str) -> str | None:
    """The first of the fields that the document has, as it spells it."""
    names = {_plain(name): name for name in reversed(list(doc))}
    return next((names[_plain(name)] for name in wanted if _plain(name) in names), None)


def is_prompt(text: str) -> bool:
    """Whether a text is what was sent to a model: in a chat template, or with solved examples before it."""
    return _MARKS.search(text) is not None or _SHOTS.search(text) is not None


def _unwrapped(text: str) -> str:
    """The text without "Q:" before it and "A:" below it."""
    found = _WRAPPED.fullmatch(text)
    return found[1] if found else text


def _plain(name: Any) -> str:
    return re.sub(r"[\s_]", "", str(name)).lower()


def _text(doc: Doc, field: str | None) -> str | None:
    value = doc.get(field) if field is not None else None
    return value if isinstance(value, str) and value.strip() else None


def _checked(row: Row, field: str, text: str) -> str:
    return Row(row.line, {f"doc.{field}": text}, row.file).full_text(f"doc.{field}")


def _options(doc: Doc, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """(letter, text) of each option: from a list, {text, label} lists, {letter: text} or a field for each.

    Options that are one text already are one of no letter."""
    for known in OPTION_FIELDS:
        value = doc.get(names.get(_plain(known), ""))
        if isinstance(value, str) and value.strip():
            return [("", value.strip())]
        if isinstance(value, dict):
            texts, labels = value.get("text"), value.get("label")
            if isinstance(texts, list) and isinstance(labels, list):
                pairs = list(zip(labels, texts, strict=False))
            else:
                pairs = list(value.items())
        elif isinstance(value, list):
            pairs = list(zip(ascii_uppercase, value, strict=False))
        else:
            continue
        texts_of = [(label, one.get("text") if isinstance(one, dict) else one) for label, one in pairs]
        found = [
            (str(label), str(text).strip()) for label, text in texts_of if isinstance(text, str | int | float)
        ]
        if len(found) > 1:
            return found
    for fields in _LETTERED:
        given = [(letter, _text(doc, name)) for letter, name in zip(ascii_uppercase, fields, strict=False)]
        lettered = [(letter, text.strip()) for letter, text in given if text]
        if len(lettered) > 1:
            return lettered
    return []


def _holds(text: str, options: list[tuple[str, str]]) -> bool:
    """Whether the text lists the options already, each after its letter."""
    found = (
        option in text if not letter or _LABEL.match(option)
        else re.search(rf"\(?\b{re.escape(letter)}\s*[).:]\s*{re.escape(option)}", text) is not None
        for letter, option in options
    )  # fmt: skip
    return all(found)


def _with(text: str, options: list[tuple[str, str]]) -> str:
    lines = [
        f"{letter}. {option}" if letter and not _LABEL.match(option) else option for letter, option in options
    ]
    return "\n".join([text, *lines])
