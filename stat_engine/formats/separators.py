"""What separates the cells of a CSV file: comma, semicolon, tab or bar, as its header says.

Spreadsheets write semicolons where the comma is the decimal sign, and may name them first: `sep=;`."""

import re
from collections.abc import Iterator

SEPARATORS = (",", ";", "\t", "|")
_SAID = re.compile(r"sep=([,;|\t])\s*", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"]|"")*(?:"|$)')


def begin(texts: Iterator[str]) -> tuple[list[str], str]:
    """(lines up to the header, the separator of its columns); takes these lines from `texts`.

    A line that names the separator is returned as a blank one, so that lines are counted as in the file."""
    lines: list[str] = []
    for text in texts:
        said = _SAID.fullmatch(text)
        if said:
            return [*lines, "\n"], said[1]
        lines.append(text)
        if text.strip():
            return lines, _of_header(text)
    return lines, SEPARATORS[0]


def _of_header(line: str) -> str:
    """The separator that makes the most columns of a header; the comma where none makes two."""
    bare = _QUOTED.sub("", line)
    return max(SEPARATORS, key=bare.count)
