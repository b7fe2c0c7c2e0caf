"""What people write on a run's card: its note and its tags."""

from collections.abc import Sequence
from typing import Any

from stat_engine.errors import StatError, shown
from stat_engine.store.run_folder import RunFolder

LONGEST_NOTE = 2000
LONGEST_TAG = 40


def set_note(run: RunFolder, text: str) -> str:
    """Put a note of at most 2,000 characters in the place of the run's; an empty one clears it."""
    note = text.strip()
    if len(note) > LONGEST_NOTE:
        raise StatError(f"note: found {len(note):,} characters, expected at most {LONGEST_NOTE:,}")
    run.change_card(lambda card: {**card, "note": note})
    return note


def change_tags(run: RunFolder, added: Sequence[str] = (), removed: Sequence[str] = ()) -> list[str]:
    """Add and take away tags of one line and at most 40 characters; returns all, in the order they came.

    Raises StatError for a tag that is none, and for one to be taken away that the run has not."""
    new = [_checked(tag) for tag in added]

    def change(card: dict[str, Any]) -> dict[str, Any]:
        tags = list(card.get("tags") or [])
        for tag in removed:
            if tag not in tags:
                there = ", ".join(tags) or "none"
                raise StatError(f"run {run.name} has no tag {shown(tag)} (there: {there})")
        kept = [tag for tag in tags if tag not in removed]
        return {**card, "tags": list(dict.fromkeys([*kept, *new]))}

    return list(run.change_card(change)["tags"])


def _checked(tag: str) -> str:
    found = " ".join(tag.split())
    if not 0 < len(found) <= LONGEST_TAG or "," in found:
        raise StatError(f"tag {shown(tag)}: expected 1 to {LONGEST_TAG} characters without a comma")
    return found
