# SPDX-License-Identifier: Apache-2.0
"""Rulebooks, and the working time that they count."""
from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any, Callable

from . import generated
from .records import Explanation
from .times import from_ms, to_ms
from .values import check_text

__all__ = ["Rulebook", "due", "explain"]


class Rulebook:
    """The rules of a desk. Immutable: any number of threads and desks may share one.

    Made by :meth:`load` from a file, or by :meth:`parse` from text.
    """

    name: str
    version: str
    hash: str
    """SHA-256 of the content in canonical form: the same for any layout and any comments."""
    lifecycles: tuple[str, ...]
    calendars: tuple[str, ...]

    def __init__(self, text: str | bytes, source: str | None = None) -> None:
        if not isinstance(text, (str, bytes)):
            raise TypeError(f"text must be str or bytes, not {type(text).__name__}")
        if isinstance(text, str):
            # U+0000 is left to the library, which says where it stands.
            check_text(text.replace("\0", ""), "text")
        if source is not None:
            check_text(source, "source")
        handle = generated.community_rulebook_load(text, source)
        self._handle = handle
        self.name = generated.community_rulebook_name(handle) or ""
        self.version = generated.community_rulebook_version(handle) or ""
        self.hash = generated.community_rulebook_hash(handle) or ""
        self.lifecycles = _names(handle, generated.community_rulebook_lifecycle)
        self.calendars = _names(handle, generated.community_rulebook_calendar)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Rulebook:
        """Reads a rulebook from a file. Errors name the file, the line and the column."""
        with open(path, "rb") as file:
            text = file.read()
        return cls(text, os.fspath(path))

    @classmethod
    def parse(cls, text: str | bytes, source: str | None = None) -> Rulebook:
        """Reads a rulebook from text; `source` is its name in error messages."""
        return cls(text, source)

    def due(self, start: datetime, duration: str, *, calendar: str | None = None) -> datetime:
        """When `duration` is over, counted from `start`; see :func:`due`."""
        return due(self, start, duration, calendar=calendar)

    def explain(self, start: datetime, duration: str, *,
                calendar: str | None = None) -> Explanation:
        """The same with the days counted and passed over; see :func:`explain`."""
        return explain(self, start, duration, calendar=calendar)

    def __repr__(self) -> str:
        return f"<Rulebook {self.name!r} version {self.version!r}, {self.hash[:12]}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rulebook):
            return NotImplemented
        return self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)


def _names(handle: generated.community_rulebook,
           name_at: Callable[[generated.community_rulebook, int], str | None]) -> tuple[str, ...]:
    names: list[str] = []
    while (name := name_at(handle, len(names))) is not None:
        names.append(name)
    return tuple(names)


def handle_of(rulebook: object) -> generated.community_rulebook:
    if not isinstance(rulebook, Rulebook):
        raise TypeError(f"a Rulebook is needed, not {type(rulebook).__name__}")
    return rulebook._handle


def _question(start: datetime, duration: str, calendar: str | None) -> tuple[str | None, int, str]:
    if calendar is not None:
        check_text(calendar, "calendar")
    return calendar, to_ms(start, "start"), check_text(duration, "duration")


def due(rulebook: Rulebook, start: datetime, duration: str, *,
        calendar: str | None = None) -> datetime:
    """When `duration` ("5 working days", "2 hours", …) is over, counted from `start`.

    `calendar` is one of the rulebook's, and may be left out where it has only one. The answer is at
    the calendar's own offset from UTC.
    """
    ms, offset_minutes = generated.community_calendar_due(
        handle_of(rulebook), *_question(start, duration, calendar))
    return from_ms(ms, offset_minutes)


def explain(rulebook: Rulebook, start: datetime, duration: str, *,
            calendar: str | None = None) -> Explanation:
    """The due time with its reasons: each day that was counted or passed over."""
    document = generated.community_calendar_explain(
        handle_of(rulebook), *_question(start, duration, calendar))
    answer: dict[str, Any] = json.loads(generated.community_document_json(document))
    return Explanation.from_dict(answer)
