"""UHPPOTE boards: our packets against the codec of the package uhppoted, which somebody else wrote."""

from datetime import date, datetime
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uhppoted import decode, encode

from devices.drivers import uhppote
from devices.drivers.uhppote import BadPacket, Clock, Counted, Done, Event, Function, Status
from devices.drivers.uhppote_line import Question, address_of
from tests.devices.uhppote_board import UhppoteBoard

BOARDS = st.integers(1, 2**32 - 1)
CARDS = st.integers(1, 2**32 - 1)
DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
MOMENTS = st.builds(datetime.combine, DAYS, st.times().map(lambda at: at.replace(microsecond=0)))
DOORS = st.tuples(*[st.integers(0, 254)] * 4)


@given(board=BOARDS, card=CARDS, days=st.tuples(DAYS, DAYS), doors=DOORS)
def test_a_card_is_put_as_the_other_codec_puts_it(
    board: int, card: int, days: tuple[date, date], doors: tuple[int, int, int, int]
) -> None:
    first_on, last_on = sorted(days)
    ours = uhppote.put_card(board, card, first_on, last_on, doors)
    assert ours == encode.put_card_request(board, card, first_on, last_on, *doors, 0)


@given(board=BOARDS, number=CARDS, door=st.integers(1, 4), at=MOMENTS, seconds=st.integers(1, 255))
def test_every_request_is_the_other_codecs(board: int, number: int, door: int, at: datetime, seconds: int) -> None:
    pairs = [
        (uhppote.open_door(board, door), encode.open_door_request(board, door)),
        (uhppote.delete_card(board, number), encode.delete_card_request(board, number)),
        (uhppote.delete_cards(board), encode.delete_cards_request(board)),
        (uhppote.get_card(board, number), encode.get_card_request(board, number)),
        (uhppote.count_cards(board), encode.get_cards_request(board)),
        (uhppote.get_event(board, number), encode.get_event_request(board, number)),
        (uhppote.get_event_index(board), encode.get_event_index_request(board)),
        (uhppote.set_event_index(board, number), encode.set_event_index_request(board, number)),
        (uhppote.special_events(board, on=True), encode.record_special_events_request(board, enable=True)),
        (uhppote.set_time(board, at), encode.set_time_request(board, at)),
        (uhppote.get_time(board), encode.get_time_request(board)),
        (uhppote.status(board), encode.get_status_request(board)),
        (uhppote.get_card_at(board, number), encode.get_card_by_index_request(board, number)),
        (
            uhppote.set_listener(board, "192.168.1.9", seconds),
            encode.set_listener_request(board, IPv4Address("192.168.1.9"), seconds),
        ),
        (
            uhppote.set_door(board, door, unlock_s=seconds),
            encode.set_door_control_request(board, door, 3, seconds),
        ),
    ]
    assert [ours for ours, _theirs in pairs] == [bytes(theirs) for _ours, theirs in pairs]


@given(body=st.binary(min_size=62, max_size=62))
def test_events_are_read_as_the_other_codec_reads_them(body: bytes) -> None:
    packet = bytes([uhppote.HEAD, Function.GET_EVENT]) + body
    said = uhppote.read(packet)
    theirs: Any = decode.get_event_response(packet)
    assert isinstance(said, Event)
    ours = (said.board, said.number, said.kind, said.granted, said.door, said.card, said.at, said.reason)
    other = (theirs.controller, theirs.index, theirs.event_type, theirs.access_granted, theirs.door)
    assert ours == (*other, theirs.card, theirs.timestamp, theirs.reason)


@given(body=st.binary(min_size=62, max_size=62), moment=MOMENTS)
def test_the_state_is_read_as_the_other_codec_reads_it(body: bytes, moment: datetime) -> None:
    packet = bytearray(bytes([uhppote.HEAD, Function.STATUS]) + body)
    packet[51:54], packet[37:40] = bytes.fromhex(f"{moment:%y%m%d}"), bytes.fromhex(f"{moment:%H%M%S}")
    said = uhppote.read(bytes(packet))
    theirs: Any = decode.get_status_response(packet)
    assert isinstance(said, Status)
    assert said.at == datetime.combine(theirs.system_date, theirs.system_time)
    assert said.open == (theirs.door_1_open, theirs.door_2_open, theirs.door_3_open, theirs.door_4_open)
    assert (said.event.number if said.event else 0) == theirs.event_index
    if said.event is not None:
        ours = (said.event.kind, said.event.granted, said.event.door, said.event.card, said.event.at)
        other = (theirs.event_type, theirs.event_access_granted, theirs.event_door, theirs.event_card)
        assert ours == (*other, theirs.event_timestamp)


@given(body=st.binary(min_size=62, max_size=62))
def test_cards_and_numbers_are_read_as_the_other_codec_reads_them(body: bytes) -> None:
    def packet(function: Function) -> bytes:
        return bytes([uhppote.HEAD, function]) + body

    card: Any = uhppote.read(packet(Function.GET_CARD))
    theirs = decode.get_card_response(packet(Function.GET_CARD))
    assert (card.board, card.number, card.first_on, card.last_on) == (
        theirs.controller,
        theirs.card_number,
        theirs.start_date,
        theirs.end_date,
    )
    assert card.doors == (theirs.door_1, theirs.door_2, theirs.door_3, theirs.door_4)
    count = decode.get_cards_response(packet(Function.COUNT_CARDS))
    assert uhppote.read(packet(Function.COUNT_CARDS)) == Counted(count.controller, Function.COUNT_CARDS, count.cards)
    moment = decode.get_time_response(packet(Function.GET_TIME))
    assert uhppote.read(packet(Function.GET_TIME)) == Clock(moment.controller, moment.datetime)


@pytest.mark.parametrize(("byte", "ok"), [(1, True), (0, False)])
@pytest.mark.parametrize("function", [Function.OPEN_DOOR, Function.PUT_CARD, Function.DELETE_CARD])
def test_a_board_says_whether_it_took_a_command(function: Function, byte: int, *, ok: bool) -> None:
    packet = (bytes([0x17, function, 0, 0]) + (405419896).to_bytes(4, "little") + bytes([byte])).ljust(64, b"\0")
    assert uhppote.read(packet) == Done(405419896, function, ok)


@given(packet=st.binary(max_size=70) | st.binary(min_size=64, max_size=64))
def test_whatever_comes_by_udp_is_read_or_said_to_be_no_packet(packet: bytes) -> None:
    said = uhppote.read(packet)
    if len(packet) != 64 or packet[:1] not in (b"\x17", b"\x19"):
        assert isinstance(said, BadPacket)


def test_events_of_newer_boards_begin_with_another_byte_and_answers_do_not() -> None:
    assert isinstance(uhppote.read(bytes([0x19, 0x20]).ljust(64, b"\0")), Status)
    assert uhppote.read(bytes([0x19, 0x40]).ljust(64, b"\0")) == BadPacket("head")
    assert uhppote.read(bytes([0x17, 0x99]).ljust(64, b"\0")) == BadPacket("function")


def test_what_a_board_cannot_do_is_not_sent() -> None:
    for door in (0, 5):
        with pytest.raises(ValueError, match="door"):
            uhppote.open_door(1, door)
    with pytest.raises(ValueError, match="card"):
        uhppote.put_card(1, 1, date(2026, 2, 2), date(2026, 2, 1), (1, 0, 0, 0))
    with pytest.raises(ValueError, match="time"):
        uhppote.set_door(1, 1, unlock_s=256)
    with pytest.raises(ValueError, match="fit"):
        uhppote.delete_card(1, 2**32)


def test_the_board_of_our_tests_answers_as_the_other_codec_reads() -> None:
    board, at = UhppoteBoard(lambda: datetime(2026, 11, 24, 18, 0)), date(2026, 11, 24)  # noqa: DTZ001
    line = Question(address_of(board.address))
    try:

        def ask(packet: bytes) -> bytes:
            line.ask(packet)
            board.work()
            answer = line.answer()
            assert answer is not None
            return answer

        assert decode.put_card_response(ask(uhppote.put_card(board.serial, 10058400, at, at, (1, 0, 0, 1)))).stored
        card = decode.get_card_response(ask(uhppote.get_card(board.serial, 10058400)))
        assert (card.card_number, card.start_date, card.end_date, card.door_1, card.door_4) == (10058400, at, at, 1, 1)
        assert decode.get_card_by_index_response(ask(uhppote.get_card_at(board.serial, 1))).card_number == 10058400
        assert board.swipe(10058400, 4)
        event = decode.get_event_response(ask(uhppote.get_event(board.serial, 1)))
        assert (event.index, event.event_type, event.access_granted, event.door) == (1, 1, True, 4)
        state = decode.get_status_response(ask(uhppote.status(board.serial)))
        assert (state.event_index, state.event_card, state.system_date) == (1, 10058400, at)
        assert decode.delete_card_response(ask(uhppote.delete_card(board.serial, 10058400))).deleted
        assert not decode.delete_card_response(ask(uhppote.delete_card(board.serial, 10058400))).deleted
        assert decode.open_door_response(ask(uhppote.open_door(board.serial, 2))).opened
    finally:
        line.close()
        board.close()
