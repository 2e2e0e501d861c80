# SPDX-License-Identifier: Apache-2.0
"""Nothing leaks, and a great many answers do not stay in memory."""
import gc
import os
import resource
import tracemalloc

import pytest

import libcommunity
from libcommunity import generated
from conftest import furnish, open_request

MEBIBYTE = 1 << 20


def resident():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="no /proc")


def on_disk(path):
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))


class Growth:
    """How much the process and Python's own objects grew in a block."""

    def __enter__(self):
        gc.collect()
        tracemalloc.start()
        self.traced = tracemalloc.get_traced_memory()[0]
        self.resident = resident()
        return self

    def __exit__(self, *_):
        gc.collect()
        self.traced = tracemalloc.get_traced_memory()[0] - self.traced
        tracemalloc.stop()
        self.resident = resident() - self.resident


@needs_proc
def test_ten_thousand_submits_leak_nothing(path, rulebook):
    """On a file: a desk in memory grows because it keeps what it is told."""
    with libcommunity.open(path, create=True, sync="normal") as desk:
        furnish(desk, rulebook)
        record = open_request(desk, "A-1").record
        note = {"command": "note", "record": record, "actor": "p-2", "data": {"text": "a note"}}

        def work(count, do):
            for _ in range(count // 100):
                with desk.batch():
                    for _ in range(96):
                        do(note)
                    for _ in range(2):
                        with pytest.raises(libcommunity.Refused):
                            do({"command": "close", "record": record, "actor": "p-9"})
                        with pytest.raises(libcommunity.InvalidInput):
                            do({"command": "note"})
                desk.get(record, actor="p-2")
                desk.options(record, actor="p-2")
                next(desk.find(actor="p-2"))
                desk.summary()

        work(2000, desk.submit)  # caches fill
        written = on_disk(path)
        with Growth() as growth:
            work(10_000, desk.submit)
        written = on_disk(path) - written
        assert growth.traced < 200_000, f"{growth.traced} bytes of Python objects are left"
        # SQLite may keep in its cache what was written. A receipt or command that is lost, 2 KiB
        # and more each, would be 20 MiB on top.
        assert written < 16 * MEBIBYTE
        assert growth.resident < written + 2 * MEBIBYTE, f"the process grew by {growth.resident}"

        with Growth() as growth:
            work(10_000, desk.preview)
        assert growth.traced < 200_000
        assert growth.resident < 2 * MEBIBYTE, f"the process grew by {growth.resident} bytes"
        assert desk.verify()


@needs_proc
@pytest.mark.parametrize("name", ["command", "document", "stream", "rulebook", "desk", "error"])
def test_handles_are_given_back(desk, name):
    record = open_request(desk, "A-1").record
    make = {
        "command": lambda: generated.community_command_new("open", "p" * 200),
        "document": lambda: desk.get(record, actor="p-2", history=True),
        "stream": lambda: desk.history(record, actor="p-2"),
        "rulebook": lambda: libcommunity.Rulebook.parse('{"rulebook": "a", "version": "1"}'),
        "desk": lambda: libcommunity.open("memory:").close(),
        "error": lambda: pytest.raises(libcommunity.NotFound, desk.get, "@none", actor="p"),
    }[name]
    count = 500 if name == "desk" else 5000
    for _ in range(count // 10):
        make()
    gc.collect()
    before = resident()
    for _ in range(count):
        make()
    gc.collect()
    assert resident() - before < 2 * MEBIBYTE


@needs_proc
def test_a_great_many_answers_wait_outside_memory(path, rulebook):
    details = {"text": "x" * 2000}
    with libcommunity.open(path, create=True, sync="normal") as desk:
        furnish(desk, rulebook)
        with desk.batch():
            for number in range(20_000):
                open_request(desk, details=details)
        list(desk.find(actor="p-2", limit=100))
        gc.collect()
        before = resident()
        answers = desk.find(actor="p-2")  # 50 MB of JSON and more
        peak = resident()
        count = 0
        ids = set()
        for record in answers:
            assert record.fields["details"] == details
            ids.add(record.id)
            count += 1
            if count % 1000 == 0:
                peak = max(peak, resident())
        assert count == len(ids) == 20_000
        assert peak - before < 16 * MEBIBYTE, f"{peak - before} bytes"


def test_answers_that_are_not_read_to_the_end_are_given_back(path, rulebook):
    """Their nameless file is closed with them."""
    with libcommunity.open(path, create=True, sync="normal") as desk:
        furnish(desk, rulebook)
        with desk.batch():
            for number in range(2000):
                open_request(desk, details={"text": "x" * 2000})
        opened = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
        for _ in range(50):
            answers = desk.find(actor="p-2")
            next(answers)
            del answers
        held = [desk.find(actor="p-2") for _ in range(5)]
        if opened:
            assert len(os.listdir("/proc/self/fd")) == opened + 5
        desk.close()
        if opened:
            assert len(os.listdir("/proc/self/fd")) < opened
        for answers in held:
            with pytest.raises(libcommunity.Closed):
                next(answers)
