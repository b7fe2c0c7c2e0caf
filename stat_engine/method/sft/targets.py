"""What LoRA reaches in a student: counted on a copy without weights, before anything is loaded.

`all-linear` adapts every linear layer but the output's. Experts that a model holds as plain tensors, and
convolutions, are no linear layers and stay as they are, so the share of the weights that learn is told."""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from stat_engine.config import SftConfig, StudentConfig
from stat_engine.errors import StatError, shown
from stat_engine.models.checkpoints import locate
from stat_engine.models.local.loading import model_class

SHOWN = 5
"""Names that a sentence lists."""


@dataclass(frozen=True)
class Reach:
    """What an adapter of these settings changes."""

    targets: str | list[str]
    """For peft's LoraConfig."""
    n_layers: int
    """Layers with an adapter."""
    share: float
    """Part of the matrix weights, embeddings and output left out, that lies in these layers; in [0, 1]."""
    left_out: list[str]
    """Names of linear layers that peft cannot adapt in this model."""

    def in_words(self) -> str:
        """A sentence for the training's report."""
        said = f"LoRA reaches {self.n_layers:,} layers with {self.share:.0%} of the matrix weights"
        if self.left_out:
            said += f"; it cannot adapt {_listed(self.left_out)}"
        if self.share < LITTLE and not isinstance(self.targets, list):
            said += "; the others are no linear layers, as experts often are"
        return said


LITTLE = 0.9
"""A share below this is explained."""


def reach(student: StudentConfig, config: SftConfig) -> Reach:
    """What LoRA reaches in the student.

    Raises StatError where `sft.target_modules` names no layer of it, or one that takes no adapter, and where
    nothing in it takes one."""
    wanted = list(config.target_modules)
    adapted = _adapted(student, wanted or "all-linear", config.rank)
    if not isinstance(adapted, str):
        return Reach(wanted or "all-linear", *adapted, [])
    linear = _linear_names(student)
    if wanted:
        raise StatError(
            f"sft.target_modules={','.join(wanted)}: LoRA cannot be put there in student {student.model} "
            f"({shown(adapted, 160)}); its linear layers are {_listed(linear)}"
        )
    usable = [name for name in linear if not isinstance(_adapted(student, [name], config.rank), str)]
    found = _adapted(student, usable, config.rank) if usable else adapted
    if isinstance(found, str):
        raise StatError(
            f"student {student.model}: LoRA can adapt none of its layers ({shown(adapted, 160)}); train "
            "another student"
        )
    return Reach(usable, *found, [name for name in linear if name not in usable])


def _adapted(student: StudentConfig, targets: str | list[str], rank: int) -> tuple[int, float] | str:
    """(adapted layers, their share of the matrix weights), or why peft refuses."""
    from peft import LoraConfig, get_peft_model

    model = _empty(student)
    total, outside = _matrix_weights(model), beside_text(model)
    try:
        with warnings.catch_warnings(action="ignore"):
            made = get_peft_model(
                model,
                LoraConfig(r=rank, target_modules=targets, exclude_modules=outside, task_type="CAUSAL_LM"),
            )
    except (ValueError, TypeError, NotImplementedError) as error:
        return " ".join(str(error).split())
    layers = [module.get_base_layer() for module in made.modules() if hasattr(module, "lora_A")]
    inside = sum(layer.weight.numel() for layer in layers)
    return len(layers), inside / max(total, 1)


def _empty(student: StudentConfig) -> Any:
    """The student's architecture without weights."""
    import torch
    from transformers import AutoConfig

    trust = student.trust_remote_code
    config = AutoConfig.from_pretrained(locate(student.model), trust_remote_code=trust)
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # its layers have the same names
    with torch.device("meta"):
        return model_class(student.model, trust).from_config(config, trust_remote_code=trust)


def beside_text(model: Any) -> str | None:
    """Names of the modules outside the text model, as a pattern; None where the model is that alone."""
    if model.config.get_text_config() is model.config:
        return None
    decoder = model.get_decoder()
    own = next((name for name, module in model.named_modules() if module is decoder), "")
    return rf"(?!{re.escape(own)}\.).*" if own else None


def _matrix_weights(model: Any) -> int:
    """Weights in tensors of two dimensions and more, without embeddings and the output layer."""
    ends = {
        id(module.weight)
        for module in (model.get_input_embeddings(), model.get_output_embeddings())
        if module
    }
    return sum(one.numel() for one in model.parameters() if one.dim() > 1 and id(one) not in ends)


def _linear_names(student: StudentConfig) -> list[str]:
    """Last parts of the names of the model's linear layers, the output's left out."""
    import torch
    from transformers.pytorch_utils import Conv1D

    model = _empty(student)
    output = model.get_output_embeddings()
    return sorted(
        {
            name.rpartition(".")[2]
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear | Conv1D) and module is not output
        }
    )


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
