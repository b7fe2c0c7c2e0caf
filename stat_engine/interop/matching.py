"""Questions that other tools name by their own ids, found in a dataset by what they ask."""

from collections.abc import Iterable, Mapping

from stat_engine.records import Question


class KnownProblems:
    """A dataset's questions by id and by problem text, white space aside."""

    def __init__(self, questions: Mapping[str, Question]) -> None:
        self.questions = questions
        self._by_text: dict[str, list[Question]] = {}
        for question in questions.values():
            self._by_text.setdefault(_squeezed(question.problem), []).append(question)

    def find(self, ids: Iterable[str], problem: str) -> Question | None:
        """The question that has one of the ids, else the one with this text; None where there is none.

        A running number alone names nothing: many data sets have a question 0. Of several questions
        with the same text the one with one of the ids is meant."""
        ids = list(ids)
        named = next((id for id in ids if id in self.questions and not id.isdigit()), None)
        if named is not None:
            return self.questions[named]
        same = self._by_text.get(_squeezed(problem), [])
        return next((question for question in same if question.id in ids), same[0] if same else None)


def _squeezed(text: str) -> str:
    return " ".join(text.split())
