"""How rows of a file hang together: with the questions of a dataset, and among themselves."""

from collections.abc import Hashable, Mapping

from stat_engine.errors import shown
from stat_engine.interop.row import Row
from stat_engine.records import Question


class FirstLines:
    """Where each key of a file stood first, so that a second one names both lines."""

    def __init__(self) -> None:
        self._lines: dict[Hashable, int] = {}

    def once(self, row: Row, field: str, key: Hashable, what: str) -> None:
        """Note the row's key; raises InputError where an earlier row has it."""
        if key in self._lines:
            raise row.refuse(field, f"{what}, which stands in line {self._lines[key]} too", "each only once")
        self._lines[key] = row.line


def known_question(
    row: Row, field: str, questions: Mapping[str, Question], skip_unknown: bool
) -> Question | None:
    """The question that a row names; None where it is not in the dataset and such rows are skipped.

    A null id names no question: some sets hold answers to questions of several datasets. Raises
    InputError where unknown ones are not skipped, and for what can be no id."""
    if skip_unknown and field in row.values and row.values[field] is None:
        return None
    question_id = row.identifier(field)
    question = questions.get(question_id)
    if question is None and not skip_unknown:
        raise row.refuse(field, shown(question_id), "the id of a question of the dataset")
    return question
