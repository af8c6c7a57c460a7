"""A real hub on the test database, a real Chromium that reaches nothing but it, and a Flask-free way in."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    Route,
    sync_playwright,
)
from sqlalchemy import Engine
from werkzeug.serving import WSGIRequestHandler, make_server

from hub.kernel import settings
from hub.web.access import cookie_name
from hub.web.app import create_app
from tests.web.console import crowd

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    # The network ends at this machine, whatever a page, a font or the browser itself may ask for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bear with the test server: it leaves a file open when the browser walks away from a download."""
    left_open = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(left_open)


DESK, PHONE = {"width": 1440, "height": 900}, {"width": 375, "height": 740}


@dataclass(eq=False)
class Watch:
    """Collect what must never happen on a page: errors, refusals by the content policy, requests to strangers."""

    home: str
    wrong: list[str] = field(default_factory=list)

    def route(self, route: Route) -> None:
        """Let requests to the hub through, and note and stop all others."""
        if urlsplit(route.request.url).netloc == urlsplit(self.home).netloc:
            route.continue_()
            return
        self.wrong.append(f"asked {route.request.url}")
        route.abort()

    def listen(self, page: Page) -> None:
        """Note every error and every warning of the policy on `page`."""
        page.on("console", self._console)
        page.on("response", self._response)
        page.on("requestfailed", self._failed)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # that is a page left while it still asked
            self.wrong.append(f"{request.failure} {request.url}")

    def _response(self, response: Response) -> None:
        # A page itself may be a refusal; what it loads may not.
        if response.status >= 400 and response.request.resource_type != "document":
            self.wrong.append(f"{response.status} {response.url}")


@dataclass(frozen=True, slots=True)
class Hub:
    """Hold where the hub serves, and the application that does."""

    url: str
    app: Flask


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Say nothing of requests."""


@pytest.fixture
def hub(clean: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Yield a hub that serves the demo's group on loopback."""
    monkeypatch.setenv("HUB_KEYSTORE", str(tmp_path / "keys"))
    settings.current.cache_clear()
    crowd.found_group()
    app = create_app()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HUB_BASE_URL", url)
    settings.current.cache_clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Hub(url, app)
    server.shutdown()
    thread.join()
    server.server_close()
    monkeypatch.undo()
    settings.current.cache_clear()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Yield Playwright's driver."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Yield a real Chromium; without one the tests fail and say what to install."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("These tests need a browser: apt-get install chromium fonts-noto-cjk")
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(hub: Hub, chromium: Browser) -> Iterator[Open]:
    """Return what opens a page as a user of some role (None: a stranger); fails for anything wrong on any of them."""
    contexts: list[BrowserContext] = []
    watch = Watch(hub.url)

    def enter(role: str | None, path: str = "/", *, phone: bool = False, locale: str = "zh-CN", **who: str) -> Page:
        context = chromium.new_context(
            base_url=hub.url, viewport=PHONE if phone else DESK, has_touch=phone, locale=locale, reduced_motion="reduce"
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.route("**/*", watch.route)
        if role is not None:
            context.add_cookies([{"name": cookie_name(), "value": crowd.sign_in(role, **who), "url": hub.url}])
        page = context.new_page()
        watch.listen(page)
        page.goto(path)
        return page

    yield enter
    for context in contexts:
        context.close()
    assert watch.wrong == []


@contextmanager
def no_sideways(page: Page) -> Iterator[None]:
    """Assert that nothing on the page is wider than the window."""
    yield
    page.wait_for_load_state()  # without its style sheet a page has another width
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, f"{page.url} is {over} px too wide"
