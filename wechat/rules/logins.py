"""How people log in by WeChat: the address of its page, the state that comes back from it, what a refusal means."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from typing import Literal
from urllib.parse import urlencode

from wechat.rules.errors import policy
from wechat.rules.errortable import Kind

Outcome = Literal["signed_in", "snapshot", "denied", "restart", "refused"]

SCOPES = {"base": "snsapi_base", "userinfo": "snsapi_userinfo"}
NO_RIGHT = 48001
STATE_SECONDS = 600
"""For how long a person may be at WeChat's page."""
_STATE = re.compile(r"([0-9a-f]{32})([0-9a-f]{8})([0-9a-f]{64})", re.ASCII)


def authorize_url(
    base: str, *, appid: str, redirect_uri: str, scope: str, state: str, component_appid: str = ""
) -> str:
    """Return the address of WeChat's login page, its parameters in the one order that every version of it takes."""
    fields = {
        "appid": appid,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": SCOPES[scope],
        "state": state,
    }
    if component_appid:
        fields["component_appid"] = component_appid
    return f"{base}/connect/oauth2/authorize?{urlencode(fields)}#wechat_redirect"


def write_state(key: bytes, nonce: str, at: int, bound: Sequence[str]) -> str:
    """Return a state of 104 letters and digits, as WeChat takes at most 128: nonce, Unix second, and their seal.

    The seal covers `bound` too, which stays with the browser.
    """
    return f"{nonce}{at:08x}{_seal(key, nonce, at, bound)}"


def nonce_of(state: str) -> str | None:
    """Return the nonce in a state of the right form, whoever wrote it."""
    found = _STATE.fullmatch(state)
    return found[1] if found else None


def holds(key: bytes, state: str, now: int, bound: Sequence[str]) -> bool:
    """Tell whether we wrote `state` for `bound`, not longer ago than a login takes."""
    found = _STATE.fullmatch(state)
    if found is None:
        return False
    at = int(found[2], 16)
    genuine = hmac.compare_digest(_seal(key, found[1], at, bound), found[3])
    return genuine and 0 <= now - at < STATE_SECONDS


def outcome_of(errcode: int) -> Outcome:
    """Return whether a login that met `errcode` may be begun anew, or is refused for good."""
    return "restart" if policy(errcode).kind in (Kind.RELOGIN, Kind.BACKOFF) else "refused"


def _seal(key: bytes, nonce: str, at: int, bound: Sequence[str]) -> str:
    # Each part with its length, so that no part can pass for the end of another.
    parts = "".join(f"{len(part)}:{part}" for part in (nonce, str(at), *bound))
    return hmac.new(key, parts.encode(), hashlib.sha256).hexdigest()
