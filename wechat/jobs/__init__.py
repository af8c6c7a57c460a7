"""What the gateway does behind the scenes, family by family."""

from wechat.jobs.callbacks import drain_callbacks
from wechat.jobs.components import ask_for_tickets, drain_component_pushes, forget_component_pushes
from wechat.jobs.followers import compare_followers, drain_followers
from wechat.jobs.logins import forget_logins
from wechat.jobs.menus import check_menu, check_menus, publish_menus
from wechat.jobs.qrcodes import make_codes
from wechat.jobs.sends import drain_sends, look_after_sends
from wechat.jobs.templates import sync_templates
from wechat.jobs.unionids import drain_unionids

__all__ = [
    "compare_followers",
    "drain_followers",
    "ask_for_tickets",
    "check_menu",
    "check_menus",
    "drain_callbacks",
    "drain_component_pushes",
    "drain_sends",
    "drain_unionids",
    "forget_component_pushes",
    "forget_logins",
    "look_after_sends",
    "publish_menus",
    "drain_callbacks",
    "drain_sends",
    "drain_unionids",
    "look_after_sends",
    "make_codes",
]
__all__ = ["drain_callbacks", "drain_sends", "drain_unionids", "look_after_sends"]

__all__ = ["check_menu", "check_menus", "drain_callbacks", "drain_unionids", "publish_menus"]
__all__ = ["drain_callbacks", "drain_sends", "drain_unionids", "look_after_sends", "sync_templates"]
