# SPDX-License-Identifier: Apache-2.0
"""What a desk answers, as record classes. All of them are frozen, all their times are aware."""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Mapping, Union

from .errors import Reason, reason_from
from .times import parse_time

__all__ = [
    "Counts", "CountedDay", "Deadline", "Effect", "Entry", "Explanation", "LifecycleCounts",
    "Masked", "Option", "Receipt", "Record", "Summary", "Verification",
]

FieldValue = Union[None, bool, int, float, str, "list[Any]", "dict[str, Any]", "Masked"]


def _time(text: str | None) -> datetime | None:
    return None if text is None else parse_time(text)


@dataclass(frozen=True)
class Masked:
    """Stands in a record for a value that the actor may not read, or that was erased."""

    why: str
    """``"personal"`` or ``"sensitive"``."""


@dataclass(frozen=True)
class Receipt:
    """The answer to a command that the rules allowed."""

    record: str
    """The record's id; for a directory command, the id of its row."""
    version: int
    state: str | None
    """``None`` for directory commands."""
    deadlines: Mapping[str, datetime]
    """When each running deadline is due, by name."""
    effects: tuple[Mapping[str, Any], ...]
    """Who is to be told what."""
    position: int | None
    """Of the entry in the journal; ``None`` for a preview."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Receipt:
        deadlines = {item["name"]: parse_time(item["due"]) for item in answer["deadlines"]}
        return cls(record=answer["record"], version=answer["version"], state=answer.get("state"),
                   deadlines=deadlines,
                   effects=tuple(answer["effects"]),
                   position=answer.get("position") or None)


@dataclass(frozen=True)
class CountedDay:
    """A day that a count of time looked at."""

    date: date
    reason: str
    """``start``, ``counted``, ``make-up``, ``weekend``, ``holiday`` or ``moved``."""
    counted: timedelta | None = None
    """Where time within the day was counted: how much."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> CountedDay:
        counted_ms = answer.get("counted_ms")
        return cls(date=date.fromisoformat(answer["date"]), reason=answer["reason"],
                   counted=None if counted_ms is None else timedelta(milliseconds=counted_ms))


@dataclass(frozen=True)
class Explanation:
    """A due time with the days that were counted and passed over."""

    due: datetime
    start: datetime
    duration: str
    calendar: str | None
    days: tuple[CountedDay, ...]

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Explanation:
        return cls(due=parse_time(answer["due"]), start=parse_time(answer["start"]),
                   duration=answer["duration"], calendar=answer.get("calendar"),
                   days=tuple(CountedDay.from_dict(day) for day in answer.get("days") or ()))


@dataclass(frozen=True)
class Deadline:
    """A deadline of a record that has begun."""

    name: str
    status: str
    """``running``, ``paused``, ``met``, or ``ended`` by a final state."""
    started_at: datetime
    due: datetime
    breached: bool
    ended_at: datetime | None
    why: Mapping[str, Any] | None = None
    """With ``explain``: how the due time came about."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Deadline:
        return cls(name=answer["name"], status=answer["status"],
                   started_at=parse_time(answer["started_at"]), due=parse_time(answer["due"]),
                   breached=answer["breached"], ended_at=_time(answer.get("ended_at")),
                   why=answer.get("why"))


@dataclass(frozen=True)
class Entry:
    """One entry of the journal, as its reader may see it."""

    position: int
    version: int
    command: str
    actor: str
    occurred_at: datetime
    recorded_at: datetime
    data: Mapping[str, Any]
    outcome: Mapping[str, Any]
    entry: str
    """The entry's hash, 64 hexadecimal digits."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Entry:
        return cls(position=answer["position"], version=answer["version"],
                   command=answer["command"], actor=answer["actor"],
                   occurred_at=parse_time(answer["occurred_at"]),
                   recorded_at=parse_time(answer["recorded_at"]),
                   data=_members(answer.get("data")), outcome=_members(answer.get("outcome")),
                   entry=answer["entry"])


def _value(value: Any) -> FieldValue:
    if isinstance(value, dict) and len(value) == 1 and isinstance(value.get("masked"), str):
        return Masked(value["masked"])
    kept: FieldValue = value
    return kept


def _members(members: Mapping[str, Any] | None) -> Mapping[str, FieldValue]:
    return {name: _value(value) for name, value in (members or {}).items()}


@dataclass(frozen=True)
class Record:
    """A record as its reader may see it."""

    id: str
    external_id: str | None
    lifecycle: str
    kind: str
    state: str
    is_final: bool
    version: int
    rulebook: str
    """The hash of the rulebook it was opened under."""
    requester: str | None
    unit: str | None
    parent: str | None
    merged_into: str | None
    duplicates: int
    children_open: int
    opened_at: datetime
    entered_at: datetime
    """When it came into its state."""
    flags: frozenset[str]
    fields: Mapping[str, FieldValue]
    """Values by field; :class:`Masked` where the reader may not look."""
    deadlines: Mapping[str, Deadline]
    history: tuple[Entry, ...] | None = None
    """With ``history``: every entry, oldest first."""
    state_title: Mapping[str, str] = field(default_factory=dict)
    """What people read for the state, by language; empty where the rulebook gives nothing."""
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    """The library's own answer."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Record:
        history = answer.get("history")
        return cls(
            id=answer["record"], external_id=answer.get("external_id"),
            lifecycle=answer["lifecycle"], kind=answer["kind"], state=answer["state"],
            is_final=answer["is_final"], version=answer["version"], rulebook=answer["rulebook"],
            requester=answer.get("requester"), unit=answer.get("unit"),
            parent=answer.get("parent"), merged_into=answer.get("merged_into"),
            duplicates=answer.get("duplicates", 0), children_open=answer.get("children_open", 0),
            opened_at=parse_time(answer["opened_at"]), entered_at=parse_time(answer["entered_at"]),
            flags=frozenset(answer.get("flags") or ()), fields=_members(answer.get("fields")),
            deadlines={item["name"]: Deadline.from_dict(item)
                       for item in answer.get("deadlines") or ()},
            history=None if history is None else tuple(map(Entry.from_dict, history)),
            state_title=answer.get("state_title") or {}, raw=answer)


@dataclass(frozen=True)
class Option:
    """What an actor may do with a record now, or why not."""

    command: str
    to: str | None
    """The state it leads to."""
    allowed: bool
    asks: tuple[str, ...]
    """What the command would have to bring."""
    reasons: tuple[Reason, ...]
    """Why it is not allowed."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Option:
        return cls(command=answer["command"], to=answer.get("to"), allowed=answer["allowed"],
                   asks=tuple(answer.get("asks") or ()),
                   reasons=tuple(map(reason_from, answer.get("reasons") or ())))


@dataclass(frozen=True)
class Effect:
    """An effect that waits for the host: a CloudEvents 1.0 event."""

    id: str
    """What :meth:`Desk.acknowledge` takes."""
    type: str
    source: str
    subject: str | None
    time: datetime | None
    data: Mapping[str, Any]
    raw: Mapping[str, Any] = field(repr=False, compare=False, default_factory=dict)
    """The whole event."""

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Effect:
        return cls(id=answer["id"], type=answer["type"], source=answer["source"],
                   subject=answer.get("subject"), time=_time(answer.get("time")),
                   data=answer.get("data") or {}, raw=answer)


@dataclass(frozen=True)
class Counts:
    """Records counted. ``set_apart`` are back-filled or out of order, and in no rate."""

    total: int
    open: int
    final: int
    overdue: int
    on_time: int
    late: int
    without_deadline: int
    set_apart: int


@dataclass(frozen=True)
class LifecycleCounts(Counts):
    """The counts of one lifecycle, and how many records stand in each state."""

    states: Mapping[str, int]


@dataclass(frozen=True)
class Summary(Counts):
    """The counts of a desk as of a time."""

    at: datetime
    lifecycles: Mapping[str, LifecycleCounts]
    units: Mapping[str, Counts]

    @classmethod
    def from_dict(cls, answer: Mapping[str, Any]) -> Summary:
        return cls(
            **_counts(answer), at=parse_time(answer["at"]),
            lifecycles={name: LifecycleCounts(**_counts(item), states=item["states"])
                        for name, item in answer["lifecycles"].items()},
            units={name: Counts(**_counts(item)) for name, item in answer["units"].items()})


def _counts(answer: Mapping[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in Counts.__dataclass_fields__}


@dataclass(frozen=True)
class Verification:
    """Whether the journal is what was written; true exactly when it is."""

    is_whole: bool
    entry_count: int
    record_count: int
    position: int
    """The first bad entry; 0 where it is a record's row."""
    kind: str
    """What is wrong with it; ``""`` when nothing is."""
    record: str
    expected: str
    found: str

    def __bool__(self) -> bool:
        return self.is_whole
