# SPDX-License-Identifier: Apache-2.0
"""Threads take turns at a desk and nowhere else; a forked child is refused."""
import os
import sqlite3
import sys
import threading
import time

import pytest

import libcommunity
from conftest import Clock, furnish, open_request

PATIENCE = 30  # seconds; far more than any of this takes


def in_thread(work):
    """Starts `work`; what it returned or raised is in the list when the thread has ended."""
    results = []

    def run():
        try:
            results.append(work())
        except BaseException as error:  # pylint: disable=broad-except
            results.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread, results


WRITES = {
    "submit": lambda desk, rulebook: open_request(desk),
    "preview": lambda desk, rulebook: desk.preview(
        "open", lifecycle="resident-request", actor="p", data={"subject": "x"}),
    "install": lambda desk, rulebook: desk.install(rulebook),
    "tick": lambda desk, rulebook: desk.tick(),
    "batch": lambda desk, rulebook: desk.batch().__enter__().__exit__(None, None, None),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_writer_that_waits_lets_others_compute(file_desk, path, name):
    """The blocker can only let go because the waiting thread holds no lock of the interpreter."""
    other = libcommunity.Rulebook.parse('{"rulebook": "other", "version": "1"}')
    open_request(file_desk, "A-1")
    file_desk.submit("dispatch", record="@A-1", actor="p-2", data={"lead_unit": "water"})
    file_desk._gate._clock = None
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("begin immediate")
    thread, results = in_thread(lambda: WRITES[name](file_desk, other))
    computed = sum(range(1_000_000))
    thread.join(0.2)
    is_waiting = thread.is_alive()
    blocker.execute("rollback")
    blocker.close()
    thread.join(PATIENCE)
    assert computed == 499_999_500_000
    assert is_waiting, results
    assert not thread.is_alive()
    assert not isinstance(results[0], BaseException), results


@pytest.mark.parametrize("name", ["find", "history", "verify", "summary", "backup", "outbox",
                                  "get"])
def test_a_long_read_lets_others_compute(file_desk, tmp_path, name):
    with file_desk.batch():
        record = open_request(file_desk, "A-0").record
        for number in range(3000):
            open_request(file_desk)
        for number in range(1000):
            file_desk.submit("note", record=record, actor="p-2", data={"text": "x"})
    reads = {
        "find": lambda: file_desk.find(actor="p-2"),
        "history": lambda: file_desk.history(record, actor="p-2"),
        "verify": file_desk.verify,
        "summary": file_desk.summary,
        "backup": lambda: file_desk.backup(tmp_path / f"copy-{time.monotonic_ns()}.db"),
        "outbox": file_desk.outbox,
        "get": lambda: file_desk.get(record, actor="p-2", history=True),
    }
    counted = 0
    is_over = threading.Event()

    def count():
        nonlocal counted
        while not is_over.is_set():
            counted += 1
            time.sleep(0)

    # Nobody is made to give up the interpreter's lock: it changes hands only where it is let go.
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    thread = threading.Thread(target=count, daemon=True)
    try:
        thread.start()
        time.sleep(0.01)
        deadline = time.monotonic() + PATIENCE
        before = after = counted
        while before == after and time.monotonic() < deadline:
            before = counted
            reads[name]()
            after = counted
    finally:
        sys.setswitchinterval(interval)
        is_over.set()
        thread.join(PATIENCE)
    assert after > before


def test_threads_share_a_desk_by_turns(file_desk):
    def work(name):
        for number in range(100):
            open_request(file_desk, f"{name}-{number}")
            file_desk.get(f"@{name}-{number}", actor="p-2")
        return len(list(file_desk.find(actor="p-2", limit=50)))

    started = [in_thread(lambda name=name: work(name)) for name in "abcd"]
    for thread, results in started:
        thread.join(PATIENCE)
        assert results == [50]
    assert file_desk.summary().total == 400
    assert file_desk.verify()


def test_a_batch_is_its_own_threads(desk):
    is_inside = threading.Event()
    may_leave = threading.Event()

    def batch():
        try:
            with desk.batch():
                open_request(desk, "A-1")
                is_inside.set()
                may_leave.wait(PATIENCE)
                raise KeyError("rolled back")
        except KeyError:
            pass

    first, first_results = in_thread(batch)
    assert is_inside.wait(PATIENCE)
    second, second_results = in_thread(lambda: open_request(desk, "A-2"))
    second.join(0.1)
    assert second.is_alive()
    may_leave.set()
    first.join(PATIENCE)
    second.join(PATIENCE)
    assert first_results == [None]
    assert second_results[0].state == "new"
    # The other's command was not drawn into the batch that was rolled back.
    assert [record.external_id for record in desk.find(actor="p-2")] == ["A-2"]


def test_closing_while_others_work_ends_them_with_an_exception(path, rulebook):
    desk = libcommunity.open(path, create=True, sync="normal")
    furnish(desk, rulebook)

    def work():
        while True:
            open_request(desk)
            list(desk.find(actor="p-2", limit=10))

    started = [in_thread(work) for _ in range(3)]
    time.sleep(0.1)
    desk.close()
    for thread, results in started:
        thread.join(PATIENCE)
        assert isinstance(results[0], libcommunity.Closed)
    with libcommunity.open(path) as desk:
        assert desk.verify()


def test_two_desks_share_a_store(file_desk, path):
    with libcommunity.open(path, clock=Clock()) as other:
        started = [in_thread(lambda desk=desk: [open_request(desk) for _ in range(100)])
                   for desk in (file_desk, other)]
        for thread, results in started:
            thread.join(PATIENCE)
            assert len(results[0]) == 100
        assert other.summary().total == file_desk.summary().total == 200


def test_a_rulebook_is_shared_freely(rulebook):
    from conftest import MONDAY

    def work():
        return [rulebook.due(MONDAY, "5 working days", calendar="office") for _ in range(200)]

    started = [in_thread(work) for _ in range(4)]
    for thread, results in started:
        thread.join(PATIENCE)
        assert set(results[0]) == {rulebook.due(MONDAY, "5 working days", calendar="office")}


def in_child(work):
    """Runs `work` in a forked child and returns the one word that it says."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            word = work()
        except BaseException as error:  # pylint: disable=broad-except
            word = type(error).__name__
        os.write(writer, word.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        word = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return word


def test_a_forked_child_is_refused_and_the_parent_goes_on(file_desk, path):
    open_request(file_desk, "A-1")
    answers = file_desk.find(actor="p-2")
    assert in_child(lambda: str(open_request(file_desk))) == "Forked"
    assert in_child(lambda: str(file_desk.verify())) == "Forked"
    assert in_child(lambda: str(next(answers))) == "Forked"
    assert in_child(lambda: str(file_desk.batch().__enter__())) == "Forked"

    def close_and_open_again():
        file_desk.close()
        with libcommunity.open(path) as own:
            return open_request(own, "A-2").state

    assert in_child(close_and_open_again) == "new"
    assert next(answers).external_id == "A-1"
    assert open_request(file_desk, "A-3").state == "new"
    assert file_desk.summary().total == 3
    assert file_desk.verify()


def test_a_fork_while_another_thread_is_inside_does_not_hang(file_desk):
    is_inside = threading.Event()
    may_leave = threading.Event()

    def batch():
        with file_desk.batch():
            is_inside.set()
            may_leave.wait(PATIENCE)

    thread, results = in_thread(batch)
    assert is_inside.wait(PATIENCE)
    assert in_child(lambda: str(file_desk.now())) == "Forked"
    assert in_child(lambda: str(file_desk.close())) == "None"
    may_leave.set()
    thread.join(PATIENCE)
    assert results == [None]
