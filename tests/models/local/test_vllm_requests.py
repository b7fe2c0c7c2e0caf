"""What is asked of vLLM's engine, and how its answers are handed over, with a stand-in for the engine."""

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from stat_engine.models.base import NO_ROOM, Completion, Partial, Sampling, Wanted
from stat_engine.models.local.vllm_model import VllmModel
from stat_engine.numeracy.pretrain import build_tokenizer

PROMPTS = ["3+4=", "7" * 200, "12*3="]
SAMPLED = Sampling(temperature=1, top_p=0.95, max_tokens=9, n_samples=2)


class Engine:
    """Ends one request in each step, the newest first; its answer names the request's own seed."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.waiting: list[str] = []
        self.aborted: list[str] = []
        self.model_config = SimpleNamespace(max_model_len=100)
        self.vllm_config = SimpleNamespace(scheduler_config=SimpleNamespace(max_num_seqs=3))

    def add_request(self, id: str, prompt: Any, params: Any, lora_request: Any = None) -> None:
        self.asked[id] = params
        self.waiting.append(id)

    def has_unfinished_requests(self) -> bool:
        return bool(self.waiting)

    def get_num_unfinished_requests(self) -> int:
        return len(self.waiting)

    def abort_request(self, ids: list[str]) -> None:
        self.aborted = [id for id in ids if id in self.waiting]
        self.waiting = []

    def step(self) -> list[Any]:
        id = self.waiting.pop()
        text = f" seed {self.asked[id]['seed']} "
        one = SimpleNamespace(text=text, token_ids=[1, 2, 3], finish_reason="stop", stop_reason=None)
        running = SimpleNamespace(request_id="9-9", finished=False, outputs=[])
        return [running, SimpleNamespace(request_id=id, finished=True, outputs=[one])]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    vllm, parameters = ModuleType("vllm"), ModuleType("vllm.sampling_params")
    vllm.SamplingParams = lambda **given: given  # type: ignore[attr-defined]
    parameters.RequestOutputKind = SimpleNamespace(FINAL_ONLY="final")  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "vllm", vllm)
    monkeypatch.setitem(sys.modules, "vllm.sampling_params", parameters)
    return Engine()


def opened(engine: Engine) -> VllmModel:
    model = VllmModel.__new__(VllmModel)
    model.name, model._adapter, model._tokenizer = "m", None, build_tokenizer()
    model._engine = SimpleNamespace(llm_engine=engine)
    return model


def test_each_sample_is_a_request_with_a_seed_that_hangs_on_its_place_alone(engine: Engine) -> None:
    whole = opened(engine).complete(PROMPTS, SAMPLED, 4)
    assert list(engine.asked) == ["0-0", "0-1", "2-0", "2-1"]
    assert whole[1] == [NO_ROOM, NO_ROOM]
    seeds = [one["seed"] for one in engine.asked.values()]
    assert seeds[1] - seeds[0] == seeds[3] - seeds[2] == 1 and len(set(seeds)) == 4
    assert whole[0] == [Completion(f"seed {seed}", 2, "stop") for seed in seeds[:2]]
    again = Engine()
    known = {(0, 0): Completion("as it was", 1, "stop"), (2, 1): Completion("too", 1, "stop")}
    left = opened(again).complete(PROMPTS, SAMPLED, 4, Partial(known))
    assert list(again.asked) == ["0-1", "2-0"]
    assert left == [[known[0, 0], whole[0][1]], whole[1], [whole[2][0], known[2, 1]]]


def test_answers_and_tokens_are_handed_over_step_by_step(engine: Engine) -> None:
    kept: list[list[tuple[int, int]]] = []
    written: list[int] = []
    partial = Partial({}, lambda made: kept.append(list(made)), written.append)
    opened(engine).complete(PROMPTS, SAMPLED, 4, partial)
    assert kept == [[(1, 0), (1, 1)], [(2, 1)], [(2, 0)], [(0, 1)], [(0, 0)]]
    assert written == [0, 3, 3, 2, 1]


def test_a_reader_that_goes_away_leaves_no_request_behind(engine: Engine) -> None:
    steps = opened(engine).stream(Wanted(PROMPTS, SAMPLED, 4))
    next(steps), next(steps)
    steps.close()
    assert engine.aborted == ["0-0", "0-1", "2-0"]
