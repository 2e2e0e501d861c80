# SPDX-License-Identifier: Apache-2.0
"""The generated layer has all of the C API, also what the layer above does not need."""
import re
from datetime import datetime, timezone

import pytest

import libcommunity
from libcommunity import generated, times
from conftest import MONDAY, SOURCE, furnish

# What a script has no use for: Python opens and closes desks through its own handle, frees what it
# holds by itself, and reads the members of a receipt from its JSON.
LEFT_OUT = re.compile(r"community_desk_(open|close)|.*_free|community_receipt_(deadline|reason)_.*")


def test_every_public_function_is_bound_or_left_out_on_purpose():
    symbols = re.findall(r"^    (community_\w+);",
                         (SOURCE / "lib/libcommunity.map").read_text(encoding="utf-8"), re.M)
    assert len(symbols) > 50
    missing = [name for name in symbols
               if not hasattr(generated, name) and not LEFT_OUT.fullmatch(name)]
    assert missing == []
    assert libcommunity.__version__ == re.search(
        r'COMMUNITY_VERSION_STRING "(.*)"',
        (SOURCE / "include/community/version.h").read_text(encoding="utf-8")).group(1)


def repeating(size, state=[0]):
    out = bytearray()
    for _ in range(size):
        state[0] = (state[0] * 1103515245 + 12345) & 0xFFFFFFFF
        out.append(state[0] >> 16 & 0xFF)
    return bytes(out)


def test_a_command_built_step_by_step_is_the_one_from_json(rulebook):
    def built():
        command = generated.community_command_new("open", "p-9")
        generated.community_command_set_lifecycle(command, "resident-request")
        generated.community_command_set_external_id(command, "A-1")
        generated.community_command_set_key(command, "k")
        generated.community_command_set_at(command, times.to_ms(MONDAY))
        generated.community_command_put_text(command, "subject", "水管\n")
        generated.community_command_put_integer(command, "cost", 2**53 - 1)
        generated.community_command_put_json(command, "details", '{"a": [true, null]}')
        return command

    def read():
        return generated.community_command_from_json(
            '{"command": "open", "actor": "p-9", "lifecycle": "resident-request", "key": "k",'
            '"external_id": "A-1", "at": "2026-06-01T09:00:00+08:00", "data": {"subject": "水管\\n",'
            '"cost": 9007199254740991, "details": {"a": [true, null]}}}')

    entries = []
    for make in (built, read):
        repeating.__defaults__[0][0] = 1
        with libcommunity.open("memory:", clock=MONDAY, random=repeating) as desk:
            furnish(desk, rulebook)
            with desk._gate as handle:
                receipt = generated.community_desk_submit(handle, make())
            assert generated.community_receipt_is_accepted(receipt)
            assert generated.community_receipt_state(receipt) == "new"
            assert generated.community_receipt_version(receipt) == 1
            assert generated.community_receipt_position(receipt) > 1
            record = generated.community_receipt_record(receipt)
            assert len(record) == 16
            entry, = desk.history("@A-1", actor="p-9")
            assert desk.get("@A-1", actor="p-9").id.replace("-", "") == record.hex()
            entries.append(entry.entry)
    assert entries[0] == entries[1]


def test_the_setters_name_what_they_refuse():
    command = generated.community_command_new("open", "p-9")
    for setter in ("record", "lifecycle", "external_id", "parent", "key"):
        function = getattr(generated, f"community_command_set_{setter}")
        function(command, "fine")
        for wrong in ("", "x" * 1000, "a\0b", b"\xff"):
            with pytest.raises(libcommunity.InvalidInput):
                function(command, wrong)
        with pytest.raises(TypeError, match=f"{setter} must be str, not int"):
            function(command, 5)
    generated.community_command_put_boolean(command, "yes", True)
    with pytest.raises(libcommunity.InvalidInput) as caught:
        generated.community_command_put_text(command, "yes", "again")
    assert caught.value.code == "command-twice"
    with pytest.raises(TypeError):
        generated.community_command_put_boolean(command, "no", 1)
    generated.community_command_set_recorded_at(command, 0)


def test_zones_turn_local_times_into_instants():
    zone = generated.community_zone_open("America/New_York")
    local = times.to_ms(datetime(2015, 3, 8, 2, 30, tzinfo=timezone.utc))  # in the gap
    instant = generated.community_zone_instant(zone, local)
    assert times.from_ms(instant) == datetime(2015, 3, 8, 7, 30, tzinfo=timezone.utc)
    assert generated.community_zone_offset_minutes(zone, instant) == -4 * 60
    with pytest.raises(libcommunity.NotFound):
        generated.community_zone_open("Mars/Olympus")
    with pytest.raises(libcommunity.InvalidInput):
        generated.community_zone_open("../etc/passwd")
