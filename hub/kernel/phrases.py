"""Say in Chinese what code says in English: sentences with gaps, whose contents are carried over in their order."""

from __future__ import annotations

import re
from collections.abc import Mapping

_DEEPEST = 3


class Phrases:
    """Hold a catalogue: English -> Chinese, `{}` for each gap; `words` are looked for in gaps only."""

    def __init__(self, sentences: Mapping[str, str], words: Mapping[str, str] | None = None) -> None:
        self._sentences = dict(sentences)
        self._inner = {**(words or {}), **sentences}
        self._forms, self._inner_forms = _forms(self._sentences), _forms(self._inner)

    def chinese(self, message: str, depth: int = 0) -> str | None:
        """Return the Chinese of an English sentence, None when the catalogue has none."""
        exact = (self._inner if depth else self._sentences).get(message)
        if exact is not None and "{}" not in exact:
            return exact
        for form, chinese in self._inner_forms if depth else self._forms:
            match = form.fullmatch(message)
            if match is not None:
                parts = match.groups()
                if depth < _DEEPEST:
                    parts = tuple(self._part(part, depth + 1) for part in parts)
                return chinese.format(*parts)
        return None

    def _part(self, part: str, depth: int) -> str:
        """Return what stands in a gap in Chinese, and what somebody typed (it is quoted) as it is."""
        return part if part[:1] in "'\"" else self.chinese(part, depth) or part


def _forms(catalogue: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences with gaps, those with the most words of their own first."""
    gaps = sorted((text for text in catalogue if "{}" in text), key=lambda text: -len(text.replace("{}", "")))
    return tuple((_form(text), catalogue[text]) for text in gaps)


def _form(text: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in text.split("{}")), re.DOTALL)
