"""The public registration pages, and the API of check-ins."""

from event_hub.views.api import blp
from event_hub.views.public import pages

__all__ = ["blp", "pages"]
