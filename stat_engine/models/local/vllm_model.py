"""A language model through vLLM's offline engine: a checkpoint, with or without one LoRA adapter.

Prompts are tokenised as in `transformers_model`, so that both backends get the same input. Each sample is
a request with its own seed, drawn from the call's, so it does not depend on the others."""

import importlib.util
import json
import os
from collections.abc import Generator, Sequence
from pathlib import Path
from random import Random
from typing import Any

from stat_engine.config import StudentConfig, vllm_settings
from stat_engine.config.shipped import ROOT
from stat_engine.errors import StatError
from stat_engine.models.base import AnswerPlace, Completion, Prompt, Sampling, Step, StreamingModel, Wanted
from stat_engine.models.checkpoints import locate
from stat_engine.models.local.loading import load_tokenizer, own_ends, prompt_tokens
from stat_engine.models.local.templates import check_template

RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""Room for an adapter's rank that vLLM can set up (vllm/config/lora.py)."""
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
ENVIRONMENT = {
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",  # nothing of a run leaves the machine
    "VLLM_WORKER_MULTIPROCESSING_METHOD": "spawn",  # a forked child would keep the parent's pipes open
}


class VllmModel(StreamingModel):
    """vLLM batches by itself; it takes most of the card until `close`, or until its process ends."""

    def __init__(self, config: StudentConfig, adapter: Path | None = None) -> None:
        self._adapter = _only_adapter(config, adapter)
        if importlib.util.find_spec("vllm") is None:
            raise StatError(
                "student.backend=vllm: this environment has no vllm; install it with "
                "pip install 'stat-studio[vllm]', or name an environment that has it with student.python=PATH"
            )
        self.name = config.model
        self._tokenizer = load_tokenizer(
            config.model, needs_chat=config.framing != "base", trust_remote_code=config.trust_remote_code
        )
        check_template(self._tokenizer, config.model, config.framing)
        self._engine = _start(config, self._adapter)

    def stream(self, wanted: Wanted) -> Generator[Step]:
        """`n_samples` completions a prompt, each as it ends. Equal arguments give equal completions as far as
        the card's arithmetic does; a prompt that leaves no room to answer is answered with `NO_ROOM`.

        While answers are under way their tokens are estimated: one a step for each that can be in it."""
        placed = self._placed(wanted.prompts)
        places = wanted.places(placed)
        yield wanted.no_room(placed)
        engine = self._engine.llm_engine
        try:
            for at, sample in places:
                # as vLLM itself seeds the samples of one request
                seed = Random(f"{wanted.seed} {wanted.number(at)}").getrandbits(31) + sample
                own = self._parameters(wanted.sampling, seed)
                engine.add_request(f"{at}-{sample}", placed[at], own, lora_request=self._lora())
            yield from self._steps(engine)
        finally:
            if engine.has_unfinished_requests():  # the reader went away
                engine.abort_request([f"{at}-{sample}" for at, sample in places])

    def _steps(self, engine: Any) -> Generator[Step]:
        width = engine.vllm_config.scheduler_config.max_num_seqs
        while engine.has_unfinished_requests():
            n_tokens = min(engine.get_num_unfinished_requests(), width)
            ended = [output for output in engine.step() if output.finished]
            yield Step(n_tokens, {_place(output): _completion(output.outputs[0]) for output in ended})

    def _parameters(self, sampling: Sampling, seed: int) -> Any:
        import vllm
        from vllm.sampling_params import RequestOutputKind

        return vllm.SamplingParams(
            seed=seed, output_kind=RequestOutputKind.FINAL_ONLY, **_wishes(sampling, self._tokenizer)
        )

    def close(self) -> None:
        """Free the model's memory; after this it answers no more."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.llm_engine.engine_core.shutdown()

    def _placed(self, prompts: Sequence[Prompt]) -> dict[int, dict[str, list[int]]]:
        """By place, the tokens of each prompt that fits: vLLM would refuse all for one that is too long."""
        context = self._engine.llm_engine.model_config.max_model_len
        tokens = [self._tokens(prompt) for prompt in prompts]
        return {at: {"prompt_token_ids": ids} for at, ids in enumerate(tokens) if 1 <= len(ids) < context}

    def _tokens(self, prompt: Prompt) -> list[int]:
        return prompt_tokens(self._tokenizer, prompt, self.name)

    def _lora(self) -> Any:
        if self._adapter is None:
            return None
        from vllm.lora.request import LoRARequest

        return LoRARequest("adapter", 1, str(self._adapter))


def _start(config: StudentConfig, adapter: Path | None) -> Any:
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    if fault := vllm_settings.fault(config.vllm):  # this environment's vLLM may be another one
        raise StatError(f"student.vllm: {fault}")
    arguments = _arguments(config, adapter)
    if all(arguments.get(f"{kind}_parallel_size", 1) == 1 for kind in ("tensor", "pipeline", "data")):
        # the engine in this process: nothing is left behind if it dies, and batches form the same way twice
        os.environ.setdefault("VLLM_ENABLE_V1_MULTIPROCESSING", "0")
    import vllm

    return vllm.LLM(**arguments)


def _arguments(config: StudentConfig, adapter: Path | None) -> dict[str, Any]:
    """What the engine is started with; `student.vllm` comes before what is set here unasked."""
    lora = {"enable_lora": True, "max_loras": 1, "max_lora_rank": _rank(adapter)} if adapter else {}
    return {
        "model": locate(config.model),
        "dtype": config.dtype,
        "load_format": "safetensors",
        "tensor_parallel_size": _n_cards() if config.device_map == "auto" else 1,
        "trust_remote_code": config.trust_remote_code,
        "max_model_len": -1,  # the model's own context, or as much of it as the card has room for
        **lora,
        **config.vllm,
    }


def _n_cards() -> int:
    import torch

    return max(torch.cuda.device_count(), 1)


def _only_adapter(config: StudentConfig, adapter: Path | None) -> Path | None:
    """The one adapter there is; raises StatError where there are two, or where it is not in safetensors."""
    found: list[str | Path] = [*config.adapters(), *([adapter] if adapter else [])]
    if len(found) > 1:
        raise StatError(
            f"student {config.model}: vLLM takes one adapter, found {' and '.join(map(str, found))}; merge "
            "the first into the checkpoint, or set student.backend=transformers"
        )
    if not found:
        return None
    wanted = found[0]
    for folder in (Path(wanted).expanduser(), ROOT / wanted):
        if all((folder / name).is_file() for name in ADAPTER_FILES):
            return folder.resolve()
    raise StatError(f"adapter {wanted}: expected a folder with {' and '.join(ADAPTER_FILES)}")


def _rank(adapter: Path) -> int:
    """Smallest room that holds the adapter's rank."""
    rank = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))["r"]
    fitting = [room for room in RANKS if room >= rank]
    if not fitting:
        raise StatError(f"adapter {adapter}: found rank {rank}, expected at most the {RANKS[-1]} of vLLM")
    return fitting[0]


def _wishes(sampling: Sampling, tokenizer: Any) -> dict[str, Any]:
    """Special tokens are left out of texts, so a stop text that is one can only be known by its number."""
    special = [text for text in sampling.stop if text in tokenizer.all_special_tokens]
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "stop": [text for text in sampling.stop if text and text not in special],
        "stop_token_ids": [*tokenizer.convert_tokens_to_ids(special), *own_ends(tokenizer)],
    }


def _place(output: Any) -> AnswerPlace:
    at, sample, *_ = output.request_id.split("-")
    return int(at), int(sample)


def _completion(output: Any) -> Completion:
    """A stop text is named by vLLM; without one, an answer that stopped ends in an end token."""
    has_end_token = output.finish_reason == "stop" and not isinstance(output.stop_reason, str)
    return Completion(
        output.text.strip(),
        len(output.token_ids) - has_end_token,
        "stop" if output.finish_reason == "stop" else "length",
    )
