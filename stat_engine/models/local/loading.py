"""Load checkpoints and adapters from safetensors, without their own code, within the memory there is."""

import gc
import importlib.util
import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from stat_engine.errors import StatError
from stat_engine.models.base import Message, Prompt
from stat_engine.models.checkpoints import locate
from stat_engine.models.local.ends import leave_prompts_open

_WORDS = (
    "can't allocate memory",
    "not enough memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "Memory footprint",
)
"""What RuntimeErrors say when memory runs out: torch's CPU allocator on Linux and Windows,
CUDA's own, cuBLAS, transformers' paged cache."""
_GOOD_GROUPS = 4
"""Groups in a row that must go well before the budget grows by a quarter."""


class TokenBudget:
    """Tokens that may be held together, between one and the configured number."""

    def __init__(self, configured: int) -> None:
        self.tokens = configured
        self._configured = configured
        self._good = 0

    def ran_out(self, used: int) -> None:
        """Halve what was in use when memory ran out; a budget above that would fail the same way again."""
        self.tokens, self._good = max(1, min(self.tokens, used) // 2), 0

    def went_well(self) -> None:
        """Count a group that fitted; after a few in a row the budget grows by a quarter."""
        self._good += 1
        if self._good >= _GOOD_GROUPS:
            self.tokens, self._good = min(self._configured, self.tokens + self.tokens // 4 + 1), 0


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory, the accelerator's or the machine's, ran out."""
    import torch

    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def release() -> None:
    """Give back memory that nothing refers to any more, also the accelerator's own cache."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


DAY = datetime(2024, 7, 26)
"""The day that templates print, so that equal prompts stay equal; without a date Llama 3's print this one."""


def _on_the_day(form: str) -> str:
    return DAY.strftime(form)


TEMPLATE_VALUES = {"date_string": _on_the_day("%d %b %Y"), "strftime_now": _on_the_day}
"""The two ways in which templates ask for the day."""


def keep_quiet() -> None:
    """Keep the libraries' own bars and chatter out of the terminal, where a stage has one line."""
    from transformers.utils import logging as of_transformers

    of_transformers.set_verbosity_error()
    of_transformers.disable_progress_bar()
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # peft loads it where it is installed
    if importlib.util.find_spec("datasets"):  # another environment, named by `python`, may be without
        import datasets

        datasets.disable_progress_bars()


def load_tokenizer(model: str, *, needs_chat: bool = True, trust_remote_code: bool = False) -> Any:
    """The checkpoint's tokenizer, padding on the left; raises StatError where it lacks a chat template."""
    from transformers import AutoTokenizer  # takes seconds; only processes that run models pay

    keep_quiet()
    tokenizer = AutoTokenizer.from_pretrained(
        locate(model), padding_side="left", trust_remote_code=trust_remote_code
    )
    if needs_chat and not tokenizer.chat_template:
        raise StatError(
            f"checkpoint {model}: its tokenizer has no chat template, which prompts are made with; "
            "a student that is a base model needs student.framing=base"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if tokenizer.pad_token is None:
        raise StatError(
            f"checkpoint {model}: its tokenizer has neither an end-of-sequence nor a padding token, so no "
            "answer would end; name eos_token in tokenizer_config.json"
        )
    leave_prompts_open(tokenizer, model)
    # also for the trainers, which render conversations themselves
    tokenizer.apply_chat_template = partial(tokenizer.apply_chat_template, **TEMPLATE_VALUES)
    return tokenizer


def load_model(
    model: str,
    *,
    dtype: str = "auto",
    device_map: str | dict[str, int] | None = None,
    trust_remote_code: bool = False,
    quantised: Any | None = None,
) -> Any:
    """The checkpoint's causal language model; with `device_map` spread as accelerate reads it.

    `quantised`: transformers' quantisation configuration; null: the weights as they are. Raises StatError for
    a checkpoint that continues no text."""
    also = {} if quantised is None else {"quantization_config": quantised}
    return model_class(model, trust_remote_code).from_pretrained(
        locate(model),
        use_safetensors=True,
        dtype=dtype,
        device_map=device_map,
        trust_remote_code=trust_remote_code,
        **also,
    )


def model_class(model: str, trust_remote_code: bool) -> Any:
    """transformers' class for the checkpoint; models that also take images have one of their own."""
    from transformers import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
        AutoConfig,
        AutoModelForCausalLM,
        AutoModelForImageTextToText,
    )

    config = AutoConfig.from_pretrained(locate(model), trust_remote_code=trust_remote_code)
    if type(config) in MODEL_FOR_CAUSAL_LM_MAPPING or getattr(config, "auto_map", None):
        return AutoModelForCausalLM
    if type(config) in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING and not config.is_encoder_decoder:
        return AutoModelForImageTextToText
    raise StatError(
        f"checkpoint {model}: found a model of type {config.model_type}, expected a language model that "
        "continues a text; name another checkpoint"
    )


def context_of(model: str, trust_remote_code: bool = False) -> int | None:
    """Tokens that the checkpoint can see at once; None where its configuration does not say."""
    from transformers import AutoConfig

    config = AutoConfig.from_pretrained(locate(model), trust_remote_code=trust_remote_code)
    return getattr(config.get_text_config(), "max_position_embeddings", None)


def render(tokenizer: Any, messages: Sequence[Message], is_open: bool = False) -> str:
    """A conversation in the checkpoint's chat template; `is_open`: ready for the assistant's turn."""
    return str(
        tokenizer.apply_chat_template(
            list(messages), tokenize=False, add_generation_prompt=is_open, **TEMPLATE_VALUES
        )
    )


def prompt(tokenizer: Any, problem: str) -> str:
    """The problem alone, as one user turn in the checkpoint's chat template."""
    return render(tokenizer, [{"role": "user", "content": problem}], is_open=True)


def prompt_tokens(tokenizer: Any, prompt: Prompt, name: str) -> list[int]:
    """Token ids of a prompt; raises StatError for a conversation where there is no chat template."""
    if isinstance(prompt, str):
        return list(tokenizer(prompt)["input_ids"])
    if not tokenizer.chat_template:
        raise StatError(
            f"checkpoint {name}: found a conversation to continue, but its tokenizer has no chat "
            "template; for a base model set student.framing=base"
        )
    # a template writes the special tokens itself
    return list(tokenizer(render(tokenizer, prompt, is_open=True), add_special_tokens=False)["input_ids"])


def own_ends(tokenizer: Any) -> list[int]:
    """The tokenizer's end of sequence, and the special token that its chat template ends an answer with."""
    ends = [] if tokenizer.eos_token_id is None else [int(tokenizer.eos_token_id)]
    if not tokenizer.chat_template:
        return ends
    mark = "answer"
    rendered = render(
        tokenizer, [{"role": "user", "content": "question"}, {"role": "assistant", "content": mark}]
    )
    after = tokenizer(rendered.rpartition(mark)[2], add_special_tokens=False)["input_ids"]
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    return list(dict.fromkeys([*ends, *[token for token in after[:1] if token in special]]))


def end_tokens(model: Any, tokenizer: Any) -> list[int]:
    """Tokens that end an answer: the generation settings', the tokenizer's, and the one that ends a turn.

    Evaluation, the rollouts of GRPO and exported checkpoints use this list. Fine-tuning teaches the last two,
    which base checkpoints with a chat template leave out of the first."""
    ends = model.generation_config.eos_token_id
    stated = [ends] if isinstance(ends, int) else list(ends or [])
    return list(dict.fromkeys([*stated, *own_ends(tokenizer)]))
