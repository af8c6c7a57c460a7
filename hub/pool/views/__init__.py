"""The pool's API: what touchpoints report, and people as admins read them."""

from hub.pool.views import people, touchpoints

BLUEPRINTS = (touchpoints.blp, people.blp, people.merges)
"""Every blueprint of this room."""
