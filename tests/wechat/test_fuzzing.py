"""Mutated callbacks: each is taken or refused for a declared reason, soon, and what is refused leaves nothing."""

from __future__ import annotations

import random
from dataclasses import asdict

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from hub.kernel import clock
from hub.kernel.db import transaction
from hub.web.tables import ensure_partitions
from tests.fuzz.callbacks import Report, one
from tests.fuzz.mutating import hostile
from tests.sample import apply_sample
from tests.wechat.pushes import ACCOUNT, APPID, KEYS, NOW
from wechat import views
from wechat.models import Callback

REPORT = Report()
TOGETHER = 20  # a draw costs more than a body
ENTRY = f"""
accounts:
  - {{appid: {APPID}, original_id: {ACCOUNT}, name: 示例, kind: miniprogram, mode: safe,
      token: {KEYS.token}, aes_key: {KEYS.aes_key}, secret: {"0" * 32}}}
"""


@settings(max_examples=10_000 // TOGETHER)
@given(st.integers(0, 2**48))
def test_a_mutated_body_is_taken_or_refused_for_a_declared_reason(number: int) -> None:
    for place in range(TOGETHER):
        one(number + place, REPORT)


def test_a_refused_body_leaves_nothing_and_no_server_error(clean: Engine) -> None:
    apply_sample()
    apply_sample(ENTRY.encode())
    clock.set_offset(NOW - clock.wall())
    ensure_partitions()
    app = Flask(__name__)
    app.register_blueprint(views.blp)
    client, taken, refused = app.test_client(), 0, 0
    for number in range(300):
        made = hostile(random.Random(number), modes=("safe",))
        query = {name: value for name, value in asdict(made.query).items() if value.isascii()}
        with transaction() as session:
            before = session.scalar(select(func.count()).select_from(Callback))
        status = client.post(f"/wechat/callback/{APPID}", query_string=query, data=made.body).status_code
        with transaction() as session:
            after = session.scalar(select(func.count()).select_from(Callback))
        assert status == 200 or (400 <= status < 500 and after == before), number
        taken, refused = taken + (status == 200), refused + (status != 200)
    assert taken > 10
    assert refused > 100
