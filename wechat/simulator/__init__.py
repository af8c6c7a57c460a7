"""A stand-in for WeChat on the loopback interface, for rehearsals and tests; it shares no code with the hub."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.delivery import Deliverer
from wechat.simulator.push import Push, push
from wechat.simulator.server import Simulator, create_app
from wechat.simulator.traffic import Traffic
from wechat.simulator.world import World

__all__ = ["Deliverer", "Push", "SimAccount", "Simulator", "Traffic", "World", "create_app", "push"]
