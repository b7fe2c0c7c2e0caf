import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from stat_engine.config import ServerConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Scored
from stat_engine.models.rewards.plus_minus import RlhflowRewardModel
from stat_engine.models.rewards.rlhflow_server import RlhflowServer
from tests.models.reward_checkpoints import ITEMS, config_of, qwen_tokenizer, rlhflow_checkpoint


class PromptLogprobs:
    """Answers /v1/completions as vLLM does: for each token of the prompt but the first, the log-probability of
    that token and of the likeliest."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder)
        self.bodies: list[dict[str, Any]] = []
        self.hidden: str | None = None
        """A sign that is left out, as one is that is not among the likeliest."""
        self.gives_logprobs = True

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        self.bodies.append(body)
        with_special = body.get("add_special_tokens", True)
        ids = self.tokenizer.encode(body["prompt"], add_special_tokens=with_special)
        choice: dict[str, Any] = {"index": 0, "text": "x", "finish_reason": "length", "logprobs": None}
        if self.gives_logprobs:
            choice["prompt_logprobs"] = self.listed(ids, body["prompt_logprobs"])
        usage = {"prompt_tokens": len(ids), "completion_tokens": 1, "total_tokens": len(ids) + 1}
        return {"id": "1", "object": "text_completion", "created": 0, "model": body["model"],
                "choices": [choice], "usage": usage}  # fmt: skip

    def listed(self, ids: list[int], n: int) -> list[dict[str, dict[str, float]] | None]:
        with torch.no_grad():
            logprobs = self.model(torch.tensor([ids])).logits[0].double().log_softmax(-1)
        if self.hidden is not None:
            logprobs[:, self.tokenizer.encode(self.hidden)[-1]] = -99.0
        return [None] + [
            {str(t): {"logprob": float(row[t])} for t in {token, *row.topk(n).indices.tolist()}}
            for token, row in zip(ids[1:], logprobs[:-1], strict=True)
        ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose likeliest tokens are + and -, as a trained one's are where it is asked."""
    folder = rlhflow_checkpoint(tmp_path_factory.mktemp("rewards") / "rlhflow")
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    model.model.embed_tokens.weight.data[:, 0] = 3.0
    model.lm_head.weight.data[[tokenizer.encode(sign)[-1] for sign in "+-"], 0] = 3.0
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def vllm(folder: Path) -> Iterator[tuple[PromptLogprobs, str]]:
    """What answers, and its address."""
    answering = PromptLogprobs(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sent = json.dumps(answering.answer(body)).encode()
            self.send_response(200 if self.path == "/v1/completions" else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            with suppress(BrokenPipeError):  # who asked may have seen enough
                self.wfile.write(sent)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield answering, f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


def opened(folder: Path, address: str, **changes: Any) -> RlhflowServer:
    return RlhflowServer(
        config_of(
            folder, backend="rlhflow-server", server=ServerConfig(base_url=address, retries=0), **changes
        )
    )


def close_to(scored: list[Scored]) -> list[Scored]:
    return [Scored(pytest.approx(one.step_rewards, abs=1e-5), is_cut=one.is_cut) for one in scored]


def test_rewards_are_those_of_the_model_on_this_machine(
    folder: Path, vllm: tuple[PromptLogprobs, str]
) -> None:
    local = RlhflowRewardModel(config_of(folder)).score(ITEMS)
    assert opened(folder, vllm[1]).score(ITEMS) == close_to(local)
    assert [len(one.step_rewards) for one in local] == [3, 5, 0, 1]
    rewards = [reward for one in local for reward in one.step_rewards]
    assert max(rewards) - min(rewards) > 0.1


def test_one_call_a_response_asks_for_one_token_and_prompt_logprobs(
    folder: Path, vllm: tuple[PromptLogprobs, str]
) -> None:
    opened(folder, vllm[1]).score(ITEMS)
    asked = [{k: v for k, v in body.items() if k != "prompt"} for body in vllm[0].bodies]
    assert asked == [
        {"model": str(folder), "temperature": 0, "max_tokens": 1, "prompt_logprobs": 20,
         "add_special_tokens": False}
    ] * 3  # fmt: skip


def test_a_tokenizer_s_folder_will_do(folder: Path, vllm: tuple[PromptLogprobs, str], tmp_path: Path) -> None:
    bare = tmp_path / "tokenizer"
    shutil.copytree(folder, bare, ignore=shutil.ignore_patterns("*.safetensors", "config.json"))
    assert opened(bare, vllm[1]).score(ITEMS) == opened(folder, vllm[1]).score(ITEMS)


def test_a_response_beyond_the_limit_is_asked_for_by_whole_steps(
    folder: Path, vllm: tuple[PromptLogprobs, str]
) -> None:
    (whole,) = opened(folder, vllm[1]).score(ITEMS[:1])
    seen = set()
    for limit in range(40, 260, 12):
        vllm[0].bodies.clear()
        (cut,) = opened(folder, vllm[1], max_length=limit).score(ITEMS[:1])
        n = len(cut.step_rewards)
        assert [cut] == close_to([Scored(whole.step_rewards[:n], is_cut=n < 3)])
        sent = [len(vllm[0].tokenizer.tokenize(body["prompt"])) for body in vllm[0].bodies]
        assert len(sent) == (n > 0) and all(40 < tokens < limit for tokens in sent)
        seen.add(n)
    assert seen == {0, 1, 2, 3}


def test_the_limit_holds_the_sign_and_the_token_that_the_server_writes(
    folder: Path, vllm: tuple[PromptLogprobs, str]
) -> None:
    opened(folder, vllm[1]).score(ITEMS[3:])
    n = len(vllm[0].tokenizer.tokenize(vllm[0].bodies[0]["prompt"])) + 1
    assert len(opened(folder, vllm[1], max_length=n).score(ITEMS[3:])[0].step_rewards) == 1
    assert opened(folder, vllm[1], max_length=n - 1).score(ITEMS[3:]) == [Scored([], is_cut=True)]


def test_a_minus_that_is_not_listed_counts_as_the_least_that_is(
    folder: Path, vllm: tuple[PromptLogprobs, str]
) -> None:
    vllm[0].hidden = "-"
    (scored,) = opened(folder, vllm[1]).score(ITEMS[3:])
    ids = vllm[0].tokenizer.encode(vllm[0].bodies[0]["prompt"], add_special_tokens=False)
    listed = vllm[0].listed(ids, 20)[-1]
    assert listed is not None
    plus = listed[str(vllm[0].tokenizer.encode("+")[-1])]["logprob"]
    least = min(entry["logprob"] for entry in listed.values())
    assert scored == Scored([pytest.approx(float(torch.tensor(plus - least).sigmoid()), abs=1e-5)])


def test_a_model_that_answers_neither_sign_is_refused(
    vllm: tuple[PromptLogprobs, str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vllm[0].model.lm_head.weight.data[[vllm[0].tokenizer.encode(sign)[-1] for sign in "+-"]] *= -1
    with pytest.raises(StatError, match="neither \\+ nor - is among its 20 likeliest answers to a step"):
        opened(folder, vllm[1]).score(ITEMS)


def test_a_server_that_gives_no_prompt_logprobs_is_refused(
    folder: Path, vllm: tuple[PromptLogprobs, str]
) -> None:
    vllm[0].gives_logprobs = False
    with pytest.raises(StatError, match="gave no prompt_logprobs; reward_model.backend=rlhflow-server needs"):
        opened(folder, vllm[1]).score(ITEMS)


def test_a_server_with_another_tokenizer_is_found_out(folder: Path, vllm: tuple[PromptLogprobs, str]) -> None:
    vllm[0].tokenizer = qwen_tokenizer()
    with pytest.raises(StatError, match=r"read \d+ tokens where the tokenizer here has \d+"):
        opened(folder, vllm[1]).score(ITEMS)


def test_a_model_that_is_nowhere_is_refused() -> None:
    with pytest.raises(StatError, match="reward_model.model nowhere: found no such folder"):
        opened(Path("nowhere"), "http://127.0.0.1:1/v1")
