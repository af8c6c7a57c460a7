"""WeRoBot as its manual shows it, without sessions: check, decrypt, parse, answer; nothing is stored.

It is served as the hub is: granian, two processes, 16 threads each.
"""

from __future__ import annotations

import logging
import sys

import bottle
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from werobot import WeRoBot
from werobot.contrib.bottle import make_view

from bench.pushes import account

_account = account()
robot = WeRoBot(token=_account.token, encoding_aes_key=_account.aes_key, app_id=_account.appid, enable_session=False)
robot.logger.setLevel(logging.ERROR)  # it would warn of every answer that is empty
app = bottle.Bottle()
app.route(_account.path, method="POST", callback=make_view(robot))
app.route("/healthz", callback=lambda: "ok")


@robot.handler  # type: ignore[untyped-decorator]
def nothing(_message: object) -> str:
    """Answer nothing, which WeChat takes for "success"."""
    return ""


if __name__ == "__main__":
    Granian(
        "bench.robot_app:app",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=2,
        blocking_threads=16,
        backpressure=512,
        log_level=LogLevels.error,
    ).serve()
