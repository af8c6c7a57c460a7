"""Write down when an event takes place, as people read it."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ZONES = {"Asia/Shanghai": {"zh": "北京时间", "en": "Beijing time"}}


def span(starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo, language: str) -> tuple[str, ...]:
    """Return the time of an event in `zone`, named, in `language` (zh or en), in pieces that stay on one line each.

    An event within one day has its day written once, any other has both in full.
    """
    start = starts_at.astimezone(zone)
    name = _ZONES.get(zone.key, {}).get(language, zone.key)
    named = f"（{name}）" if language == "zh" else f" ({name})"
    if ends_at is None:
        return _day(start, language), f"{start:%H:%M}{named}"
    end = ends_at.astimezone(zone)
    if end.date() == start.date():
        return _day(start, language), f"{start:%H:%M}–{end:%H:%M}{named}"
    return _day(start, language), f"{start:%H:%M} –", _day(end, language), f"{end:%H:%M}{named}"


def _day(day: datetime, language: str) -> str:
    name = _DAYS[language][day.weekday()]
    if language == "zh":
        return f"{day.year} 年 {day.month} 月 {day.day} 日（周{name}）"
    return f"{name} {day.day} {_MONTHS[day.month - 1]} {day.year},"
