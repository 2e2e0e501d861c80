# SPDX-License-Identifier: Apache-2.0
"""The verbs with a desk: init, install, submit, preview, show, list, options, tick, outbox,
summary, verify, backup."""
import json
import os
import sqlite3
import subprocess
from pathlib import Path

from harness import (COMMAND, DIRECTORY, RULEBOOK, columns, environment, expect, lines, main, run,
                     write)

START = "2015-03-02T09:00:00-05:00"
TARGET = "2015-03-05T16:30:00-05:00"


def opened(number, **members):
    return {"command": "open", "lifecycle": "city-311", "external_id": f"B-{number}",
            "actor": "caller", "key": f"open-{number}",
            "data": {"case_type": "Pothole 路面坑洼", "target": TARGET, "department": "PWDx"},
            **members}


def closed(number, **members):
    return {"command": "close", "record": f"@B-{number}", "actor": "p-311", **members}


def desk(*commands, clock=START):
    expect(0, "init", "d.desk", "--rulebook", RULEBOOK, "--directory", DIRECTORY, "--clock", clock)
    if commands:
        expect(0, "submit", "d.desk", "--clock", clock, stdin=lines(*commands))
    return "d.desk"


def left_behind():
    return sorted(os.listdir("."))


# init and install


def test_init_makes_a_desk():
    result = expect(0, "init", "sqlite:new.desk", "--rulebook", RULEBOOK, "--json")
    made = result.json()[0]
    assert made["rulebook"] == "city-311" and len(made["hash"]) == 64
    assert Path("new.desk").exists()
    assert made["hash"] in expect(0, "install", "new.desk", RULEBOOK).out


def test_init_does_not_touch_what_is_there():
    desk()
    before = Path("d.desk").read_bytes()
    expect(2, "init", "d.desk", "--rulebook", RULEBOOK)
    assert Path("d.desk").read_bytes() == before
    write("notes.txt", "not a desk")
    assert run("init", "notes.txt", "--rulebook", RULEBOOK).code in (2, 3)
    assert Path("notes.txt").read_text() == "not a desk"


def test_init_leaves_nothing_behind_when_it_fails():
    unit = {"id": "city", "kind": "city", "level": "city", "title": "City"}
    broken = ['{"units": [}', '{"units": 1}', '{"offices": []}', '{"units": [1]}',
              json.dumps({"units": [{**unit, "colour": "red"}]}),
              json.dumps({"units": [unit, {"id": "x", "kind": 7}]}),
              json.dumps({"units": [unit], "grants": [{"person": "p", "role": "operator",
                                                       "unit": "nowhere"}]})]
    for content in broken:
        write("directory.json", content)
        result = run("init", "d.desk", "--rulebook", RULEBOOK, "--directory", "directory.json")
        assert result.code in (1, 2) and "directory.json:1:" in result.err, (content, result)
        assert left_behind() == ["directory.json"], left_behind()
    expect(2, "init", "d.desk", "--rulebook", "directory.json")
    assert left_behind() == ["directory.json"]


def test_init_says_where_a_directory_is_wrong():
    write("directory.json", '{"units": [\n  {"id": "city", "kind": "city",\n   "kind": "town"}]}')
    result = expect(2, "init", "d.desk", "--rulebook", RULEBOOK, "--directory", "directory.json")
    assert "directory.json:3:" in result.err, result


def test_init_takes_several_administrators_and_then_only_they_may_grant():
    directory = json.loads(DIRECTORY.read_text())
    directory["grants"] = [{"person": "boss", "role": "administrator", "unit": "city"},
                           {"person": "deputy", "role": "administrator", "unit": "city"},
                           *directory["grants"]]
    write("directory.json", directory)
    expect(0, "init", "d.desk", "--rulebook", RULEBOOK, "--directory", "directory.json")
    grant = {"command": "grant", "actor": "installer",
             "data": {"person": "x", "role": "operator", "unit": "city"}}
    expect(1, "submit", "d.desk", stdin=lines(grant))
    expect(0, "submit", "d.desk", stdin=lines({**grant, "actor": "deputy"}))


# submit and preview


def test_receipts_come_in_order_one_a_line():
    desk()
    result = expect(0, "submit", "d.desk", "--clock", START,
                    stdin=lines(opened(1), opened(2), closed(1)))
    receipts = result.json()
    assert [r["outcome"] for r in receipts] == ["accepted"] * 3
    assert [r["state"] for r in receipts] == ["open", "open", "closed"]
    assert receipts[0]["record"] == receipts[2]["record"] != receipts[1]["record"]
    assert receipts[0]["deadlines"][0]["name"] == "target"
    positions = [r["position"] for r in receipts]
    assert positions == sorted(set(positions)), positions


def test_batches_give_the_same_receipts():
    commands = [opened(n) for n in range(25)] + [closed(n) for n in range(25)]
    seen = []
    for size in ("1", "7", "1000"):
        desk()
        receipts = expect(0, "submit", "d.desk", "--batch", size, "--clock", START,
                          stdin=lines(*commands)).json()
        seen.append([(r["state"], r["version"], r["position"]) for r in receipts])
        os.unlink("d.desk")
    assert seen[0] == seen[1] == seen[2]


def test_a_refusal_goes_on_and_exits_with_1():
    desk()
    for batch in ("1", "10"):
        result = expect(1, "submit", "d.desk", "--batch", batch, "--clock", START,
                        stdin=lines(opened(1), closed(1, actor="caller"), opened(2)))
        outcomes = [r["outcome"] for r in result.json()]
        assert outcomes == ["accepted", "refused", "accepted"]
        reason = result.json()[1]["reasons"][0]
        assert reason["code"] == "not-permitted" and reason["message"]["zh"]


def test_lines_that_cannot_be_read_go_on_and_exit_with_2():
    desk()
    odd = [b"{", b"[]", b'{"command": "open"}', b'{"command": 1, "actor": "p"}', b"\xff\xfe",
           b'{"command": "close", "command": "x", "actor": "p"}', b"x" * 70000, b"\x00",
           b'{"command": "open", "actor": "p", "at": "noon"}']
    for batch in ("1", "100"):
        given = b"\n\n".join([lines(opened(1)).encode().strip(), *odd,
                              lines(opened(2)).encode().strip()])
        result = expect(2, "submit", "d.desk", "--batch", batch, "--clock", START, stdin=given)
        found = result.json()
        assert [r["outcome"] for r in found] == ["accepted"] + ["error"] * len(odd) + ["accepted"]
        assert [r["error"]["line"] for r in found[1:-1]] == [3 + 2 * n for n in range(len(odd))]
        for r in found[1:-1]:
            assert r["error"]["code"] and r["error"]["message"]["zh"], r
        assert found[7]["error"]["code"] == "line-too-long"


def test_a_line_of_64_kib_is_not_too_long():
    desk()
    command = opened(1)
    text = json.dumps(command)
    padded = text + " " * (64 * 1024 - len(text))
    expect(0, "submit", "d.desk", "--clock", START, stdin=padded + "\n")
    expect(2, "submit", "d.desk", "--clock", START, stdin=padded + " \n")


def test_empty_input_is_done():
    desk()
    for given in ("", "\n \n\r\n"):
        assert expect(0, "submit", "d.desk", stdin=given).out == ""


def test_a_file_and_the_last_line_without_its_end():
    desk()
    write("commands.jsonl", lines(opened(1), opened(2)).rstrip("\n"))
    assert len(expect(0, "submit", "d.desk", "commands.jsonl", "--clock", START).json()) == 2
    expect(2, "submit", "d.desk", "none.jsonl")


def test_a_key_makes_a_repetition_harmless_and_other_content_an_error():
    desk()
    first = expect(0, "submit", "d.desk", "--clock", START, stdin=lines(opened(1))).out
    assert expect(0, "submit", "d.desk", "--clock", START, stdin=lines(opened(1))).out == first
    other = opened(1, data={"case_type": "Lamp"})
    for batch in ("1", "5"):
        found = expect(2, "submit", "d.desk", "--clock", START, "--batch", batch,
                       stdin=lines(other, opened(int(batch) + 1))).json()
        assert found[0]["error"]["code"] == "key-reused", found
        assert found[1]["outcome"] == "accepted"


def test_preview_writes_nothing():
    desk(opened(1))
    before = expect(0, "summary", "d.desk", "--json", "--clock", START).out
    found = expect(0, "preview", "d.desk", "--clock", START, stdin=lines(closed(1))).json()
    assert found[0]["state"] == "closed" and not found[0]["position"]
    expect(1, "preview", "d.desk", "--clock", START, stdin=lines(closed(1, actor="caller")))
    expect(2, "preview", "d.desk", stdin="{\n")
    assert expect(0, "summary", "d.desk", "--json", "--clock", START).out == before


def test_a_printed_receipt_is_durable():
    desk()
    process = subprocess.Popen([COMMAND, "submit", "d.desk", "--clock", START],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    for number in range(5):
        process.stdin.write(lines(opened(number)).encode())
        process.stdin.flush()
        receipt = json.loads(process.stdout.readline())
        seen = expect(0, "show", "d.desk", f"@B-{number}", "--as", "p-311", "--json").json()[0]
        assert seen["record"] == receipt["record"]
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    assert len(expect(0, "list", "d.desk", "--as", "p-311", "--json").json()) == 5


def test_a_batch_that_was_not_committed_is_not_there():
    desk()
    process = subprocess.Popen([COMMAND, "submit", "d.desk", "--clock", START, "--batch", "4"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment())
    process.stdin.write(lines(*(opened(n) for n in range(6))).encode())
    process.stdin.flush()
    receipts = [json.loads(process.stdout.readline()) for _ in range(4)]
    process.kill()
    process.wait()
    process.stdin.close()
    assert process.stdout.read() == b""
    process.stdout.close()
    there = expect(0, "list", "d.desk", "--as", "p-311", "--json").json()
    assert sorted(r["record"] for r in there) == sorted(r["record"] for r in receipts)


def test_a_reader_that_goes_ends_it_quietly_with_3():
    desk()
    process = subprocess.Popen([COMMAND, "submit", "d.desk", "--clock", START],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, env=environment())
    process.stdout.close()
    try:
        process.stdin.write(lines(*(opened(n) for n in range(50))).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass
    assert process.wait() == 3
    assert process.stderr.read() == b""
    process.stderr.close()
    expect(0, "verify", "d.desk")


def test_a_full_disk_behind_stdout_is_said():
    desk(opened(1))
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([COMMAND, "show", "d.desk", "@B-1", "--as", "p-311"], stdout=full,
                              stderr=subprocess.PIPE, env=environment(), check=False)
    assert done.returncode == 3 and b"file-io" in done.stderr


def test_a_store_that_another_holds_ends_with_3_and_prints_nothing():
    desk()
    holder = sqlite3.connect("d.desk", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    result = run("submit", "d.desk", "--clock", START, "--batch", "3",
                 stdin=lines(opened(1), opened(2)), timeout=60)
    holder.execute("ROLLBACK")
    holder.close()
    assert result.code == 3 and result.out == "" and "busy" in result.err, result


# show, list, options


def test_show_is_json_or_a_page():
    desk(opened(1), closed(1))
    found = expect(0, "show", "d.desk", "@B-1", "--as", "p-311", "--history", "--json").json()[0]
    assert found["state"] == "closed" and found["is_final"] is True
    assert [item["command"] for item in found["history"]] == ["open", "close"]
    by_id = expect(0, "show", "d.desk", found["record"], "--as", "p-311", "--json").json()[0]
    assert by_id["external_id"] == "B-1" and not by_id.get("history")
    page = expect(0, "show", "d.desk", "@B-1", "--as", "p-311", "--history", "--explain").out
    for words in ("B-1", "city-311", "closed (final)", "Pothole 路面坑洼", "target  met",
                  "2015-03-05 16:30:00 -05:00", "History", "p-311", "caller"):
        assert words in page, (words, page)
    chinese = expect(0, "show", "d.desk", "@B-1", "--as", "p-311", "--history", "--lang", "zh").out
    for words in ("已办结", "期限", "按时完成", "办理过程", "诉求人"):
        assert words in chinese, (words, chinese)


def test_show_of_what_is_not_there_is_bad_input():
    desk()
    for record in ("@B-1", "B-1", "0197f3a0-0000-7000-8000-000000000000", "", "@"):
        expect(2, "show", "d.desk", record, "--as", "p-311")


def test_show_masks_what_the_actor_may_not_read():
    rulebook = json.loads("\n".join(line for line in RULEBOOK.read_text().splitlines()
                                    if not line.strip().startswith("//")))
    fields = rulebook["lifecycles"]["city-311"]["fields"]
    fields["note"] = {"type": "text"}
    write("rules.json", rulebook)
    expect(0, "init", "d.desk", "--rulebook", "rules.json", "--directory", DIRECTORY)
    command = opened(1)
    command["data"] = {**command["data"], "note": "call Ms Li"}
    expect(0, "submit", "d.desk", stdin=lines(command))
    assert "call Ms Li" in expect(0, "show", "d.desk", "@B-1", "--as", "p-311").out
    stranger = expect(0, "show", "d.desk", "@B-1", "--as", "stranger", "--history")
    assert "call Ms Li" not in stranger.out and "(personal)" in stranger.out
    assert "已遮盖" in expect(0, "show", "d.desk", "@B-1", "--as", "stranger", "--lang", "zh").out


def test_what_a_caller_wrote_cannot_steer_the_terminal():
    command = opened(1)
    command["data"]["queue"] = "\u202eevil\u001b[31m\u009b2J"
    desk(command)
    for arguments in (["show", "d.desk", "@B-1"], ["list", "d.desk"]):
        out = expect(0, *arguments, "--as", "p-311").out
        assert not any(c in out for c in "\u001b\u202e\u009b"), out


def test_list_filters_and_stays_straight():
    desk(opened(1), opened(2), opened(3, data={"case_type": "Lamp"}), closed(1))
    ids = lambda *more: sorted(r["external_id"] for r in expect(
        0, "list", "d.desk", "--as", "p-311", "--json", *more).json())
    assert ids() == ["B-1", "B-2", "B-3"]
    assert ids("--state", "open") == ["B-2", "B-3"]
    assert ids("--lifecycle", "city-311", "--state", "closed") == ["B-1"]
    assert ids("--lifecycle", "nothing") == []
    assert ids("--due-before", "2015-03-06T00:00:00-05:00") == ["B-2"]
    assert ids("--due-before", "2015-03-05T00:00:00-05:00") == []
    assert len(ids("--limit", "2")) == 2
    table = expect(0, "list", "d.desk", "--as", "p-311", "--state", "open").out.splitlines()
    assert len(table) == 3 and table[0].startswith("record")
    state = table[0].index("state")
    assert all(row[state:].startswith("open") for row in table[1:]), table
    chinese = expect(0, "list", "d.desk", "--as", "p-311", "--lang", "zh").out.splitlines()
    assert columns(chinese[0].split("状态")[0]) == len(chinese[1].split("open")[0].split("closed")[0])


def test_a_long_list_comes_in_portions():
    desk()
    expect(0, "submit", "d.desk", "--batch", "1000", "--clock", START,
           stdin=lines(*(opened(n) for n in range(1201))))
    table = expect(0, "list", "d.desk", "--as", "p-311").out.splitlines()
    assert len(table) == 1202
    assert sum(row.startswith("record") for row in table) == 1


def test_options_say_what_may_be_done_and_why_not():
    desk(opened(1))
    found = expect(0, "options", "d.desk", "@B-1", "--as", "p-311", "--json", "--clock", START)
    by_name = {option["command"]: option for option in found.json()[0]["options"]}
    assert by_name["close"]["allowed"] and not by_name["reopen"]["allowed"]
    assert by_name["route"]["asks"] == ["department"]
    page = expect(0, "options", "d.desk", "@B-1", "--as", "caller", "--clock", START).out
    assert "yes  close" not in page and "no   close" in page, page
    assert "须提供" in expect(0, "options", "d.desk", "@B-1", "--as", "p-311", "--lang", "zh").out
    expect(2, "options", "d.desk", "@B-9", "--as", "p-311")


def test_overdue_is_shown_before_any_tick():
    desk(opened(1))
    late = "2015-03-05T16:30:01-05:00"
    for arguments in (["show", "d.desk", "@B-1"], ["list", "d.desk"]):
        assert "OVERDUE" not in expect(0, *arguments, "--as", "p-311", "--clock", TARGET).out
        assert "OVERDUE" in expect(0, *arguments, "--as", "p-311", "--clock", late).out


# tick, outbox, summary


def test_tick_breaches_and_the_outbox_tells():
    desk(opened(1), opened(2), closed(1))
    late = "2015-03-06T09:00:00-05:00"
    found = expect(0, "tick", "d.desk", "--now", late, "--json").json()[0]
    assert found["fired"] == 1, found
    assert expect(0, "tick", "d.desk", "--now", late, "--json").json()[0]["fired"] == 0
    record = expect(0, "show", "d.desk", "@B-2", "--as", "p-311", "--json").json()[0]
    assert record["deadlines"][0]["breached"] is True
    assert "OVERDUE" in expect(0, "show", "d.desk", "@B-2", "--as", "p-311").out
    assert "已超期" in expect(0, "list", "d.desk", "--as", "p-311", "--lang", "zh").out
    effects = expect(0, "outbox", "d.desk", "--json").json()
    assert effects and all(e["specversion"] == "1.0" for e in effects)
    table = expect(0, "outbox", "d.desk").out
    assert len(table.splitlines()) == len(effects) and effects[0]["id"] in table
    expect(0, "outbox", "d.desk", "--ack", effects[0]["id"])
    expect(2, "outbox", "d.desk", "--ack", effects[0]["id"])
    left = expect(0, "outbox", "d.desk", "--json").json()
    assert [e["id"] for e in left] == [e["id"] for e in effects[1:]]


def test_summary_counts():
    desk(opened(1), opened(2), opened(3, data={"case_type": "Lamp"}), closed(1))
    late = "2015-03-06T09:00:00-05:00"
    expect(0, "submit", "d.desk", "--clock", late, stdin=lines(closed(2)))
    found = expect(0, "summary", "d.desk", "--json", "--now", late).json()[0]
    counts = {name: found[name] for name in ("total", "open", "final", "overdue", "on_time",
                                             "late", "set_apart")}
    assert counts == {"total": 3, "open": 1, "final": 2, "overdue": 0, "on_time": 1, "late": 1,
                      "set_apart": 0}, found
    page = expect(0, "summary", "d.desk", "--now", late).out
    assert "1/2" in page and "50.0%" in page and "city-311" in page, page
    assert "按时" in expect(0, "summary", "d.desk", "--lang", "zh").out


def test_summary_of_an_empty_desk():
    desk()
    assert "no records" in expect(0, "summary", "d.desk").out
    assert expect(0, "summary", "d.desk", "--json").json()[0]["total"] == 0


# verify and backup


def test_a_whole_journal():
    desk(opened(1), closed(1))
    found = expect(0, "verify", "d.desk", "--json").json()[0]
    assert found["whole"] is True and found["entries"] > 2 and found["records"] > 0
    assert "whole" in expect(0, "verify", "d.desk").out
    assert "完整" in expect(0, "verify", "d.desk", "--lang", "zh").out
    assert "not-yet" in expect(2, "verify", "d.desk", "--checkpoint", "x").err


def journal_tables():
    """Tables of the store with a column of bytes, to be tampered with."""
    with sqlite3.connect("d.desk") as store:
        return [(table, column[1]) for (table,) in store.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")
            for column in store.execute(f"PRAGMA table_info('{table}')") if column[1] == "body"]


def test_a_changed_entry_is_found():
    desk(opened(1), closed(1))
    table = next(t for t, _ in journal_tables() if "entr" in t)
    store = sqlite3.connect("d.desk")
    row, body = store.execute(
        f"SELECT rowid, body FROM {table} ORDER BY rowid DESC LIMIT 1").fetchone()
    text = body if isinstance(body, str) else body.decode()
    changed = text.replace("p-311", "p-666")
    assert changed != text
    store.execute(f"UPDATE {table} SET body = ? WHERE rowid = ?",
                  (changed if isinstance(body, str) else changed.encode(), row))
    store.commit()
    store.close()
    found = expect(1, "verify", "d.desk", "--json").json()[0]
    assert found["whole"] is False and found["kind"] == "hash" and found["position"] > 0, found
    page = expect(1, "verify", "d.desk").out
    assert "NOT whole" in page and found["expected"] in page


def test_what_is_no_desk():
    write("d.desk", b"not a desk at all" * 1000)
    for verb in (["verify"], ["summary"], ["tick"]):
        assert expect(3, verb[0], "d.desk").err != ""


def test_backup_is_a_desk_of_its_own():
    desk(opened(1))
    expect(0, "backup", "d.desk", "copy.desk")
    expect(0, "submit", "d.desk", "--clock", START, stdin=lines(opened(2)))
    assert len(expect(0, "list", "copy.desk", "--as", "p-311", "--json").json()) == 1
    expect(0, "verify", "copy.desk")
    expect(2, "backup", "d.desk", "copy.desk")
    assert run("backup", "d.desk", "no/such/folder/copy").code in (2, 3)


main(globals())
