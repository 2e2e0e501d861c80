# SPDX-License-Identifier: Apache-2.0
"""Instants survive the way in and out, and a naive one never gets in."""
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import libcommunity
from libcommunity import generated, times
from conftest import HERE, MONDAY, SHANGHAI

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)

offsets = st.integers(-14 * 60, 14 * 60)
zones = offsets.map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29),
                        timezones=zones)


@given(instants)
def test_milliseconds_are_exact(time):
    ms = times.to_ms(time)
    assert EPOCH + timedelta(milliseconds=ms) <= time
    assert time < EPOCH + timedelta(milliseconds=ms + 1)


@given(st.integers(-62_135_000_000_000, 253_402_000_000_000), offsets)
def test_milliseconds_come_back(ms, offset):
    time = times.from_ms(ms, offset)
    assert times.to_ms(time) == ms
    assert time.utcoffset() == timedelta(minutes=offset)


@given(instants)
def test_text_comes_back_through_the_library(time):
    text = times.format_time(time)
    ms = generated.community_time_parse(text)
    assert ms == times.to_ms(time)
    offset = int(time.utcoffset() / timedelta(minutes=1))
    written = generated.community_time_format(ms, offset)
    assert times.to_ms(times.parse_time(written)) == ms
    assert times.parse_time(written).utcoffset() == time.utcoffset()


def test_a_time_before_1970_is_cut_off_towards_the_past():
    assert times.to_ms(datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=timezone.utc)) == -1
    assert times.to_ms(datetime(1970, 1, 1, 0, 0, 0, 999, tzinfo=timezone.utc)) == 0


def test_seconds_in_an_offset_are_brought_to_utc():
    mean = timezone(timedelta(hours=8, minutes=5, seconds=43))
    time = datetime(1900, 12, 31, 12, 0, tzinfo=mean)
    assert times.format_time(time) == "1900-12-31T03:54:17.000+00:00"
    assert times.parse_time(times.format_time(time)) == time


def test_both_spellings_of_utc_are_read():
    assert times.parse_time("2026-06-01T00:00:00Z") == times.parse_time(
        "2026-06-01T00:00:00.000+00:00")


NAIVE = datetime(2026, 6, 1, 9, 0)


@pytest.mark.parametrize("use", [
    lambda desk, rulebook: desk.submit("open", lifecycle="resident-request", actor="p", at=NAIVE,
                                       data={"subject": "x"}),
    lambda desk, rulebook: desk.submit("open", lifecycle="resident-request", actor="p",
                                       recorded_at=NAIVE, data={"subject": "x"}),
    lambda desk, rulebook: desk.submit("open", lifecycle="resident-request", actor="p",
                                       data={"subject": "x", "wanted": NAIVE}),
    lambda desk, rulebook: desk.submit({"command": "open", "at": NAIVE}),
    lambda desk, rulebook: desk.tick(NAIVE),
    lambda desk, rulebook: desk.summary(NAIVE),
    lambda desk, rulebook: desk.find(actor="p", due_before=NAIVE),
    lambda desk, rulebook: rulebook.due(NAIVE, "1 working day", calendar="office"),
    lambda desk, rulebook: rulebook.explain(NAIVE, "1 working day", calendar="office"),
    lambda desk, rulebook: libcommunity.open("memory:", clock=NAIVE),
    lambda desk, rulebook: libcommunity.open("memory:", clock=lambda: NAIVE),
])
def test_a_naive_datetime_is_refused_everywhere(desk, rulebook, use):
    with pytest.raises(libcommunity.InvalidInput, match="naive") as caught:
        use(desk, rulebook)
    assert "时区" in caught.value.message_zh
    assert desk.summary().total == 0


LATE = datetime(9999, 12, 31, 23, 0, tzinfo=timezone(timedelta(hours=-12)))
EARLY = datetime(1, 1, 1, 1, 0, tzinfo=timezone(timedelta(hours=12)))


@pytest.mark.parametrize("time", [LATE, EARLY])
def test_the_years_end_at_9999_and_begin_at_1(desk, rulebook, time):
    for use in (lambda: desk.tick(time), lambda: desk.summary(time),
                lambda: desk.find(actor="p", due_before=time),
                lambda: rulebook.due(time, "1 hour", calendar="office"),
                lambda: libcommunity.open("memory:", clock=time),
                lambda: desk.submit("open", actor="p", at=time)):
        with pytest.raises(libcommunity.InvalidInput, match="9999"):
            use()


@pytest.mark.parametrize("duration", ["3000000 days", "9000 years", "99999 months"])
def test_a_duration_that_ends_after_9999_is_refused(duration):
    """In a process of its own: this once ended in an assertion."""
    program = (
        "import sys, libcommunity\n"
        "from conftest import HERE, MONDAY\n"
        "rulebook = libcommunity.Rulebook.load(HERE / 'street-office.json')\n"
        "for ask in (rulebook.due, rulebook.explain):\n"
        "    try:\n"
        "        ask(MONDAY, sys.argv[1], calendar='office')\n"
        "    except (libcommunity.CalendarUnknown, libcommunity.InvalidInput):\n"
        "        print('refused')\n")
    run = subprocess.run([sys.executable, "-c", program, duration], capture_output=True, text=True,
                         cwd=HERE, check=False)
    assert run.stdout.split() == ["refused", "refused"], run.stderr


def test_a_date_is_no_time(desk):
    with pytest.raises(TypeError, match="now must be a datetime, not date"):
        desk.tick(date(2026, 6, 1))
    with pytest.raises(TypeError, match="at must be a datetime, not str"):
        desk.submit("open", actor="p", at="2026-06-01T09:00:00+08:00")


@given(st.integers(0, 5 * 24 * 60))
def test_a_due_time_never_lies_before_its_start(rulebook, minutes):
    start = MONDAY + timedelta(minutes=minutes)
    for duration in ("1 working day", "3 working hours", "2 hours", "15 calendar days"):
        due = libcommunity.due(rulebook, start, duration, calendar="office")
        assert due >= start
        assert due.utcoffset() == SHANGHAI.utcoffset(None)
        assert libcommunity.explain(rulebook, start, duration, calendar="office").due == due
