# SPDX-License-Identifier: Apache-2.0
"""A day at the desk, from the first command to the backup."""
import json
import pickle
import uuid
from datetime import datetime, timedelta, timezone

import pytest

import libcommunity
from conftest import MONDAY, SHANGHAI, open_request


def dispatch(desk, record="@A-17"):
    return desk.submit("dispatch", record=record, actor="p-2", data={"lead_unit": "water"})


def test_a_receipt_tells_what_came_of_a_command(desk):
    opened = open_request(desk, "A-17")
    assert opened.version == 1
    assert opened.state == "new"
    assert opened.deadlines == {}
    assert uuid.UUID(opened.record).version == 7

    sent = dispatch(desk)
    assert sent.record == opened.record
    assert sent.version == 2
    assert sent.state == "dispatched"
    assert sent.position == opened.position + 1
    # Five working days after a Monday, at the close of business.
    assert sent.deadlines == {"resolve": datetime(2026, 6, 8, 17, 30, tzinfo=SHANGHAI)}
    assert sent.deadlines["resolve"].utcoffset() == timedelta(hours=8)


def test_a_dict_is_a_command_too(desk):
    receipt = desk.submit({"command": "open", "lifecycle": "resident-request", "actor": "p-9",
                           "external_id": "A-1", "data": {"subject": "水管爆裂"},
                           "at": "2026-06-01T08:30:00+08:00"})
    assert receipt.state == "new"
    record = desk.get("@A-1", actor="p-2")
    assert record.fields["subject"] == "水管爆裂"
    assert record.opened_at == datetime(2026, 6, 1, 8, 30, tzinfo=SHANGHAI)
    with pytest.raises(TypeError, match="takes no keywords: actor"):
        desk.submit({"command": "open"}, actor="p-9")


def test_times_in_commands_are_datetimes(desk):
    at = MONDAY - timedelta(minutes=30)
    wanted = datetime(2026, 6, 3, 12, 0, 0, 5000, tzinfo=timezone.utc)
    receipt = desk.submit("open", lifecycle="resident-request", actor="p-9", at=at,
                          data={"subject": "x", "wanted": wanted})
    record = desk.get(receipt.record, actor="p-2")
    assert record.opened_at == at
    assert datetime.fromisoformat(record.fields["wanted"].replace("Z", "+00:00")) == wanted


def test_a_no_is_refused_with_every_reason(desk):
    open_request(desk, "A-17")
    with pytest.raises(libcommunity.Refused) as caught:
        desk.submit("close", record="@A-17", actor="p-3")
    refused = caught.value
    codes = [reason.code for reason in refused.reasons]
    assert codes and refused.code == codes[0]
    assert set(codes) <= {"wrong-state", "not-permitted"}
    for reason in refused.reasons:
        assert reason.message and reason.message_zh
        assert reason.message != reason.message_zh
        assert reason.rule == "close"
        assert isinstance(reason.needs, tuple)
        assert str(reason) == reason.message
    assert refused.status == 0
    assert refused.reasons[0].message in str(refused)
    assert desk.get("@A-17", actor="p-2").version == 1


def test_a_refusal_says_what_is_needed(desk):
    open_request(desk, "A-17")
    with pytest.raises(libcommunity.Refused) as caught:
        desk.submit("dispatch", record="@A-17", actor="p-9", data={"lead_unit": "water"})
    reason, = caught.value.reasons
    assert reason.code == "not-permitted"
    assert reason.needs == ("operator",)


def test_a_preview_writes_nothing(desk):
    open_request(desk, "A-17")
    receipt = desk.preview("dispatch", record="@A-17", actor="p-2", data={"lead_unit": "water"})
    assert receipt.state == "dispatched"
    assert receipt.position is None
    assert "resolve" in receipt.deadlines
    assert desk.get("@A-17", actor="p-2").state == "new"
    with pytest.raises(libcommunity.Refused):
        desk.preview("close", record="@A-17", actor="p-2")


def test_a_record_is_seen_by_its_reader(desk):
    open_request(desk, "A-17", phone="13800000000", cost=2**53 - 1)
    dispatch(desk)
    record = desk.get("@A-17", actor="p-2")
    assert record.external_id == "A-17"
    assert record.lifecycle == "resident-request"
    assert record.kind == "ticket"
    assert record.requester == "p-9"
    assert record.unit == "water"
    assert record.parent is None
    assert not record.is_final
    assert record.opened_at == record.entered_at == MONDAY
    assert record.history is None
    assert record.flags == frozenset()
    assert record.fields["phone"] == "13800000000"
    assert record.fields["cost"] == 2**53 - 1
    assert record.fields["urgency"] == "general"
    assert record.raw["record"] == record.id

    assert record.state_title == {}
    assert desk.get(open_request(desk).record, actor="p-2").state_title == {
        "zh": "待派单", "en": "New"}

    stranger = desk.get(record.id, actor="somebody")
    assert stranger.fields["phone"] == libcommunity.Masked("personal")
    assert stranger.fields["subject"] == "Street lamp out"


def test_history_and_explanation_come_on_demand(desk):
    open_request(desk, "A-17")
    dispatch(desk)
    record = desk.get("@A-17", actor="p-2", history=True, explain=True)
    assert [entry.command for entry in record.history] == ["open", "dispatch"]
    deadline = record.deadlines["resolve"]
    assert deadline.status == "running" and not deadline.breached
    assert deadline.due == datetime(2026, 6, 8, 17, 30, tzinfo=SHANGHAI)
    assert deadline.why["calendar"] == "office"
    assert {day["reason"] for day in deadline.why["days"]} >= {"counted", "weekend"}
    assert list(desk.history("@A-17", actor="p-2")) == list(record.history)


def test_options_tell_what_may_be_done_and_why_not(desk):
    open_request(desk, "A-17")
    options = {option.command: option for option in desk.options("@A-17", actor="p-2")}
    assert options["dispatch"].allowed
    assert options["dispatch"].asks == ("lead_unit",)
    assert options["dispatch"].to == "dispatched"
    assert not options["close"].allowed
    assert "wrong-state" in {reason.code for reason in options["close"].reasons}
    stranger = {option.command: option for option in desk.options("@A-17", actor="p-7")}
    assert stranger["dispatch"].reasons[0].code == "not-permitted"


def test_timers_fire_and_effects_wait_until_acknowledged(desk, clock):
    open_request(desk, "A-17")
    dispatch(desk)
    assert list(desk.outbox()) == []
    assert desk.tick() == 0
    fired = desk.tick(datetime(2026, 6, 9, tzinfo=SHANGHAI))
    assert fired >= 2
    assert desk.now() == datetime(2026, 6, 9, tzinfo=SHANGHAI)
    record = desk.get("@A-17", actor="p-2", history=True)
    assert record.deadlines["resolve"].breached
    assert {entry.actor for entry in record.history if entry.command in ("warn", "breach")} == {
        "system"}

    effects = list(desk.outbox())
    assert effects
    for effect in effects:
        assert effect.raw["specversion"] == "1.0"
        assert effect.subject == record.id
        assert effect.time.tzinfo is not None
        assert effect.data["external_id"] == "A-17"
    desk.acknowledge(effects[0])
    for effect in desk.outbox():  # acknowledging while reading is what one does
        desk.acknowledge(effect.id)
    assert list(desk.outbox()) == []
    with pytest.raises(libcommunity.NotFound):
        desk.acknowledge(effects[0])


def test_find_by_lifecycle_state_unit_and_due(desk):
    for number in range(10):
        open_request(desk, f"A-{number}")
    for number in range(4):
        dispatch(desk, f"@A-{number}")
    assert len(list(desk.find(actor="p-2"))) == 10
    assert len(list(desk.find(actor="p-2", limit=3))) == 3
    assert list(desk.find(actor="p-2", limit=0)) == []
    assert len(list(desk.find(actor="p-2", state="new"))) == 6
    assert len(list(desk.find(actor="p-2", unit="water"))) == 4
    assert list(desk.find(actor="p-2", lifecycle="nothing-of-the-kind")) == []
    due = list(desk.find(actor="p-2", due_before=MONDAY + timedelta(days=30)))
    assert {record.state for record in due} == {"dispatched"}
    assert list(desk.find(actor="p-2", due_before=MONDAY)) == []
    ids = [record.id for record in desk.find(actor="p-2")]
    assert ids == sorted(ids)


def test_records_may_change_while_they_are_read(desk):
    for number in range(20):
        open_request(desk, f"A-{number}")
    seen = 0
    for record in desk.find(actor="p-2", state="new"):
        desk.submit("dispatch", record=record.id, actor="p-2", data={"lead_unit": "water"})
        seen += 1
    assert seen == 20
    assert list(desk.find(actor="p-2", state="new")) == []


def test_a_summary_counts(desk):
    for number in range(5):
        open_request(desk, f"A-{number}")
    dispatch(desk, "@A-0")
    summary = desk.summary()
    assert summary.total == summary.open == 5
    assert summary.final == 0
    assert summary.at == MONDAY
    lifecycle = summary.lifecycles["resident-request"]
    assert lifecycle.total == 5
    assert lifecycle.states["new"] == 4 and lifecycle.states["dispatched"] == 1
    assert summary.units["water"].total == 1
    later = desk.summary(datetime(2026, 7, 1, tzinfo=SHANGHAI))
    assert later.overdue == 1 and summary.overdue == 0


def test_a_whole_journal_verifies(desk):
    open_request(desk, "A-17")
    verification = desk.verify()
    assert verification
    assert verification.is_whole and verification.kind == ""
    assert verification.entry_count >= 6
    assert verification.record_count >= 1


def test_a_tampered_journal_is_found(file_desk, path):
    import sqlite3
    open_request(file_desk, "A-17")
    last = dispatch(file_desk).position
    file_desk.close()
    with sqlite3.connect(path) as connection:
        tables = connection.execute("select name, sql from sqlite_master where type = 'table'")
        table = next(name for name, sql in tables if "body" in sql and "position" in sql)
        body, = connection.execute(f"select body from {table} where position = ?",
                                   (last,)).fetchone()
        kind = type(body)
        body = body if isinstance(body, bytes) else body.encode()
        changed = body.replace(b"dispatch", b"dispetch")
        assert changed != body
        for trigger, in connection.execute(
                "select name from sqlite_master where type = 'trigger'").fetchall():
            connection.execute(f'drop trigger "{trigger}"')
        connection.execute(f"update {table} set body = ? where position = ?",
                           (changed if kind is bytes else changed.decode(), last))
    connection.close()
    with libcommunity.open(path) as desk:
        verification = desk.verify()
    assert not verification
    assert verification.position == last
    assert verification.kind
    assert verification.expected != verification.found


def test_a_batch_is_one_transaction(file_desk, path):
    with file_desk.batch():
        for number in range(100):
            open_request(file_desk, f"A-{number}")
        with pytest.raises(libcommunity.Refused):
            file_desk.submit("close", record="@A-0", actor="p-9")
    assert file_desk.summary().total == 100
    with libcommunity.open(path) as other:
        assert other.summary().total == 100


def test_an_exception_rolls_the_batch_back(file_desk):
    with pytest.raises(ZeroDivisionError):
        with file_desk.batch():
            open_request(file_desk, "A-1")
            1 / 0
    assert file_desk.summary().total == 0
    open_request(file_desk, "A-1")
    assert file_desk.summary().total == 1


def test_a_reused_key_does_not_disturb_the_batch(desk):
    command = {"command": "open", "lifecycle": "resident-request", "actor": "p-9", "key": "k",
               "data": {"subject": "a"}}
    with desk.batch():
        first = desk.submit(command)
        assert desk.submit(command) == first
        with pytest.raises(libcommunity.KeyReused) as caught:
            desk.submit({**command, "data": {"subject": "b"}})
        open_request(desk, "A-2")
    assert caught.value.code == "key-reused"
    assert desk.summary().total == 2


def test_a_lost_batch_takes_no_more_commands(desk, monkeypatch):
    from libcommunity import generated
    open_request(desk, "A-0")

    def lose(handle, command):
        # What the library does when the world fails in the middle of a batch.
        generated.community_desk_rollback(handle)
        raise libcommunity.StoreFailed("The store failed.", code="store-io", status=-6)

    with pytest.raises(libcommunity.Closed):
        with desk.batch():
            open_request(desk, "A-1")
            with monkeypatch.context() as patch:
                patch.setattr(generated, "community_desk_submit", lose)
                with pytest.raises(libcommunity.StoreFailed):
                    open_request(desk, "A-2")
            with pytest.raises(libcommunity.Closed):
                open_request(desk, "A-3")
    assert desk.summary().total == 1
    open_request(desk, "A-4")
    assert desk.summary().total == 2


def test_batches_do_not_nest(desk):
    with desk.batch():
        open_request(desk, "A-1")
        with pytest.raises(libcommunity.InvalidInput) as caught:
            with desk.batch():
                raise AssertionError("a batch within a batch")
        assert caught.value.code == "batch-open"
        open_request(desk, "A-2")
    assert desk.summary().total == 2


def test_a_backup_is_a_desk(file_desk, tmp_path):
    for number in range(50):
        open_request(file_desk, f"A-{number}")
    steps = []
    copy = tmp_path / "copy.db"
    file_desk.backup(copy, progress=lambda done, total: steps.append((done, total)))
    with libcommunity.open(copy, read_only=True) as other:
        assert other.summary().total == 50
        assert other.verify()
        with pytest.raises(libcommunity.Unsupported) as caught:
            open_request(other)
        assert caught.value.code == "desk-read-only"
    with pytest.raises(libcommunity.Exists):
        file_desk.backup(copy)


def test_a_memory_desk_has_no_backup(desk, tmp_path):
    with pytest.raises(libcommunity.Unsupported):
        desk.backup(tmp_path / "copy.db")


def test_a_progress_callback_stops_a_long_call(file_desk, tmp_path):
    with file_desk.batch():
        for number in range(2000):
            open_request(file_desk, f"A-{number}", phone="1" * 200)
    copy = tmp_path / "copy.db"
    with pytest.raises(libcommunity.Cancelled):
        file_desk.backup(copy, progress=lambda done, total: False)
    assert not copy.exists()

    class Enough(Exception):
        pass

    def raise_enough(done, total):
        raise Enough

    with pytest.raises(Enough):
        file_desk.verify(progress=raise_enough)
    assert file_desk.verify(progress=lambda done, total: None)


def test_the_clock_is_asked_once_per_call(desk, clock):
    asked = clock.asked
    open_request(desk, "A-1")
    desk.get("@A-1", actor="p-2")
    assert clock.asked == asked + 2
    clock.now = MONDAY - timedelta(days=400)
    assert desk.now() == MONDAY  # never backwards
    clock.now = MONDAY + timedelta(milliseconds=1)
    assert desk.now() == MONDAY + timedelta(milliseconds=1)


def test_the_same_randomness_gives_the_same_entries(rulebook):
    def run():
        state = 7

        def random(size):
            nonlocal state
            out = bytearray()
            for _ in range(size):
                state = (state * 1103515245 + 12345) & 0xFFFFFFFF
                out.append(state >> 16 & 0xFF)
            return bytes(out)

        with libcommunity.open("memory:", clock=MONDAY, random=random) as desk:
            desk.install(rulebook)
            receipt = open_request(desk, "A-1", phone="1")
            return [entry.entry for entry in desk.history(receipt.record, actor="p-9")]

    assert run() == run()


def test_existing_and_missing_desks_are_told_apart(path, rulebook):
    with pytest.raises(libcommunity.NotFound):
        libcommunity.open(path)
    with libcommunity.open(path, create=True) as desk:
        assert desk.rulebook_hash is None
        desk.install(rulebook)
        assert desk.rulebook_hash == rulebook.hash
    with pytest.raises(libcommunity.Exists):
        libcommunity.open(path, create=True)
    with libcommunity.open(f"sqlite:{path}") as desk:
        assert desk.rulebook_hash == rulebook.hash
    (path.parent / "text").write_text("not a database, but long enough to look at" * 100)
    with pytest.raises(libcommunity.Corrupt):
        libcommunity.open(path.parent / "text")
    with pytest.raises(libcommunity.Unsupported):
        libcommunity.open("postgresql://nowhere")
    with pytest.raises(libcommunity.InvalidInput):
        libcommunity.open("")


def test_a_path_is_never_taken_for_a_scheme(tmp_path, monkeypatch):
    import pathlib
    monkeypatch.chdir(tmp_path)
    with libcommunity.open(pathlib.Path("memory:"), create=True):
        pass
    assert (tmp_path / "memory:").exists()


def test_answers_can_be_pickled(desk):
    open_request(desk, "A-17", phone="1")
    receipt = dispatch(desk)
    record = desk.get("@A-17", actor="nobody", history=True)
    for answer in (receipt, record, desk.summary(), desk.verify(),
                   desk.options("@A-17", actor="p-2")):
        assert pickle.loads(pickle.dumps(answer)) == answer
    json.dumps(record.raw)
    with pytest.raises(AttributeError):
        receipt.version = 9


def test_working_time_without_a_desk(rulebook):
    friday = datetime(2026, 2, 13, 10, 0, tzinfo=SHANGHAI)
    due = libcommunity.due(rulebook, friday, "2 working days", calendar="office")
    assert due == rulebook.due(friday, "2 working days", calendar="office")
    # The Saturday is a make-up day; the week after is the Spring Festival.
    assert due == datetime(2026, 2, 23, 17, 30, tzinfo=SHANGHAI)
    assert due.utcoffset() == timedelta(hours=8)
    why = libcommunity.explain(rulebook, friday, "2 working days", calendar="office")
    assert why.due == due and why.start == friday and why.calendar == "office"
    reasons = {day.date.isoformat(): day.reason for day in why.days}
    assert reasons["2026-02-14"] == "make-up"
    assert reasons["2026-02-17"] == "holiday"
    assert rulebook.explain(friday, "2 working days", calendar="office") == why
    with pytest.raises(libcommunity.CalendarUnknown):
        rulebook.due(friday, "500 working days", calendar="office")
    with pytest.raises(libcommunity.NotFound):
        rulebook.due(friday, "1 working day", calendar="nobody's")
    with pytest.raises(libcommunity.InvalidInput):
        rulebook.due(friday, "soon", calendar="office")


def test_a_rulebook_says_what_it_is(rulebook):
    assert rulebook.name == "street-office"
    assert rulebook.version == "2026.1"
    assert rulebook.lifecycles == ("resident-request",)
    assert sorted(rulebook.calendars) == ["always", "office"]
    assert len(rulebook.hash) == 64
    assert "street-office" in repr(rulebook)
    text = '{"rulebook": "a", "version": "1"}'
    assert libcommunity.Rulebook.parse(text) == libcommunity.Rulebook.parse(
        b'{ "version": "1",  // the same\n "rulebook": "a" }')
    assert libcommunity.Rulebook.parse(text) != rulebook
    assert len({libcommunity.Rulebook.parse(text), libcommunity.Rulebook.parse(text)}) == 1
