"""The files with which WeChat checks domains, at the root of each domain that leads here."""

from __future__ import annotations

import threading
import time

from flask import Blueprint, Response, request

from hub.kernel import access
from hub.kernel.db import transaction
from hub.kernel.http import Problem
from wechat.service import domains

pages = Blueprint("domains", __name__)

_REFRESH = 5.0
"""Seconds for which files are served from memory."""


class _Files:
    """Hold the files by domain and name: anybody may ask for them, as often as they like."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[tuple[str, str], str] = {}
        self._read_at = float("-inf")

    def get(self, domain: str, name: str) -> str | None:
        with self._lock:
            if time.monotonic() - self._read_at > _REFRESH:
                with transaction() as session:
                    self._found = {(row.domain, row.name): row.content for row in domains.domain_files(session)}
                self._read_at = time.monotonic()
            return self._found.get((domain, name))

    def forget(self) -> None:
        self._read_at = float("-inf")


_files = _Files()


@pages.get("/MP_verify_<word>.txt")
@access.allow(access.PUBLIC)
def verify(word: str) -> Response:
    """Serve the file of the domain that is asked: its one word, without an end of line."""
    content = _files.get(request.host.partition(":")[0].lower(), f"MP_verify_{word}.txt")
    if content is None:
        raise Problem(404, "There is nothing at this address.")
    return Response(content, mimetype="text/plain", headers={"Cache-Control": "public, max-age=60"})


def forget_files() -> None:
    """Read the files again on the next request, because they were changed here."""
    _files.forget()
