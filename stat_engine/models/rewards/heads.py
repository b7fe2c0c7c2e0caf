"""Read classification heads as the model's own forward pass does, many rows at once where that is the same.

A causal model's head gives the same for a row alone and for a row with others behind its end. Whether a
model is one, and whether its head is read at the last token, is tested with a few tokens when it is loaded;
what differs is read a row at a time by the model's own forward pass.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from stat_engine.models.rewards.scoring import Read

    Places = tuple[torch.Tensor, torch.Tensor]

TOLERANCE = {"float32": 1e-3, "float16": 0.02, "bfloat16": 0.1}
"""Difference of a score that is rounding, absolute below 1 and a share above."""
N_PROBED, N_BEHIND = 7, 3


def last_read(model: Any, ids: list[int]) -> int:
    """Where transformers' classifiers of sequences read: at the last token that is no padding.

    Checkpoints that pad with their end token were trained on the token before it."""
    padding = getattr(model.config.get_text_config(), "pad_token_id", None)
    return next((at for at in reversed(range(len(ids))) if ids[at] != padding), len(ids) - 1)


def read_sequences(model: Any) -> "Read":
    """Read a sequence classifier at places that end their rows; one label is turned into two."""

    def by_head(ids: "torch.Tensor", at: "Places") -> "torch.Tensor":
        states = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
        scores: torch.Tensor = model.score(states[at])
        return scores

    def by_row(ids: "torch.Tensor", at: "Places") -> "torch.Tensor":
        return _row_by_row(ids, at, lambda row: model(input_ids=row).logits[0])

    return _of_two(_fastest(model, by_head, by_row))


def read_tokens(model: Any) -> "Read":
    """Read a token classifier at any places; one label is turned into two."""

    def by_pass(ids: "torch.Tensor", at: "Places") -> "torch.Tensor":
        scores: torch.Tensor = model(input_ids=ids).logits[at]
        return scores

    def by_row(ids: "torch.Tensor", at: "Places") -> "torch.Tensor":
        return _row_by_row(ids, at, lambda row: model(input_ids=row).logits[0, -1])

    return _of_two(_fastest(model, by_pass, by_row))


def read_head(model: Any) -> "Read":
    """Read a head `score` that stands on a causal `model` and has no forward pass of its own."""

    def read(ids: "torch.Tensor", at: "Places") -> "torch.Tensor":
        scores: torch.Tensor = model.score(model.model(input_ids=ids, use_cache=False).last_hidden_state[at])
        return scores

    return _of_two(read)


def _row_by_row(ids: "torch.Tensor", at: "Places", score: Any) -> "torch.Tensor":
    """Scores of rows without what stands behind their places; their prefix decides."""
    import torch

    return torch.stack(
        [score(ids[line : line + 1, : column + 1]) for line, column in zip(*map(list, at), strict=True)]
    )


def _fastest(model: Any, many: "Read", one: "Read") -> "Read":
    """The way for many rows where it gives what the model gives for a row alone, else that one."""
    import torch

    with torch.no_grad():
        n = max(2, model.config.get_text_config().vocab_size // 2)
        drawn = [1 + (7919 * at * at + 104729 * at) % (n - 1) for at in range(N_PROBED + N_BEHIND)]
        ids = torch.tensor([drawn], device=model.device)
        at = torch.tensor([0]), torch.tensor([last_read(model, drawn[:N_PROBED])])
        expected = one(ids, at).float()
        try:
            found = many(ids, at).float()
        except (AttributeError, TypeError, RuntimeError, ValueError):  # no head, no such input, no such shape
            return one
    kind = str(model.dtype).removeprefix("torch.")
    rounding = TOLERANCE.get(kind, TOLERANCE["bfloat16"])
    is_same = found.shape == expected.shape and torch.allclose(found, expected, rtol=rounding, atol=rounding)
    return many if is_same else one


def _of_two(read: "Read") -> "Read":
    import torch

    def of_two(ids: "torch.Tensor", at: "Places") -> "torch.Tensor":
        scores = read(ids, at)
        # the sigmoid of x is the softmax of 0 and x
        return scores if scores.shape[-1] == 2 else torch.cat([torch.zeros_like(scores), scores], -1)

    return of_two
