"""The doors of the gateway, family by family."""

from wechat.views import components, domains, entry, oauth, qrcodes, sends
from wechat.views.callbacks import Door, blp, callback, resume
from wechat.views.domains import forget_files

BLUEPRINTS = (blp, domains.pages)
"""What the web application registers as pages."""
API_BLUEPRINTS = (entry.blp, qrcodes.api)
"""What it registers as its API."""

__all__ = [
    "API_BLUEPRINTS",
    "BLUEPRINTS",
    "Door",
    "blp",
    "callback",
    "components",
    "forget_files",
    "oauth",
    "resume",
    "sends",
]
