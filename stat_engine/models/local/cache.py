"""A key-value cache with spare room: tokens are added, and rows leave and join, without copying the rest.

transformers' own dynamic cache copies all keys and values at every step, which is half of the decoding
time of a small model on a CPU. Layers of other kinds (sliding windows, linear attention) are unchanged."""

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

ROOM = 64
"""Spare tokens when keys and values are allocated again."""


class _Store:
    """Keys or values (rows, heads, tokens, size): a view on a larger buffer, its last token at `_end`."""

    def __init__(self) -> None:
        self._buffer: Any = None
        self._shown: Any = None
        self._end = 0

    def append(self, old: "torch.Tensor", new: "torch.Tensor") -> "torch.Tensor":
        """The old states and the new behind them."""
        if not old.numel():
            return self._lay_out(new, len(new), new.shape[-2])
        end = self._held(old, spare=new.shape[-2])._end
        self._buffer[: len(old), :, end : end + new.shape[-2]] = new
        self._end += new.shape[-2]
        return self._show(len(old), old.shape[-2] + new.shape[-2])

    def keep(self, old: "torch.Tensor", kept: list[int], n_trimmed: int) -> "torch.Tensor":
        """Rows `kept`, each at its own place or moved to an earlier one, without their first tokens."""
        self._held(old)
        moved = [(to, at) for to, at in enumerate(kept) if to != at]
        if moved:
            places, origins = map(list, zip(*moved, strict=True))
            self._shown[places] = self._shown[origins]
        return self._show(len(kept), old.shape[-2] - n_trimmed)

    def join(self, old: "torch.Tensor", others: "torch.Tensor") -> "torch.Tensor":
        """The old rows and the others below them, all ending at one place; padding has stale numbers."""
        self._held(old)
        rows, width = len(old) + len(others), max(old.shape[-2], others.shape[-2])
        if rows > len(self._buffer) or width > self._end:
            self._lay_out(old, rows, width)
        self._buffer[len(old) : rows, :, self._end - others.shape[-2] : self._end] = others
        return self._show(rows, width)

    def _held(self, states: "torch.Tensor", spare: int = 0) -> "_Store":
        if states is not self._shown or self._end + spare > self._buffer.shape[-2]:
            self._lay_out(states, len(states), states.shape[-2])
        return self

    def _lay_out(self, states: "torch.Tensor", n_rows: int, width: int) -> "torch.Tensor":
        rows, heads, length, size = states.shape
        # Zeros, because a masked number still must be a number: nothing times NaN is NaN.
        buffer = states.new_zeros(n_rows, heads, width + ROOM, size)
        buffer[:rows, :, width - length : width] = states
        self._buffer, self._end = buffer, width
        return self._show(rows, width)

    def _show(self, rows: int, length: int) -> "torch.Tensor":
        shown: torch.Tensor = self._buffer[:rows, :, self._end - length : self._end]
        self._shown = shown
        return shown


@cache
def _roomy_layer() -> Any:
    from transformers.cache_utils import DynamicLayer

    class RoomyLayer(DynamicLayer):  # type: ignore[misc]
        keys: Any
        values: Any

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._k, self._v = _Store(), _Store()

        def update(self, key_states: Any, value_states: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            if not self.is_initialized:
                self.lazy_initialization(key_states, value_states)
            self.keys = self._k.append(self.keys, key_states)
            self.values = self._v.append(self.values, value_states)
            return self.keys, self.values

        def keep(self, kept: list[int], n_trimmed: int) -> None:
            self.keys = self._k.keep(self.keys, kept, n_trimmed)
            self.values = self._v.keep(self.values, kept, n_trimmed)

        def join(self, other: Any) -> None:
            self.keys = self._k.join(self.keys, other.keys)
            self.values = self._v.join(self.values, other.values)

    return RoomyLayer


def roomy_cache(model: Any) -> Any:
    """An empty cache for the model, its layers of plain attention with room."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    made = DynamicCache(config=model.config)
    made.layers = [_roomy_layer()() if type(layer) is DynamicLayer else layer for layer in made.layers]
    return made


def is_plain(made: Any) -> bool:
    """Whether the cache is keys and values of every token, which can be cut and joined freely."""
    return bool(made.layers) and all(isinstance(layer, _roomy_layer()) for layer in made.layers)


def keep_rows(made: Any, kept: list[int], n_trimmed: int) -> None:
    """Hold rows `kept` only, in that order, none later than before; a plain cache is trimmed too."""
    import torch

    if is_plain(made):
        for layer in made.layers:
            layer.keep(kept, n_trimmed)
    else:
        made.reorder_cache(torch.tensor(kept))


def join_rows(made: Any, other: Any) -> None:
    """Put the rows of another plain cache below those of this one, ends aligned."""
    for layer, others in zip(made.layers, other.layers, strict=True):
        layer.join(others)
