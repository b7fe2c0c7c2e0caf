"""Skill names: a skill is (subject, skill), because four names occur in two subjects of MATH.

The vocabulary's own spelling is kept, so that exports match imports; comparisons ignore case,
underscores, spacing and a trailing "skill(s)"."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from random import Random

Skill = tuple[str, str]
"""(subject, skill name); the subject is empty where a dataset has one vocabulary for all."""

_SPACES = re.compile(r"[\s_]+")
_SUFFIX = re.compile(r"\s+skills?$")


def normalise(name: str) -> str:
    """Form under which two spellings of a skill are the same."""
    return _SUFFIX.sub("", _SPACES.sub(" ", name).strip().lower())


class Vocabulary:
    """The skills of each subject, with tolerant lookup, by alias too."""

    def __init__(self, skills: dict[str, list[str]], aliases: dict[str, str] | None = None) -> None:
        self._aliases = {normalise(alias): normalise(name) for alias, name in (aliases or {}).items()}
        self._lookup: dict[str, dict[str, str]] = {}
        for subject, names in skills.items():
            lookup = self._lookup.setdefault(subject, {})
            for name in names:
                lookup.setdefault(normalise(name), name)

    @classmethod
    def of_entries(cls, entries: Iterable[tuple[str, list[str]]]) -> "Vocabulary":
        """Vocabulary that the (subject, skills) pairs of a Skill-Map spell out."""
        skills: dict[str, list[str]] = {}
        for subject, names in entries:
            skills.setdefault(subject, []).extend(names)
        return cls(skills)

    def find(self, subject: str, name: str) -> str | None:
        """The subject's skill that `name` means, or None where it is outside the vocabulary."""
        lookup, key = self._lookup.get(subject, {}), normalise(name)
        return lookup.get(key) or lookup.get(self._aliases.get(key, ""))

    def nearest(self, subject: str, name: str) -> str | None:
        """The most similar skill of the subject, for an error message; None where nothing is near."""
        lookup = self._lookup.get(subject, {})
        near = difflib.get_close_matches(normalise(name), lookup, 1)
        return lookup[near[0]] if near else None

    def of_subject(self, subject: str) -> list[str]:
        """The subject's skills, sorted."""
        return sorted(self._lookup.get(subject, {}).values())

    def as_lists(self) -> dict[str, list[str]]:
        """{subject: [skills]}, sorted, as `skills.json` holds it."""
        return {subject: self.of_subject(subject) for subject in sorted(self._lookup)}

    def __iter__(self) -> Iterator[Skill]:
        return ((subject, name) for subject, names in self.as_lists().items() for name in names)

    def __len__(self) -> int:
        return sum(len(names) for names in self._lookup.values())


def distort(skills: Sequence[str], vocabulary: Sequence[str], rng: Random) -> list[str]:
    """One error of a labeller: a wrong skill, a missing one or an extra one, equally likely."""
    others = [skill for skill in vocabulary if skill not in skills] or list(vocabulary)
    kind = rng.choice(("wrong", "missing", "extra")) if skills else "extra"
    if kind == "extra":
        return [*skills, rng.choice(others)]
    at = rng.randrange(len(skills))
    return [*skills[:at], *([rng.choice(others)] if kind == "wrong" else []), *skills[at + 1 :]]
