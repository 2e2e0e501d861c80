#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A tour of libcommunity: a city request is opened, refused a step, overdue, closed and checked.

examples/c/desk.c tells the same story. Both have a clock and a random source that repeat, so both
write the same journal, byte for byte: compare the hashes they print.

    PYTHONPATH=build/python examples/python/desk.py examples/rulebooks/city-311.json
"""
import sys
from datetime import datetime

import libcommunity


class Repeating:
    """A clock that is set by hand, and a random source that begins anew with each run."""

    def __init__(self, time):
        self.set_time(time)
        self.state = 1

    def set_time(self, time):
        self.now = datetime.fromisoformat(time)

    def clock(self):
        return self.now

    def random(self, size):
        # A linear congruence: good enough for a tour, for nothing else.
        out = bytearray()
        for _ in range(size):
            self.state = (self.state * 1103515245 + 12345) & 0xFFFFFFFF
            out.append(self.state >> 16 & 0xFF)
        return bytes(out)


def submit(desk, command, **rest):
    """A yes shows the new state and what is due; a no shows every reason."""
    try:
        receipt = desk.submit(command, **rest)
    except libcommunity.Refused as refused:
        for reason in refused.reasons:
            print(f"refused {reason.code}\n  {reason.message}\n  {reason.message_zh}")
        return
    print("accepted", receipt.state or "")
    for name, due in receipt.deadlines.items():
        print(f"  {name} is due {due.isoformat()}")


def main(path):
    world = Repeating("2015-03-02T08:00:00-05:00")
    rulebook = libcommunity.Rulebook.load(path)
    with libcommunity.open("memory:", clock=world.clock, random=world.random) as desk:
        desk.install(rulebook, actor="installer")
        submit(desk, "put-unit", actor="installer",
               data={"id": "city", "kind": "city", "title": "City"})
        submit(desk, "grant", actor="installer",
               data={"person": "p-311", "role": "operator", "unit": "city"})

        world.set_time("2015-03-02T09:00:00-05:00")
        target = datetime.fromisoformat("2015-03-05T16:30:00-05:00")
        submit(desk, "open", lifecycle="city-311", external_id="B-1", actor="caller",
               data={"case_type": "Pothole", "target": target.isoformat()})
        submit(desk, "close", record="@B-1", actor="caller")

        world.set_time("2015-03-06T09:00:00-05:00")
        print(desk.tick(), "timers fired")
        submit(desk, "close", record="@B-1", actor="p-311")

        for entry in desk.history("@B-1", actor="p-311"):
            print(entry.version, entry.command, "by", entry.actor, "entry", entry.entry)
        for effect in desk.outbox():
            print(effect.id, effect.type, effect.data)
        verification = desk.verify()
        print("whole," if verification else "tampered,", verification.entry_count, "entries")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} examples/rulebooks/city-311.json")
    main(sys.argv[1])
