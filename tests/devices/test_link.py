"""The service's end of a door, without a network."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from devices.credentials import card, pin
from devices.envelope import Code, Refused, open_at_door
from devices.events import Batch, acknowledgeable, continues, parse_event
from devices.fields import BadField
from devices.link import Answered, Happened, Present, Rejected, Reported, door_of, next_counter
from devices.messages import (
    AccessList,
    Medium,
    Position,
    Presence,
    Right,
    parse_list,
    position,
)
from devices.orders import Open, SetTime, parse_command
from devices.provisioning import BrokerAddress, Provisioning
from devices.vectors import DOOR, access_list
from tests.devices.make import AT, KEYS, events, from_door, link, reported

NOW = datetime.fromtimestamp(AT, UTC)


def fed(end: str, body: Any, *, to: Any = None, retained: bool = False, **how: Any) -> Any:
    topic, payload = from_door(end, body, **how)
    return (to or link()).feed(topic, payload, retained=retained, now=NOW)


def opened(outgoing: Any) -> Any:
    return open_at_door(outgoing.payload, topic=outgoing.topic, retained=False, keys=KEYS)


def test_a_list_is_retained_and_reads_back_as_it_was() -> None:
    wanted = parse_list(access_list())
    sent = link().desired(wanted)
    assert sent.retain
    assert sent.topic == "vuoro/v1/d/hall-a/desired"
    assert parse_list(opened(sent).body) == wanted


def test_a_list_that_fits_no_message_is_not_made() -> None:
    rights = tuple(Right(f"{n:040d}", "a" * 64, Medium.CARD, 1, 2, ("survives_stale",)) for n in range(1500))
    with pytest.raises(Refused) as refused:
        link().desired(AccessList(1, 1, 1, 2, 5, 60, rights))
    assert refused.value.code is Code.TOO_BIG


def test_a_command_carries_the_challenge_of_the_door_and_ends_in_ten_seconds() -> None:
    hall = link()
    fed("reported", reported(), to=hall)
    sent = hall.command(Open("c-1", 5, "phone"), counter=7, now=NOW)
    envelope = opened(sent)
    assert not sent.retain
    assert (envelope.nonce, envelope.counter, envelope.iat, envelope.exp) == ("c" * 32, 7, AT, AT + 10)
    assert parse_command(envelope.body) == Open("c-1", 5, "phone")


def test_a_clock_is_set_by_a_command() -> None:
    sent = link().command(SetTime("c-2", AT * 1000), counter=8, now=NOW)
    assert parse_command(opened(sent).body) == SetTime("c-2", AT * 1000)


def test_an_acknowledgement_names_a_position() -> None:
    sent = link().ack(Position(3, 50), now=NOW)
    assert position(opened(sent).body) == Position(3, 50)
    assert not sent.retain


def test_a_report_tells_the_list_and_how_far_the_clock_is_off() -> None:
    body = reported(clock={**reported()["clock"], "at_ms": (AT + 40) * 1000})
    (told,) = fed("reported", body)
    assert isinstance(told, Reported)
    assert told.offset_ms == 40_000
    assert told.report.list
    assert told.report.list.ref.version == 17


def test_a_retained_report_says_nothing_about_the_clock() -> None:
    (told,) = fed("reported", reported(), retained=True)
    assert told.offset_ms is None


def test_a_repeated_report_is_no_news_and_an_older_one_is_refused() -> None:
    hall = link()
    assert fed("reported", reported(), to=hall, counter=20)
    assert fed("reported", reported(), to=hall, counter=20) == ()
    (told,) = fed("reported", reported(), to=hall, counter=19)
    assert told == Rejected(DOOR, "vuoro/v1/d/hall-a/reported", Code.OLD_COUNTER)


def test_events_come_as_a_batch() -> None:
    batch = Batch(Position(1, 1), tuple(events("boot", "granted", "door_opened")))
    (told,) = fed("ev", batch.body())
    assert told == Happened(DOOR, batch)
    assert told.batch.events[1].right == "r-1"


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_batch_with_an_event_missing_or_changed_is_refused(wrong: int) -> None:
    chain = [dict(event.raw) for event in events("boot", "granted", "door_opened", "door_closed")]
    if wrong == 0:
        del chain[2]
    elif wrong == 1:
        chain[1]["at"] = AT
    else:
        chain[1], chain[2] = chain[2], chain[1]
    (told,) = fed("ev", {"oldest": {"boot_epoch": 1, "seq": 1}, "events": chain})
    assert told.code is Code.BAD_BODY


def test_the_answer_to_a_command_comes_back() -> None:
    body = {"id": "c-1", "counter": 7, "result": "done", "code": "opened", "at": AT, "mono_ms": 5}
    (told,) = fed("cmd/rsp", body)
    assert isinstance(told, Answered)
    assert told.answer.done


def test_presence_goes_forward_only() -> None:
    hall = link()
    here, gone = {"online": True, "session": 5}, {"online": False, "session": 5}
    assert fed("online", here, to=hall) == (Present(DOOR, Presence(True, 5)),)
    assert fed("online", here, to=hall) == ()
    assert fed("online", gone, to=hall) == (Present(DOOR, Presence(False, 5)),)
    assert fed("online", here, to=hall) == ()
    (told,) = fed("online", {"online": True, "session": 4}, to=hall)
    assert told.code is Code.OLD_COUNTER
    assert fed("online", {"online": True, "session": 6}, to=hall) == (Present(DOOR, Presence(True, 6)),)


def test_a_message_of_another_door_with_this_doors_key_is_refused() -> None:
    (told,) = fed("ev", Batch(Position(1, 1), tuple(events("boot"))).body(), door="hall-b")
    assert told.code is Code.WRONG_TOPIC


def test_a_service_message_sent_back_to_the_service_is_refused() -> None:
    sent = link().command(Open("c-1", 5, "phone"), counter=7, now=NOW)
    told = link().feed(sent.topic, sent.payload, retained=False, now=NOW)
    assert told == (Rejected(DOOR, sent.topic, Code.BAD_ENVELOPE),)


def test_retained_events_are_refused() -> None:
    (told,) = fed("ev", Batch(Position(1, 1), tuple(events("boot"))).body(), retained=True)
    assert told.code is Code.RETAINED


def test_an_emptied_topic_says_nothing() -> None:
    assert link().feed("vuoro/v1/d/hall-a/reported", b"", retained=False, now=NOW) == ()


def test_a_counter_goes_up_even_when_the_clock_goes_back() -> None:
    first = next_counter(0, NOW)
    assert first == AT * 1000
    assert next_counter(first, NOW - timedelta(hours=1)) == first + 1


def test_topics_name_their_door() -> None:
    assert door_of("vuoro/v1/d/hall-a/cmd/rsp") == "hall-a"
    assert door_of("zigbee2mqtt/hall-a/lock/x/y") is None


def test_only_an_unbroken_run_is_acknowledged() -> None:
    chain = events("boot", *["door_opened"] * 9)
    start, middle, later = (Batch(Position(1, 1), tuple(chain[a:b])) for a, b in ((0, 3), (2, 6), (7, 9)))
    assert acknowledgeable(None, start) == Position(1, 3)
    assert acknowledgeable(Position(1, 3), middle) == Position(1, 6)
    assert acknowledgeable(Position(1, 6), later) is None
    assert acknowledgeable(Position(1, 9), middle) == Position(1, 9)


def test_a_start_and_skipped_numbers_leave_no_hole() -> None:
    (boot,) = events("boot")
    second = parse_event({**boot.raw, "boot_epoch": 2, "previous": {"boot_epoch": 1, "seq": 9}})
    skip = parse_event({**events("boot", "skip")[1].raw, "seq": 8, "first_seq": 5, "last_seq": 7})
    assert continues(None, boot)
    assert continues(Position(1, 9), second)
    assert not continues(Position(1, 8), second)
    assert continues(Position(1, 4), skip)
    assert not continues(Position(1, 3), skip)


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "boot", "firmware": "x", "previous": None},
        {"kind": "skip", "first_seq": 5, "last_seq": 6},
        {"kind": "skip", "first_seq": 8, "last_seq": 7},
        {"kind": "lift_off"},
        {"kind": "forced", "extra": 1},
        {"kind": "held_open", "open_s": "60"},
    ],
)
def test_an_event_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    common = {key: events("boot")[0].raw[key] for key in ("boot_epoch", "at", "mono_ms", "clock", "prev")}
    with pytest.raises(BadField):
        parse_event({**common, "seq": 8, **wrong})


def test_what_a_door_dropped_for_want_of_room_is_not_waited_for() -> None:
    later = Batch(Position(1, 8), tuple(events("boot", *["door_opened"] * 9)[7:9]))
    assert acknowledgeable(Position(1, 6), later) == Position(1, 9)


@pytest.mark.parametrize(("bits", "value"), [(0, 0), (257, 1), (26, 1 << 26), (26, -1)])
def test_a_card_that_cannot_be_has_no_spelling(bits: int, value: int) -> None:
    with pytest.raises(ValueError, match="card"):
        card("wiegand", bits, value)


@pytest.mark.parametrize("digits", ["123", "12345678901", "12a4", "١٢٣٤", ""])
def test_a_pin_is_four_to_ten_plain_digits(digits: str) -> None:
    with pytest.raises(ValueError, match="PIN"):
        pin(digits)


def test_a_controller_is_given_its_keys_as_the_document_says() -> None:
    given = Provisioning(
        "hall-a", "link-1", b"\x11" * 32, b"\x22" * 32, {"svc-1": b"\x33" * 32}, BrokerAddress("127.0.0.1", 1883)
    )
    document = (Path(__file__).parents[2] / "docs" / "door-protocol.md").read_text()
    (example,) = re.findall(r"```json\n(.*?)\n```", document)
    assert re.sub(r'"[0-9a-f]{64}"', '"<64 hex>"', given.line()) == example
