"""A server on loopback with OpenAI's batch files: /files, /batches, and the chat that answers their rows.

It answers as the API reference describes, with the faults that a test asks for."""

import itertools
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests.models.fault_server import Asked
from tests.teaching import answer_to


def taught(body: dict[str, Any]) -> str:
    """The checker's answer to a row."""
    return answer_to([str(message["content"]) for message in body["messages"]])


class BatchServer:
    """Batches end after `n_looks` looks; `fails` says of a row whether it has no answer in its batch."""

    def __init__(self, n_looks: int = 2, fails: Callable[[dict[str, Any]], bool] = lambda _: False) -> None:
        self.n_looks, self.fails, self.ends_as = n_looks, fails, "completed"
        self.files: dict[str, str] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.direct: list[Asked] = []
        self.n_rows = 0
        """Rows of all batches that were submitted."""
        self.breaks_after_create = False
        self.answers_all = False
        """Also of a batch that does not end as completed; else half of its rows have an answer."""
        self._ids = itertools.count(1)

    def __enter__(self) -> Self:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                outer._get(self)

            def do_POST(self) -> None:
                outer._post(self)

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}/v1"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def _get(self, request: BaseHTTPRequestHandler) -> None:
        parts = request.path.partition("?")[0].strip("/").split("/")[1:]
        if parts[0] == "files":
            _send(request, self.files[parts[1]].encode(), "application/jsonl")
        elif len(parts) == 1:
            _send_json(
                request, {"object": "list", "data": list(self.batches.values())[::-1], "has_more": False}
            )
        else:
            _send_json(request, self._looked_at(parts[1]))

    def _post(self, request: BaseHTTPRequestHandler) -> None:
        sent = request.rfile.read(int(request.headers["content-length"]))
        path = request.path.removeprefix("/v1")
        if path == "/files":
            id = f"file-{next(self._ids)}"
            self.files[id] = (
                sent.split(b"filename=")[1].split(b"\r\n\r\n", 1)[1].rsplit(b"\r\n--", 1)[0].decode()
            )
            assert b'name="purpose"\r\n\r\nbatch' in sent
            _send_json(request, {"id": id, "object": "file", "bytes": len(sent), "created_at": 1,
                                 "filename": "x.jsonl", "purpose": "batch", "status": "processed"})  # fmt: skip
        elif path == "/batches":
            self._create(request, json.loads(sent))
        else:
            body = json.loads(sent)
            self.direct.append(Asked(path, dict(request.headers), body, 0.0))
            _send_json(request, _chat(taught(body)))

    def _create(self, request: BaseHTTPRequestHandler, order: dict[str, Any]) -> None:
        id = f"batch_{next(self._ids)}"
        self.n_rows += len(self.files[order["input_file_id"]].splitlines())
        self.batches[id] = {
            "id": id, "object": "batch", "status": "validating", "created_at": next(self._ids), "looks": 0,
            "request_counts": {"total": 0, "completed": 0, "failed": 0}, **order,
        }  # fmt: skip
        if self.breaks_after_create:
            self.breaks_after_create = False
            request.connection.close()
            return
        _send_json(request, self.batches[id])

    def _looked_at(self, id: str) -> dict[str, Any]:
        batch = self.batches[id]
        batch["looks"] += 1
        if batch["looks"] < self.n_looks or batch["status"] == self.ends_as:
            batch["status"] = "in_progress" if batch["looks"] < self.n_looks else batch["status"]
            return batch
        rows = [json.loads(line) for line in self.files[batch["input_file_id"]].splitlines()]
        good, bad = [], []
        for row in rows[: None if self.answers_all or self.ends_as == "completed" else len(rows) // 2][
            ::-1
        ]:  # in any order
            assert row["method"] == "POST" and row["url"] == batch["endpoint"]
            if self.fails(row["body"]):
                error = {"status_code": 400, "request_id": "r", "body": {"error": {"message": "no"}}}
                bad.append({"id": "x", "custom_id": row["custom_id"], "response": error, "error": None})
            else:
                answer = {"status_code": 200, "request_id": "r", "body": _chat(taught(row["body"]))}
                good.append({"id": "x", "custom_id": row["custom_id"], "response": answer, "error": None})
        for name, lines in (("output_file_id", good), ("error_file_id", bad)):
            if lines:
                batch[name] = f"file-{next(self._ids)}"
                self.files[batch[name]] = "\n".join(json.dumps(line) for line in lines) + "\n"
        counts = {"total": len(rows), "completed": len(good), "failed": len(bad)}
        return (
            batch | {"status": self.ends_as}
            if batch.update(status=self.ends_as, request_counts=counts)
            else batch
        )


def _chat(text: str) -> dict[str, Any]:
    message = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"choices": [message], "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10}}


def _send_json(request: BaseHTTPRequestHandler, value: Any) -> None:
    _send(request, json.dumps(value).encode(), "application/json")


def _send(request: BaseHTTPRequestHandler, body: bytes, kind: str) -> None:
    request.send_response(200)
    request.send_header("content-type", kind)
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
