# SPDX-License-Identifier: Apache-2.0
"""Errors are classes that Python knows, with a place, a code and two languages."""
import copy
import pickle
import pathlib
import re

import pytest

import libcommunity
from libcommunity import errors, generated
from conftest import SOURCE, open_request

CLASSES = {
    "NO_MEMORY": (libcommunity.NoMemory, MemoryError),
    "INVALID": (libcommunity.InvalidInput, ValueError),
    "NOT_FOUND": (libcommunity.NotFound, KeyError),
    "CONFLICT": (libcommunity.Conflict, Exception),
    "BUSY": (libcommunity.Busy, TimeoutError),
    "IO": (libcommunity.StoreFailed, OSError),
    "CORRUPT": (libcommunity.Corrupt, Exception),
    "UNSUPPORTED": (libcommunity.Unsupported, NotImplementedError),
    "TOO_NEW": (libcommunity.TooNew, Exception),
    "CANCELLED": (libcommunity.Cancelled, Exception),
    "CALENDAR_UNKNOWN": (libcommunity.CalendarUnknown, LookupError),
    "KEY_REUSED": (libcommunity.KeyReused, Exception),
    "FORKED": (libcommunity.Forked, RuntimeError),
    "EXISTS": (libcommunity.Exists, FileExistsError),
}


def test_every_status_of_the_header_has_its_class():
    header = (SOURCE / "include/community/status.h").read_text(encoding="utf-8")
    statuses = dict(re.findall(r"COMMUNITY_(\w+) = (-\d+),", header))
    assert set(statuses) == set(CLASSES)
    for name, number in statuses.items():
        kind, native = CLASSES[name]
        error = errors.from_status(int(number), "a-code", "A sentence.", "一句话。", "", 0, 0)
        assert type(error) is kind
        assert isinstance(error, libcommunity.CommunityError)
        assert isinstance(error, native)
        assert error.status == int(number)
        assert str(error) == "A sentence."
        assert error.message_zh == "一句话。"
        word = generated.community_status_name(int(number))
        assert word == name.lower().replace("_", "-")


def test_an_unknown_status_is_an_error_all_the_same():
    error = errors.from_status(-999, "x", "y", "z", "", 0, 0)
    assert type(error) is libcommunity.CommunityError


def test_errors_survive_pickling_and_copying():
    for kind, _ in CLASSES.values():
        error = kind("Sentence.", code="word", status=-2, message_zh="句", source="a.json", line=3,
                     column=4)
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(again) is kind
            assert again.__dict__ == error.__dict__
            assert str(again) == str(error) == "a.json:3:4: Sentence."
    refused = libcommunity.Refused([libcommunity.Reason("c", "m", "中", "r", ("n",))])
    again = pickle.loads(pickle.dumps(refused))
    assert again.reasons == refused.reasons and again.code == "c"


def test_a_rulebook_error_names_its_place(tmp_path: pathlib.Path):
    path = tmp_path / "office.json"
    path.write_text('{\n  "rulebook": "a",\n  "versoin": "1"\n}', encoding="utf-8")
    with pytest.raises(libcommunity.InvalidInput) as caught:
        libcommunity.Rulebook.load(path)
    error = caught.value
    assert error.code == "unknown-key"
    assert error.line == 3 and error.column > 0
    assert error.source == str(path)
    assert str(error).startswith(f"{path}:3:{error.column}: ")
    assert '"version"' in error.message
    assert "未知" in error.message_zh
    with pytest.raises(FileNotFoundError):
        libcommunity.Rulebook.load(tmp_path / "nowhere.json")


def test_what_is_not_yet_carried_out_says_so():
    with pytest.raises(libcommunity.Unsupported) as caught:
        libcommunity.Rulebook.parse('{"rulebook": "a", "version": "1", "tables": {}}')
    assert caught.value.code == "not-yet"
    assert caught.value.line == 1


def test_bad_commands_are_invalid_input(desk):
    for command, code in [
        ({}, "command-missing"),
        ({"command": "open"}, "command-missing"),
        ({"command": "open", "actor": "p", "recrod": "x"}, "unknown-key"),
        ({"command": "open", "actor": "p", "at": "yesterday"}, "time-format"),
        ({"command": "open", "actor": 5}, "command-word"),
        ({"command": "open", "actor": "p", "data": []}, "command-data"),
    ]:
        with pytest.raises(libcommunity.InvalidInput) as caught:
            desk.submit(command)
        assert caught.value.code == code
        assert caught.value.message_zh != caught.value.message


def test_a_missing_record_is_a_key_error(desk):
    with pytest.raises(KeyError) as caught:
        desk.get("@nobody", actor="p-2")
    assert isinstance(caught.value, libcommunity.NotFound)
    assert caught.value.code == "record-not-found"
    assert '"@nobody"' in str(caught.value)
    with pytest.raises(libcommunity.NotFound):
        desk.history("@nobody", actor="p-2")
    with pytest.raises(libcommunity.NotFound):
        desk.options("@nobody", actor="p-2")
    with pytest.raises(libcommunity.Refused) as refused:
        desk.submit("dispatch", record="@nobody", actor="p-2", data={"lead_unit": "water"})
    assert refused.value.code == "unknown-record"


def test_a_desk_without_rules_refuses():
    with libcommunity.open("memory:") as desk:
        with pytest.raises(libcommunity.Refused) as caught:
            open_request(desk)
    assert caught.value.code == "no-rulebook"


def test_a_busy_store_is_a_timeout(file_desk, path):
    import sqlite3
    blocker = sqlite3.connect(path, isolation_level=None)
    with libcommunity.open(path, busy_timeout=0.05) as impatient:
        blocker.execute("begin immediate")
        with pytest.raises(TimeoutError) as caught:
            open_request(impatient)
        assert isinstance(caught.value, libcommunity.Busy)
        blocker.execute("rollback")
        open_request(impatient)
    blocker.close()


def test_a_new_store_is_refused_by_an_old_library(file_desk, path):
    import sqlite3
    file_desk.close()
    connection = sqlite3.connect(path)
    version, = connection.execute("pragma user_version").fetchone()
    if version == 0:
        pytest.skip("the schema version is kept elsewhere")
    connection.execute(f"pragma user_version = {version + 1}")
    connection.close()
    with pytest.raises(libcommunity.TooNew):
        libcommunity.open(path)
