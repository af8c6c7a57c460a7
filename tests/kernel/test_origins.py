"""Addresses are read strictly: no browser may see another host than we do."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel import origins

HOME = "https://hub.example.com"
ELSEWHERE = (
    "",
    "m.example.com",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "///evil.example",
    "https:evil.example",
    "https:/evil.example",
    "https:///evil.example",
    "https://m.example.com@evil.example/",
    "https://m.example.com:443@evil.example/",
    "https://m.example.com\\@evil.example/",
    "https://evil.example\\.m.example.com/",
    "https://m.example.com\t.evil.example/",
    "https://m.example.com%2eevil.example/",
    "https://m.example.com\n/",
    " https://m.example.com/",
    "https://m.example.com/a b",
    "https://m.example.com/é",
    "https://[::1]/",
    "https://m..example.com/",
    "https://.example.com/",
    "https://m.example.com./",
    "https://m.example.com:0/",
    "https://m.example.com:99999/",
    "https://m_x.example.com/",
    "http://m.example.com/",
    "javascript:alert(1)",
    "JaVaScRiPt://m.example.com/%0aalert(1)",
    "data:text/html,x",
    "ftp://m.example.com/",
    "https://m.example.com/" + "a" * origins.LONGEST,
)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_what_browsers_may_read_otherwise_is_no_address(address: str) -> None:
    assert origins.resolve(address, HOME) is None


@pytest.mark.parametrize(
    ("address", "origin", "url"),
    [
        ("https://M.Example.com", "https://m.example.com", "https://m.example.com/"),
        ("HTTPS://m.example.com:443/a?b#c", "https://m.example.com", "https://m.example.com/a?b#c"),
        ("https://m.example.com:8443?x", "https://m.example.com:8443", "https://m.example.com:8443/?x"),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000", "http://127.0.0.1:8000/a"),
        ("http://localhost:80/", "http://localhost", "http://localhost/"),
        ("/a?next=//evil.example", HOME, f"{HOME}/a?next=//evil.example"),
        ("/", HOME, f"{HOME}/"),
    ],
)
def test_an_address_is_written_as_browsers_write_it(address: str, origin: str, url: str) -> None:
    found = origins.resolve(address, HOME)
    assert found is not None
    assert (found.origin, found.url) == (origin, url)


@pytest.mark.parametrize("text", ["https://m.example.com/a", "https://m.example.com?x", "m.example.com", "https://"])
def test_an_origin_is_scheme_host_and_port_alone(text: str) -> None:
    assert origins.origin(text) is None
    assert origins.origin("https://m.example.com:8443") == "https://m.example.com:8443"


@given(st.text(alphabet="htps:/\\@.?#[]%&a1-\t\n é_", max_size=40))
def test_whatever_is_taken_python_reads_alike(tail: str) -> None:
    found = origins.resolve(f"https://{tail}", HOME)
    if found is not None:
        parts = urlsplit(f"https://{tail}")
        assert (parts.hostname, parts.username) == (found.host, None)
        assert urlsplit(found.url).hostname == found.host


@pytest.mark.parametrize(
    ("url", "made"),
    [
        ("https://a.example/", "https://a.example/?t=1"),
        ("https://a.example/?x=%20&t=old&y#t=2", "https://a.example/?x=%20&y&t=1#t=2"),
        ("https://a.example/?#/route?x=1", "https://a.example/?t=1#/route?x=1"),
    ],
)
def test_a_parameter_is_set_and_nothing_else_is_touched(url: str, made: str) -> None:
    assert origins.with_parameter(url, "t", "1") == made
