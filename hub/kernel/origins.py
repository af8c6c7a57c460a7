"""Addresses of web sites, read strictly: whose they are, and whether a browser may be sent there."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 1500
FORM = "https://host or https://host:port, without a path"
_URL = re.compile(r"(https?)://([a-z0-9.-]{1,253})(?::([0-9]{1,5}))?([/?#][!-\[\]-~]*)?", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_PORTS = {"https": 443, "http": 80}
_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Address:
    """Hold an address of the web: its origin as browsers write it, its host, and path, query and fragment."""

    origin: str
    host: str
    rest: str

    @property
    def url(self) -> str:
        """Return the whole address."""
        return f"{self.origin}{self.rest}"


def read(url: str) -> Address | None:
    """Return what `url` says; None for one without a host of ours to compare: no user, no backslash, no blank.

    It must be https, or http on this machine itself.
    """
    found = _URL.fullmatch(url) if len(url) <= LONGEST else None
    if found is None:
        return None
    scheme, host, port, rest = found[1].lower(), found[2].lower(), found[3], found[4] or "/"
    if not all(_LABEL.fullmatch(label) for label in host.split(".")):
        return None
    if (port is not None and not 0 < int(port) < 65536) or (scheme == "http" and host not in _LOOPBACK):
        return None
    place = host if port is None or int(port) == _PORTS[scheme] else f"{host}:{int(port)}"
    return Address(f"{scheme}://{place}", host, rest if rest.startswith("/") else f"/{rest}")


def origin(text: str) -> str | None:
    """Return the origin that `text` is, None when it is more than one or none."""
    found = read(text)
    return found.origin if found is not None and found.rest == "/" else None


def resolve(target: str, home: str) -> Address | None:
    """Return where a browser at `home` is led by `target`, a path there or a whole address; None for anything else."""
    if target.startswith("/") and not target.startswith(("//", "/\\")):
        at_home = read(home)
        return read(f"{at_home.origin}{target}") if at_home is not None else None
    return read(target)


def with_parameter(url: str, name: str, value: str) -> str:
    """Return `url` with the query parameter `name` set to `value` (both plain), everything else as it was."""
    before, hash_, fragment = url.partition("#")
    path, _, query = before.partition("?")
    kept = [part for part in query.split("&") if part and part.partition("=")[0] != name]
    return f"{path}?{'&'.join([*kept, f'{name}={value}'])}{hash_}{fragment}"
