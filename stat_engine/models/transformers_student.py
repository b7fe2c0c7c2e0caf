"""A student through transformers: any checkpoint with a chat template, with an adapter or without."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stat_engine.errors import StatError
from stat_engine.models.base import Completion, Sampling
from stat_engine.models.checkpoints import locate

if TYPE_CHECKING:
    import torch


def keep_quiet() -> None:
    """Keep the libraries' own bars and chatter out of the terminal, where a stage has one line."""
    import datasets
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    datasets.disable_progress_bars()


def load_tokenizer(model: str) -> Any:
    """The checkpoint's tokenizer, padding on the left; raises StatError where it has no chat template."""
    from transformers import AutoTokenizer  # takes seconds; only processes that run models pay

    keep_quiet()
    tokenizer = AutoTokenizer.from_pretrained(locate(model), padding_side="left")
    if not tokenizer.chat_template:
        raise StatError(
            f"checkpoint {model}: its tokenizer has no chat template, which prompts are made with"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(model: str) -> Any:
    """The checkpoint's weights, from safetensors only, without any code of its own."""
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(locate(model), use_safetensors=True, dtype="auto")


def prompt(tokenizer: Any, problem: str) -> str:
    """The problem as the student's chat template frames it."""
    messages = [{"role": "user", "content": problem}]
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


class TransformersStudent:
    """Left-padded batches in one process; the caller chooses the batch."""

    def __init__(self, name: str, model: str, adapter: Path | None = None, threads: int = 1) -> None:
        import torch

        torch.set_num_threads(threads)
        self.name = name
        self._torch = torch
        self._tokenizer = load_tokenizer(model)
        self._model = load_model(model).to("cuda" if torch.cuda.is_available() else "cpu").eval()
        if adapter is not None:
            from peft import PeftModel

            self._model = PeftModel.from_pretrained(self._model, adapter).merge_and_unload()

    def respond(self, problems: Sequence[str], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a problem; one seed a call, so a call is the unit of reproducibility."""
        self._torch.manual_seed(seed)
        batch = self._tokenizer(
            [prompt(self._tokenizer, problem) for problem in problems],
            return_tensors="pt",
            padding=True,
            add_special_tokens=False,
            return_token_type_ids=False,
        ).to(self._model.device)
        with self._torch.inference_mode():
            output = self._model.generate(
                **batch,
                generation_config=self._generation(sampling),
            )
        written = output[:, batch["input_ids"].shape[1] :]
        completions = [self._completion(row) for row in written]
        n = sampling.n_samples
        return [completions[at : at + n] for at in range(0, len(completions), n)]

    def _generation(self, sampling: Sampling) -> Any:
        from transformers import GenerationConfig

        sampled = (
            {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
            if sampling.temperature > 0
            else {"do_sample": False}
        )
        return GenerationConfig(
            max_new_tokens=sampling.max_tokens,
            num_return_sequences=sampling.n_samples,
            pad_token_id=self._tokenizer.pad_token_id,
            eos_token_id=self._model.generation_config.eos_token_id or self._tokenizer.eos_token_id,
            **sampled,
        )

    def _completion(self, row: "torch.Tensor") -> Completion:
        eos = self._model.generation_config.eos_token_id or self._tokenizer.eos_token_id
        ends = {eos} if isinstance(eos, int) else set(eos)
        ids = row.tolist()
        stop = next((at for at, token in enumerate(ids) if token in ends), None)
        text = self._tokenizer.decode(ids if stop is None else ids[:stop], skip_special_tokens=True)
        n_tokens = len(ids) if stop is None else stop
        return Completion(text.strip(), n_tokens, "length" if stop is None else "stop")
