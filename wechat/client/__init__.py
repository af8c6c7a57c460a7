"""What the hub asks of WeChat: access tokens, users, messages, logins."""

from __future__ import annotations

from wechat.client.api import HubClient, Login
from wechat.client.clients import Clients
from wechat.client.errors import CircuitOpen, WeChatError
from wechat.client.shared import clients
from wechat.client.tokens import TokenProvider
from wechat.client.users import UserInfo

__all__ = ["CircuitOpen", "Clients", "HubClient", "Login", "TokenProvider", "UserInfo", "WeChatError", "clients"]
