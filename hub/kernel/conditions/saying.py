"""What is wrong with a condition, in Chinese or English: every sentence the parser says, in both."""

from __future__ import annotations

from collections.abc import Mapping

from hub.kernel.conditions.registry import Language
from hub.kernel.conditions.values import ConditionError
from hub.kernel.phrases import Phrases

_MEANT = '; did you mean "{}"?'
_MEANT_ZH = "。您是指「{}」吗？"
_SUGGESTING = {
    "expected a known field, found {}": "没有名为 {} 的字段",
    "expected a known activity, found {}": "没有名为 {} 的行为",
    "expected one of {}": "应有 {} 之一",
    "unknown key {}: expected {}": "不认识 {}：应为 {}",
}
"""Sentences that may end with the nearest known word."""

CHINESE: Mapping[str, str] = {
    **_SUGGESTING,
    **{english + _MEANT: chinese + _MEANT_ZH for english, chinese in _SUGGESTING.items()},
    "expected at most {} levels": "最多嵌套 {} 层",
    "expected at most {} clauses in one condition": "一个条件最多 {} 个子句",
    "expected a mapping with {}, found {}": "应为含 {} 的映射，实际是 {}",
    "expected exactly one of {}, found {}": "须有且只有 {} 之一，实际是 {}",
    '"{}" is a {} field: expected {}': "字段「{}」的类型是{}，应为 {}",
    "expected key or key_starts_with, found both": "key 与 key_starts_with 只能写一个",
    "expected only one of {}, found {}": "{} 只能写一个，实际有 {}",
    "expected a list, found {}": "应为列表，实际是 {}",
    "expected a list that is not empty": "列表不能为空",
    "expected at most {} items, found {}": "最多 {} 项，实际有 {} 项",
    "expected a text in quotes, found {}": "应为带引号的文本，实际是 {}",
    "expected a text of at most {} characters, found {}": "文本最多 {} 个字符，实际有 {} 个",
    "expected a text without NUL and without half characters (surrogates)": "文本不能含 NUL 或残缺的字符",
    "expected a text that is not empty": "文本不能为空",
    "expected a number, found {}": "应为数字，实际是 {}",
    "expected a number between -10^18 and 10^18": "数字须在 -10^18 与 10^18 之间",
    "expected zero or a number further from it than 10^-30": "数字须为零，或离零不少于 10^-30",
    "expected a number of at most 15 significant digits": "数字最多 15 位有效数字",
    "expected true or false, found {}": "应为 true 或 false，实际是 {}",
    "expected a time with offset such as 2030-01-31T08:00:00+08:00, found {}": (
        "应为带时区的时间，如 2030-01-31T08:00:00+08:00，实际是 {}"
    ),
    "expected a year from {} to {}": "年份须在 {} 到 {} 之间",
    'expected a span such as "7d", "12h" or "30m", found {}': '应为时长，如 "7d"、"12h" 或 "30m"，实际是 {}',
    "expected a whole number from 1 to {}, found {}": "应为 1 到 {} 的整数，实际是 {}",
}
"""English -> Chinese, `{}` for each gap."""
WORDS: Mapping[str, str] = {
    "true/false": "是非值",
    "a number": "数字",
    "a text": "文本",
    "a time": "时间",
    "a time without offset": "没有时区的时间",
    "a date without time and offset": "没有时间与时区的日期",
    "a list": "列表",
    "a mapping": "映射",
    "nothing": "空值",
    "none": "没有",
    "text": "文本",
    "number": "数字",
    "boolean": "是非",
    "time": "时间",
    "list": "列表",
    "{} or {}": "{} 或 {}",
    "{} and {}": "{} 和 {}",
}
"""What stands in the gaps."""

_PHRASES = Phrases(CHINESE, WORDS)


def say(error: ConditionError, lang: Language) -> str:
    """Return where a condition is wrong and what was expected there, in one language."""
    message, colon = error.message, ": "
    if lang == "zh":
        message, colon = _PHRASES.chinese(error.message) or error.message, "："
    return f"{error.path}{colon}{message}" if error.path else message
