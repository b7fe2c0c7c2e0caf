"""An OpenAI-compatible server on loopback that answers as a script says, faults included, and counts.

Real HTTP over real sockets: what it does to a client is what a bad server does."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def text(self) -> str:
        """The last message, or the prompt."""
        return str(self.body["messages"][-1]["content"] if "messages" in self.body else self.body["prompt"])


@dataclass(frozen=True)
class Said:
    """One answer."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "application/json"})
    delay_s: float = 0.0
    cut_at: int | None = None
    """Close the connection after so many bytes of the body; 0: before anything."""


Script = Callable[[Asked, int], Said]
"""From a request, and how often its text was asked for before, to the answer."""


def chat(text: Any, delay_s: float = 0.0, **other: Any) -> Said:
    """A chat answer with usage 7 in and 3 out; `other` takes the place of its fields."""
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}
    return Said(json.dumps({"choices": [choice], "usage": usage} | other).encode(), delay_s=delay_s)


def error(status: int, message: str = "no", delay_s: float = 0.0, code: str = "", **headers: str) -> Said:
    """An error in OpenAI's form; `retry_after="1"` becomes the header retry-after."""
    body = {"error": {"message": message, "type": "fault", "code": code or None}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(json.dumps(body).encode(), status, {"content-type": "application/json"} | named, delay_s)


def echo(asked: Asked, _before: int) -> Said:
    """Answers with the text that it was asked."""
    return chat(f"answer to {asked.text}")


class FaultServer:
    """Serves while it is a context; `asked` is everything that arrived, in order."""

    def __init__(self, script: Script = echo) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.n_open = self.most_open = 0
        self.n_connections = 0
        self.n_hung_up = 0
        """Requests whose client was gone before the answer."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        started = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(started,), daemon=True)
        self._thread.start()
        assert started.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        self._loop.close()

    def n_asked(self, text: str) -> int:
        """How often a text was asked for."""
        return sum(asked.text == text for asked in self.asked)

    def _serve(self, started: threading.Event) -> None:
        self._loop.run_until_complete(self._main(started))

    async def _main(self, started: threading.Event) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, backlog=512)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        started.set()
        await self._stop.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.n_connections += 1
        try:
            while asked := await self._read(reader):
                if not await self._answer(asked, writer):
                    break
        except ConnectionError:
            self.n_hung_up += 1
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])
        }
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        asked = Asked(head[0].split()[1], headers, json.loads(body or b"{}"), time.monotonic())
        return asked

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection stays open."""
        before = sum(other.path == asked.path and other.body == asked.body for other in self.asked)
        self.asked.append(asked)
        said = self.script(asked, before)
        self.n_open += 1
        self.most_open = max(self.most_open, self.n_open)
        try:
            await asyncio.sleep(said.delay_s)
        finally:
            self.n_open -= 1
        if said.cut_at == 0:
            return False
        head = "".join(f"{name}: {value}\r\n" for name, value in said.headers.items())
        writer.write(
            f"HTTP/1.1 {said.status} Said\r\n{head}content-length: {len(said.body)}\r\n\r\n".encode()
        )
        writer.write(said.body[: said.cut_at])
        await writer.drain()
        return said.cut_at is None
