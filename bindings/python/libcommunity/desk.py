# SPDX-License-Identifier: Apache-2.0
"""The desk: where rules, records and a store come together."""
from __future__ import annotations

import json
import os
import threading
import warnings
import weakref
from datetime import datetime
from types import TracebackType
from typing import Any, Callable, Generic, Iterator, Mapping, TypeVar, Union

from . import generated
from .errors import (Closed, CommunityError, Forked, InUse, InvalidInput, Refused, reason_from)
from .records import Effect, Entry, Option, Receipt, Record, Summary, Verification
from .rulebook import Rulebook, handle_of
from .times import check_time, from_ms, to_ms
from .values import check_text, to_json

__all__ = ["Answers", "Batch", "Clock", "Desk", "Progress", "open"]

Clock = Union[datetime, Callable[[], datetime]]
"""A fixed time, or what is asked for the time once per call. Aware datetimes only."""
Progress = Callable[[int, int], object]
"""Called now and then with what is done and what there is (0: not known); False stops the call."""

_Item = TypeVar("_Item")
_BUSY_TIMEOUT_MS_MAX = 2**31 - 1


def _closed() -> Closed:
    return Closed("The desk is closed.", code="desk-closed", message_zh="工作台已经关闭。")


class _Gate:
    """Lets one thread at a time to a desk, and none that a callback of the desk leads back to it.

    The library's desk is for one thread at a time, and the interpreter's lock is not held while it
    works. A batch holds the gate from its beginning to its end.
    """

    def __init__(self, handle: generated.desk_handle, clock: Callable[[], int] | None) -> None:
        self.handle: generated.desk_handle | None = handle
        self.lock = threading.RLock()
        self.process = os.getpid()
        self.batch: Batch | None = None
        self._clock = clock
        self._is_busy = False

    def check_process(self) -> None:
        if os.getpid() != self.process:
            raise Forked("The desk was opened by another process, before a fork; open it again in "
                         "this one.", code="desk-forked", status=-13,
                         message_zh="该工作台由分叉前的另一进程打开；请在本进程中重新打开。")

    def check_idle(self) -> None:
        if self._is_busy:
            raise InUse("A callback must not use the desk that called it.", code="desk-in-use",
                        message_zh="回调函数不得使用正在调用它的工作台。")

    def __enter__(self) -> generated.desk_handle:
        # Before the lock: another thread may have held it at the moment of the fork.
        self.check_process()
        self.lock.acquire()
        try:
            self.check_idle()
            if self.handle is None:
                raise _closed()
            if self.batch is not None:
                self.batch.check_alive()
            self._is_busy = True
            try:
                if self._clock is not None:
                    generated.desk_set_now(self.handle, self._clock())
            except BaseException:
                self._is_busy = False
                raise
            return self.handle
        except BaseException:
            self.lock.release()
            raise

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        try:
            if kind is not None and self.batch is not None and self.handle is not None:
                self.batch.learn_of_failure(self.handle)
        finally:
            self._is_busy = False
            self.lock.release()


class Answers(Generic[_Item], Iterator[_Item]):
    """An iterator over what a desk found.

    The search is over when this exists, so the desk may be used while it is read. It takes little
    memory however many answers there are; a great many wait in a nameless temporary file.
    """

    def __init__(self, gate: _Gate, stream: generated.json_stream,
                 convert: Callable[[dict[str, Any]], _Item]) -> None:
        self._gate = gate
        self._stream: generated.json_stream | None = stream
        self._convert = convert
        self._is_closed = False

    def __iter__(self) -> Answers[_Item]:
        return self

    def __next__(self) -> _Item:
        stream = self._stream
        if self._is_closed:
            raise _closed()
        if stream is None:
            raise StopIteration
        self._gate.check_process()
        text = generated.json_stream_next(stream)
        if text is None:
            self._stream = None
            raise StopIteration
        return self._convert(json.loads(text))

    def close(self) -> None:
        """Forgets the answers that were not read."""
        self._stream = None

    def close_with_desk(self) -> None:
        """What is left to read is an error from now on."""
        self._is_closed = self._stream is not None
        self._stream = None


class Batch:
    """Many commands in one transaction: see :meth:`Desk.batch`."""

    def __init__(self, gate: _Gate) -> None:
        self._gate = gate
        self._has_ended = False

    def __enter__(self) -> Batch:
        gate = self._gate
        gate.check_process()
        gate.lock.acquire()
        try:
            with gate as handle:
                generated.community_desk_begin(handle)
            gate.batch = self
            self._has_ended = False
        except BaseException:
            gate.lock.release()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        gate = self._gate
        gate.check_process()
        try:
            if kind is None:
                with gate as handle:
                    generated.community_desk_commit(handle)
            elif gate.handle is not None and not self._has_ended:
                gate.check_idle()
                generated.community_desk_rollback(gate.handle)
        finally:
            gate.batch = None
            gate.lock.release()

    def check_alive(self) -> None:
        if self._has_ended:
            raise Closed("An error has rolled the whole batch back; leave it.", code="no-batch",
                         message_zh="出错后整个批次已回滚；请退出该批次。")

    def learn_of_failure(self, handle: generated.desk_handle) -> None:
        """After an error the library may have rolled the batch back. Beginning another tells."""
        if self._has_ended:
            return
        try:
            generated.community_desk_begin(handle)
        except CommunityError as error:
            if error.code == "batch-open":
                return
        except BaseException:
            pass
        self._has_ended = True
        generated.community_desk_rollback(handle)


class Desk:
    """An open desk; :func:`open` makes one. A context manager: leaving it closes the desk.

    Threads may share a desk; they take turns. A process that was forked opens its own.
    """

    def __init__(self, handle: generated.desk_handle, clock: Callable[[], int] | None,
                 uri: str) -> None:
        self._gate = _Gate(handle, clock)
        self._answers: weakref.WeakSet[Answers[Any]] = weakref.WeakSet()
        self._uri = uri

    # ---- beginning and end ----

    @property
    def closed(self) -> bool:
        """Whether the desk was closed."""
        return self._gate.handle is None

    def close(self) -> None:
        """Closes the desk; an open batch is rolled back. Closing twice does nothing."""
        gate = self._gate
        if os.getpid() != gate.process:
            self._drop()
            return
        with gate.lock:
            if gate.handle is not None:
                gate.check_idle()
            self._drop()

    def _drop(self) -> None:
        handle, self._gate.handle = self._gate.handle, None
        for answers in list(self._answers):
            answers.close_with_desk()
        if handle is not None:
            generated.desk_close(handle)

    def __enter__(self) -> Desk:
        if self.closed:
            raise _closed()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 traceback: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        gate = getattr(self, "_gate", None)
        if gate is None or gate.handle is None or os.getpid() != gate.process:
            return
        warnings.warn(f"unclosed {self!r}", ResourceWarning, source=self, stacklevel=2)
        self._drop()

    def __repr__(self) -> str:
        return f"<Desk {self._uri!r}{', closed' if self.closed else ''}>"

    # ---- rules ----

    def install(self, rulebook: Rulebook, *, actor: str = "system") -> None:
        """Makes this the rulebook that new records are opened under.

        Records that exist keep theirs. Installing the current one again does nothing.
        """
        rules = handle_of(rulebook)
        check_text(actor, "actor")
        with self._gate as handle:
            generated.community_desk_install(handle, rules, actor)

    @property
    def rulebook_hash(self) -> str | None:
        """The hash of the current rulebook, or None."""
        with self._gate as handle:
            return generated.community_desk_rulebook_hash(handle)

    def now(self) -> datetime:
        """The desk's now, in UTC: its clock, but never before the last entry."""
        with self._gate as handle:
            return from_ms(generated.community_desk_now(handle))

    # ---- commands ----

    def submit(self, command: str | Mapping[str, Any], *, actor: str | None = None,
               record: str | None = None, lifecycle: str | None = None,
               external_id: str | None = None, parent: str | None = None,
               data: Mapping[str, Any] | None = None, at: datetime | None = None,
               recorded_at: datetime | None = None, key: str | None = None) -> Receipt:
        """Decides a command and, if the rules allow it, does it.

        `command` is a transition's name, "open", "rate" or a directory command, with the rest as
        keywords; or all of it as a dict in the form of docs/formats.md. What is done is durable
        when this returns; in a batch, when the batch has ended.

        Raises :class:`Refused` with all reasons when the rules say no.
        """
        words = _command(command, actor, record, lifecycle, external_id, parent, data, at,
                         recorded_at, key)
        with self._gate as handle:
            receipt = generated.community_desk_submit(handle, words)
        return _receipt(receipt)

    def preview(self, command: str | Mapping[str, Any], *, actor: str | None = None,
                record: str | None = None, lifecycle: str | None = None,
                external_id: str | None = None, parent: str | None = None,
                data: Mapping[str, Any] | None = None, at: datetime | None = None,
                recorded_at: datetime | None = None, key: str | None = None) -> Receipt:
        """What :meth:`submit` would answer or raise now. Nothing is written."""
        words = _command(command, actor, record, lifecycle, external_id, parent, data, at,
                         recorded_at, key)
        with self._gate as handle:
            receipt = generated.community_desk_preview(handle, words)
        return _receipt(receipt)

    def batch(self) -> Batch:
        """``with desk.batch():`` makes one transaction of all commands in it.

        It is committed at the end and rolled back by an exception that leaves it. A
        :class:`Refused` or :class:`KeyReused` that you catch inside does not disturb it; after an
        error by which the library has rolled it back, every further call in it raises
        :class:`Closed`. Other threads wait until it is over.
        """
        return Batch(self._gate)

    def tick(self, now: datetime | None = None, *, progress: Progress | None = None) -> int:
        """Fires every timer due by `now`, and returns how many entries were written.

        Without `now`, by the desk's own now; a later time moves that forward.
        """
        until = generated.TIME_NOW if now is None else to_ms(now, "now")
        with self._gate as handle:
            return generated.community_desk_tick(handle, until, progress)

    # ---- questions ----

    def get(self, record: str, *, actor: str, history: bool = False,
            explain: bool = False) -> Record:
        """A record as `actor` may see it; `record` is an id, or "@" and an external id.

        With `history`, every entry; with `explain`, how each due time came about. Raises
        :class:`NotFound`.
        """
        check_text(record, "record")
        check_text(actor, "actor")
        flags = (generated.GET_HISTORY if history else 0) | (
            generated.GET_EXPLAIN if explain else 0)
        with self._gate as handle:
            document = generated.community_desk_get(handle, record, actor, flags)
        return Record.from_dict(_answer(document))

    def options(self, record: str, *, actor: str) -> tuple[Option, ...]:
        """What `actor` may do with the record now, and for everything else why not."""
        check_text(record, "record")
        check_text(actor, "actor")
        with self._gate as handle:
            document = generated.community_desk_options(handle, record, actor)
        return tuple(map(Option.from_dict, _answer(document)["options"]))

    def find(self, *, actor: str, lifecycle: str | None = None, state: str | None = None,
             unit: str | None = None, due_before: datetime | None = None, open_only: bool = False,
             limit: int | None = None) -> Answers[Record]:
        """The records that match, as `actor` may see them: by id, or by due time with `due_before`.

        They are as they were when this was called. Records may be changed while iterating.
        """
        check_text(actor, "actor")
        for name, text in (("lifecycle", lifecycle), ("state", state), ("unit", unit)):
            if text is not None:
                check_text(text, name)
        wanted = (lifecycle, state, unit,
                  None if due_before is None else to_ms(due_before, "due_before"),
                  bool(open_only), _limit(limit))
        with self._gate as handle:
            stream = generated.community_desk_find(handle, wanted, actor)
        answers = self._answering(stream, Record.from_dict)
        if limit == 0:
            answers.close()
        return answers

    def history(self, record: str, *, actor: str) -> Answers[Entry]:
        """The entries of a record, oldest first, as `actor` may see them."""
        check_text(record, "record")
        check_text(actor, "actor")
        with self._gate as handle:
            stream = generated.community_desk_history(handle, record, actor)
        return self._answering(stream, Entry.from_dict)

    def summary(self, at: datetime | None = None) -> Summary:
        """Counts by lifecycle, state and unit as of `at` (default: now)."""
        time = generated.TIME_NOW if at is None else to_ms(at, "at")
        with self._gate as handle:
            document = generated.community_desk_summary(handle, time)
        return Summary.from_dict(_answer(document))

    # ---- effects ----

    def outbox(self) -> Answers[Effect]:
        """The effects that wait for you, each at least once until it is acknowledged."""
        with self._gate as handle:
            stream = generated.community_desk_outbox(handle)
        return self._answering(stream, Effect.from_dict)

    def acknowledge(self, effect: str | Effect) -> None:
        """Takes an effect out of the outbox. :class:`NotFound` when it does not wait there."""
        effect_id = check_text(effect.id if isinstance(effect, Effect) else effect, "effect")
        with self._gate as handle:
            generated.community_desk_acknowledge(handle, effect_id)

    # ---- care ----

    def verify(self, *, progress: Progress | None = None) -> Verification:
        """Reads every entry again: hashes, chains, commitments, and each record against them.

        The answer is true when the journal is whole.
        """
        with self._gate as handle:
            return Verification(*generated.community_desk_verify(handle, progress))

    def backup(self, path: str | os.PathLike[str], *, progress: Progress | None = None) -> None:
        """A whole copy at `path`, which must not exist, while others go on working."""
        place = check_text(os.fspath(path), "path")
        with self._gate as handle:
            generated.community_desk_backup(handle, place, progress)

    def _answering(self, stream: generated.json_stream,
                   convert: Callable[[dict[str, Any]], _Item]) -> Answers[_Item]:
        answers = Answers(self._gate, stream, convert)
        self._answers.add(answers)
        return answers


def open(uri: str | os.PathLike[str], *, create: bool = False, read_only: bool = False,
         sync: str = "full", busy_timeout: float = 10.0, clock: Clock | None = None,
         random: Callable[[int], bytes] | None = None) -> Desk:
    """Opens a desk: "memory:", "sqlite:PATH", or a path.

    `create` makes a new one and raises :class:`Exists` if there is one; without it, a desk that is
    not there is :class:`NotFound`. With `sync` "normal" instead of "full" the last commits may be
    lost when the power fails. `busy_timeout` is in seconds. `clock` and `random` stand in for the
    system's, for tests: a fixed time or a function that tells it, and a function from a count to
    that many bytes.
    """
    place = uri if isinstance(uri, str) else "sqlite:" + check_text(os.fspath(uri), "uri")
    check_text(place, "uri")
    if sync not in ("full", "normal"):
        raise InvalidInput(f'sync must be "full" or "normal", not {sync!r}',
                           code="unknown-word", message_zh="sync 只能为 full 或 normal。")
    flags = ((generated.DESK_CREATE if create else 0)
             | (generated.DESK_READ_ONLY if read_only else 0)
             | (generated.DESK_SYNC_NORMAL if sync == "normal" else 0))
    tell = _clock(clock)
    handle = generated.desk_handle_new(random)
    generated.desk_open(handle, place, flags, _milliseconds(busy_timeout), tell is not None,
                        0 if tell is None else tell())
    return Desk(handle, tell, place)


def _milliseconds(busy_timeout: float) -> int:
    if isinstance(busy_timeout, bool) or not isinstance(busy_timeout, (int, float)):
        raise TypeError(f"busy_timeout must be a number, not {type(busy_timeout).__name__}")
    if not 0 <= busy_timeout <= _BUSY_TIMEOUT_MS_MAX / 1000:
        raise InvalidInput(f"busy_timeout must lie between 0 and {_BUSY_TIMEOUT_MS_MAX // 1000}.",
                           code="number-out-of-range",
                           message_zh=f"busy_timeout 须在 0 至 {_BUSY_TIMEOUT_MS_MAX // 1000} 之间。")
    # The library takes 0 for its default; a thousandth of a second is as good as none.
    return min(max(1, round(busy_timeout * 1000)), _BUSY_TIMEOUT_MS_MAX)


def _clock(clock: Clock | None) -> Callable[[], int] | None:
    if clock is None:
        return None
    if isinstance(clock, datetime):
        fixed = to_ms(clock, "clock")
        return lambda: fixed
    if not callable(clock):
        raise TypeError(f"clock must be a datetime or callable, not {type(clock).__name__}")
    ask = clock
    return lambda: to_ms(ask(), "clock()")


def _limit(limit: int | None) -> int:
    if limit is None:
        return 0
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit must be int, not {type(limit).__name__}")
    if limit < 0:
        raise InvalidInput("limit must not be negative.", code="number-out-of-range",
                           message_zh="limit 不得为负。")
    return max(1, min(limit, 2**63 - 1))


def _command(command: str | Mapping[str, Any], actor: str | None, record: str | None,
             lifecycle: str | None, external_id: str | None, parent: str | None,
             data: Mapping[str, Any] | None, at: datetime | None, recorded_at: datetime | None,
             key: str | None) -> generated.community_command:
    given: dict[str, Any] = {"actor": actor, "record": record, "lifecycle": lifecycle,
                             "external_id": external_id, "parent": parent, "data": data, "at": at,
                             "recorded_at": recorded_at, "key": key}
    members = {name: value for name, value in given.items() if value is not None}
    if isinstance(command, Mapping):
        if members:
            raise TypeError("a command that is a dict takes no keywords: " + ", ".join(members))
        return generated.community_command_from_json(to_json(command, "command"))
    members["command"] = check_text(command, "command")
    for name in ("actor", "record", "lifecycle", "external_id", "parent", "key"):
        if name in members:
            check_text(members[name], name)
    for name in ("at", "recorded_at"):
        if name in members:
            check_time(members[name], name)
    if data is not None and not isinstance(data, Mapping):
        raise TypeError(f"data must be a dict, not {type(data).__name__}")
    return generated.community_command_from_json(to_json(members, "command"))


def _receipt(receipt: generated.community_receipt) -> Receipt:
    answer: dict[str, Any] = json.loads(generated.community_receipt_json(receipt))
    if answer["outcome"] != "accepted":
        raise Refused([reason_from(reason) for reason in answer["reasons"]])
    return Receipt.from_dict(answer)


def _answer(document: generated.community_document) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(generated.community_document_json(document))
    return answer
