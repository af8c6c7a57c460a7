"""Say the API's sentences in the language of whoever asked: Chinese, unless they ask for another."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import has_request_context, request

from hub.kernel.conditions import saying
from hub.kernel.phrases import Phrases
from hub.web.api.messages import CHINESE

CHINESE_TAG, ENGLISH_TAG = "zh-CN", "en"


def language() -> str:
    """Return "zh-CN" or "en": Chinese when nothing is asked for, or Chinese before any other; English otherwise."""
    if not has_request_context() or not request.accept_languages:
        return CHINESE_TAG
    wanted = [tag.lower() for tag, quality in request.accept_languages if quality > 0]
    first = next(iter(wanted), "zh")
    return CHINESE_TAG if first == "*" or first.split("-")[0] == "zh" else ENGLISH_TAG


def say(message: str) -> str:
    """Return `message` in the language of the request; one that is not in the catalogue stays as it is."""
    if language() == ENGLISH_TAG:
        return message
    return translated(message) or message


def translated(message: str) -> str | None:
    """Return the Chinese of an English sentence, None when the catalogue has none."""
    return _phrases().chinese(message)


def say_all(errors: Any) -> Any:
    """Return errors by field with every sentence in the language of the request."""
    if isinstance(errors, dict):
        return {str(name): say_all(value) for name, value in errors.items()}
    if isinstance(errors, list | tuple):
        return [say_all(value) for value in errors]
    return say(errors) if isinstance(errors, str) else errors


@cache
def _phrases() -> Phrases:
    return Phrases({**CHINESE, **saying.CHINESE}, saying.WORDS)
