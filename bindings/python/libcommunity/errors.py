# SPDX-License-Identifier: Apache-2.0
"""What can go wrong, as exceptions.

A "no" of the rules is :class:`Refused`, with every reason. Everything else is bad input or a
failing world. Each class is also the one of Python's own that fits, so ``except KeyError`` and
``except ValueError`` work as a reader would expect.
"""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping, Sequence

__all__ = [
    "Busy", "CalendarUnknown", "Cancelled", "Closed", "CommunityError", "Conflict", "Corrupt",
    "Exists", "Forked", "InUse", "InvalidInput", "KeyReused", "NoMemory", "NotFound", "Reason",
    "Refused", "StoreFailed", "TooNew", "Unsupported",
]


class CommunityError(Exception):
    """The base of all errors of this package."""

    code: str
    """A stable word of the error registry, such as ``"unknown-key"``."""
    status: int
    """The library's status; 0 where the library was not even asked."""
    message: str
    """One English sentence."""
    message_zh: str
    """The same in Chinese."""
    source: str
    """The file or document that the place is in, or ``""``."""
    line: int
    """From 1; 0 when the error has no place in a text."""
    column: int
    """In characters from 1."""

    def __init__(self, message: str, *, code: str = "", status: int = 0, message_zh: str = "",
                 source: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.message_zh = message_zh or message
        self.code = code
        self.status = status
        self.source = source
        self.line = line
        self.column = column

    def __str__(self) -> str:
        if self.line == 0:
            return self.message
        return f"{self.source or '<text>'}:{self.line}:{self.column}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, self.__dict__.copy())


def _rebuild(kind: type[CommunityError], message: str, members: dict[str, Any]) -> CommunityError:
    error = kind(message)
    error.__dict__.update(members)
    return error


class NoMemory(CommunityError, MemoryError):
    """An allocation failed; nothing was changed."""


class InvalidInput(CommunityError, ValueError):
    """The input breaks its own format: see the place and the text."""


class NotFound(CommunityError, KeyError):
    """What was named does not exist."""


class Conflict(CommunityError):
    """Somebody else wrote first, and retrying did not help."""


class Busy(CommunityError, TimeoutError):
    """Another process holds the store for longer than the timeout."""


class StoreFailed(CommunityError, OSError):
    """The file system or the database failed."""


class Corrupt(CommunityError):
    """What is stored is not what was written."""


class Unsupported(CommunityError, NotImplementedError):
    """Not in this build, or not yet in this version."""


class TooNew(CommunityError):
    """The store was written by a newer library."""


class Cancelled(CommunityError):
    """A progress callback asked to stop."""


class CalendarUnknown(CommunityError, LookupError):
    """A date lies in a year that the calendar does not know."""


class KeyReused(CommunityError):
    """The command's key was used before with other content."""


class Forked(CommunityError, RuntimeError):
    """The desk was opened before a fork, by the parent process."""


class Exists(CommunityError, FileExistsError):
    """What was to be made is there already."""


class Closed(CommunityError, ValueError):
    """The desk is closed, or its batch has come to an end."""


class InUse(CommunityError, RuntimeError):
    """A callback used the desk that was calling it."""


@dataclass(frozen=True)
class Reason:
    """One reason why the rules say no."""

    code: str
    message: str
    message_zh: str
    rule: str | None = None
    """The name of the transition or rule that says so."""
    needs: tuple[str, ...] = ()
    """What would have to be there."""

    def __str__(self) -> str:
        return self.message


class Refused(CommunityError):
    """The rules say no. :attr:`reasons` has every reason; the other members are the first's."""

    reasons: tuple[Reason, ...]

    def __init__(self, reasons: Sequence[Reason]) -> None:
        reasons = tuple(reasons)
        first = reasons[0] if reasons else Reason("refused", "Refused.", "已拒绝。")
        super().__init__(" ".join(reason.message for reason in reasons) or first.message,
                         code=first.code,
                         message_zh="".join(reason.message_zh for reason in reasons))
        self.reasons = reasons

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.reasons,)


def reason_from(item: Mapping[str, Any]) -> Reason:
    message = item.get("message")
    if not isinstance(message, dict):
        message = {"en": str(message or ""), "zh": str(message or "")}
    return Reason(code=item["code"], message=message.get("en", ""),
                  message_zh=message.get("zh", ""), rule=item.get("rule"),
                  needs=tuple(item.get("needs") or ()))


_CLASSES: dict[int, type[CommunityError]] = {
    -1: NoMemory,
    -2: InvalidInput,
    -3: NotFound,
    -4: Conflict,
    -5: Busy,
    -6: StoreFailed,
    -7: Corrupt,
    -8: Unsupported,
    -9: TooNew,
    -10: Cancelled,
    -11: CalendarUnknown,
    -12: KeyReused,
    -13: Forked,
    -14: Exists,
}


def from_status(status: int, code: str, message: str, message_zh: str, source: str, line: int,
                column: int) -> CommunityError:
    """The exception for a status of the library; the generated layer calls this."""
    kind = _CLASSES.get(status, CommunityError)
    return kind(message, code=code, status=status, message_zh=message_zh, source=source, line=line,
                column=column)
