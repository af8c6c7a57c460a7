"""One HTTP exchange with WeChat: a JSON object comes back, or a WeChatError."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from wechat.client.errors import NETWORK, STATUS, UNREADABLE, WeChatError, mask_http_logs

TIMEOUT = (3.0, 8.0)

Document = dict[str, Any]
Options = Mapping[str, Any]


def session() -> requests.Session:
    """Return a session that tries again to connect, once, but never repeats a request that may have arrived."""
    mask_http_logs()
    made = requests.Session()
    adapter = HTTPAdapter(pool_maxsize=32, max_retries=Retry(connect=1, read=0, redirect=0, status=0, other=0))
    made.mount("https://", adapter)
    made.mount("http://", adapter)
    return made


def exchange(http: requests.Session, method: str, url: str, options: Options) -> Document | requests.Response:
    """Return WeChat's JSON object, or the response itself when it is a file; raise WeChatError for everything else.

    `options` are those of requests. The errors keep no reference to the request, whose URL holds the token.
    """
    response = _response(http, method, url, {"timeout": TIMEOUT, "allow_redirects": False, **options})
    if isinstance(response, str):
        raise WeChatError(NETWORK, f"no answer ({response})")
    if response.status_code != 200:
        raise WeChatError(STATUS, f"HTTP status {response.status_code}")
    kind = response.headers.get("Content-Type", "")
    if kind and "json" not in kind and not kind.startswith("text/"):
        return response
    document = _document(response.content)
    if document is None:
        raise WeChatError(UNREADABLE, "the answer is not a JSON object")
    errcode = int(document.get("errcode") or 0)
    if errcode:
        named = str(document.get("msg_id") or document.get("msgid") or "")
        raise WeChatError(errcode, str(document.get("errmsg", "")), msg_id=named)
    return document


def ask(http: requests.Session, method: str, url: str, options: Options) -> Document:
    """Return WeChat's JSON object; raise WeChatError for everything else."""
    answer = exchange(http, method, url, options)
    if not isinstance(answer, dict):
        raise WeChatError(UNREADABLE, "the answer is a file")
    return answer


def _response(http: requests.Session, method: str, url: str, options: Options) -> requests.Response | str:
    """Return the response, or the name of what went wrong."""
    try:
        return http.request(method, url, **options)
    except requests.RequestException as error:
        return type(error).__name__


def _document(content: bytes) -> Document | None:
    """Return the JSON object in `content`, or None when it is none or its errcode is no number."""
    try:
        document = json.loads(content.decode("utf-8", "replace"), strict=False)
        int(document.get("errcode") or 0)
    except (ValueError, TypeError, AttributeError):
        return None
    return cast("Document", document)


def encode(fields: object) -> bytes:
    r"""Return `fields` as WeChat wants them: UTF-8 JSON without \u escapes."""
    return json.dumps(fields, ensure_ascii=False).encode()
