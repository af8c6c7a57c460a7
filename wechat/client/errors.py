"""What can go wrong in a call to WeChat, told without a secret."""

from __future__ import annotations

import logging
import re

NETWORK, STATUS, UNREADABLE = -2, -3, -4

TOKEN_REJECTED = frozenset({40001, 40014, 42001})
INVALID_OPENID = 40003
_RETRYABLE = frozenset({-1, -1000, NETWORK, STATUS, UNREADABLE, 45009, 45011})
_UNCERTAIN = frozenset({-1, -1000, NETWORK, STATUS, UNREADABLE})

_LONG = re.compile(r"[A-Za-z0-9_\-]{30,}")
_QUERY = re.compile(r"((?:access_token|secret|js_code)=)[^&\s\"']+")


class WeChatError(Exception):
    """Says that WeChat refused a call (its errcode) or could not be understood (-2 network, -3 HTTP status, -4 body).

    `retryable`: the same call may succeed later (45009 after midnight in Beijing, 45011 after a minute).
    `uncertain`: WeChat may have done the work all the same, so a send must not be repeated blindly.
    """

    def __init__(self, errcode: int, errmsg: str) -> None:
        self.errcode = errcode
        self.errmsg = mask(errmsg)[:200]
        self.retryable = errcode in _RETRYABLE
        self.uncertain = errcode in _UNCERTAIN
        super().__init__(f"WeChat answered {errcode}: {self.errmsg}")


def mask(text: str) -> str:
    """Return `text` with everything hidden that may be a token, a secret or a code."""
    return _LONG.sub("***", _QUERY.sub(r"\1***", text))


class _MaskedLog(logging.Filter):
    """Hide tokens in the URLs that urllib3 writes to its log."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _QUERY.sub(r"\1***", record.getMessage()), ()
        return True


def mask_http_logs() -> None:
    """Make urllib3's loggers hide tokens and secrets; safe to call again."""
    for name in ("urllib3.connectionpool", "urllib3.util.retry"):
        logger = logging.getLogger(name)
        if not any(isinstance(known, _MaskedLog) for known in logger.filters):
            logger.addFilter(_MaskedLog())
