# SPDX-License-Identifier: Apache-2.0
"""What goes into a record comes out of it, and what cannot is refused at the door."""
import decimal
import enum
import uuid
from datetime import date, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import libcommunity
from libcommunity import generated
from conftest import MONDAY, open_request

LARGEST = 2**53 - 1
same_desk = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None,
                     max_examples=150)

words = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=30)
scalars = st.one_of(st.none(), st.booleans(), st.integers(-LARGEST, LARGEST), words)
values = st.recursive(scalars, lambda inner: st.one_of(
    st.lists(inner, max_size=4), st.dictionaries(words, inner, max_size=4)), max_leaves=12)


@same_desk
@given(details=st.dictionaries(words, values, max_size=5))
def test_json_values_come_back_as_they_went_in(desk, details):
    assume(not (set(details) == {"masked"} and isinstance(details["masked"], str)))
    receipt = open_request(desk, details=details)
    record = desk.get(receipt.record, actor="p-2")
    if details or "details" in record.fields:
        assert record.fields["details"] == details


@same_desk
@given(subject=words.filter(bool))
def test_texts_come_back_as_they_went_in(desk, subject):
    receipt = open_request(desk, subject=subject)
    assert desk.get(receipt.record, actor="p-2").fields["subject"] == subject


@same_desk
@given(cost=st.integers())
def test_amounts_are_exact_or_refused(desk, cost):
    if -LARGEST <= cost <= LARGEST:
        receipt = open_request(desk, cost=cost)
        assert desk.get(receipt.record, actor="p-2").fields["cost"] == cost
    else:
        with pytest.raises(libcommunity.InvalidInput) as caught:
            open_request(desk, cost=cost)
        assert caught.value.code == "json-number-range"


@pytest.mark.parametrize("cost", [LARGEST + 1, -LARGEST - 1, 2**63, 2**64, -2**200,
                                  pytest.param(10**5000, id="more digits than Python prints")])
def test_greater_integers_are_refused(desk, cost):
    with pytest.raises(libcommunity.InvalidInput):
        open_request(desk, cost=cost)


@pytest.mark.parametrize("cost", [1.5, "7", True, [1]])
def test_an_amount_is_a_whole_number(desk, cost):
    with pytest.raises(libcommunity.Refused) as caught:
        open_request(desk, cost=cost)
    assert caught.value.code == "field-type"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"),
                                    decimal.Decimal("NaN")])
def test_only_finite_numbers(desk, number):
    with pytest.raises(libcommunity.InvalidInput):
        open_request(desk, details={"x": number})


@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud800", "x\udfff", "\udc00\ud800"], ids=ascii)
def test_texts_that_are_none_are_refused_wherever_they_stand(desk, text):
    for use in [
        lambda: open_request(desk, subject=text),
        lambda: open_request(desk, details={text: 1}),
        lambda: open_request(desk, details={"x": [text]}),
        lambda: open_request(desk, actor=text),
        lambda: open_request(desk, text),
        lambda: desk.submit(text, actor="p"),
        lambda: desk.submit({"command": text, "actor": "p"}),
        lambda: desk.submit("open", actor="p", key=text),
        lambda: desk.get(text, actor="p"),
        lambda: desk.get("@x", actor=text),
        lambda: desk.options(text, actor="p"),
        lambda: desk.history(text, actor="p"),
        lambda: desk.find(actor=text),
        lambda: desk.find(actor="p", lifecycle=text),
        lambda: desk.find(actor="p", state=text),
        lambda: desk.find(actor="p", unit=text),
        lambda: desk.acknowledge(text),
        lambda: desk.backup(text),
        lambda: libcommunity.open(text),
        lambda: libcommunity.Rulebook.parse('{"rulebook": "' + text + '", "version": "1"}'),
    ]:
        with pytest.raises(ValueError) as caught:
            use()
        assert isinstance(caught.value, libcommunity.InvalidInput)
    assert desk.summary().total == 0


def test_nesting_is_bounded(desk):
    deep = current = {}
    for _ in range(100):
        current["x"] = {}
        current = current["x"]
    for details in (deep, {"x": eval("[" * 70 + "]" * 70)}):
        with pytest.raises(libcommunity.CommunityError):
            open_request(desk, details=details)
    circle = {}
    circle["x"] = circle
    with pytest.raises(libcommunity.InvalidInput) as caught:
        open_request(desk, details=circle)
    assert caught.value.code == "json-depth"


def test_a_command_has_a_bounded_size(desk):
    with pytest.raises(libcommunity.InvalidInput) as caught:
        open_request(desk, details={"x": "y" * 70_000})
    assert caught.value.code == "json-size"


def test_types_that_json_does_not_have(desk):
    class Colour(str, enum.Enum):
        RED = "red"

    receipt = open_request(desk, details={
        "decimal": decimal.Decimal("1E+2"), "date": date(2026, 6, 1), "time": MONDAY,
        "uuid": uuid.UUID(int=5), "enum": Colour.RED, "tuple": (1, 2)})
    details = desk.get(receipt.record, actor="p-2").fields["details"]
    assert details["decimal"] == "100"
    assert details["date"] == "2026-06-01"
    assert datetime.fromisoformat(details["time"]) == MONDAY
    assert details["uuid"] == str(uuid.UUID(int=5))
    assert details["enum"] == "red"
    assert details["tuple"] == [1, 2]
    for wrong in (b"bytes", {1, 2}, object(), 1j, range(3)):
        with pytest.raises(TypeError, match="x cannot be told to the library"):
            open_request(desk, details={"x": wrong})
    with pytest.raises(TypeError, match="names in details must be str, not int"):
        open_request(desk, details={1: 2})


@given(st.integers(-2**63, 2**63 - 1))
def test_the_generated_layer_keeps_all_64_bits(number):
    command = generated.community_command_new("open", "p")
    generated.community_command_set_at(command, number)
    if abs(number) <= LARGEST:
        generated.community_command_put_integer(command, "n", number)
    else:
        with pytest.raises(libcommunity.InvalidInput) as caught:
            generated.community_command_put_integer(command, "n", number)
        assert caught.value.code == "command-integer"


@given(st.one_of(st.integers(2**63, 2**200), st.integers(-2**200, -2**63 - 1)))
def test_the_generated_layer_refuses_more_than_64_bits(number):
    command = generated.community_command_new("open", "p")
    with pytest.raises(OverflowError):
        generated.community_command_put_integer(command, "n", number)
    with pytest.raises(OverflowError):
        generated.community_time_format(0, number)


@pytest.mark.parametrize("number", [1.0, "1", True, None, b"1"])
def test_only_integers_are_integers(number):
    command = generated.community_command_new("open", "p")
    with pytest.raises(TypeError):
        generated.community_command_put_integer(command, "n", number)


@given(words, st.binary(max_size=50))
def test_texts_keep_their_size(text, data):
    import hashlib
    digest = generated.community_digest_new()
    generated.community_digest_add(digest, text)
    generated.community_digest_add(digest, data + b"\0" + data)
    whole = text.encode() + data + b"\0" + data
    assert generated.community_digest_finish(digest) == hashlib.sha256(whole).digest()
