"""Answers as servers word them, read by the sparing HTTP client of the simulator."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from wechat.simulator.wire import NoAnswer, Wire

Answer = Callable[[bytes], Wire]


@pytest.fixture
def server() -> Iterator[Callable[..., Wire]]:
    """Yield what makes a server that says these words to one request after another, and a client of it."""
    listening: list[socket.socket] = []
    wires: list[Wire] = []

    def start(*words: bytes, timeout: float = 2.0) -> Wire:
        door = socket.create_server(("127.0.0.1", 0))
        listening.append(door)
        threading.Thread(target=_serve, args=(door, list(words)), daemon=True).start()
        wires.append(Wire(f"http://127.0.0.1:{door.getsockname()[1]}", timeout))
        return wires[-1]

    yield start
    for wire in wires:
        wire.close()
    for door in listening:
        door.close()


def _serve(door: socket.socket, words: list[bytes]) -> None:
    while words:
        with door.accept()[0] as line:
            _say(line, words)


def _say(line: socket.socket, words: list[bytes]) -> None:
    said = b""
    while words and not said.endswith(b"BYE") and _request(line):
        said = words.pop(0)
        line.sendall(said.removesuffix(b"BYE"))


def _request(line: socket.socket) -> bool:
    got = b""
    while b"\r\n\r\n" not in got or not got.endswith(b"<xml/>"):
        more = line.recv(4096)
        if not more:
            return False
        got += more
    return True


def ask(wire: Wire) -> tuple[int, bytes]:
    return wire.post("/x", {"a": "b/ c"}, b"<xml/>", "text/xml")


PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nsuccess"


@pytest.mark.parametrize(
    ("words", "status", "body"),
    [
        (PLAIN, 200, b"success"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nsuc\r\n4;x=y\r\ncess\r\n0\r\n\r\n",
            200,
            b"success",
        ),
        (b"HTTP/1.0 502 Bad Gateway\r\n\r\n<html>BYE", 502, b"<html>"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\nBYE", 200, b""),
    ],
)
def test_every_form_of_an_answer_is_read(server: Callable[..., Wire], words: bytes, status: int, body: bytes) -> None:
    assert ask(server(words)) == (status, body)


def test_a_connection_is_kept_and_made_anew_when_the_server_has_closed_it(server: Callable[..., Wire]) -> None:
    wire = server(PLAIN, PLAIN + b"BYE", PLAIN)
    assert [ask(wire) for _ in range(3)] == [(200, b"success")] * 3


@pytest.mark.parametrize(
    "words",
    [b"BYE", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalfBYE", b"nonsense\r\n\r\nBYE", b"HTTP/1.1 200 OK\r\n"],
)
def test_what_is_no_whole_answer_is_none(server: Callable[..., Wire], words: bytes) -> None:
    with pytest.raises(NoAnswer):
        ask(server(words, timeout=0.3))


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    with pytest.raises(NoAnswer):
        ask(Wire(f"http://127.0.0.1:{port}", 1))
