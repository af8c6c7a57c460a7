"""A stand-in for WeChat on the loopback interface, for rehearsals and tests; it shares no code with the hub."""

from __future__ import annotations

from wechat.simulator.accounts import SimAccount
from wechat.simulator.components import SimComponent
from wechat.simulator.delivery import Deliverer
from wechat.simulator.herald import Herald, component_push
from wechat.simulator.pace import set_speed
from wechat.simulator.privacy import taken_back
from wechat.simulator.push import Push, push
from wechat.simulator.server import Simulator, create_app
from wechat.simulator.traffic import Traffic
from wechat.simulator.world import World

__all__ = [
    "Deliverer",
    "Herald",
    "Push",
    "SimAccount",
    "SimComponent",
    "Simulator",
    "Traffic",
    "World",
    "component_push",
    "create_app",
    "push",
    "set_speed",
    "taken_back",
]
