#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Who is told what, and when, while a request of the standard rulebook grows old. Stories say when
a timer fires; this reads from the outbox what it says and to whom."""
import json
import os
import subprocess
import sys
import tempfile

SOURCE = os.environ["COMMUNITY_SOURCE_DIR"]
COMMUNITY = os.environ["COMMUNITY_BUILD_DIR"] + "/bin/community"

passed = 0
failed = 0


def check(found, expected, what):
    global passed, failed
    if found == expected:
        passed += 1
    else:
        failed += 1
        print(f"wrong: {what}\n  expected {expected}\n  found    {found}")


def run(*words, text=None):
    return subprocess.run([COMMUNITY, *words], input=text, check=True, capture_output=True,
                          text=True).stdout


def submit(desk, at, commands):
    lines = "\n".join(json.dumps(dict(command, at=at)) for command in commands)
    receipts = run("submit", desk, "-", "--clock", at, text=lines).splitlines()
    for command, receipt in zip(commands, receipts):
        check(json.loads(receipt)["outcome"], "accepted", command["command"])


def told(desk, now):
    """What waits in the outbox, oldest first: (when, what, which deadline, action, to whom)."""
    run("tick", desk, "--now", now, "--clock", now)
    waiting = run("outbox", desk, "--json", "--clock", now).splitlines()
    events = [json.loads(line) for line in waiting]
    for event in events:
        run("outbox", desk, "--ack", event["id"], "--clock", now)
    effects = [event["data"]["effect"] for event in events]
    for effect in effects:
        if isinstance(effect.get("message"), dict):
            check(sorted(effect["message"]), ["en", "zh"], "a message has both languages")
            effect["message"] = effect["message"]["en"]
    return [(effect["type"], effect.get("deadline"), effect.get("action") or effect.get("message"),
             effect.get("to")) for effect in effects]


def main():
    with tempfile.TemporaryDirectory() as directory:
        desk = directory + "/desk"
        start = "2026-03-04T09:00:00+08:00"
        run("init", desk, "--rulebook", SOURCE + "/examples/rulebooks/resident-request.json",
            "--directory", SOURCE + "/examples/demo/directory.json", "--clock", start)
        request = {"record": "@A-1", "actor": "p-liu"}
        submit(desk, start, [
            {"command": "open", "lifecycle": "resident-request", "external_id": "A-1",
             "actor": "r-001", "data": {"subject": "Water pipe leaks"}},
            dict(request, command="classify", data={
                "matter": "water-leak", "urgency": "general", "place": "old-harbour"}),
            dict(request, command="dispatch", data={"lead_unit": "water-bureau"})])
        check(told(desk, start),
              [("notify", None, "A ticket is waiting for your signature.", "handler of lead_unit")],
              "the unit hears of its ticket")
        check(told(desk, "2026-03-05T17:30:01+08:00"),
              [("breach", "sign", None, None),
               ("step", "sign", "remind", "handler of lead_unit"),
               ("step", "sign", "report", "supervisor")],
              "not signed for in time")
        check(told(desk, "2026-03-11T17:30:00+08:00"),
              [("warn", "resolve", "50%", None),
               ("warn", "resolve", "1 working day before", None)],
              "two warnings before the due time")
        check(told(desk, "2026-03-11T17:30:01+08:00"),
              [("breach", "resolve", None, None),
               ("step", "resolve", "remind", "handler of lead_unit")],
              "overdue")
        check(told(desk, "2026-03-12T17:30:00+08:00"),
              [("step", "resolve", "notice", "water-bureau")], "a notice to the unit")
        check(told(desk, "2026-03-19T17:30:00+08:00"),
              [("step", "resolve", "criticise", "public-works")],
              "criticism to the department above")
        check(told(desk, "2026-03-26T17:30:00+08:00"),
              [("step", "resolve", "escalate", "jianghan")], "the district above that")
        check(told(desk, "2026-05-01T00:00:00+08:00"), [], "nothing more")


main()
print(f"{passed} passed, {failed} failed, 0 skipped")
sys.exit(failed > 0 or passed == 0)
