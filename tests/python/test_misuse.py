# SPDX-License-Identifier: Apache-2.0
"""Whatever a program does wrong ends in an exception, never in a crash and never in a lie."""
import gc
import inspect
import random as random_module
import warnings
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import libcommunity
from libcommunity import generated
from conftest import MONDAY, Clock, furnish, open_request

CALLS = {
    "install": lambda desk, rulebook: desk.install(rulebook),
    "rulebook_hash": lambda desk, rulebook: desk.rulebook_hash,
    "now": lambda desk, rulebook: desk.now(),
    "submit": lambda desk, rulebook: open_request(desk),
    "preview": lambda desk, rulebook: desk.preview("open", actor="p"),
    "batch": lambda desk, rulebook: desk.batch().__enter__(),
    "tick": lambda desk, rulebook: desk.tick(),
    "get": lambda desk, rulebook: desk.get("@A", actor="p-2"),
    "options": lambda desk, rulebook: desk.options("@A", actor="p-2"),
    "find": lambda desk, rulebook: desk.find(actor="p-2"),
    "history": lambda desk, rulebook: desk.history("@A", actor="p-2"),
    "summary": lambda desk, rulebook: desk.summary(),
    "outbox": lambda desk, rulebook: desk.outbox(),
    "acknowledge": lambda desk, rulebook: desk.acknowledge("1-1"),
    "verify": lambda desk, rulebook: desk.verify(),
    "backup": lambda desk, rulebook: desk.backup("nowhere"),
    "with": lambda desk, rulebook: desk.__enter__(),
}


def test_the_list_of_calls_is_complete():
    public = {name for name in vars(libcommunity.Desk) if not name.startswith("_")}
    assert public - {"close", "closed"} == set(CALLS) - {"with"}


@pytest.mark.parametrize("name", CALLS)
def test_a_closed_desk_raises(desk, rulebook, name):
    desk.close()
    assert desk.closed
    with pytest.raises(libcommunity.Closed) as caught:
        CALLS[name](desk, rulebook)
    assert isinstance(caught.value, ValueError)
    assert caught.value.message_zh
    desk.close()
    assert "closed" in repr(desk)


def test_iterators_of_a_closed_desk_raise(desk):
    for number in range(3):
        open_request(desk, f"A-{number}")
    half = desk.find(actor="p-2")
    next(half)
    untouched = desk.history("@A-1", actor="p-2")
    finished = desk.find(actor="p-2")
    list(finished)
    dropped = desk.find(actor="p-2")
    dropped.close()
    desk.close()
    for answers in (half, untouched):
        for _ in range(2):
            with pytest.raises(libcommunity.Closed):
                next(answers)
    assert list(finished) == [] and list(dropped) == []


def test_closing_inside_a_batch_rolls_it_back(file_desk, path):
    with pytest.raises(libcommunity.Closed):
        with file_desk.batch():
            open_request(file_desk)
            file_desk.close()
    with libcommunity.open(path) as desk:
        assert desk.summary().total == 0


def test_a_forgotten_desk_is_closed_with_a_warning(path, rulebook):
    desk = libcommunity.open(path, create=True)
    desk.install(rulebook)
    with pytest.warns(ResourceWarning, match="unclosed"):
        del desk
        gc.collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with libcommunity.open(path) as desk:
            open_request(desk)
        del desk
        gc.collect()


def test_answers_outlive_the_name_of_their_desk(rulebook):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        desk = libcommunity.open("memory:")
        furnish(desk, rulebook)
        open_request(desk)
        answers = desk.find(actor="p-2")
        del desk
        gc.collect()
        with pytest.raises(libcommunity.Closed):
            next(answers)


WRONG = [None, 5, 5.5, b"bytes", [], {}, object(), True, datetime(2026, 1, 1)]


@pytest.mark.parametrize("name", ["install", "submit", "preview", "tick", "get", "options", "find",
                                  "history", "summary", "acknowledge", "verify", "backup"])
def test_wrong_types_in_every_place_are_refused(desk, name):
    """Each argument in turn gets what it cannot be; the message names it and says what it wants."""
    open_request(desk, "A-1")
    right = {"rulebook": libcommunity.Rulebook.parse('{"rulebook": "a", "version": "1"}'),
             "actor": "p-2", "command": "note", "record": "@A-1", "lifecycle": None, "state": None,
             "external_id": None, "parent": None, "data": None, "at": None, "recorded_at": None,
             "key": None, "now": None, "progress": None, "unit": None, "due_before": None,
             "limit": None, "effect": "1-1", "path": "nowhere/at/all"}
    free = {"history", "explain", "open_only"}
    method = getattr(desk, name)
    before = desk.verify().entry_count
    for parameter in inspect.signature(method).parameters:
        if parameter in free:
            continue
        for value in WRONG:
            arguments = {key: right[key] for key in inspect.signature(method).parameters
                         if key not in free}
            may_be_absent = arguments[parameter] is None or name in ("submit", "preview")
            if value is None and may_be_absent or (
                    parameter == "limit" and type(value) is int) or (
                    parameter in ("data", "command") and value == {}):
                continue
            arguments[parameter] = value
            with pytest.raises((TypeError, ValueError)):
                method(**arguments)
    assert desk.verify().entry_count == before


@pytest.mark.parametrize("arguments", [
    dict(uri=None), dict(uri=5), dict(uri=b"x"), dict(clock=5), dict(clock="now"),
    dict(random=5), dict(random=b"x"), dict(busy_timeout=None), dict(busy_timeout="1"),
    dict(busy_timeout=-1), dict(busy_timeout=float("nan")), dict(busy_timeout=1e300),
    dict(busy_timeout=True), dict(sync="sometimes"), dict(sync=None), dict(uri=""),
    dict(uri="http://x"),
])
def test_open_refuses_what_it_cannot_use(arguments):
    with pytest.raises((TypeError, ValueError)):
        libcommunity.open(**{"uri": "memory:", **arguments})


# ---- callbacks ----

def test_a_callback_may_not_use_its_desk(file_desk, rulebook, tmp_path):
    caught = []

    def reenter(done, total):
        for call in [*CALLS.values(), lambda desk, rulebook: desk.close()]:
            if call is CALLS["with"]:
                continue
            with pytest.raises(libcommunity.InUse) as error:
                call(file_desk, rulebook)
            caught.append(error.value.code)

    with file_desk.batch():
        for number in range(3000):
            open_request(file_desk)
    file_desk.backup(tmp_path / "copy.db", progress=reenter)
    file_desk.verify(progress=reenter)
    assert caught and set(caught) == {"desk-in-use"}
    assert file_desk.verify()


def test_a_clock_that_uses_its_desk_is_refused(rulebook):
    desks = []

    def clock():
        if desks:
            desks[0].now()
        return MONDAY

    with libcommunity.open("memory:", clock=clock) as desk:
        desks.append(desk)
        with pytest.raises(libcommunity.InUse):
            desk.install(rulebook)
        desks.clear()
        desk.install(rulebook)


class Broken(Exception):
    pass


def test_a_clock_that_raises_stops_the_call_before_it_begins(desk, clock):
    def broken():
        raise Broken

    open_request(desk, "A-1")
    ask, desk._gate._clock = desk._gate._clock, broken
    for name in set(CALLS) - {"with", "batch"}:
        with pytest.raises(Broken):
            CALLS[name](desk, libcommunity.Rulebook.parse('{"rulebook": "a", "version": "1"}'))
    with pytest.raises(Broken):
        with desk.batch():
            raise AssertionError("begun without a clock")
    desk._gate._clock = ask
    assert desk.summary().total == 1


@pytest.mark.parametrize("answer", [b"", b"short", "text", None, bytearray(512), b"x" * 10_000, 5])
def test_randomness_of_the_wrong_kind_is_refused(answer):
    with pytest.raises(ValueError, match="random"):
        libcommunity.open("memory:", random=lambda size: answer)


def test_randomness_that_raises_leaves_the_desk_as_it_was(rulebook):
    source = random_module.Random(1)
    is_broken = False

    def randomness(size):
        if is_broken:
            raise Broken
        return source.randbytes(size)

    with libcommunity.open("memory:", clock=MONDAY, random=randomness) as desk:
        desk.install(rulebook)
        is_broken = True
        opened = 0
        with pytest.raises(Broken):
            for number in range(1000):
                open_request(desk, f"A-{number}", phone="1")
                opened += 1
        is_broken = False
        assert opened < 1000
        assert desk.summary().total == opened
        assert desk.verify()
        open_request(desk, f"A-{opened}")


def test_a_keyboard_interrupt_comes_through(file_desk):
    import _thread
    with file_desk.batch():
        for _ in range(3000):
            open_request(file_desk)
    asked = 0

    def interrupt(done, total):
        nonlocal asked
        asked += 1
        if asked == 1:
            _thread.interrupt_main()

    try:
        with pytest.raises(KeyboardInterrupt):
            file_desk.verify(progress=interrupt)
    finally:
        assert asked == 1
    assert file_desk.verify()


# ---- sequences ----

class Chaos:
    """A program without sense: random calls on a few desks, open and closed."""

    texts = st.one_of(st.none(), st.text(max_size=8), st.sampled_from(
        ["@A-0", "@A-1", "@A-2", "p-1", "p-2", "p-3", "p-9", "water", "", "a\0b", "\ud800",
         "x" * 300, "new", "resident-request", "1-1"]), st.integers(), st.binary(max_size=4))
    times = st.one_of(st.none(), st.integers(-2**70, 2**70), st.datetimes(),
                      st.integers(0, 10**6).map(lambda s: MONDAY + timedelta(seconds=s)))
    data = st.one_of(st.none(), st.dictionaries(st.text(max_size=4), st.one_of(
        st.none(), st.integers(), st.floats(), st.text(max_size=4)), max_size=3),
        st.just({"subject": "x"}), st.just({"lead_unit": "water"}), st.integers(),
        st.just({"text": "x", "phone": "1"}))
    commands = st.one_of(texts, data, st.sampled_from(
        ["open", "dispatch", "note", "finish", "close", "rate", "put-unit", "grant", "revoke"]))
    steps = st.one_of(
        st.tuples(st.just("submit"), commands, texts, texts, texts, texts, data, times),
        st.tuples(st.just("preview"), commands, texts, texts, texts, texts, data, times),
        st.tuples(st.sampled_from(["get", "options", "history"]), texts, texts),
        st.tuples(st.just("find"), texts, texts, texts, texts, times, st.one_of(
            st.none(), st.integers(-5, 2**70))),
        st.tuples(st.sampled_from(["tick", "summary"]), times),
        st.tuples(st.just("acknowledge"), texts),
        st.tuples(st.sampled_from(["outbox", "verify", "now", "close", "batch", "leave", "next",
                                   "fail", "collect"])),
    )

    def __init__(self, rulebook):
        self.desks = []
        for _ in range(2):
            desk = libcommunity.open("memory:", clock=Clock())
            furnish(desk, rulebook)
            for number in range(3):
                open_request(desk, f"A-{number}")
            self.desks.append(desk)
        self.batches = {}
        self.answers = []

    def do(self, desk, step):
        name, *rest = step
        if name in ("submit", "preview"):
            command, actor, record, lifecycle, external_id, data, at = rest
            getattr(desk, name)(command, actor=actor, record=record, lifecycle=lifecycle,
                                external_id=external_id, data=data, at=at)
        elif name in ("get", "options"):
            getattr(desk, name)(rest[0], actor=rest[1])
        elif name == "history":
            self.answers.append(desk.history(rest[0], actor=rest[1]))
        elif name == "find":
            self.answers.append(desk.find(actor=rest[0], lifecycle=rest[1], state=rest[2],
                                          unit=rest[3], due_before=rest[4], limit=rest[5]))
        elif name == "outbox":
            self.answers.append(desk.outbox())
        elif name == "next" and self.answers:
            next(self.answers[-1], None)
        elif name == "batch":
            batch = desk.batch()
            batch.__enter__()
            self.batches.setdefault(desk, []).append(batch)
        elif name in ("leave", "fail") and self.batches.get(desk):
            error = Broken() if name == "fail" else None
            self.batches[desk].pop().__exit__(error and type(error), error, None)
        elif name == "collect":
            self.answers.clear()
        elif name in ("tick", "summary", "acknowledge"):
            getattr(desk, name)(*rest)
        elif name in ("verify", "now", "close"):
            getattr(desk, name)()

    def end(self):
        for desk, batches in self.batches.items():
            for batch in reversed(batches):
                try:
                    batch.__exit__(Broken, Broken(), None)
                except libcommunity.CommunityError:
                    pass
        for desk in self.desks:
            if not desk.closed:
                verification = desk.verify()
                assert verification, verification
            desk.close()
            desk.close()
        for answers in self.answers:
            try:
                list(answers)
            except libcommunity.Closed:
                pass


@settings(max_examples=300)
@given(steps=st.lists(st.tuples(st.integers(0, 1), Chaos.steps), max_size=40))
def test_no_sequence_of_calls_does_more_than_raise(rulebook, steps):
    chaos = Chaos(rulebook)
    try:
        for index, step in steps:
            try:
                chaos.do(chaos.desks[index], step)
            except (libcommunity.CommunityError, TypeError, ValueError, OverflowError):
                pass
    finally:
        chaos.end()


# ---- the layer below ----

def generated_functions():
    return sorted(name for name, value in vars(generated).items()
                  if callable(value) and not inspect.isclass(value) and not name.startswith("_"))


def test_nothing_is_never_a_handle():
    """None in the place of a handle went into C as NULL, once upon a time."""
    assert len(generated_functions()) > 50
    for name in generated_functions():
        function = getattr(generated, name)
        count = len(inspect.signature(function).parameters)
        if count == 0 or name in ("desk_handle_new",):
            continue
        with pytest.raises((TypeError, ValueError, OverflowError)):
            function(*[None] * count)


ANYTHING = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
                     st.binary(max_size=5), st.just(()), st.builds(object))


@settings(max_examples=100)
@given(st.data())
def test_the_generated_layer_only_raises(data):
    made = generated.desk_handle_new(None)
    generated.desk_open(made, "memory:", 0, 10, True, 0)
    closed = generated.desk_handle_new(None)
    generated.desk_open(closed, "memory:", 0, 10, False, 0)
    generated.desk_close(closed)
    handles = st.sampled_from([
        made, closed, generated.desk_handle_new(None), generated.community_command_new("a", "b"),
        generated.community_digest_new(), generated.community_desk_outbox(made),
        generated.community_rulebook_load('{"rulebook": "a", "version": "1"}', None)])
    for _ in range(10):
        name = data.draw(st.sampled_from(generated_functions()))
        function = getattr(generated, name)
        count = len(inspect.signature(function).parameters)
        arguments = [data.draw(st.one_of(handles, ANYTHING)) for _ in range(count)]
        if name == "desk_open":
            continue
        try:
            function(*arguments)
        except (TypeError, ValueError, OverflowError, libcommunity.CommunityError):
            pass
    generated.desk_close(made)
