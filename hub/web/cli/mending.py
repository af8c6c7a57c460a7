"""What to tell a person about an error that they can mend."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError, ProgrammingError

from hub.kernel.secretbox import SecretUnreadable
from hub.kernel.settings import SettingsError
from hub.kernel.walls import WallsNotBuilt
from hub.web.engines.place import EngineError


def mending(error: Exception) -> str | None:
    """Return one line that names what is wrong and how to mend it, None for an error that is ours."""
    match error:
        case SettingsError() | EngineError() | SecretUnreadable() | WallsNotBuilt():
            return str(error)
        case OperationalError():
            return f"the database does not answer ({type(error.orig).__name__}): check HUB_DATABASE_URL"
        case ProgrammingError():
            said = f"the database refused a statement ({type(error.orig).__name__})"
            return f"{said}: run `hub db upgrade`, then `hub doctor`"
    return None
