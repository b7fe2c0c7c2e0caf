"""People's verdicts on responses: overrule the stored one, or take that back.

A verdict is of one response: its question, student, sample and text. For a validation response it changes
the filter's confusion, what the ground-truth filter flags and the counts by correctness; for a response in
an arm's evaluation it changes accuracies, comparisons and the report. The stored table is not changed."""

from stat_engine.errors import Reviewed, StatError
from stat_engine.records import VerdictEvent
from stat_engine.review.deciding import MAX_NOTE, checked_author
from stat_engine.store.event_log import decisions, event_words
from stat_engine.store.run_folder import RunFolder
from stat_engine.store.verdict_log import Overruling


def overrule(run: RunFolder, wanted: Overruling, author: str) -> VerdictEvent:
    """Write one verdict, or the undo of one; returns its event.

    Raises Reviewed where it would change which responses the reviewed labels are of, and StatError as
    `VerdictLog.decide` does."""
    if wanted.note is not None and len(wanted.note) > MAX_NOTE:
        raise StatError(f"a note of {len(wanted.note):,} characters: expected at most {MAX_NOTE:,}")
    is_read = wanted.place.arm is None and run.config.difficulty.filter == "ground-truth"
    if is_read and run.label_log.events():
        raise Reviewed(
            f"run {run.name}: its filter is ground-truth, so verdicts decide which responses are labelled; "
            f"these labels are reviewed, so overrule it in a copy: stat-studio run {run.name} --fork NEW"
        )
    return run.verdict_log.decide(wanted, checked_author(author, "verdict"))


def refuse_others_verdict(run: RunFolder, response_id: str, author: str) -> None:
    """Raise StatError where the current verdict is another person's."""
    event = decisions(run.verdict_log.events()).get(response_id)
    if event is not None and event.author != author:
        raise StatError(
            f"response {response_id}: {event_words(event)}; decide on top of it with --over-others"
        )
