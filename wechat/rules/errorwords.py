"""What an error code of WeChat means to a person."""

from __future__ import annotations

from wechat.rules.errortable import known


def error_words(errcode: int, lang: str) -> str:
    """Return what `errcode` means in `lang` ("zh" or "en"), with the code itself."""
    found = known(errcode)
    return f"{found.zh}（{errcode}）" if lang == "zh" else f"{found.en} ({errcode})"
