"""What can go wrong in a call to WeChat, told without a secret."""

from __future__ import annotations

import logging
import re

from hub.kernel import metrics
from wechat.rules.errors import policy
from wechat.rules.errortable import CIRCUIT_OPEN, NETWORK, STATUS, UNREADABLE, Kind, known

__all__ = ["CIRCUIT_OPEN", "INVALID_OPENID", "NETWORK", "STATUS", "UNREADABLE", "CircuitOpen", "WeChatError", "mask"]

INVALID_OPENID = 40003

_LONG = re.compile(r"[A-Za-z0-9_\-]{30,}")
_NAMES = "access_token|secret|js_code|component_access_token|auth_code|pre_auth_code|code|refresh_token|openid"
_QUERY = re.compile(rf"(\b(?:{_NAMES})=)[^&\s\"']+")
_CODE = re.compile(r"[A-Za-z]+@@@[^&\s\"'<]+")


class WeChatError(Exception):
    """Says that WeChat refused a call (its errcode) or could not be understood (-2 network, -3 HTTP status, -4 body).

    `retryable`: the same call may succeed later (45009 after midnight in Beijing, 45011 after a minute, 40164 once an
    admin has allowed the address).
    `uncertain`: WeChat may have done the work all the same, so a send must not be repeated blindly.
    `blameless`: the account is at fault, not the work, which waits without using up its tries.
    `at_token`: it was the token that was refused, before any call. `wechat.rules.errors.policy` says more.
    `msg_id`: the message that the answer names, which 45065 does.
    """

    def __init__(self, errcode: int, errmsg: str, *, at_token: bool = False, msg_id: str = "") -> None:
        self.errcode = errcode
        self.errmsg = mask(errmsg)[:200]
        self.at_token = at_token
        self.msg_id = msg_id
        found = policy(errcode)
        self.blameless = found.blameless or (at_token and not found.counts)
        self.retryable = found.outcome == "retry" or self.blameless
        self.uncertain = found.kind is Kind.BACKOFF and not at_token
        if found.kind is Kind.UNKNOWN:
            metrics.WECHAT_UNKNOWN.labels(str(errcode)).inc()
        super().__init__(f"WeChat answered {errcode}: {self.errmsg}")

    @property
    def kind(self) -> Kind:
        """Return what the code asks of whoever called."""
        return known(self.errcode).kind


class CircuitOpen(WeChatError):
    """Says that no call was made, because the account's breaker is open over `reason`, for about `seconds` more."""

    def __init__(self, reason: int, seconds: float) -> None:
        super().__init__(CIRCUIT_OPEN, f"not called: the breaker is open over {reason}")
        self.reason = reason
        self.seconds = max(1.0, seconds)


def mask(text: str) -> str:
    """Return `text` with everything hidden that may be a token, a secret or a code."""
    return _LONG.sub("***", _CODE.sub("***", _QUERY.sub(r"\1***", text)))


class _MaskedLog(logging.Filter):
    """Hide tokens in the URLs that urllib3 writes to its log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub(r"\1***", record.getMessage()), ()
        return True


def mask_http_logs() -> None:
    """Make urllib3's loggers hide tokens and secrets; safe to call again."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(known_, _MaskedLog) for known_ in logger.filters):
            logger.addFilter(_MaskedLog())
