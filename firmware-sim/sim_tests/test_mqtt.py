"""MQTT 3.1.1 as bytes, as the standard has it and however the stream is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim import mqtt

WILL = mqtt.Message("vuoro/v1/d/hall-a/online", b"{}", retained=True)


def test_hello_is_what_the_standard_says() -> None:
    hello = mqtt.connect("hall-a", keepalive_s=60, user="hall-a", password="pw", will=WILL)  # noqa: S106
    assert hello[0] == 0x10
    assert hello[2:12] == b"\x00\x04MQTT\x04\xee\x00\x3c"
    assert hello.endswith(b"\x00\x06hall-a\x00\x02pw")


def test_hello_without_a_password_sends_the_name_alone() -> None:
    hello = mqtt.connect("hall-a", keepalive_s=60, user="hall-a", password=None, will=WILL)
    assert hello[9] == 0xAE
    assert hello.endswith(b"\x00\x02{}\x00\x06hall-a")


@given(
    payloads=st.lists(st.binary(max_size=300), max_size=5),
    cuts=st.lists(st.integers(1, 200), max_size=10),
    retain=st.booleans(),
)
def test_messages_are_the_same_however_the_stream_is_cut(
    payloads: list[bytes],
    cuts: list[int],
    retain: bool,  # noqa: FBT001
) -> None:
    stream = b"".join(mqtt.publish(n + 1, f"t/{n}", payload, retain=retain) for n, payload in enumerate(payloads))
    packets, found = mqtt.Packets(), []
    for cut in [*cuts, len(stream)]:
        found += [mqtt.message(packet) for packet in packets.feed(stream[:cut])]
        stream = stream[cut:]
    assert found == [mqtt.Message(f"t/{n}", payload, retain, n + 1) for n, payload in enumerate(payloads)]


def test_a_message_without_a_number_is_not_answered() -> None:
    (packet,) = mqtt.Packets().feed(b"\x31\x05\x00\x01thi")
    assert mqtt.message(packet) == mqtt.Message("t", b"hi", retained=True, mid=None)


@pytest.mark.parametrize("noise", [b"\x30\xff\xff\xff\xff\x01", b"\x30\xff\xff\xff\x7f"])
def test_what_is_longer_than_any_message_is_refused_at_once(noise: bytes) -> None:
    with pytest.raises(mqtt.BadPacket):
        list(mqtt.Packets().feed(noise))


@given(body=st.binary(max_size=20), flags=st.integers(0, 15))
def test_no_body_makes_more_than_a_refusal(body: bytes, flags: int) -> None:
    packet = mqtt.Packet(mqtt.Kind.PUBLISH, flags, body)
    try:
        mqtt.message(packet)
    except mqtt.BadPacket:
        return
