"""The prompts for teachers: one Markdown file for each task, with its version in every cache key.

A file opens with `version: N`, then holds `## system`, `## user` and, where the task may be asked again,
`## again`. `{{name}}` is filled from the request, `{{answer_format}}` from the domain. A folder
named as a grader holds the files that differ in its domains. A domain's own folder may hold files of the same
names, which replace both."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from stat_engine.errors import InputError

FOLDER = Path(__file__).parent
_PLACE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FORMAT = re.compile(r"\{\{\s*answer_format\s*\}\}")
BOXED = "as \\boxed{answer}"
"""How a final answer of mathematics is written."""
_SECTION = re.compile(r"^## (system|user|again)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class PromptFile:
    """One task's prompt."""

    version: str
    """The number in the file and a hash of its text with the answer's format filled in, so that an edit
    without a new number counts too."""
    sections: Mapping[str, str]
    answer_format: str = BOXED

    def fill(self, section: str, values: Mapping[str, str]) -> str:
        """A section with its places filled, in one pass: what is filled in is not read again.

        A paragraph all of whose places are empty is left out."""
        values = {**values, "answer_format": self.answer_format}
        paragraphs = self.sections[section].split("\n\n")
        kept = [paragraph for paragraph in paragraphs if _says_something(paragraph, values)]
        return _PLACE.sub(lambda found: values[found[1]], "\n\n".join(kept))


def read_prompt(
    task: str, folder: str | None = None, grader: str = "mathematical", answer_format: str = BOXED
) -> PromptFile:
    """The prompt of a task: from the domain's folder if it has one there, else the package's for the grader,
    else the package's for all.

    Raises InputError for a file without version or user section, or with a place nothing fills."""
    if folder and not Path(folder).is_dir():
        raise InputError(folder, "a folder with prompt files, as domain.prompts says", "none")
    folders = [*([Path(folder)] if folder else []), FOLDER / grader]
    found = next((path for at in folders if (path := at / f"{task}.md").exists()), FOLDER / f"{task}.md")
    return _read(found, answer_format)


def versions(
    folder: str | None = None,
    tasks: Collection[str] | None = None,
    grader: str = "mathematical",
    answer_format: str = BOXED,
) -> dict[str, str]:
    """{task: version} of the prompts in force; of all tasks unless some are named."""
    every = sorted(path.stem for path in FOLDER.glob("*.md"))
    named = [task for task in every if tasks is None or task in tasks]
    return {task: read_prompt(task, folder, grader, answer_format).version for task in named}


PLACES = frozenset(
    {
        "domain", "problem", "steps", "skills", "subject", "solution", "references", "previous", "complaint",
        "answer_format", "proposed",
    }
)  # fmt: skip
"""What a prompt may ask to be filled in."""


def _says_something(paragraph: str, values: Mapping[str, str]) -> bool:
    places = _PLACE.findall(paragraph)
    return not places or any(values[place] for place in places)


def _read(path: Path, answer_format: str) -> PromptFile:
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        raise InputError(path, "a readable prompt file", "none") from None
    return _parsed(path, stamp, answer_format)


@cache
def _parsed(path: Path, stamp: int, answer_format: str) -> PromptFile:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(path, "text in UTF-8", "other bytes") from None
    number = re.match(r"version: (\d+)\n", text)
    parts = _SECTION.split(text)
    sections = {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}
    if number is None:
        raise InputError(path, "a first line of the form 'version: 1'", repr(text[:40]))
    if "user" not in sections:
        raise InputError(path, "a section '## user'", ", ".join(sections) or "no section")
    unknown = sorted(set(_PLACE.findall(text)) - PLACES)
    if unknown:
        raise InputError(path, f"places among {', '.join(sorted(PLACES))}", f"{{{{{unknown[0]}}}}}")
    # a place keeps the version of the text that it replaced, so that no stored answer is asked for again
    in_force = _FORMAT.sub(lambda _: answer_format, text)
    version = f"{number[1]}-{sha256(in_force.encode()).hexdigest()[:8]}"
    return PromptFile(version, sections, answer_format)
