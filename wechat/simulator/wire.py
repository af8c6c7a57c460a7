"""HTTP as sparing as it goes, so that a rehearsal leaves the processors to the hub."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

_LONGEST_HEAD = 65_536


class NoAnswer(Exception):
    """No complete answer came in time."""


class Wire:
    """Post to one server over one connection that stays open; for one thread."""

    def __init__(self, base: str, timeout: float) -> None:
        parts = urlsplit(base)
        self._host, self._secure = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._secure else 80)
        self._named = parts.netloc
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def post(self, path: str, query: Mapping[str, str], body: bytes, content_type: str) -> tuple[int, bytes]:
        """Return the status and the body of the answer; raise NoAnswer."""
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        head = (
            f"POST {path}?{asked} HTTP/1.1\r\nHost: {self._named}\r\nUser-Agent: Mozilla/4.0\r\nPragma: no-cache\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reused, until = self._socket is not None, time.monotonic() + self._timeout
        try:
            return self._exchange(head.encode() + body, until)
        except (OSError, NoAnswer):
            self.close()
            if not reused or time.monotonic() >= until:
                raise NoAnswer from None
        try:  # the server had closed a connection that lay idle
            return self._exchange(head.encode() + body, until)
        except OSError as error:
            self.close()
            raise NoAnswer from error

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: bytes, until: float) -> tuple[int, bytes]:
        line = self._socket or self._connect(until)
        line.settimeout(max(0.001, until - time.monotonic()))
        line.sendall(request)
        head, rest = self._head(line, until)
        status, names = _read_head(head)
        if names.get("transfer-encoding", "") == "chunked":
            body = self._chunks(line, rest, until)
        elif "content-length" in names:
            body = self._fill(line, rest, int(names["content-length"]), until)
        else:
            body, names["connection"] = (rest if status in (204, 304) else self._all(line, rest, until)), "close"
        if names.get("connection", "").lower() == "close":
            self.close()
        return status, body

    def _connect(self, until: float) -> socket.socket:
        made = socket.create_connection((self._host, self._port), max(0.001, until - time.monotonic()))
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._secure:
            made = ssl.create_default_context().wrap_socket(made, server_hostname=self._host)
        self._socket = made
        return made

    def _more(self, line: socket.socket, until: float) -> bytes:
        left = until - time.monotonic()
        if left <= 0:
            raise NoAnswer
        line.settimeout(left)
        return line.recv(_LONGEST_HEAD)

    def _head(self, line: socket.socket, until: float) -> tuple[bytes, bytes]:
        got = b""
        while b"\r\n\r\n" not in got:
            more = self._more(line, until)
            if not more or len(got) > _LONGEST_HEAD:
                raise NoAnswer
            got += more
        head, _blank, rest = got.partition(b"\r\n\r\n")
        return head, rest

    def _fill(self, line: socket.socket, got: bytes, size: int, until: float) -> bytes:
        while len(got) < size:
            more = self._more(line, until)
            if not more:
                raise NoAnswer
            got += more
        return got[:size]

    def _all(self, line: socket.socket, got: bytes, until: float) -> bytes:
        while more := self._more(line, until):
            got += more
        return got

    def _chunks(self, line: socket.socket, got: bytes, until: float) -> bytes:
        body = b""
        while True:
            while b"\r\n" not in got:
                got = self._fill(line, got, len(got) + 1, until)
            size, _mark, got = got.partition(b"\r\n")
            length = int(size.split(b";")[0], 16)
            chunk = self._fill(line, got, length + 2, until)
            body, got = body + chunk[:length], got[length + 2 :]
            if not length:
                return body


def _read_head(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    names = (line.partition(":") for line in lines)
    try:
        return int(first.split(" ")[1]), {name.strip().lower(): value.strip() for name, _colon, value in names}
    except (IndexError, ValueError):
        raise NoAnswer from None
