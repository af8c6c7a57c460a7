"""Say the API's sentences in the language of whoever asked: Chinese, unless they ask for another."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from flask import has_request_context, request

from hub.web.api.messages import CHINESE

CHINESE_TAG, ENGLISH_TAG = "zh-CN", "en"
_DEEPEST = 3


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


def translated(message: str, depth: int = 0) -> str | None:
    """Return the Chinese of an English sentence, None when the catalogue has none."""
    exact = CHINESE.get(message)
    if exact is not None and "{}" not in exact:
        return exact
    for form, chinese in _forms():
        match = form.fullmatch(message)
        if match is not None:
            parts = match.groups()
            if depth < _DEEPEST:
                parts = tuple(translated(part, depth + 1) or part for part in parts)
            return chinese.format(*parts)
    return None


def say_all(errors: Any) -> Any:
    """Return errors by field with every sentence in the language of the request."""
    if isinstance(errors, dict):
        return {str(name): say_all(value) for name, value in errors.items()}
    if isinstance(errors, list | tuple):
        return [say_all(value) for value in errors]
    return say(errors) if isinstance(errors, str) else errors


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences with gaps, those with the most words of their own first."""
    gaps = sorted((text for text in CHINESE if "{}" in text), key=lambda text: -len(text.replace("{}", "")))
    return tuple((_form(text), CHINESE[text]) for text in gaps)


def _form(text: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in text.split("{}")), re.DOTALL)
