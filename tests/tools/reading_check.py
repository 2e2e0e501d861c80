#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sensitive values are read on record: an entry before they are shown, a mask in lists."""
import json

import harness
from harness import SOURCE, expect

RULEBOOK = SOURCE / "examples" / "rulebooks" / "resident-request.json"
DIRECTORY = SOURCE / "examples" / "demo" / "directory.json"
OPENING = {"command": "open", "lifecycle": "resident-request", "external_id": "A-1",
           "actor": "r-1", "data": {"subject": "No heating", "channel": "phone",
                                    "hardship": "on dialysis", "phone": "13900000000"}}


def desk():
    expect(0, "init", "desk.db", "--rulebook", RULEBOOK, "--directory", DIRECTORY)
    expect(0, "submit", "desk.db", stdin=json.dumps(OPENING))


def shown(actor, *options):
    return expect(0, "show", "desk.db", "@A-1", "--as", actor, "--json", *options).json()[0]


def test_who_sees_sensitive_values_on_record_leaves_an_entry():
    desk()
    before = shown("p-sun", "--history")
    assert before["fields"]["hardship"] == "on dialysis"
    assert [(e["command"], e["actor"]) for e in before["history"]] == [
        ("open", "r-1"), ("read", "p-sun")]
    assert before["version"] == 2
    assert shown("p-sun")["version"] == 3
    assert expect(0, "verify", "desk.db", "--json").json()[0]["whole"] is True


def test_an_operator_sees_no_sensitive_value_and_leaves_no_entry():
    desk()
    record = shown("p-liu", "--history")
    assert record["fields"]["hardship"] == {"masked": "sensitive"}
    assert record["fields"]["phone"] == "13900000000"
    assert len(record["history"]) == 1


def test_a_list_masks_what_is_read_on_record():
    desk()
    record = expect(0, "list", "desk.db", "--as", "p-sun", "--json").json()[0]
    assert record["fields"]["hardship"] == {"masked": "sensitive"}
    assert record["version"] == 1


def test_a_reading_does_not_stand_in_the_way_of_a_late_entry():
    desk()
    shown("p-sun")
    late = dict(OPENING, external_id="A-2")
    expect(0, "submit", "desk.db", stdin=json.dumps(late))


harness.main(globals())
