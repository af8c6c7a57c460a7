"""What one writes without the hub: Flask, wechatpy to decrypt and parse, one row and one commit for each callback.

It is served as the hub is (granian, two processes, 16 threads each). It keeps the message in clear and takes
a redelivery for a new message.
"""

from __future__ import annotations

import sys
import threading

import psycopg
from flask import Flask, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto

from bench.pushes import account
from hub.kernel import settings

TABLE = "CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, source text, type text, event text, body text)"
_INSERT = "INSERT INTO bare (source, type, event, body) VALUES (%s, %s, %s, %s)"

app = Flask("bare")
_account = account()
_crypto = WeChatCrypto(_account.token, _account.aes_key, _account.appid)
_local = threading.local()


@app.post(_account.path)
def callback() -> str:
    """Answer "success" once the message is committed."""
    query = request.args
    xml = _crypto.decrypt_message(request.get_data(), query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(xml)
    event = message.event if message.type == "event" else None
    _connection().execute(_INSERT, (message.source, message.type, event, xml))
    return "success"


@app.get("/healthz")
def healthz() -> str:
    """Say that the process answers."""
    return "ok"


def _connection() -> psycopg.Connection:
    """Return this thread's connection, on which every statement is its own transaction."""
    if not hasattr(_local, "connection"):
        _local.connection = connect()
    connection: psycopg.Connection = _local.connection
    return connection


def connect() -> psycopg.Connection:
    """Return a connection to the database under test that commits each statement."""
    return psycopg.connect(settings.current().database_url.replace("+psycopg", "", 1), autocommit=True)


if __name__ == "__main__":
    Granian(
        "bench.bare_app:app",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=16,
        backpressure=512,
        log_level=LogLevels.error,
    ).serve()
