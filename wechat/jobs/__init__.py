"""What the gateway does behind the scenes, family by family."""

from wechat.jobs.callbacks import drain_callbacks
from wechat.jobs.sends import drain_sends, look_after_sends
from wechat.jobs.unionids import drain_unionids

__all__ = ["drain_callbacks", "drain_sends", "drain_unionids", "look_after_sends"]
