"""Load a reward model's weights and its scoring head; a head with random weights is refused."""

from typing import TYPE_CHECKING, Any

from stat_engine.config import RewardModelConfig
from stat_engine.errors import StatError
from stat_engine.models.checkpoints import locate

if TYPE_CHECKING:
    import torch

    from stat_engine.models.rewards.scoring import Read


def load_weights(config: RewardModelConfig, model_class: Any) -> Any:
    """The checkpoint as a `model_class` of transformers, on the GPU where there is one.

    Raises StatError where the checkpoint lacks weights, or has some of another shape: transformers
    would fill them with random numbers and continue."""
    import torch

    model, found = model_class.from_pretrained(
        locate(config.model), use_safetensors=True, dtype=config.dtype, device_map=config.device_map,
        trust_remote_code=config.trust_remote_code, ignore_mismatched_sizes=True, output_loading_info=True,
    )  # fmt: skip
    wrong = [f"no {name}" for name in sorted(found["missing_keys"])] + [
        f"{name} of shape {tuple(there)} where {tuple(expected)} fits"
        for name, there, expected in sorted(found["mismatched_keys"])
    ]
    if wrong:
        raise StatError(
            f"reward model {config.model}: found {', '.join(wrong[:3])} ({len(wrong)} in all), "
            f"expected the weights of a {type(model).__name__}"
        )
    if config.device_map is None and torch.cuda.is_available():
        model = model.to("cuda")
    return model.eval()


def context_of(model: Any, max_length: int | None) -> int | None:
    """Tokens that may go in: the configured limit or the model's own, whichever is less; null: neither."""
    own = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min((limit for limit in (own, max_length) if limit), default=None)


def read_signs(model: Any, signs: tuple[int, int]) -> "Read":
    """Read the logits of two tokens, and compute no others.

    The head gives way to one with their two rows, so that what the model does to its logits (scaling,
    soft caps) stays its own doing. A head that cannot be cut down is computed in full."""
    import torch

    head = model.get_output_embeddings()
    columns = list(signs)
    # on the meta device lies what accelerate keeps elsewhere until it is needed
    if type(head) is torch.nn.Linear and head.weight.is_floating_point() and not head.weight.is_meta:
        model.set_output_embeddings(_rows_of(head, columns))
        columns = [0, 1]

    def read(ids: "torch.Tensor", at: "tuple[torch.Tensor, torch.Tensor]") -> "torch.Tensor":
        logits: torch.Tensor = model(input_ids=ids, use_cache=False).logits
        return logits[at][:, columns]

    return read


def _rows_of(head: Any, rows: list[int]) -> Any:
    import torch

    small = torch.nn.Linear(head.in_features, len(rows), bias=head.bias is not None)
    small.weight = torch.nn.Parameter(head.weight[rows].detach().clone(), requires_grad=False)
    if head.bias is not None:
        small.bias = torch.nn.Parameter(head.bias[rows].detach().clone(), requires_grad=False)
    # with the model spread over devices, the last layer's may not be the head's
    small.register_forward_pre_hook(lambda module, given: (given[0].to(module.weight.device),))
    return small


def read_score(model: Any) -> "Read":
    """Read a classification head, `model.score` on `model.model`; one label is turned into two."""
    import torch

    def read(ids: "torch.Tensor", at: "tuple[torch.Tensor, torch.Tensor]") -> "torch.Tensor":
        scores: torch.Tensor = model.score(model.model(input_ids=ids, use_cache=False).last_hidden_state[at])
        # the sigmoid of x is the softmax of 0 and x
        return scores if scores.shape[-1] == 2 else torch.cat([torch.zeros_like(scores), scores], -1)

    return read
