"""A language model behind an OpenAI-compatible server."""

from collections.abc import Callable, Iterator, Sequence

from stat_engine.config import StudentConfig
from stat_engine.config.secrets import secret
from stat_engine.models.base import Completion, Prompt, Sampling
from stat_engine.models.servers.server import Call, Reply, Server

BYTES_A_TOKEN = 4
"""For servers that count no tokens: what English text comes to under common tokenizers."""


class OpenAIModel:
    """One call a sample, so that an answer can be stored as soon as it is there.

    Every call has a seed of its own; whether the server heeds it is the server's affair."""

    def __init__(self, config: StudentConfig, secrets: Callable[[str], str | None] = secret) -> None:
        self.name = config.model
        self._server = Server(config.server, secrets)

    def complete(self, prompts: Sequence[Prompt], sampling: Sampling, seed: int) -> list[list[Completion]]:
        """`n_samples` completions a prompt, in order. Raises StatError where one is missing."""
        done = {
            (at, sample): completion
            for batch in self.stream(prompts, sampling, seed)
            for at, sample, completion in batch
        }
        return [[done[at, sample] for sample in range(sampling.n_samples)] for at in range(len(prompts))]

    def stream(
        self, prompts: Sequence[Prompt], sampling: Sampling, seed: int
    ) -> Iterator[list[tuple[int, int, Completion]]]:
        """(position, sample, completion) triples as they come. Raises StatError after the last that came."""
        n = sampling.n_samples
        calls = [
            Call(prompts[at // n], self.name, sampling, seed + at, may_be_empty=True)
            for at in range(len(prompts) * n)
        ]
        for batch in self._server.run(calls):
            yield [(*divmod(at, n), _completion(reply)) for at, reply in batch]


def _completion(reply: Reply) -> Completion:
    n_tokens = reply.output_tokens
    if n_tokens is None:
        n_tokens = -(-len(reply.text.encode()) // BYTES_A_TOKEN)
    return Completion(reply.text.strip(), n_tokens, "length" if reply.finish_reason == "length" else "stop")
