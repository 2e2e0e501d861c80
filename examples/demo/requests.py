#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A month of work at a street office, as commands: requests.py SCENARIO zh|en DIRECTORY

Reads the scenario and writes one file of JSON lines for each day of it, DIRECTORY/2026-01-26.jsonl
and so on. The same scenario gives the same commands on every machine. What people do is invented;
what the rules make of it is for the library to say.
"""
import datetime
import json
import random
import sys

OFFICE_HOURS = ((8 * 60, 12 * 60), (14 * 60, 17 * 60 + 30))  # minutes of the day
ZONE = datetime.timezone(datetime.timedelta(hours=8))
DAY = datetime.timedelta(days=1)


def minutes(count):
    return datetime.timedelta(minutes=count)


class Office:
    """The days and hours in which people work."""

    def __init__(self, scenario):
        self.rest = set(scenario["rest_days"])
        self.make_up = set(scenario["make_up_days"])

    def works_on(self, day):
        text = day.isoformat()
        return text in self.make_up or (day.weekday() < 5 and text not in self.rest)

    def next_opening(self, time):
        """`time` itself within office hours, else when they begin again."""
        while True:
            minute = time.hour * 60 + time.minute
            for begin, end in OFFICE_HOURS:
                if self.works_on(time.date()) and minute < end:
                    return time if minute >= begin else at_minute(time.date(), begin)
            time = at_minute(time.date() + DAY, 0)

    def after(self, time, working_minutes):
        """So many minutes of office hours later."""
        time = self.next_opening(time)
        while working_minutes > 0:
            minute = time.hour * 60 + time.minute
            end = next(end for begin, end in OFFICE_HOURS if begin <= minute < end)
            step = min(working_minutes, end - minute - 1)
            time += minutes(step)
            working_minutes -= step
            if working_minutes > 0:
                time = self.next_opening(time + minutes(1))
                working_minutes -= 1
        return time


def at_minute(day, minute):
    return datetime.datetime.combine(day, datetime.time(), ZONE) + minutes(minute)


class Month:
    def __init__(self, scenario, language):
        self.scenario = scenario
        self.language = language
        self.words = scenario["words"][language]
        self.office = Office(scenario)
        self.random = random.Random(scenario["seed"])
        self.commands = []  # (time, number, command); the number keeps an order at once
        self.count = 0
        self.known = {}  # (matter, place): a request that others may turn out to repeat
        self.end = at_minute(datetime.date.fromisoformat(scenario["to"]) + DAY, 0)

    # ---- chance: only random.random(), whose sequence is promised for a seed ----

    def number(self, low, high):
        return low + int(self.random.random() * (high - low + 1))

    def one_of(self, items):
        return items[self.number(0, len(items) - 1)]

    def happens(self, percent):
        return self.random.random() * 100 < percent

    def weighted(self, weights):
        left = self.random.random() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                break
        return item

    # ---- commands ----

    def do(self, time, command, record, actor, **data):
        line = {"command": command, "record": record, "actor": actor, "at": time.isoformat()}
        if data:
            line["data"] = data
        self.commands.append((time, len(self.commands), line))
        return time

    def open(self, time, record, actor, data, **more):
        line = {"command": "open", "lifecycle": "resident-request", "external_id": record[1:],
                "actor": actor, "at": time.isoformat(), "data": data}
        line.update(more)
        self.commands.append((time, len(self.commands), line))

    # ---- one request ----

    def request(self, time):
        self.count += 1
        record = f"@R-{self.count:04}"
        channel = self.weighted(self.scenario["channels"])
        operator = self.one_of(self.scenario["operators"])
        resident = f"r-{self.number(1, 180):03}"
        data = {"channel": channel, "caller": self.one_of(self.words["caller"]),
                "phone": f"138{self.number(0, 99999999):08}"}
        by_hand = channel in ("phone", "visit", "grid")
        actor = operator if by_hand else resident
        longest = (2, 40) if by_hand else (10, 300)
        look = time + minutes(self.number(*longest))
        path = self.weighted(self.scenario["paths"])
        if path == "answered":
            data["subject"] = self.one_of(self.scenario["questions"][self.language])
            self.open(time, record, actor, data)
            self.do(look, "answer", record, operator, reply=self.words["answer"])
        elif path == "rejected":
            case = self.one_of(self.scenario["rejections"])
            subject, reason, way = case[self.language]
            self.open(time, record, actor, dict(data, subject=subject))
            self.do(look, "reject", record, operator, ground=case["ground"], reason=reason,
                    lawful_way=way)
        elif path == "emergency":
            case = self.one_of(self.scenario["emergencies"])
            self.open(time, record, operator,
                      dict(data, subject=case[self.language], channel="phone", urgency="danger"))
            self.do(time + minutes(1), "transfer-emergency", record, operator,
                    emergency_line=case["line"])
        else:
            self.matter(time, look, record, actor, operator, data, path == "duplicate")

    def matter(self, time, look, record, actor, operator, data, is_repeated):
        matters = self.scenario["matters"]
        matter = self.weighted({index: one["weight"] for index, one in enumerate(matters)})
        matter = matters[matter]
        place = self.one_of(self.scenario["places"])
        self.open(time, record, actor, dict(data, subject=self.one_of(matter[self.language])))
        older = self.known.get((matter["matter"], place))
        if is_repeated and older and older[1] < time:
            self.do(look, "merge", record, operator, into=older[0])
            return
        self.known[matter["matter"], place] = (record, time)
        self.do(look, "classify", record, operator, matter=matter["matter"],
                urgency=matter["urgency"], place=place)
        self.dispatch(look + minutes(1), record, actor, operator, matter["unit"])

    def dispatch(self, time, record, actor, operator, unit):
        habits = self.scenario["units"][unit]
        person = habits["person"]
        self.do(time, "dispatch", record, operator, lead_unit=unit)
        if self.happens(habits["returns"]):
            time = self.office.after(time, self.number(30, 300))
            self.do(time, "return", record, person, reason=self.words["not_ours"])
            time = self.office.after(time, self.number(10, 120))
            if self.happens(50):
                self.do(time, "grant-return", record, operator)
                other = self.one_of([name for name in self.scenario["units"] if name != unit])
                time = self.do(time + minutes(5), "dispatch", record, operator, lead_unit=other)
                unit, habits = other, self.scenario["units"][other]
                person = habits["person"]
                time = self.sign(time, record, habits, person)
            else:
                self.do(time, "refuse-return", record, operator, reason=self.words["theirs"])
        else:
            time = self.sign(time, record, habits, person)
        self.work(time, record, actor, operator, unit, habits, person)

    def sign(self, time, record, habits, person):
        late = self.happens(habits["late_to_sign"])
        time = self.office.after(time, self.number(600, 1100) if late else self.number(10, 260))
        return self.do(time, "sign", record, person)

    def work(self, time, record, actor, operator, unit, habits, person):
        time = self.do(self.office.after(time, self.number(5, 90)), "start", record, person)
        if unit == "water-bureau" and self.happens(12):
            self.support(time, record, person)
        if self.happens(4):
            time = self.suspend(time, record, operator, person)
        elif self.happens(9):
            time = self.office.after(time, self.number(200, 900))
            self.do(time, "request-extension", record, person, reason=self.words["more_time"])
            time = self.office.after(time, self.number(30, 120))
            days = self.number(2, 5)
            self.do(time, "grant-extension", record, operator, reason=self.words["granted"],
                    **{"for": f"{days} working days"})
        needed = self.number(2200, 4200) if self.happens(habits["slow"]) else self.number(120, 1300)
        time = self.office.after(time, needed)
        self.finish(time, record, actor, operator, habits, person)

    def support(self, time, record, person):
        child = f"@S-{record[3:]}"
        self.open(time + minutes(5), child, person,
                  {"subject": self.words["support"], "support_unit": "parks-bureau"},
                  lifecycle="support-request", parent=record)
        supporter = self.scenario["units"]["parks-bureau"]["person"]
        signed = self.do(self.office.after(time, self.number(60, 400)), "sign", child, supporter)
        self.do(self.office.after(signed, self.number(200, 900)), "report", child, supporter,
                reply=self.words["support_done"])

    def suspend(self, time, record, operator, person):
        time = self.office.after(time, self.number(60, 400))
        self.do(time, "request-suspension", record, person,
                suspension_reason=self.words["not_solvable"])
        time = self.office.after(time, self.number(30, 200))
        review = at_minute(time.date() + self.number(7, 12) * DAY, 9 * 60)
        self.do(time, "suspend", record, operator, review_at=review.isoformat())
        return self.do(self.office.after(review, self.number(0, 120)), "resume", record, operator,
                       reason=self.words["resumed"])

    def finish(self, time, record, actor, operator, habits, person):
        rounds = 0
        is_rated = False
        while True:
            rounds += 1
            self.do(time, "handle", record, person, reply=self.one_of(self.words["reply"]))
            time = self.office.after(time, self.number(20, 420))
            reached = self.happens(88)
            self.do(time, "verify", record, operator,
                    call_back="reached" if reached else "not-reached")
            if rounds == 1 and reached and self.happens(82):
                level = 1 + self.weighted(dict(enumerate(habits["ratings"])))
                is_rated = True
                time = time + minutes(self.number(1, 30))
                self.do(time, "rate", record, actor, rating=level)
                if level <= 2 and self.happens(60):
                    time = self.do(time + minutes(5), "rework", record, operator,
                                   reason=self.words["again"])
                    time = self.do(self.office.after(time, self.number(30, 200)), "start", record,
                                   person)
                    time = self.office.after(time, self.number(200, 1500))
                    continue
            if is_rated:
                self.do(time + minutes(2), "close", record, operator)
            return

    # ---- the month ----

    def featured(self):
        """The request whose page the demo shows, and the one that it refuses a step of."""
        day = datetime.date(2026, 2, 11)
        zh = self.language == "zh"
        record, operator, person = "@R-0900", "p-liu", "p-water"
        self.open(at_minute(day, 8 * 60 + 20), record, "r-007",
                  {"subject": "老旧小区主管漏水，三栋楼停水" if zh else
                              "Main pipe of the old estate leaks, three buildings without water",
                   "channel": "app", "phone": "13800000007",
                   "caller": self.words["caller"][2]})
        self.do(at_minute(day, 8 * 60 + 40), "classify", record, operator, matter="water-leak",
                urgency="urgent", place="old-harbour")
        self.do(at_minute(day, 8 * 60 + 45), "dispatch", record, operator, lead_unit="water-bureau")
        self.do(at_minute(day, 10 * 60), "sign", record, person)
        self.do(at_minute(day, 14 * 60 + 30), "start", record, person)
        self.do(at_minute(day + 2 * DAY, 16 * 60), "request-extension", record, person,
                reason=self.words["more_time"])
        self.do(at_minute(day + 2 * DAY, 16 * 60 + 30), "grant-extension", record, operator,
                reason=self.words["granted"], **{"for": "5 working days"})
        self.do(at_minute(day + 16 * DAY, 17 * 60), "request-extension", record, person,
                reason=self.words["more_time"])

    def days(self):
        day = datetime.date.fromisoformat(self.scenario["from"])
        last = datetime.date.fromisoformat(self.scenario["to"])
        while day <= last:
            yield day
            day += DAY

    def play(self):
        for day in self.days():
            works = self.office.works_on(day)
            low, high = self.scenario["per_working_day" if works else "per_rest_day"]
            times = sorted(self.number(7 * 60, 22 * 60) for _ in range(self.number(low, high)))
            for minute in times:
                self.request(at_minute(day, minute))
        self.featured()
        self.commands.sort(key=lambda item: item[:2])

    def write(self, directory):
        files = {day: [] for day in self.days()}
        for time, _, command in self.commands:
            if time < self.end:
                files[time.date()].append(json.dumps(command, ensure_ascii=False) + "\n")
        for day, lines in files.items():
            with open(f"{directory}/{day}.jsonl", "w", encoding="utf-8") as file:
                file.writelines(lines)


def main(arguments):
    if len(arguments) != 3 or arguments[1] not in ("zh", "en"):
        sys.exit(__doc__)
    with open(arguments[0], encoding="utf-8") as file:
        month = Month(json.load(file), arguments[1])
    month.play()
    month.write(arguments[2])


if __name__ == "__main__":
    main(sys.argv[1:])
