"""Schema fields that take what they ask for and nothing that only looks like it, and say what they expected."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from marshmallow import ValidationError, fields

from hub.kernel import conditions
from hub.kernel.conditions.values import kind_of, show, suggestion

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WORDS: dict[str, str | list[Any] | dict[Any, Any]] = {
    "required": "is missing: it is required",
    "null": "is empty: give it a value or leave the key out",
}

SLUG = r"[a-z0-9][a-z0-9-]{0,62}"


class Text(fields.String):
    """Take a text on one line; `form` is a regular expression it matches whole, said in words by `expected`.

    A `hidden` text (a secret) never shows in a message.
    """

    default_error_messages = _WORDS

    def __init__(
        self, *, form: str = "", expected: str = "", longest: int = 100, hidden: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self._form = re.compile(form) if form else None
        self._expected, self._longest, self._hidden = expected, longest, hidden

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str):
            hint = ": write it in quotes" if isinstance(value, int | float) else ""
            raise ValidationError(f"must be a text, this is {kind_of(value)}{hint}")
        if not value.strip():
            raise ValidationError("must not be empty")
        if self._form and not self._form.fullmatch(value):
            raise ValidationError(f"must be {self._expected}, {self._found(value)}")
        if len(value) > self._longest:
            raise ValidationError(f"must have at most {self._longest} characters, this one has {len(value)}")
        if _CONTROL.search(value) or value != value.strip():
            raise ValidationError("must be one line, with no space before or after it and no control characters")
        return value

    def _found(self, value: str) -> str:
        if not self._hidden:
            return f"this is {show(value)}"
        return f"this one has {len(value)}" if value.isascii() and value.isalnum() else "this one has other characters"


class Slug(Text):
    """Take a short name for machines: small letters, digits and "-"."""

    def __init__(self, **kwargs: Any) -> None:
        expected = 'a short name of small letters, digits and "-", at most 63, a letter or digit first'
        super().__init__(form=SLUG, expected=expected, **kwargs)


class Choice(Text):
    """Take one of `choices`."""

    def __init__(self, choices: Sequence[str], **kwargs: Any) -> None:
        super().__init__(metadata={"enum": list(choices)}, **kwargs)
        self.choices = tuple(choices)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:
        if not isinstance(value, str) or value not in self.choices:
            listed = f"{', '.join(self.choices[:-1])} or {self.choices[-1]}"
            raise ValidationError(f"must be {listed}, this is {show(value)}{suggestion(value, self.choices)}")
        return value


class Whole(fields.Integer):
    """Take a whole number from `least` to `most`, and no text or boolean in its place."""

    default_error_messages = _WORDS

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(strict=True, metadata={"minimum": least, "maximum": most}, **kwargs)
        self._least, self._most = least, most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self._least <= value <= self._most:
            expected = f"must be a whole number from {self._least:,} to {self._most:,}"
            raise ValidationError(f"{expected}, this is {show(value)}")
        return value


class Flag(fields.Boolean):
    """Take true or false, and no word or number in their place."""

    default_error_messages = _WORDS

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError(f"must be true or false, this is {show(value)}")
        return value


class ConditionTree(fields.Field[dict[str, Any]]):
    """Take a condition whose names `registry` knows, and keep it as it is written."""

    default_error_messages = _WORDS

    def __init__(self, registry: conditions.Registry, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._registry = registry

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> dict[str, Any]:
        try:
            conditions.parse(value, self._registry)
        except conditions.ConditionError as error:
            raise ValidationError(str(error)) from error
        return dict(value)
