"""Counters that every process adds to; the web process shows their sum."""

from __future__ import annotations

from prometheus_client import Counter, Histogram

CALLBACKS = Counter("hub_callbacks_total", "Callbacks by outcome", ["outcome"])
REPLIES = Counter("hub_replies_total", "Replies in the answer (made), and those that follow it (late)", ["outcome"])
SPOOLED = Counter("hub_spooled_total", "Callbacks that went to the local spool because the database was away")
CALLBACK_SECONDS = Histogram(
    "hub_callback_seconds",
    "Time to answer a callback",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
WORK = Counter("hub_work_rows_total", "Work rows by table and outcome", ["table", "outcome"])
DRAINED_INLINE = Counter("hub_drained_inline_total", "Lanes drained by the clock because Redis was away", ["drain"])
LOG_KEYS_DROPPED = Counter("hub_log_keys_dropped_total", "Log values dropped because their key is not allowed")
WECHAT_CALLS = Counter("hub_wechat_calls_total", "Calls to WeChat by API and outcome", ["api", "outcome"])
WECHAT_BREAKERS = Counter("hub_wechat_breakers_opened_total", "Breakers of accounts opened, by error code", ["errcode"])
WECHAT_UNKNOWN = Counter(
    "hub_wechat_unknown_errcodes_total", "Error codes of WeChat that are not in the table", ["errcode"]
)
SENDS = Counter("hub_sends_total", "Sends by channel and the state they came to", ["channel", "state"])
