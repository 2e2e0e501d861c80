# SPDX-License-Identifier: Apache-2.0
"""check and due."""
from harness import SOURCE, expect, main, write

CALENDAR = """{
  "rulebook": "days", "version": "1",
  "calendars": { "office": { "zone": "Asia/Shanghai",
    "hours": { "mon-fri": ["08:00-12:00", "14:00-17:30"] },
    "years": { "2026": { "off": ["2026-02-16", "2026-02-17", "2026-02-18", "2026-02-19",
                                 "2026-02-20", "2026-02-23"],
                         "work": ["2026-02-14", "2026-02-28"] } } } },
  "lifecycles": { "matter": { "kind": "ticket", "start": "new",
    "states": { "new": { "unbounded": true }, "done": { "final": true } },
    "transitions": [ { "name": "finish", "from": "new", "to": "done" } ] } }
}
"""


def test_example_rulebooks_have_no_findings():
    for path in sorted((SOURCE / "examples/rulebooks").glob("*.json")):
        result = expect(0, "check", path)
        assert "no findings" in result.out and result.err == "", path
        assert expect(0, "check", path, "--json").out == ""


def test_a_finding_has_file_line_column_code_and_sentence():
    broken = CALENDAR.replace('"start": "new"', '"start": "nowhere"')
    path = write("broken.json", broken)
    line = next(i for i, text in enumerate(broken.splitlines(), 1) if "nowhere" in text)
    column = broken.splitlines()[line - 1].index('"nowhere"') + 1
    out = expect(1, "check", path).out
    assert out.startswith(f"broken.json:{line}:{column}: unknown-state: "), out
    found = expect(1, "check", path, "--json").json()
    assert len(found) == 1
    assert (found[0]["file"], found[0]["line"], found[0]["column"], found[0]["code"]) == \
        ("broken.json", line, column, "unknown-state")
    assert found[0]["message"]["zh"] != found[0]["message"]["en"]
    assert found[0]["message"]["zh"] in expect(1, "check", path, "--lang", "zh").out


def test_several_rulebooks_give_the_worst_answer():
    good = write("good.json", CALENDAR)
    bad = write("bad.json", "{")
    assert expect(1, "check", good, bad).out.count("\n") == 2
    expect(2, "check", bad, "none.json", good)


def test_broken_text_is_a_finding():
    for name, content in (("empty.json", b""), ("utf8.json", b'{"rulebook": "\xff"}'),
                          ("list.json", b"[]"), ("nul.json", b'{"a": "\\u0000"}')):
        expect(1, "check", write(name, content))


def test_due_counts_around_the_spring_festival():
    path = write("days.json", CALENDAR)
    expected = "2026-02-25T17:30:00+08:00"
    start, duration = "2026-02-13T10:00:00+08:00", "3 working days"
    assert expect(0, "due", path, start, duration).out == expected + "\n"
    assert expect(0, "due", f"{path}#office", start, duration).out == expected + "\n"
    assert expect(0, "due", path, start, duration, "--json").json() == [{"due": expected}]


def test_due_gives_its_reasons():
    path = write("days.json", CALENDAR)
    arguments = ["due", path, "2026-02-13T10:00:00+08:00", "3 working days", "--explain"]
    found = expect(0, *arguments, "--json").json()[0]
    reasons = {day["date"]: day["reason"] for day in found["days"]}
    assert found["due"] == "2026-02-25T17:30:00+08:00"
    assert reasons["2026-02-14"] == "make-up" and reasons["2026-02-16"] == "holiday"
    assert reasons["2026-02-15"] == "weekend" and reasons["2026-02-24"] == "counted"
    text = expect(0, *arguments).out
    assert text.splitlines()[0] == "2026-02-25T17:30:00+08:00"
    assert "2026-02-14 Sat" in text and "make-up working day" in text
    assert "2026-02-15 Sun … 2026-02-23 Mon" in text and "(9 days)" in text
    assert "调休上班日" in expect(0, *arguments, "--lang", "zh").out


def test_due_beyond_the_listed_years_is_refused_and_not_guessed():
    path = write("days.json", CALENDAR)
    result = expect(1, "due", path, "2026-12-31T10:00:00+08:00", "5 working days")
    assert result.out == "" and "2027" in result.err
    assert "2027" in expect(1, "due", path, "2026-12-31T10:00:00+08:00", "5 working days",
                            "--explain", "--lang", "zh").err


# The periods worked out in the field's own tables, in local time of the office.
WORKED = [
    ("2026-02-11", "5 working days", "2026-02-25T17:30:00+08:00"),
    ("2026-02-13", "1 working day", "2026-02-14T17:30:00+08:00"),
    ("2026-02-14", "1 working day", "2026-02-24T17:30:00+08:00"),
    ("2026-09-30", "5 working days", "2026-10-13T17:30:00+08:00"),
    ("2026-09-24", "5 working days", "2026-10-09T17:30:00+08:00"),
    ("2026-04-30", "2 working days", "2026-05-07T17:30:00+08:00"),
    ("2025-01-24", "5 working days", "2025-02-07T17:30:00+08:00"),
    ("2025-12-30", "5 working days", "2026-01-07T17:30:00+08:00"),
    ("2026-04-29", "15 working days", "2026-05-22T17:30:00+08:00"),
    ("2026-06-12 16:00", "4 working hours", "2026-06-15T10:30:00+08:00"),
    ("2026-06-12 17:30", "1.5 working hours", "2026-06-15T09:30:00+08:00"),
    ("2026-06-12 11:00", "2 working hours", "2026-06-12T15:00:00+08:00"),
    ("2026-06-13 09:00", "4 working hours", "2026-06-15T12:00:00+08:00"),
    ("2026-02-13 16:30:00", "5 working hours", "2026-02-14T12:00:00+08:00"),
    ("2026-06-12T16:00", "3 hours", "2026-06-12T19:00:00+08:00"),
    ("2026-09-16", "15 calendar days", "2026-10-08T17:30:00+08:00"),
]


def test_due_of_the_worked_periods():
    rulebook = SOURCE / "examples" / "rulebooks" / "resident-request.json"
    for start, duration, due in WORKED:
        assert expect(0, "due", rulebook, start, duration).out == due + "\n", (start, duration)
    beyond = expect(1, "due", rulebook, "2026-12-02", "60 calendar days")
    assert "calendar-unknown" in beyond.err and "2027" in beyond.err


def test_due_bad_input():
    path = write("days.json", CALENDAR)
    for arguments in ([path, "2026-02-30 10:00", "1 day"],
                      [path, "2026-02-13T10:00:00+08:00", "soon"],
                      [f"{path}#nowhere", "2026-02-13T10:00:00+08:00", "1 working day"],
                      [write("bad.json", "{"), "2026-02-13T10:00:00+08:00", "1 day"]):
        result = expect(2, "due", *arguments)
        assert result.out == "" and result.err != ""


main(globals())
