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


def span(starts_at: datetime, ends_at: datetime | None, zone: ZoneInfo, language: str) -> str:
    """Return the time of an event in `zone`, named, in `language` (zh or en): one day once, two days in full."""
    start = starts_at.astimezone(zone)
    text = f"{_day(start, language)}{_before_clock(language)}{start:%H:%M}"
    if ends_at is not None:
        end = ends_at.astimezone(zone)
        text += f"–{end:%H:%M}" if end.date() == start.date() else f" – {moment(ends_at, zone, language)}"
    name = _ZONES.get(zone.key, {}).get(language, zone.key)
    return f"{text}（{name}）" if language == "zh" else f"{text} ({name})"


def moment(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return one point in time in `zone` and `language`."""
    local = at.astimezone(zone)
    return f"{_day(local, language)}{_before_clock(language)}{local:%H:%M}"


def _day(day: datetime, language: str) -> str:
    name = _DAYS[language][day.weekday()]
    if language == "zh":
        return f"{day.year} 年 {day.month} 月 {day.day} 日（周{name}）"
    return f"{name} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def _before_clock(language: str) -> str:
    return "" if language == "zh" else ", "
