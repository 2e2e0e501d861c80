# SPDX-License-Identifier: Apache-2.0
"""Aware datetimes as the library's milliseconds and RFC 3339 texts, and back."""
from __future__ import annotations

from datetime import datetime, timedelta, timezone

from .errors import InvalidInput

__all__ = ["format_time", "from_ms", "parse_time", "to_ms"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)
_MS_MIN = -62_135_596_800_000
_MS_MAX = 253_402_300_799_999


def check_time(time: object, name: str) -> datetime:
    """The same, if it says which instant it means."""
    if not isinstance(time, datetime):
        raise TypeError(f"{name} must be a datetime, not {type(time).__name__}")
    if time.utcoffset() is None:
        raise InvalidInput(
            f"{name} is a naive datetime, and nobody can say which instant that is: give it a "
            "tzinfo", code="time-format", message_zh=f"{name} 没有时区信息，无法确定是哪一时刻。")
    return time


def to_ms(time: datetime, name: str = "time") -> int:
    """Milliseconds since 1970 UTC; what is finer is cut off towards the past."""
    ms = (check_time(time, name) - _EPOCH) // _MILLISECOND
    if not _MS_MIN <= ms <= _MS_MAX:
        raise InvalidInput(f"{name} lies outside the years 1 to 9999 in UTC.", code="time-format",
                           message_zh=f"{name} 超出公元 1 年至 9999 年（UTC）的范围。")
    return ms


def from_ms(ms: int, offset_minutes: int = 0) -> datetime:
    """An aware datetime at an offset from UTC."""
    zone = timezone(timedelta(minutes=offset_minutes)) if offset_minutes else timezone.utc
    return (_EPOCH + ms * _MILLISECOND).astimezone(zone)


def parse_time(text: str) -> datetime:
    """An aware datetime from RFC 3339 text, with its offset."""
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    return datetime.fromisoformat(text)


def format_time(time: datetime, name: str = "time") -> str:
    """RFC 3339 text with milliseconds and the datetime's own offset."""
    ms = to_ms(time, name)
    offset = time.utcoffset()
    if offset is not None and offset % timedelta(minutes=1):
        # Local mean times had seconds, and RFC 3339 has none.
        time = from_ms(ms)
    return time.isoformat(timespec="milliseconds")
