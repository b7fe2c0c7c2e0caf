"""The client for OpenAI-compatible servers (vLLM, transformers serve, OpenAI) and its language model.

In: calls. Out: their answers in the order of arrival, so that the caller can store each before the next.
The openai package sends single attempts; retries are ours, because its own keep their slot while they
wait. `ask` says whether a server answers and which models it serves; its key is sent to that server only."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import cache
from importlib import import_module
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from stat_engine.config import ServerConfig
from stat_engine.config.backends import secret
from stat_engine.config.keys import PUBLIC
from stat_engine.errors import StatError
from stat_engine.models.base import Meter
from stat_engine.models.servers.calls import Call, Job, Reply, Tokens, call_job, embedding_job
from stat_engine.models.servers.faults import Fault, Place, Unusable, fault_of, locate
from stat_engine.models.servers.server_run import Manner, RateLimit, ServerRun

if TYPE_CHECKING:
    import ssl

    import httpx2
    import openai

__all__ = ["Call", "Reply", "Server"]

Value = TypeVar("Value")
TEXTS_A_CALL = 64
CONNECT_S = 5.0
"""As the openai package; never more than half the time of an attempt."""
HEALTH_S = 10.0
WAIT_S = 1.0
"""After so long without an answer the reader is given an empty list."""


class Server:
    """One server, asked from one thread at a time; what a minute may hold is counted across its runs."""

    def __init__(
        self,
        config: ServerConfig,
        secrets: Callable[[str], str | None] = secret,
        *,
        backoff_s: tuple[float, float] = (0.5, 30.0),
        minute_s: float = 60.0,
    ) -> None:
        self._config, self._secrets = config, secrets
        self._manner = Manner(config.width, config.retries, backoff_s)
        self._limit = RateLimit(config.requests_per_minute, config.tokens_per_minute, minute_s)

    def run(self, calls: Sequence[Call], meter: Meter | None = None) -> Iterator[list[tuple[int, Reply]]]:
        """(position, reply) pairs as they come, each position once, all that are there together; an empty
        list about once a second while none comes.

        Closing it cancels what is in flight. Raises StatError after the last pair where one is missing."""
        jobs = (call_job(call, self._config) for call in calls)
        return self._run(jobs, len(calls), meter)

    def embed(self, texts: Sequence[str], model: str, meter: Meter | None = None) -> list[list[float]]:
        """A vector a text, in order. Raises StatError where one is missing."""
        parts = [texts[at : at + TEXTS_A_CALL] for at in range(0, len(texts), TEXTS_A_CALL)]
        jobs = (embedding_job(part, model) for part in parts)
        vectors = dict(pair for pairs in self._run(jobs, len(parts), meter) for pair in pairs)
        return [vector for at in range(len(parts)) for vector in vectors[at]]

    def models(self) -> list[str]:
        """Names of the models that the server has. Raises StatError where it cannot be reached."""
        import httpx2
        import openai

        place, timeout_s = self.place(), min(HEALTH_S, self._config.timeout_s)
        http = openai.DefaultHttpxClient(trust_env=not place.is_loopback)
        with openai.OpenAI(**self._access(place), timeout=timeout_s, http_client=http) as client:
            try:
                data = client.get("/models", cast_to=httpx2.Response).json()
                return sorted(str(row["id"]) for row in data["data"])
            except openai.APIError as error:
                fault = fault_of(error, place, None)
            except (ValueError, KeyError, TypeError, RecursionError):
                fault = Fault(f"{place.address} sent something that is no list of models")
        raise StatError(fault.reason if fault else f"{place.address} could not be asked for its models")

    def client(self) -> "openai.OpenAI":
        """A client of the same server for requests that are not calls; it retries by itself."""
        import openai

        place = self.place()
        http = openai.DefaultHttpxClient(trust_env=not place.is_loopback)
        access = self._access(place) | {"max_retries": self._config.retries}
        return openai.OpenAI(**access, timeout=self._config.timeout_s, http_client=http)

    def _run(
        self, jobs: Iterator[Job[Value]], n_jobs: int, meter: Meter | None
    ) -> Iterator[list[tuple[int, Value]]]:
        place = self.place()

        async def main(hand_over: Callable[[tuple[int, Value]], None]) -> None:
            async with self._client(place) as client:

                async def send(job: Job[Value]) -> tuple[Value, Tokens | None] | Fault:
                    return await self._attempt(client, job, place)

                await ServerRun(jobs, n_jobs, send, hand_over, self._manner, self._limit, meter).run()

        is_ours = gc.get_freeze_count() == 0  # what the caller has frozen stays so
        if is_ours:
            gc.freeze()  # else each of the many collections looks through all that was loaded before
        try:
            yield from _from_own_thread(main)
        finally:
            if is_ours:
                gc.unfreeze()

    async def _attempt(
        self, client: "openai.AsyncOpenAI", job: Job[Value], place: Place
    ) -> tuple[Value, Tokens | None] | Fault:
        import httpx2
        import openai

        try:
            # httpx's own limits begin again with every byte; this one is for the whole answer
            async with asyncio.timeout(self._config.timeout_s):
                response = await client.post(job.path, cast_to=httpx2.Response, body=job.body)
            return job.read(place.without_key(_json(response)))
        except (openai.APIError, TimeoutError, Unusable) as error:
            fault = fault_of(error, place, str(job.body.get("model")))
            if fault is None:
                raise
            return fault

    def _client(self, place: Place) -> "openai.AsyncOpenAI":
        import httpx2
        import openai

        width = self._config.width
        limits = httpx2.Limits(max_connections=width, max_keepalive_connections=width)
        # a proxy from the environment would be asked for a server on this machine, which it cannot reach
        environment = not place.is_loopback
        http = openai.DefaultAsyncHttpxClient(
            limits=limits, trust_env=environment, verify=_certificates(environment)
        )
        timeout = httpx2.Timeout(None, connect=min(CONNECT_S, self._config.timeout_s / 2))
        return openai.AsyncOpenAI(**self._access(place), timeout=timeout, http_client=http)

    def _access(self, place: Place) -> dict[str, Any]:
        return {"api_key": place.key or "none", "base_url": self._config.base_url, "max_retries": 0}

    def place(self) -> Place:
        """Where the server is, and its key. Raises StatError without a key where one is needed."""
        name = self._config.api_key_env
        address, is_loopback = locate(self._config.base_url or os.environ.get("OPENAI_BASE_URL") or PUBLIC)
        key = (self._secrets(name) or "").strip()
        if not key and not is_loopback:
            raise StatError(f"{address} needs a key and {name} is not set; set it: export {name}=...")
        if not (key.isascii() and key.isprintable()):
            raise StatError(f"{name} holds characters that no key has; set it again: export {name}=...")
        return Place(address, is_loopback, name, key)


@cache
def _certificates(trust_env: bool) -> "ssl.SSLContext":
    """Read once: it takes longer than everything else that a run begins with."""
    import httpx2

    return httpx2.create_ssl_context(trust_env=trust_env)


def _json(response: "httpx2.Response") -> Any:
    """The answer's JSON, whatever type it says it is. Raises Unusable where it is none."""
    try:
        return response.json()
    except (ValueError, RecursionError):
        kind = response.headers.get("content-type", "no type").partition(";")[0]
        raise Unusable(f"something that is not whole JSON ({kind[:40]})") from None


def _from_own_thread(
    main: Callable[[Callable[[Value], None]], Coroutine[Any, Any, None]],
) -> Iterator[list[Value]]:
    """What `main` hands over, as it comes; the caller's own work does not slow its event loop down."""
    arrived: SimpleQueue[Value | None] = SimpleQueue()
    failures: list[BaseException] = []
    loop = asyncio.new_event_loop()
    task = loop.create_task(main(arrived.put))

    def work() -> None:
        try:
            loop.run_until_complete(task)
        except BaseException as error:
            failures.append(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.run_until_complete(loop.shutdown_default_executor())
            arrived.put(None)

    thread = threading.Thread(target=work, name="server-calls", daemon=True)
    thread.start()
    try:
        is_over = False
        while not is_over:
            try:
                batch = [arrived.get(timeout=WAIT_S)]
            except Empty:
                yield []  # the reader may have been asked to stop
                continue
            batch += [arrived.get_nowait() for _ in range(arrived.qsize())]
            is_over = batch[-1] is None
            if values := [value for value in batch if value is not None]:
                yield values
        if failures:
            raise failures[0]
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
        loop.close()


MANY = 20
"""Models named in a sentence at most."""


def ask(config: ServerConfig, part: str = "server", wanted: str | None = None) -> dict[str, Any]:
    """What a server says when asked for its models.

    part, url, is_up, models, wanted, has_wanted, seconds, sentence; `wanted` is the model that a run asks
    of it, and `has_wanted` null where it is not known."""
    import_module("openai")  # it takes longer than most servers, and is not their time
    begun = time.monotonic()
    try:
        models, fault = Server(config).models(), ""
    except StatError as error:
        models, fault = [], str(error)
    seconds = time.monotonic() - begun
    has_wanted = wanted in models if wanted is not None and not fault else None
    return {
        "part": part,
        "url": config.base_url,
        "is_up": not fault,
        "models": models,
        "wanted": wanted,
        "has_wanted": has_wanted,
        "seconds": round(seconds, 3),
        "sentence": fault or _sentence(models, wanted, has_wanted, seconds),
    }


def _sentence(models: list[str], wanted: str | None, has_wanted: bool | None, seconds: float) -> str:
    named = ", ".join(models[:MANY]) + (f" and {len(models) - MANY} more" if len(models) > MANY else "")
    missing = f"; {wanted} is not among them" if has_wanted is False else ""
    return f"answered in {seconds:.2f} s with {len(models)} models: {named or 'none'}{missing}"
