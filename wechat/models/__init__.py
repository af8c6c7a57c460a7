"""The gateway's tables, family by family."""

from wechat.models.inbox import CALLBACK_PARTITIONS, Callback, UnionidLookup

__all__ = ["CALLBACK_PARTITIONS", "Callback", "UnionidLookup"]
