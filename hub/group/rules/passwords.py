"""What a password must be: long; nothing else makes guessing harder without making remembering harder."""

from __future__ import annotations

SHORTEST, LONGEST = 12, 128
_FEWEST_CHARACTERS = 5


def weakness(password: str, email: str) -> str | None:
    """Return the key of what is wrong with `password` for the owner of `email`, None when it will do."""
    if len(password) < SHORTEST:
        return "short"
    if len(password) > LONGEST:
        return "long"
    if len(set(password)) < _FEWEST_CHARACTERS:
        return "monotonous"
    name = email.partition("@")[0].lower()
    return "name" if len(name) >= SHORTEST // 3 and name in password.lower() else None
