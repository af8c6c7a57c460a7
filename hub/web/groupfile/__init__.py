"""The group file: the whole set-up of a group in one YAML text, applied and exported."""

from __future__ import annotations

from hub.web.groupfile.applying import apply, demo, export
from hub.web.groupfile.mistakes import GroupFileError, Mistake

__all__ = ["GroupFileError", "Mistake", "apply", "demo", "export"]
