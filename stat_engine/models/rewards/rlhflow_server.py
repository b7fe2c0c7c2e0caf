"""The RLHFlow process reward model behind a vLLM server, through prompt log-probabilities.

`reward_model.model` is both the server's name for the model and the place of its tokenizer, because
conversations are rendered and signs located here; a folder with the tokenizer alone is enough. The
server's tokens are compared with ours at every sign, so a different tokenizer there is detected.

For each position vLLM gives the log-probability of the actual token, which is `+`, and of the N_LOGPROBS
most likely ones. Where `-` is not among those it is at most as likely as the least of them, and counts as
much as that one: the reward is then a lower bound, and a close one where `+` is likely. Where `+` is not
among them either, the model answers neither sign, and is refused."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from stat_engine.config import RewardModelConfig
from stat_engine.errors import StatError
from stat_engine.models.base import Partial, PartialScores, Sampling, Scored
from stat_engine.models.local.loading import keep_quiet
from stat_engine.models.rewards.scoring import Conversations, Marked, sign_tokens, sign_turns
from stat_engine.models.servers.faults import is_too_long
from stat_engine.models.servers.server import Call, Reply, Server

N_LOGPROBS = 20
"""As many as vLLM gives unless it is started with another --max-logprobs."""
SAMPLING = Sampling(temperature=0, top_p=1, max_tokens=1)
"""One token that nobody reads: a server writes at least one."""
NO_LIMIT = 10**9
"""From here on a tokenizer's stated context means that it does not know one."""


class RlhflowServer:
    """Reward of a step: P(+) against P(-) where the assistant's answer to it is predicted."""

    def __init__(self, config: RewardModelConfig, threads: int = 1) -> None:
        self._model = config.model
        self._server = Server(config.server)
        tokenizer = _tokenizer(config)
        self._minus, self._plus = sign_tokens(tokenizer, config.model)
        self._conversations = Conversations(tokenizer, config.model, sign_turns, "+", self._plus)
        self._conversations.check_turns()
        own = tokenizer.model_max_length
        limits = [limit for limit in (own if own < NO_LIMIT else None, config.max_length) if limit]
        self._context = min(limits, default=NO_LIMIT)

    def score(
        self, items: Sequence[tuple[str, Sequence[str]]], partial: PartialScores | None = None
    ) -> list[Scored]:
        """One reward in [0, 1] a step that lies within the context; raises StatError where the server's
        answers are missing or are not what a vLLM server gives."""
        cut = [self._cut(marked) for marked in self._conversations.encode(items)]
        partial = partial or Partial()
        asked = [at for at, marked in enumerate(cut) if marked.marks and at not in partial.known]
        n_steps = [len(steps) for _, steps in items]
        for replies in self._server.run([self._call(cut[at]) for at in asked]):
            found = {asked[place]: self._rewards(cut[asked[place]], reply) for place, reply in replies}
            partial.add({at: Scored(of, is_cut=len(of) < n_steps[at]) for at, of in found.items()})
        return [partial.known.get(at, Scored([], is_cut=n > 0)) for at, n in enumerate(n_steps)]

    def _rewards(self, marked: Marked, reply: Reply) -> list[float]:
        reason = reply.finish_reason or ""
        if reason.startswith("refused:"):
            if is_too_long(reason):  # for the server's own context
                return []
            raise StatError(
                f"{reason.removeprefix('refused:').strip()}; reward_model.backend=rlhflow-server needs a "
                "vLLM server that gives prompt_logprobs"
            )
        return self._read(marked, reply.raw)

    def _cut(self, marked: Marked) -> Marked:
        """The conversation up to its last `+` that the context holds, with one more token to be written."""
        marks = [mark for mark in marked.marks if mark + 2 <= self._context]
        if not marks:
            return replace(marked, marks=[])
        text = marked.text[: marked.characters[len(marks) - 1] + 1]
        return replace(marked, text=text, ids=marked.ids[: marks[-1] + 1], marks=marks)

    def _call(self, marked: Marked) -> Call:
        # the template has written the tokens that begin a text
        extra = {"prompt_logprobs": N_LOGPROBS, "add_special_tokens": False}
        return Call(marked.text, self._model, SAMPLING, extra=extra)

    def _read(self, marked: Marked, raw: dict[str, Any] | None) -> list[float]:
        listed = ((raw or {}).get("choices") or [{}])[0].get("prompt_logprobs")
        if not isinstance(listed, list):
            raise StatError(
                f"the server of {self._model} gave no prompt_logprobs; reward_model.backend=rlhflow-server "
                "needs a vLLM server, or use reward_model.backend=rlhflow"
            )
        if len(listed) != len(marked.ids):
            raise self._differs(f"{len(listed)} tokens", f"{len(marked.ids)}")
        return [self._reward(listed[mark]) for mark in marked.marks]

    def _reward(self, listed: dict[str, dict[str, Any]]) -> float:
        logprobs = {int(token): float(entry["logprob"]) for token, entry in listed.items()}
        if self._plus not in logprobs:
            raise self._differs("another token", "+")
        plus, minus = logprobs[self._plus], logprobs.get(self._minus)
        if minus is None:
            if len(logprobs) > N_LOGPROBS:  # the likeliest, and `+` beside them
                raise StatError(
                    f"reward model {self._model}: neither + nor - is among its {N_LOGPROBS} likeliest "
                    "answers to a step, expected a model that was trained to give them"
                )
            minus = min(logprobs.values())
        return 1 / (1 + math.exp(min(minus - plus, 700)))

    def _differs(self, found: str, expected: str) -> StatError:
        return StatError(
            f"the server of {self._model} read {found} where the tokenizer here has {expected}; give both "
            "the same checkpoint"
        )


def _tokenizer(config: RewardModelConfig) -> Any:
    from transformers import AutoTokenizer

    keep_quiet()
    folder = Path(config.model).expanduser()
    if not folder.is_dir() and config.model.count("/") != 1:
        raise StatError(
            f"reward_model.model {config.model}: found no such folder, expected the checkpoint's folder or "
            "hub id, which the server must know it by too (vllm serve --served-model-name)"
        )
    place = str(folder) if folder.is_dir() else config.model
    return AutoTokenizer.from_pretrained(place, trust_remote_code=config.trust_remote_code)
