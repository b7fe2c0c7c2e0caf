"""Reading teachers' answers: three tagged parts, of which models write all kinds of variants."""

import re


def tag(text: str, name: str) -> str | None:
    """Content of the last well-formed <name>...</name>, trimmed; None where there is none."""
    found = re.findall(rf"<{name}>((?:(?!<{name}>).)*?)</{name}>", text, re.DOTALL | re.IGNORECASE)
    return found[-1].strip() if found else None


def listed(text: str) -> list[str]:
    """The items of a list as teachers write it: by line, semicolon or comma, bullets and numbers dropped."""
    parts = re.split(r"[;\n]" if re.search(r"[;\n]", text) else ",", text)
    items = (re.sub(r"^\s*(?:[-*\u2022]|\d+[.)])\s*", "", part).strip(" .\"'`") for part in parts)
    return list(dict.fromkeys(item for item in items if item and item.lower() not in ("none", "n/a")))
