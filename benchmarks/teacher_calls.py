"""Teacher calls to one server: our engine, storing every answer, against the bare openai client, storing none.

Baseline: AsyncOpenAI, a semaphore and gather, as most public code asks a teacher; where answers fail it
retries by itself and holds its place while it waits. One local server, in a process of its own, takes 0.5 s
an answer or a 500; a 429 (Retry-After 1 s) it sends at once, as rate limiters do. The ratio is elapsed time
over calls x 0.5 s / width: 1 is the least that there is without faults, about 1.12 with them, because the
last calls meet faults too. Both sides are warm: a few calls before, uncounted."""

import asyncio
import json
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import openai

from stat_engine.config import ServerConfig
from stat_engine.models.base import Message, Sampling
from stat_engine.models.servers.server import Call, Server
from stat_engine.store.files import append_lines

N_CALLS, WIDTH, LATENCY_S = 2048, 64, 0.5
REFUSAL_S = 0.001
IDEAL_S = N_CALLS * LATENCY_S / WIDTH
PROMPT = "Which skills does this step need? " * 20
REPLY = json.dumps(
    {
        "id": "a", "object": "chat.completion", "created": 0, "model": "teacher",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "<skill>adding</skill> " * 30}}],
        "usage": {"prompt_tokens": 150, "completion_tokens": 150, "total_tokens": 300},
    }
)  # fmt: skip


def http(status: str, body: str, header: str = "") -> bytes:
    """A whole HTTP answer."""
    length = len(body.encode())
    head = f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{header}content-length: {length}\r\n\r\n"
    return (head + body).encode()


ANSWERS = [
    http("200 OK", REPLY),
    http("429 Too Many Requests", '{"error": {"message": "slow down"}}', "retry-after: 1\r\n"),
    http("500 Internal Server Error", '{"error": {"message": "broken"}}'),
]


class Slow(asyncio.Protocol):
    """Answers every request after 0.5 s: as the weights say, with an answer, a 429 or a 500."""

    def __init__(self, weights: list[float], chance: random.Random) -> None:
        self._weights, self._chance, self._seen = weights, chance, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer once the request is whole."""
        self._seen += data
        head, end, body = self._seen.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length:")[2].partition(b"\r")[0]):
            self._seen = b""
            (answer,) = self._chance.choices(ANSWERS, self._weights)
            delay_s = REFUSAL_S if answer is ANSWERS[1] else LATENCY_S
            asyncio.get_running_loop().call_later(delay_s, self._transport.write, answer)


def serve(ready: Connection, weights: list[float]) -> None:
    """Serve on a free port of loopback until killed."""

    async def main() -> None:
        chance = random.Random(0)
        server = await asyncio.get_running_loop().create_server(
            lambda: Slow(weights, chance), "127.0.0.1", 0, backlog=512
        )
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def ours(url: str, n_calls: int = N_CALLS) -> float:
    """Seconds for all calls, each answer on the disk before the next is taken."""
    server = Server(ServerConfig(base_url=url, width=WIDTH), {}.get)
    prompt = [Message(role="user", content=PROMPT)]
    calls = [Call(prompt, "teacher", Sampling(0.0, 1.0, 256), seed=at) for at in range(n_calls)]
    with tempfile.TemporaryDirectory() as folder:
        path, begun = Path(folder) / "calls.jsonl", time.perf_counter()
        for batch in server.run(calls):
            append_lines(path, *(json.dumps({"key": at, "answer": reply.text}) for at, reply in batch))
        elapsed = time.perf_counter() - begun
        assert len(path.read_text().splitlines()) == n_calls
    return elapsed


def bare(url: str, n_calls: int = N_CALLS) -> float:
    """Seconds for all calls through the openai package alone."""

    async def main() -> float:
        places = asyncio.Semaphore(WIDTH)

        async def ask(client: openai.AsyncOpenAI, seed: int) -> str:
            async with places:
                answer = await client.chat.completions.create(
                    model="teacher", messages=[{"role": "user", "content": PROMPT}], seed=seed, max_tokens=256
                )
            return answer.choices[0].message.content or ""

        async with openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=10) as client:
            begun = time.perf_counter()
            answers = await asyncio.gather(*(ask(client, seed) for seed in range(n_calls)))
            assert all(answers)
            return time.perf_counter() - begun

    return asyncio.run(main())


def against(weights: list[float], ask: Callable[[str], float]) -> float:
    """Elapsed over ideal time, against a server of its own."""
    ready, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=serve, args=(theirs, weights))
    process.start()
    try:
        return ask(f"http://127.0.0.1:{ready.recv()}/v1") / IDEAL_S
    finally:
        process.kill()
        process.join()


def main() -> None:
    """Print both ratios, without faults and with them."""
    os.environ["NO_PROXY"] = "127.0.0.1"
    for ask in (ours, bare):  # both load parts of the openai package at their first call
        against([1.0, 0.0, 0.0], partial(ask, n_calls=8))
    print(f"{N_CALLS} calls of {LATENCY_S} s, {WIDTH} at once; 1.00 is {IDEAL_S:.1f} s")
    for name, weights in (("no faults", [1.0, 0.0, 0.0]), ("10% 429, 2% 500", [0.88, 0.10, 0.02])):
        print(
            f"{name}: ours, storing, {against(weights, ours):.3f}; openai client {against(weights, bare):.3f}"
        )


if __name__ == "__main__":
    main()
