"""The simulated WeChat as an HTTP server on the loopback interface."""

from __future__ import annotations

import json
import socket
import threading
from types import TracebackType
from typing import Self

from flask import Flask, Response, request
from werkzeug.serving import WSGIRequestHandler, make_server

from wechat.simulator import api
from wechat.simulator.errors import ApiError, body
from wechat.simulator.faults import Fault
from wechat.simulator.world import World

HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
EXTRA = {"unknown_flag": 1, "unknown_object": {"a": []}}


class _Handler(WSGIRequestHandler):
    """Keep connections open, send at once, and log nothing (the URLs carry tokens)."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def create_app(world: World, stopping: threading.Event | None = None) -> Flask:
    """Return the simulated WeChat over `world`; `stopping` ends stalls early."""
    app = Flask("wechat.simulator")
    pause = stopping or threading.Event()

    @app.route("/<path:path>", methods=["GET", "POST"])
    def call(path: str) -> Response:
        with world.lock:
            world.calls[f"/{path}"] += 1
            fault = world.faults.take(f"/{path}", _caller(world))
        return _faulty(world, fault, pause) if fault else _shown(_answer(world))

    return app


def _caller(world: World) -> str:
    """Return the appid that a call names or whose token it carries, unchecked; "" when it tells neither."""
    fields = request.get_json(silent=True, force=True) if request.method == "POST" else None
    named = request.args.get("appid") or (fields.get("appid") if isinstance(fields, dict) else None)
    return named if isinstance(named, str) else world.tokens.owner(request.args.get("access_token", ""))


def _answer(world: World) -> api.Document | api.Page:
    try:
        return api.answer(world, request.method, request.path, request.args, request.get_data())
    except ApiError as error:
        return body(error.errcode, error.more, detail=error.detail)


def _shown(answer: api.Document | api.Page) -> Response:
    if isinstance(answer, api.Page):
        headers = {"Location": answer.location} if answer.location else {}
        return Response(answer.body, answer.status, headers, content_type=answer.content_type)
    return _json(answer)


def _json(document: api.Document) -> Response:
    return Response(json.dumps(document, ensure_ascii=False), content_type="application/json; encoding=utf-8")


def _faulty(world: World, fault: Fault, pause: threading.Event) -> Response:
    if fault.kind == "errcode":
        return _json(body(fault.errcode))
    if fault.kind == "html":
        return Response(HTML, 502, content_type="text/html")
    if fault.kind == "stall":
        pause.wait(fault.seconds)
    answer = _answer(world)
    return _spoilt(answer, fault, pause)


def _spoilt(answer: api.Document | api.Page, fault: Fault, pause: threading.Event) -> Response:
    """Return the answer to work that was done, as the fault lets it through."""
    if fault.kind == "late":
        pause.wait(fault.seconds)
    if fault.kind == "extra" and not isinstance(answer, api.Page):
        return _json({**answer, **EXTRA})
    if fault.kind == "text" and not isinstance(answer, api.Page):
        return _json({**answer, "errcode": str(answer.get("errcode", 0))})
    response = _shown(answer)
    if fault.kind == "truncated":
        response.set_data(response.get_data()[: response.content_length // 2 if response.content_length else 0])
    if fault.kind == "cut":
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return response


class Simulator:
    """Serve a world on 127.0.0.1 while it is entered; port 0 takes a free one."""

    def __init__(self, world: World, *, port: int = 0) -> None:
        self.world = world
        self._stopping = threading.Event()
        app = create_app(world, self._stopping)
        self._server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="simulator", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Start answering."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()
