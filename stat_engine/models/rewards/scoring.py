"""What the reward models on this machine share: batches by length, one forward pass each, room for them.

Rows are padded on the right and go in without an attention mask: the models are causal, so padding
cannot reach a position that is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.local.memory import TokenBudget, is_out_of_memory, release

if TYPE_CHECKING:
    import torch

    Read = Callable[[torch.Tensor, tuple[torch.Tensor, torch.Tensor]], torch.Tensor]
    """(responses, tokens) ids and the n (row, column) places to read give an (n, 2) score of no and yes."""


@dataclass(frozen=True)
class Row:
    """A response as tokens, up to the last place that is read."""

    ids: list[int]
    places: list[int]
    """Positions whose output is read, rising; one a scored step."""
    is_cut: bool = False
    """Places beyond the context were left out."""


def cut_row(ids: Sequence[int], places: Sequence[int], context: int | None) -> Row:
    """The row up to the last place that lies within `context` tokens; null: no limit."""
    kept = [place for place in places if context is None or place < context]
    return Row(list(ids[: kept[-1] + 1]) if kept else [], kept, len(kept) < len(places))


class Scorer:
    """Runs rows through a model, as many at once as the token budget and the memory allow."""

    def __init__(self, read: "Read", device: "torch.device", token_budget: int) -> None:
        self._read = read
        self._device = device
        self._budget = TokenBudget(token_budget)

    def score(self, rows: Sequence[Row]) -> list[Scored]:
        """Step rewards of each row, in order."""
        return [
            Scored(rewards, is_cut=row.is_cut)
            for row, rewards in zip(rows, self.probabilities(rows), strict=True)
        ]

    def probabilities(self, rows: Sequence[Row]) -> list[list[float]]:
        """P(yes) at the places of each row, in order, as doubles.

        Raises StatError where one row alone does not fit in memory."""
        found: list[list[float]] = [[] for _ in rows]
        # longest first: what does not fit in memory shows at once, not after hours
        waiting = sorted((at for at, row in enumerate(rows) if row.places), key=lambda at: -len(rows[at].ids))
        while waiting:
            width = len(rows[waiting[0]].ids)
            batch = waiting[: max(1, self._budget.tokens // width)]
            read = self._forward([rows[at] for at in batch], width)
            if read is None:
                if len(batch) == 1:
                    raise StatError(
                        f"the reward model ran out of memory on one response of {width} tokens; lower "
                        "reward_model.max_length, or set reward_model.device_map or a smaller dtype"
                    )
                self._budget.ran_out(len(batch) * width)
                continue
            self._budget.went_well()
            for at, probabilities in zip(batch, read, strict=True):
                found[at] = probabilities
            waiting = waiting[len(batch) :]
        return found

    def _forward(self, rows: list[Row], width: int) -> list[list[float]] | None:
        """P(yes) of one batch; null: out of memory."""
        import torch

        ids = torch.tensor([row.ids + [0] * (width - len(row.ids)) for row in rows], device=self._device)
        lines = torch.tensor([at for at, row in enumerate(rows) for _ in row.places])
        columns = torch.tensor([place for row in rows for place in row.places])
        try:
            with torch.inference_mode():
                flat = iter(self._read(ids, (lines, columns)).double().softmax(-1)[:, 1].tolist())
            return [[next(flat) for _ in row.places] for row in rows]
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
        release()  # here, because the exception's frames held the tensors
        return None
