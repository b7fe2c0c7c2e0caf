"""Reading teachers' answers: three tagged parts, of which models write all kinds of variants."""

import html
import re


def tag(text: str, name: str) -> str | None:
    """Content of the last well-formed <name>...</name>, trimmed; None where there is none."""
    found = re.findall(rf"<{name}>((?:(?!<{name}>).)*?)</{name}>", text, re.DOTALL | re.IGNORECASE)
    return found[-1].strip() if found else None


def word(text: str) -> str:
    """A one-word answer without case, markup and punctuation: `**Incorrect.**` is incorrect."""
    return re.sub(r"[\W\d_]+", " ", text).strip().lower()


def listed(text: str) -> list[str]:
    """The items of a list as teachers write it: by line, semicolon or comma, bullets and markup dropped."""
    text = html.unescape(text).strip().removeprefix("[").removesuffix("]")
    parts = re.split(r"[;\n]" if re.search(r"[;\n]", text) else ",", text)
    items = (re.sub(r"^\s*(?:[-*\u2022]\s|\d+[.)])\s*", "", part).strip(" .\"'`*") for part in parts)
    nothing = ("none", "n/a", "(none)", "nothing")
    return list(dict.fromkeys(item for item in items if item and item.lower() not in nothing))
