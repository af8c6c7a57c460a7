"""Judge a whole group file: either every part of it is right, or every mistake in it is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from marshmallow import ValidationError

from hub.group.service.exporting import Slugs
from hub.web.groupfile import messages, references, variables
from hub.web.groupfile.loading import Document
from hub.web.groupfile.mistakes import GroupFileError, Mistake
from hub.web.groupfile.sections import GroupFile


def check(document: Document, known: Slugs, environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the file's sections, valid and with their secrets in clear; raise GroupFileError with every mistake.

    `known` is what earlier files defined; `environ` gives the secrets that the file leaves to it.
    """
    if not isinstance(document.data, dict):
        expected = f"the file must hold sections such as {', '.join(GroupFile().fields)}"
        raise GroupFileError([*document.mistakes, Mistake(1, "", expected)])
    mistakes = [*document.mistakes, *variables.substitute(document, environ)]
    _add(mistakes, references.check(document, known))
    sections, invalid = _validate(document)
    _add(mistakes, invalid)
    if mistakes:
        raise GroupFileError(mistakes)
    return sections


def _add(mistakes: list[Mistake], more: Iterable[Mistake]) -> None:
    """Add what is found at places that nothing was found at before: the first finding is the nearest to the cause."""
    told = {mistake.path for mistake in mistakes}
    mistakes += [mistake for mistake in more if mistake.path not in told]


def _validate(document: Document) -> tuple[dict[str, Any], list[Mistake]]:
    schema = GroupFile()
    try:
        return dict(schema.load(document.data)), []
    except ValidationError as error:
        return {}, list(messages.read(error.messages, document, schema))
