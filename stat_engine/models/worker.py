"""Make the models that run on this machine, here or as a program in a separate process.

`python -m stat_engine.models.worker FD` reads requests as JSON lines from its standard input and writes
answers as JSON lines to the file descriptor FD, so that what libraries print is kept apart. The first
request names the model. The interpreter may belong to another environment: the imports here need
pydantic, PyYAML and pyarrow only, and the model's own packages are imported when it is made. `process` is
the other end."""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from stat_engine.config import RewardModelConfig, StudentConfig
from stat_engine.errors import StatError, shown
from stat_engine.models.base import Partial, RewardModel, Sampling, Scored, StreamingModel, Wanted
from stat_engine.models.local.transformers_model import TransformersModel
from stat_engine.models.local.vllm_model import VllmModel
from stat_engine.models.rewards.outcome import OutcomeRewardModel
from stat_engine.models.rewards.plus_minus import PlusMinusRewardModel, RlhflowRewardModel
from stat_engine.models.rewards.qwen import QwenRewardModel

Request = dict[str, Any]
Say = Callable[..., None]
"""Says something before the result, by name: `step` or `scored`."""
Answering = Callable[[Request, Say], Any]
LANGUAGE_MODELS: dict[str, Callable[[StudentConfig, Path | None], StreamingModel]] = {
    "transformers": TransformersModel,
    "vllm": VllmModel,
}
REWARD_MODELS: dict[str, Callable[[RewardModelConfig, int], RewardModel]] = {
    "plus-minus": PlusMinusRewardModel,
    "rlhflow": RlhflowRewardModel,
    "qwen-prm": QwenRewardModel,
    "outcome": OutcomeRewardModel,
}
LOOK_EVERY_S = 1.0
SAY_EVERY_S = 0.5
"""Tokens are told so often where no answer has ended."""


def make_language_model(config: StudentConfig, adapter: Path | None = None) -> StreamingModel:
    """The student's model, loaded in this process. Raises StatError for a checkpoint that cannot be."""
    with _in_a_sentence("student", config.model):
        return LANGUAGE_MODELS[config.backend](config, adapter)


def make_reward_model(config: RewardModelConfig, threads: int = 1) -> RewardModel:
    """The reward model, loaded in this process. Raises StatError for a checkpoint that cannot be."""
    with _in_a_sentence(f"reward model (backend {config.backend})", config.model):
        return REWARD_MODELS[config.backend](config, threads)


@contextmanager
def _in_a_sentence(what: str, model: str) -> Iterator[None]:
    """What the libraries raise for damaged, missing or foreign checkpoints, as one sentence that names it."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        reason = shown(" ".join(f"{type(error).__name__}: {error}".split()), 300)
        raise StatError(f"{what} {model}: could not be loaded ({reason})") from error


def main() -> None:
    """Load what the first request names, then answer until the requests or their sender end."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    answering: Answering | None = None
    with os.fdopen(int(sys.argv[1]), "w", encoding="utf-8") as answers:
        for request in map(json.loads, sys.stdin):
            try:
                if answering is None:
                    answering, result = OPENERS[request["open"]](request), None
                else:
                    result = answering(request, partial(_say, answers))
                _say(answers, result=result)
            except StatError as error:
                _say(answers, error=str(error))


def _say(answers: TextIO, **said: Any) -> None:
    print(json.dumps(said), file=answers, flush=True)


def _student(request: Request) -> Answering:
    adapter = Path(request["adapter"]) if request["adapter"] else None
    model = make_language_model(StudentConfig.model_validate(request["config"]), adapter)

    def stream(request: Request, say: Say) -> None:
        sampling = Sampling(**{**request["sampling"], "stop": tuple(request["sampling"]["stop"])})
        known = {(at, sample) for at, sample in request["known"]}
        n_tokens, said_at = 0, 0.0
        wanted = Wanted(request["prompts"], sampling, request["seed"], known, request["numbers"])
        for step in model.stream(wanted):
            n_tokens += step.n_tokens
            if step.finished or time.monotonic() - said_at >= SAY_EVERY_S:
                say(step=[n_tokens, [[*place, asdict(one)] for place, one in step.finished.items()]])
                n_tokens, said_at = 0, time.monotonic()

    return stream


def _reward_model(request: Request) -> Answering:
    model = make_reward_model(RewardModelConfig.model_validate(request["config"]), request["threads"])

    def score(request: Request, say: Say) -> Any:
        made = Partial(
            {at: Scored(**one) for at, one in request["known"]},
            lambda scored: say(scored=[[at, asdict(one)] for at, one in scored.items()]),
        )
        return [asdict(scored) for scored in model.score(request["items"], made)]

    return score


OPENERS: dict[str, Callable[[Request], Answering]] = {
    "student": _student,
    "reward_model": _reward_model,
}


def _end_with(parent: int) -> None:
    """End this process once its parent has: in the middle of an answer it would not see its input end."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(1)


if __name__ == "__main__":
    main()
