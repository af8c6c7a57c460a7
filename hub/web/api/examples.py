"""A request body for each operation that takes one, as its description shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PERSON = {"visitor_id": "visitor-00000001"}

BODIES: Mapping[str, Mapping[str, Any]] = {
    name: {"example": {"value": body}}
    for name, body in {
        "post_activities": {
            "items": [
                {
                    "id": "a-1",
                    "identity": _PERSON,
                    "kind": "download",
                    "key": "whitepaper",
                    "properties": {"pages": 12},
                }
            ]
        },
        "post_registration": {
            "id": "r-1",
            "identity": _PERSON,
            "contact": {"name": "示例", "email": "someone@example.com"},
            "consent": {"text_version": "2030-01", "scopes": ["collection", "phone"]},
            "traits": {"interest": "power"},
            "source": "minisite",
        },
        "post_redemption": {"ticket": "kY3v9wQm2rTzX7cB5nHs8dFg", "visitor_id": "visitor-00000001"},
        "post_signature": {"appid": "wx7a10c3e5d2f49b18", "url": "https://m.example.com/products?from=menu"},
        "post_mini_program_login": {"appid": "wx7a10c3e5d2f49b18", "code": "0a1B2c3D4e5F6g7H"},
        "post_phone_number": {
            "appid": "wx7a10c3e5d2f49b18",
            "code": "9z8Y7x6W5v4U3t2S",
            "visitor_id": "visitor-00000001",
            "consent": {"text_version": "2030-01", "scopes": ["collection", "phone"]},
        },
        "post_claim": {"limit": 10, "lease_minutes": 30},
        "post_rejection": {"reason": "no_need", "note": "明年再联系"},
        "post_progress": {"state": "won", "amount": "9500.00", "currency": "CNY", "external_id": "crm-1"},
        "post_contact": {"purpose": "first call"},
        "post_check_in": {"code": "ABC234"},
        "post_key": {"name": "crm", "bu": "power", "scopes": ["leads:read", "leads:write"], "expires_days": 90},
        "post_sends": {
            "items": [
                {
                    "appid": "wx7a10c3e5d2f49b18",
                    "openid": "oQk3s5vW1zYb8TnR0LmXe7DdUa2c",
                    "channel": "template",
                    "content": {"template_id": "tplReminder-0001", "data": {"thing2": "展会提醒"}},
                    "purpose": "marketing",
                    "campaign": "expo25",
                    "dedupe_key": "expo25:1",
                }
            ]
        },
        "post_qr_codes": {
            "items": [
                {
                    "appid": "wx7a10c3e5d2f49b18",
                    "scene": "power.expo.hall2",
                    "name": "Hall 2",
                    "purpose": "bu",
                    "reference": "power",
                }
            ]
        },
        "post_rotation": {"overlap_days": 7},
    }.items()
}
"""Operation -> its examples."""
