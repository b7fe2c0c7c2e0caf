"""Checkpoints through transformers: tokenizer and weights, from safetensors, without code of their own."""

import importlib.util
from typing import Any

from stat_engine.errors import StatError
from stat_engine.models.checkpoints import locate


def keep_quiet() -> None:
    """Keep the libraries' own bars and chatter out of the terminal, where a stage has one line."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
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
            "for a base model set student.framing=base"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(
    model: str, *, dtype: str = "auto", device_map: str | None = None, trust_remote_code: bool = False
) -> Any:
    """The checkpoint's causal language model; with `device_map` spread as accelerate reads it."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(
        locate(model),
        use_safetensors=True,
        dtype=dtype,
        device_map=device_map,
        trust_remote_code=trust_remote_code,
    )


def prompt(tokenizer: Any, problem: str) -> str:
    """The problem alone, as one user turn in the checkpoint's chat template."""
    messages = [{"role": "user", "content": problem}]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))
