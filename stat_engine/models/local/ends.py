"""Tokenizers that end every text with their end of sequence: prompts are left open."""

import contextlib
import json
from typing import Any

from stat_engine.errors import StatError


def leave_prompts_open(tokenizer: Any, model: str) -> None:
    """Take from a tokenizer that it writes its end of sequence behind every text, also behind a prompt.

    Raises StatError where it cannot be taken."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if not _ends_prompts(tokenizer):
        return
    with contextlib.suppress(AttributeError, ValueError, NotImplementedError):
        tokenizer.add_eos_token = False
    if _ends_prompts(tokenizer) and backend is not None:
        tree = json.loads(backend.to_str())
        _drop_end(tree["post_processor"], tokenizer.eos_token)
        backend.post_processor = type(backend).from_str(json.dumps(tree)).post_processor
    if _ends_prompts(tokenizer):
        raise StatError(
            f"checkpoint {model}: its tokenizer writes {tokenizer.eos_token} behind every prompt, where no "
            "answer can follow; set add_eos_token to false in tokenizer_config.json"
        )


def _ends_prompts(tokenizer: Any) -> bool:
    return tokenizer.eos_token_id is not None and tokenizer("a")["input_ids"][-1:] == [tokenizer.eos_token_id]


def _drop_end(processor: Any, end: str) -> None:
    """Take the end token off the templates of a post-processor, as its JSON has them."""
    for one in (processor or {}).get("processors", [processor or {}]):
        for kind in ("single", "pair"):
            if isinstance(one.get(kind), list):
                one[kind] = [part for part in one[kind] if part.get("SpecialToken", {}).get("id") != end]
