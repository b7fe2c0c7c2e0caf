"""A framing as a prompt file: Markdown that says how a question is put to the student.

It holds `## user`, in which `{{problem}}` stands for the question; `## system` and `## stop` are optional.
Each line under `## stop` is a text that ends an answer. A line in double quotes is read as JSON, so that
`"\\n\\nProblem:"` begins with two line breaks. A first line `version: N` is allowed, as in teachers'
prompts."""

import json
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from stat_engine.config.shipped import ROOT
from stat_engine.errors import InputError

SECTIONS = ("system", "user", "stop")
_HEADING = re.compile(r"^## (system|user|stop)[ \t]*$", re.MULTILINE)
_VERSION = re.compile(r"\s*(?:version: \d+[ \t]*)?\s*")
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class FramingFile:
    """How a question is put, as a file says."""

    user: str
    system: str | None
    stop: tuple[str, ...]
    """Texts that end an answer and are not part of it."""
    identity: str
    """A hash of the file's text."""

    def asked(self, text: str, problem: str) -> str:
        """A section with the question in its place; what is filled in is not read again."""
        return _PLACE.sub(lambda _: problem, text)


def is_file(framing: str) -> bool:
    """Whether a framing's name is that of a file."""
    return framing.endswith(".md")


def read_framing(name: str) -> FramingFile:
    """The file of a framing, in the working folder or beside the package; read again once it has changed.

    Raises InputError, in one sentence, for a file that is not there or is no framing."""
    try:
        path = next((at for at in (Path(name).expanduser(), ROOT / name) if at.is_file()), None)
        if path is None:
            raise FileNotFoundError(name)
        return _parsed(name, path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise InputError(name, "a prompt file in UTF-8, as student.framing names it", "other bytes") from None
    except (OSError, ValueError, RuntimeError):  # not there, no path at all, or the home of nobody
        raise InputError(name, "a readable prompt file, as student.framing names it", "none") from None


def identity(framing: str) -> str:
    """What tells one framing from another: its name, or its file's content; a file that is not there has none
    but its name, so that a run without it still opens."""
    if not is_file(framing):
        return framing
    try:
        return f"file {read_framing(framing).identity}"
    except InputError:
        return f"unreadable file {framing}"


@cache
def _parsed(name: str, text: str) -> FramingFile:
    parts = _HEADING.split(text)
    sections: dict[str, str] = {}
    if not _VERSION.fullmatch(parts[0]):
        raise InputError(name, f"a section first: {_headings()}", repr(parts[0].strip()[:40]))
    for section, body in zip(parts[1::2], parts[2::2], strict=True):
        if section in sections:
            raise InputError(name, f"the section '## {section}' once", "it twice")
        sections[section] = body.strip()
    for section in SECTIONS[:2]:
        _check_places(name, section, sections.get(section, ""))
    if "problem" not in _PLACE.findall(sections.get("user", "")):
        found = "none there" if sections.get("user") else "no such section"
        raise InputError(name, "a section '## user' with the place {{problem}}", found)
    stop = tuple(_stop(name, line) for line in sections.get("stop", "").splitlines() if line.strip())
    hashed = sha256(text.encode()).hexdigest()[:16]
    return FramingFile(sections["user"], sections.get("system") or None, stop, hashed)


def _check_places(name: str, section: str, text: str) -> None:
    other = next((place for place in _PLACE.findall(text) if place != "problem"), None)
    if other is not None:
        raise InputError(name, "no place but {{problem}}", f"{{{{{other}}}}}", field=section)


def _stop(name: str, line: str) -> str:
    line = line.strip()
    if not line.startswith('"'):
        return line
    try:
        text = json.loads(line)
    except ValueError:
        text = None
    if not isinstance(text, str) or not text:
        raise InputError(name, "a text in double quotes as JSON writes it", repr(line[:40]), field="stop")
    return text


def _headings() -> str:
    return ", ".join(f"'## {section}'" for section in SECTIONS)
