"""How people come in, what they may change of themselves, and whom a group admin lets in."""

from hub.web.login import account, entering, joining, keys, oidc, team

INSTALLED = (keys,)
"""Modules whose routes belong to another's blueprint."""
BLUEPRINTS = (entering.blp, joining.blp, oidc.blp, account.blp, team.blp)
