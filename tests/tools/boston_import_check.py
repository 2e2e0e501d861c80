#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A year of a city's requests, imported through the command: every row lands, the on-time label
that follows from the stored deadlines is the city's own, and a second run changes nothing."""
import csv
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zoneinfo

SOURCE = pathlib.Path(os.environ["COMMUNITY_SOURCE_DIR"])
COMMAND = pathlib.Path(os.environ["COMMUNITY_BUILD_DIR"]) / "bin" / "community"
DATA = pathlib.Path(os.environ.get("COMMUNITY_DATA") or SOURCE.parent / "shared" / "data")
REQUESTS = DATA / "boston-311-2015" / "requests.csv"
ZONE = zoneinfo.ZoneInfo("America/New_York")
# The city took its picture of the open cases between these two moments.
SNAPSHOT_FROM = datetime.datetime(2016, 1, 12, 22, 53, 53, tzinfo=ZONE)
SNAPSHOT_TO = datetime.datetime(2016, 1, 13, 8, 2, 23, tzinfo=ZONE)
ROWS = 39540

passed = 0
failed = 0


def check(name, holds, detail=""):
    global passed, failed
    if holds:
        passed += 1
    else:
        failed += 1
        print(f"FAIL {name}: {detail}")


def run(*arguments):
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True)


def import_rows(directory, desk):
    return run("import", desk, "--format", "csv", "--map",
               SOURCE / "examples/maps/boston-311.map.json",
               "--rejects", directory / "rejects.csv", REQUESTS)


def moment(text):
    return datetime.datetime.fromisoformat(text) if text else None


def label(record):
    """ONTIME, OVERDUE, or None where the moment of the picture decides."""
    deadlines = [d for d in record["deadlines"] if d["name"] == "target"]
    if not deadlines:
        return "ONTIME"
    due = moment(deadlines[0]["due"])
    ended = moment(deadlines[0]["ended_at"])
    if ended is not None:
        return "OVERDUE" if ended > due else "ONTIME"
    if due <= SNAPSHOT_FROM:
        return "OVERDUE"
    return "ONTIME" if due >= SNAPSHOT_TO else None


def fingerprint(desk):
    """What the desk holds: every record in order, and what verify counted."""
    listing = run("list", desk, "--as", "p-311", "--json").stdout
    verified = run("verify", desk, "--json").stdout
    return hashlib.sha256((listing + verified).encode()).hexdigest(), listing


def local(text):
    return datetime.datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")


def main():
    if not REQUESTS.is_file():
        print(f"skipped: {REQUESTS} is not there")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        desk = directory / "desk.db"
        made = run("init", desk, "--rulebook", SOURCE / "examples/rulebooks/city-311.json",
                   "--directory", SOURCE / "examples/maps/boston-311.directory.json")
        check("init", made.returncode == 0, made.stderr)
        first = import_rows(directory, desk)
        check("every row lands", first.returncode == 0 and not (directory / "rejects.csv").exists(),
              first.stdout + first.stderr)
        before, listing = fingerprint(desk)
        records = {r["external_id"]: r for r in map(json.loads, listing.splitlines())}
        check("every row is a record", len(records) == ROWS, len(records))

        agree = disagree = blank = undecided = reversed_rows = unflagged = 0
        with REQUESTS.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                record = records[row["case_enquiry_id"]]
                if row["closed_dt"] and local(row["closed_dt"]) < local(row["open_dt"]):
                    reversed_rows += 1
                    unflagged += "out_of_order" not in record["flags"]
                ours = label(record)
                if not row["ontime_status"]:
                    blank += 1
                elif ours is None:
                    undecided += 1
                elif ours == row["ontime_status"]:
                    agree += 1
                else:
                    disagree += 1
        print(f"labels: {agree} agree, {disagree} disagree, {undecided} undecidable, "
              f"{blank} blank; "
              f"{agree / max(1, agree + disagree):.4%} of the others")
        check("on-time labels agree", disagree == 0 and undecided == 0 and agree > 39000, disagree)
        check("rows that close before they open are kept and flagged",
              reversed_rows > 0 and unflagged == 0, f"{unflagged} of {reversed_rows}")
        summary = json.loads(run("summary", desk, "--json", "--now",
                                 "2016-01-13T00:00:00-05:00").stdout)
        check("they are set apart from the rates", summary["set_apart"] == reversed_rows,
              f"{summary['set_apart']} of {reversed_rows}")

        second = import_rows(directory, desk)
        after, _ = fingerprint(desk)
        check("a second run is accepted", second.returncode == 0, second.stderr)
        check("a second run changes nothing", before == after, "the desk differs")
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


sys.exit(main())
