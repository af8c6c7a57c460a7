"""The doors of the gateway, family by family."""

from wechat.views import components, sends
from wechat.views.callbacks import Door, blp, callback, resume

BLUEPRINTS = (blp,)
"""What the web application registers as pages."""

__all__ = ["BLUEPRINTS", "Door", "blp", "callback", "components", "resume", "sends"]
