"""The optimiser of both small models: Muon for the weight matrices, AdamW for the rest.

With AdamW alone a student of this size needs about 1.6 times as many steps to the same loss.
"""

from collections.abc import Callable

import torch
from torch.optim.lr_scheduler import LambdaLR
from transformers import PreTrainedModel


class Optimizer:
    """Both optimisers as one, with the learning rate's factor as a function of the step."""

    def __init__(self, model: PreTrainedModel, learning_rate: float, factor: Callable[[int], float]) -> None:
        self.parameters = list(model.parameters())
        named = dict(model.named_parameters())
        matrices = [p for name, p in named.items() if p.ndim == 2 and "embed" not in name]
        others = [p for name, p in named.items() if p.ndim != 2 or "embed" in name]
        self.parts: list[torch.optim.Optimizer] = [
            # The scaling that lets both parts share one learning rate.
            torch.optim.Muon(matrices, learning_rate, 0.05, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, learning_rate, betas=(0.9, 0.98), weight_decay=0.05),
        ]
        self.schedules = [LambdaLR(part, factor) for part in self.parts]

    def step(self, loss: torch.Tensor) -> None:
        """One step down the loss, its gradient clipped to norm 1."""
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        for part, schedule in zip(self.parts, self.schedules, strict=True):
            part.step()
            part.zero_grad(set_to_none=True)
            schedule.step()
