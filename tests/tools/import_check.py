# SPDX-License-Identifier: Apache-2.0
"""import: maps, CSV, rejects, interruption and repetition, and the real requests of a city."""
import csv
import json
import os
import signal
import subprocess
import time
from pathlib import Path

from harness import (COMMAND, DATA, DIRECTORY, MAP, RULEBOOK, Skip, environment, expect, main,
                     run, write)

HEADER = ("case_enquiry_id,open_dt,target_dt,closed_dt,ontime_status,case_status,subject,reason,"
          "type,queue,department,neighborhood,ward,source")
NOW = "2016-01-13T08:02:23-05:00"


def row(number, opened="01/05/2015 09:13:12 AM", target="01/08/2015 08:30:00 AM",
        closed="01/06/2015 08:51:53 AM", status="Closed", kind="Sign Repair",
        source="Constituent Call"):
    return (f"{number},{opened},{target},{closed},,{status},Transportation,Signs & Signals,"
            f"{kind},BTDT_Sign,BTDT,Roxbury,Ward 8,{source}")


def desk():
    expect(0, "init", "d.desk", "--rulebook", RULEBOOK, "--directory", DIRECTORY, "--clock",
           "2015-01-01T00:00:00-05:00")


def take(code, *more, file="in.csv", map_file=MAP):
    return expect(code, "import", "d.desk", "--format", "csv", "--map", map_file, file, "--json",
                  "--clock", NOW, *more)


def counts(result):
    found = result.json()[0]
    return tuple(found[name] for name in ("rows", "opened", "moved", "there_already", "rejected"))


def content(*rows, end="\n"):
    return end.join([HEADER, *rows]) + end


def show(number):
    return expect(0, "show", "d.desk", f"@{number}", "--as", "importer", "--history",
                  "--json").json()[0]


def rejects(path="in.csv.rejects.csv"):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_rows_become_records():
    desk()
    write("in.csv", content(row(1), row(2, closed="", status="Open"), row(3, target="")))
    assert counts(take(0)) == (3, 3, 2, 0, 0)
    assert not Path("in.csv.rejects.csv").exists()
    first = show(1)
    assert first["state"] == "closed" and first["flags"] == []
    assert first["fields"]["case_reason"] == "Signs & Signals"
    assert first["fields"]["channel"] == "call" and first["fields"]["department"] == "BTDT"
    assert [item["occurred_at"] for item in first["history"]] == \
        ["2015-01-05T09:13:12-05:00", "2015-01-06T08:51:53-05:00"]
    assert first["deadlines"][0]["due"] == "2015-01-08T08:30:00-05:00"
    assert show(2)["state"] == "open" and show(3)["deadlines"] == []
    expect(0, "verify", "d.desk")


def test_the_run_itself_is_recorded_first():
    desk()
    write("in.csv", content(row(1)))
    take(0)
    store = expect(0, "verify", "d.desk", "--json").json()[0]["entries"]
    take(0)
    assert expect(0, "verify", "d.desk", "--json").json()[0]["entries"] == store


def test_a_repetition_finds_everything_there():
    desk()
    write("in.csv", content(row(1), row(2)))
    assert counts(take(0)) == (2, 2, 2, 0, 0)
    assert counts(take(0)) == (2, 0, 0, 4, 0)
    write("in.csv", content(row(1), row(2), row(3)))
    assert counts(take(0)) == (3, 1, 1, 4, 0)
    write("in.csv", content(row(4), row(1), row(4)))
    assert counts(take(0)) == (3, 1, 1, 4, 0)


def test_a_record_moves_on_in_a_later_file():
    desk()
    write("in.csv", content(row(1, closed="", status="Open")))
    assert counts(take(0)) == (1, 1, 0, 0, 0)
    write("in.csv", content(row(1)))
    assert counts(take(0)) == (1, 0, 1, 1, 0)
    assert show(1)["state"] == "closed"


def test_a_row_that_was_changed_since_is_rejected():
    desk()
    write("in.csv", content(row(1)))
    take(0)
    write("in.csv", content(row(1, kind="Lamp"), row(2)))
    assert counts(take(1)) == (2, 1, 1, 0, 1)
    assert rejects()[0]["reject_code"] == "key-reused" and rejects()[0]["type"] == "Lamp"


def test_closed_before_opened_is_kept_and_set_apart():
    desk()
    write("in.csv", content(row(1, opened="01/07/2015 09:00:00 AM", target="")))
    assert counts(take(0)) == (1, 1, 1, 0, 0)
    assert show(1)["flags"] == ["out_of_order"]


def test_bad_rows_are_rejected_with_line_code_and_reason():
    desk()
    rows = [row(1), row(2, opened="yesterday"), row(3, target="13/45/2015 08:30:00 AM"),
            row(""), row(5) + ",one too many", "6,too few", row(7, kind=""), row(8),
            row(9, opened="02/29/2015 08:30:00 AM"), row(10, opened="01/05/2015 13:00:00 PM")]
    write("in.csv", content(*rows))
    assert counts(take(1)) == (10, 2, 2, 0, 8)
    found = rejects()
    assert [(int(r["reject_line"]), r["reject_code"]) for r in found] == \
        [(3, "import-time"), (4, "import-time"), (5, "import-no-id"), (6, "csv-columns"),
         (7, "csv-columns"), (8, "missing-data"), (10, "import-time"), (11, "import-time")], found
    assert "open_dt" in found[0]["reject_reason"] and found[0]["case_enquiry_id"] == "2"
    assert all(r["reject_reason"] for r in found)
    write("in.csv", content(row(2), row(3)))
    assert counts(take(0)) == (2, 2, 2, 0, 0)
    assert not Path("in.csv.rejects.csv").exists()


def test_mended_rejects_are_imported_with_the_same_map():
    desk()
    write("in.csv", content(row(1), row(2, opened="yesterday")))
    assert counts(take(1)) == (2, 1, 1, 0, 1)
    text = Path("in.csv.rejects.csv").read_text()
    write("mended.csv", text.replace("yesterday", "01/05/2015 09:13:12 AM"))
    assert counts(take(0, file="mended.csv")) == (1, 1, 1, 0, 0)
    assert show(2)["state"] == "closed"


def test_rejects_go_where_they_are_told():
    desk()
    write("in.csv", content(row(1, opened="")))
    assert take(1, "--rejects", "bad.csv").json()[0]["rejects"] == "bad.csv"
    assert rejects("bad.csv")[0]["reject_code"] == "import-time"
    take(1, "--rejects", "bad.csv", "--lang", "zh")
    assert "不符合" in rejects("bad.csv")[0]["reject_reason"]
    before = Path("in.csv").read_bytes()
    take(2, "--rejects", "in.csv")
    os.link("in.csv", "link.csv")
    take(2, "--rejects", "link.csv")
    assert Path("in.csv").read_bytes() == before
    write("other.csv", "precious")
    take(2, "--rejects", "other.csv")
    assert Path("other.csv").read_text() == "precious"
    take(3, "--rejects", "/dev/full")


def test_quotes_breaks_marks_and_line_ends():
    desk()
    quoted = row(1, kind='"Sign, ""Stop""\nand more 标志"')
    for number, text in enumerate((content(quoted, end="\r\n"), content(quoted).rstrip("\n"),
                                   "\ufeff" + content(quoted), content("", quoted, ""))):
        write("in.csv", text.encode())
        assert counts(take(0))[0] == 1
        expected = (1, 1, 1, 0, 0) if number == 0 else (1, 0, 0, 2, 0)
        assert counts(take(0)) == (1, 0, 0, 2, 0), expected
    assert show(1)["fields"]["case_type"] == 'Sign, "Stop"\nand more 标志'


def test_a_stray_quote_costs_one_line():
    desk()
    write("in.csv", content(row(1, kind='"Sign'), row(2), row(3, kind='"Sign" Repair'), row(4)))
    assert counts(take(1)) == (4, 2, 2, 0, 2)
    found = rejects()
    assert [(int(r["reject_line"]), r["reject_code"]) for r in found] == \
        [(2, "csv-quote"), (4, "csv-quote")]
    assert found[0]["case_enquiry_id"] == row(1, kind='"Sign')


def test_bytes_that_are_not_utf8_and_fields_without_end():
    desk()
    text = content(row(1, kind="Lamp@"), row(2), row(3, kind="x" * 70000), row(4, kind="@@"))
    write("in.csv", text.encode().replace(b"Lamp@", b"Lamp\xff").replace(b"@@", b"a\0b"))
    assert counts(take(1)) == (4, 1, 1, 0, 3)
    with open("in.csv.rejects.csv", "rb") as file:
        raw = file.read()
    assert b"Lamp\xff" in raw and b"csv-encoding" in raw and b"csv-too-large" in raw


def test_files_that_cannot_be_used():
    desk()
    before = expect(0, "verify", "d.desk", "--json").json()
    for text in ("", "\n\n", "a,b,c\n1,2,3\n", HEADER.replace("closed_dt", "open_dt") + "\n",
                 HEADER + ",open_dt\n" + row(1) + ",x\n", '"a'):
        write("in.csv", text)
        assert take(2).err != "", text
    take(2, file="none.csv")
    os.mkfifo("pipe.csv")
    holder = os.open("pipe.csv", os.O_RDWR)
    take(2, file="pipe.csv")
    os.close(holder)
    assert expect(0, "verify", "d.desk", "--json").json() == before


def test_maps_that_cannot_be_used():
    desk()
    write("in.csv", content(row(1)))
    good = json.loads(MAP.read_text())

    def changed(**members):
        return {name: value for name, value in {**good, **members}.items() if value is not None}

    def opening(value):
        return changed(open={"at": "open_dt", "fields": {"x": value}})

    def closing(**members):
        return changed(steps=[{"command": "close", **members}])

    for bad in (changed(colour="red"), changed(lifecycle=None), changed(actor=""),
                changed(time="%Q"), changed(time="%H:%M"), changed(time="%Y-%m-%d %I:%M"),
                changed(zone="Nowhere/Else"), changed(zone=None), changed(external_id="nothing"),
                changed(recorded_at=None), changed(recorded_at="later"), changed(open=None),
                opening({"colum": "type"}),
                opening({"column": "type", "as": "colour"}),
                opening({"column": "type", "otherwise": 1}), opening(7),
                changed(steps={}), closing(),
                closing(at="closed_dt", when={"column": "type"})):
        write("bad.map.json", bad)
        result = take(2, map_file="bad.map.json")
        assert "bad.map.json:1:" in result.err, (bad, result)
    write("bad.map.json", "{\n")
    take(2, map_file="bad.map.json")


def test_maps_with_constants_types_and_conditions():
    rulebook = {
        "rulebook": "r", "version": "1", "lifecycles": {"matter": {
            "kind": "ticket", "start": "new",
            "fields": {"count": {"type": "int"}, "urgent": {"type": "bool"},
                       "origin": {"type": "text", "class": "public"},
                       "level": {"type": "choice", "of": ["low", "high"]},
                       "seen": {"type": "time"}},
            "states": {"new": {"unbounded": True}, "kept": {"unbounded": True},
                       "done": {"final": True}},
            "transitions": [
                {"name": "keep", "from": "new", "to": "kept", "by": "importer", "asks": ["seen"]},
                {"name": "finish", "from": ["new", "kept"], "to": "done", "by": "importer"}]}}}
    mapping = {
        "lifecycle": "matter", "actor": "importer", "time": "rfc3339", "external_id": "id",
        "recorded_at": {"column": "noted"},
        "open": {"at": "at", "fields": {
            "count": {"column": "n", "as": "int"}, "urgent": {"column": "u", "as": "bool"},
            "origin": {"constant": "old system"},
            "level": {"column": "l", "map": {"1": "low", "2": "high"}}}},
        "steps": [{"command": "keep", "at": "kept",
                   "data": {"seen": {"column": "kept", "as": "time"}}},
                  {"command": "finish", "at": "done", "when": {"column": "s", "is": ["x", "y"]}}]}
    write("rules.json", rulebook)
    write("m.json", mapping)
    expect(0, "init", "d.desk", "--rulebook", "rules.json", "--directory", DIRECTORY, "--clock",
           "2015-01-01T00:00:00-05:00")
    times = "2015-02-01T10:00:00+01:00,2015-02-02T10:00:00+01:00"
    write("in.csv", "id,n,u,l,s,at,noted,kept,done\n"
          f"a,5,true,1,x,{times},2015-02-03T10:00:00+01:00,2015-02-04T10:00:00+01:00\n"
          f"b,-7,0,2,z,{times},,2015-02-04T10:00:00+01:00\n"
          f"c,5.5,true,1,,{times},,\n"
          f"d,5,perhaps,1,,{times},,\n"
          f"e,5,true,3,,{times},,\n"
          f"f,,,,,{times},,\n")
    assert counts(take(1, map_file="m.json")) == (6, 3, 2, 0, 3)
    assert [r["reject_code"] for r in rejects()] == \
        ["import-integer", "import-boolean", "import-unmapped"]
    a, b, f = show("a"), show("b"), show("f")
    assert (a["state"], b["state"], f["state"]) == ("done", "new", "new")
    assert a["fields"]["count"] == 5 and a["fields"]["urgent"] is True
    assert a["fields"]["level"] == "low" and a["fields"]["origin"] == "old system"
    assert b["fields"]["count"] == -7 and b["fields"]["urgent"] is False
    assert f["fields"].get("count") is None
    assert a["flags"] == ["backfilled"]  # the source noted it a day later


def test_an_actor_who_may_not_import_is_refused():
    desk()
    write("in.csv", content(row(1)))
    mapping = json.loads(MAP.read_text())
    mapping["actor"] = "stranger"
    write("m.json", mapping)
    result = take(1, map_file="m.json")
    assert result.out == "" and "importers-only" in result.err, result
    assert expect(0, "list", "d.desk", "--as", "importer", "--json").out == ""


def many(count):
    return content(*(row(number) for number in range(count)))


def start_import():
    return subprocess.Popen(
        [COMMAND, "import", "d.desk", "--format", "csv", "--map", str(MAP), "in.csv", "--json",
         "--clock", NOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())


def wait_for_rows():
    """Until the import at work has committed something."""
    for _ in range(600):
        result = run("list", "d.desk", "--as", "importer", "--json", "--limit", "1")
        if result.code == 0 and result.out:
            return
        time.sleep(0.02)
    raise AssertionError("the import has not begun")


def finish_interrupted(total):
    done = counts(take(0))
    assert done[0] == total and done[4] == 0
    found = expect(0, "summary", "d.desk", "--json").json()[0]
    assert (found["total"], found["final"]) == (total, total), found
    expect(0, "verify", "d.desk")
    return done


def test_an_interrupt_stops_after_the_batch_and_a_second_run_goes_on():
    desk()
    total = 40000
    write("in.csv", many(total))
    process = start_import()
    wait_for_rows()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=120)
    if process.returncode == 0:
        raise Skip("the import was done before it could be interrupted")
    assert process.returncode == 3, err
    said = json.loads(out)
    assert said["complete"] is False and said["rows"] % 1000 == 0 and 0 < said["rows"] < total
    assert b"go on" in err
    done = finish_interrupted(total)
    assert done[1] == total - said["opened"] and done[3] == said["opened"] + said["moved"]


def test_a_kill_loses_nothing_and_doubles_nothing():
    desk()
    total = 40000
    write("in.csv", many(total))
    process = start_import()
    wait_for_rows()
    process.kill()
    process.communicate()
    finish_interrupted(total)


def test_the_requests_of_boston_keep_their_known_figures():
    path = DATA / "boston-311-2015" / "requests.csv"
    if not path.exists():
        raise Skip(f"no data at {DATA}")
    desk()
    result = take(0, "--rejects", "rejects.csv", file=path)
    assert counts(result) == (39540, 39540, 33589, 0, 0), result
    found = expect(0, "summary", "d.desk", "--now", NOW, "--json", "--clock", NOW).json()[0]
    known = {"total": 39540, "open": 5951, "final": 33589, "overdue": 5297, "on_time": 20652,
             "late": 7333, "without_deadline": 5464, "set_apart": 140}
    assert {name: found[name] for name in known} == known, found
    late_by_label = on_time_by_label = 0
    with open(path, newline="", encoding="utf-8") as file:
        for request in csv.DictReader(file):
            late_by_label += request["ontime_status"] == "OVERDUE"
            on_time_by_label += request["ontime_status"] == "ONTIME"
    # 43 requests have no label; all of them are late or overdue by their times.
    assert late_by_label + 43 == known["overdue"] + known["late"]
    assert on_time_by_label == 39540 - known["overdue"] - known["late"]
    expect(0, "verify", "d.desk")


main(globals())
