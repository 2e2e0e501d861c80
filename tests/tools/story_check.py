# SPDX-License-Identifier: Apache-2.0
"""story: what passes, what fails and how it says so, what is no story."""
import json

from harness import RULEBOOK, SOURCE, expect, main, write

OPEN = {"command": "open", "lifecycle": "city-311", "external_id": "B-1", "actor": "caller",
        "at": "2015-03-02T09:00:00-05:00",
        "data": {"case_type": "Pothole", "target": "2015-03-05T16:30:00-05:00"}}
CLOSE = {"command": "close", "record": "@B-1", "actor": "caller", "at": "2015-03-03T09:00:00-05:00"}


def story(*steps, **members):
    return {"story": "a story", "rulebook": str(RULEBOOK), "setup": [], "steps": list(steps),
            **members}


def fails(difference, *steps, **members):
    write("story.json", story(*steps, **members))
    result = expect(1, "story", "story.json")
    assert result.out.splitlines()[0].startswith(f"FAIL a story: {difference}"), result
    assert result.out.splitlines()[-1] == "0 passed, 1 failed, 0 skipped"


def test_example_stories_pass():
    paths = sorted((SOURCE / "examples/stories/city-311").glob("*.json"))
    assert paths
    count = 0
    for path in paths:
        content = json.loads(path.read_text())
        count += len(content) if isinstance(content, list) else 1
    result = expect(0, "story", *paths)
    assert result.out.splitlines()[-1] == f"{count} passed, 0 failed, 0 skipped", result
    assert len(result.out.splitlines()) == count + 1


def test_a_step_without_expectation_must_be_accepted():
    fails("step 2: expected accepted, found refused not-permitted", OPEN, CLOSE)


def test_a_state_that_differs():
    fails('step 1: expected state "closed", found state "open"',
          {**OPEN, "expect": {"state": "closed"}})


def test_a_due_time_that_differs():
    fails("step 1: expected due target", {**OPEN, "expect": {
        "due": {"target": "2015-03-05T16:30:01-05:00"}}})


def test_a_due_time_is_compared_as_an_instant():
    write("story.json", story({**OPEN, "expect": {"due": {"target": "2015-03-05T21:30:00Z"}}}))
    expect(0, "story", "story.json")


def test_a_deadline_that_should_not_be():
    fails("step 1: expected due target null", {**OPEN, "expect": {"due": {"target": None}}})


def test_fields_flags_breaches_and_versions_are_compared():
    for expectation in ({"fields": {"case_type": "Lamp"}}, {"flags": ["backfilled"]},
                        {"breached": ["target"]}, {"version": 2}, {"is_final": True},
                        {"status": {"target": "met"}}, {"fields": {"nothing": 1}}):
        fails("step 1: expected ", {**OPEN, "expect": expectation})


def test_a_refusal_that_does_not_come():
    fails("step 1: expected refused not-permitted, found accepted, state open",
          {**OPEN, "refuse": "not-permitted"})


def test_a_refusal_for_another_reason():
    fails("step 2: expected refused wrong-state, found refused not-permitted", OPEN,
          {**CLOSE, "refuse": "wrong-state"})


def test_expecting_a_state_of_a_refused_command():
    fails('step 2: expected accepted {"state": "closed"}, found refused not-permitted', OPEN,
          {**CLOSE, "expect": {"state": "closed"}})


def test_setup_must_be_accepted():
    fails("setup 1: expected accepted, found refused", OPEN, setup=[CLOSE])


def test_a_tick_and_what_it_leaves():
    write("story.json", story(OPEN, {
        "tick": "2015-03-06T00:00:00-05:00",
        "expect": {"@B-1": {"state": "open", "breached": ["target"]}}}))
    expect(0, "story", "story.json")
    fails("step 2: expected breached []", OPEN, {
        "tick": "2015-03-06T00:00:00-05:00", "expect": {"@B-1": {"breached": []}}})
    fails("step 2: expected record @B-7", OPEN, {
        "tick": "2015-03-06T00:00:00-05:00", "expect": {"@B-7": {"state": "open"}}})


def test_a_list_of_stories_and_json_lines():
    write("stories.json", [story(OPEN, story="one"), story(CLOSE, story="二")])
    found = expect(1, "story", "--json", "stories.json").json()
    assert [line.get("outcome") for line in found] == ["passed", "failed", None]
    assert found[1]["story"] == "二" and found[1]["step"] == 1 and "refused" in found[1]["found"]
    assert found[2] == {"passed": 1, "failed": 1, "skipped": 0}


def test_what_is_no_story_is_bad_input():
    for content in ("{", "[1]", json.dumps(story(OPEN, colour="red")),
                    json.dumps(story({**OPEN, "expected": {}})),
                    json.dumps(story({**OPEN, "expect": {"stat": "open"}})),
                    json.dumps(story({**OPEN, "expect": {}, "refuse": "x"})),
                    json.dumps(story({**OPEN, "at": "yesterday"})),
                    json.dumps(story({**OPEN, "expect": {"due": {"target": "soon"}}})),
                    json.dumps(story({"tick": "never"})),
                    json.dumps(story()), json.dumps({"story": "x", "steps": [OPEN]}),
                    json.dumps(story(OPEN, rulebook="none.json")),
                    json.dumps(story({**OPEN, "data": []}))):
        write("story.json", content)
        result = expect(2, "story", "story.json")
        assert result.err != "", content


def test_bad_input_says_where():
    write("story.json",
          '{"story": "x", "rulebook": "r",\n "steps": [{"command": "a",\n  "colour": 1}]}')
    result = expect(2, "story", "story.json")
    assert "story.json:3:13: unknown-key: steps[0].colour" in result.err, result


main(globals())
