"""ESP-RFID: the seven traps of its firmware, against a board that decides as the firmware does."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.esp_rfid import EspRfid, User
from devices.drivers.told import Acknowledged, CardListed, Means, Passed, Restarted
from devices.link import Outgoing
from tests.devices.esp_board import EspBoard

IP = "192.168.1.20"
BEGINS = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
ENDS = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
UID = "62e3086ced"


class Board(EspBoard):
    """What it said stands in `said`."""

    def __init__(self, now: int = 0) -> None:
        super().__init__(topic="site", ip=IP, home_assistant=False, now=now)
        self.said: list[bytes] = []

    def receive(self, command: Outgoing) -> None:
        self.said += [payload for _topic, payload, _keep in self.hear(command.payload)]


def board_with(user: User) -> Board:
    board = Board()
    board.receive(EspRfid("site", IP).add(user))
    return board


@given(second=st.integers(-7200, 14_400), length=st.integers(2, 7200))
def test_a_card_opens_in_its_half_open_window_and_never_else(second: int, length: int) -> None:
    board = board_with(User(UID, "r-1", BEGINS, BEGINS + timedelta(seconds=length)))
    board.now = int(BEGINS.timestamp()) + second
    assert (board.decide(UID) == "Always") == (0 <= second < length)


@given(lost=st.integers(0, 86_400))
def test_trap_1_a_board_that_lost_its_clock_lets_nobody_in(lost: int) -> None:
    board = board_with(User(UID, "r-1", BEGINS, ENDS))
    board.now = lost
    assert board.decide(UID) == "Expired"


def test_trap_1_a_beginning_of_zero_cannot_be_sent() -> None:
    """DA25: never 0."""
    with pytest.raises(ValueError, match="card"):
        EspRfid("site", IP).add(User(UID, "r-1", datetime(1970, 1, 1, tzinfo=UTC), ENDS))


def test_trap_2_the_same_command_twice_leaves_the_board_as_once() -> None:
    codec, once, twice = EspRfid("site", IP), Board(), Board()
    for command in (codec.add(User(UID, "r-1", BEGINS, ENDS)), codec.remove("0b0b0b0b")):
        once.receive(command)
        twice.receive(command)
        twice.receive(command)
    assert once.files == twice.files


def test_traps_4_and_5_after_a_boot_the_list_can_be_compared_whoever_stored_it() -> None:
    codec, board = EspRfid("site", IP), board_with(User(UID, "r-1", BEGINS, ENDS))
    boot = json.dumps({"type": "boot", "ip": IP, "hostname": "porch"}).encode()
    assert Restarted() in codec.feed("site/send", boot, retained=False, mono_ms=0)
    board.files["aa"] = {"command": "userfile", "uid": "aa", "validsince": 0, "validuntil": "4"}
    board.receive(codec.ask_list())
    listed = [each for body in board.said[1:] for each in codec.feed("site/send", body, retained=False, mono_ms=0)]
    since, until = int(BEGINS.timestamp()), int(ENDS.timestamp()) - 1
    assert listed == [CardListed(UID, since, until), CardListed("aa", 0, 4)]


def test_trap_6_nothing_we_send_presses_a_relay_to_close_it() -> None:
    codec = EspRfid("site", IP)
    made = [codec.add(User(UID, "r", BEGINS, ENDS)), codec.remove(UID), codec.remove_all(), codec.ask_list()]
    assert {json.loads(each.payload)["cmd"] for each in [*made, codec.release()]} == {
        "adduser",
        "deletuid",
        "deletusers",
        "getuserlist",
        "opendoor",
    }


@pytest.mark.parametrize("uid", ["", " ", "62E3086CED", "x" * 8, "a" * 20, "../a"])
def test_trap_7_no_command_goes_out_without_a_proper_card(uid: str) -> None:
    codec = EspRfid("site", IP)
    with pytest.raises(ValueError, match="card"):
        codec.remove(uid)
    with pytest.raises(ValueError, match="card"):
        codec.add(User(uid, "r", BEGINS, ENDS))


@given(name=st.text(max_size=20), pin=st.text("0123456789", max_size=8))
def test_trap_7_no_card_is_ever_a_master_card(name: str, pin: str) -> None:
    made = EspRfid("site", IP).add(User(UID, name, BEGINS, ENDS, pin))
    assert json.loads(made.payload)["acctype"] == 1


def test_an_opening_over_the_network_is_told_as_one() -> None:
    codec, board = EspRfid("site", IP), Board(now=5)
    board.receive(codec.release())
    told = codec.feed("site/send", board.said[0], retained=False, mono_ms=0)
    assert told == (Passed(granted=True, means=Means.NETWORK, at_s=5),)


def test_another_board_on_the_same_topic_is_not_listened_to() -> None:
    body = json.dumps({"type": "adduser", "ip": "192.168.1.21", "hostname": "cellar"}).encode()
    assert EspRfid("site", IP).feed("site/send", body, retained=False, mono_ms=0) == ()
    mine = body.replace(b"192.168.1.21", IP.encode())
    told = EspRfid("site", IP).feed("site/send", mine, retained=False, mono_ms=0)
    assert told == (Acknowledged("", ok=True, code="adduser"),)


def test_of_several_relays_one_that_opened_is_enough() -> None:
    body = {"type": "access", "time": 1, "access": ["Denied", "Always"], "doorName": ["a", "b"], "uid": UID}
    told = EspRfid("site", IP).feed("site/send", json.dumps(body).encode(), retained=False, mono_ms=0)
    assert told == (Passed(granted=True, means=Means.CARD, who=UID, at_s=1),)


FILES = st.fixed_dictionaries(
    {
        "acctype": st.sampled_from(["0", "1", 1, 99]),
        "validsince": st.integers(0, 2**31 - 1),
        "validuntil": st.integers(0, 2**31 - 1),
        "pincode": st.sampled_from(["", "1234"]),
    }
)


@given(
    file=st.none() | FILES,
    now=st.integers(0, 2**31 - 1),
    near=st.sampled_from([None, "validsince", "validuntil"]),
    pin=st.sampled_from(["", "1234", "9"]),
    hours=st.lists(st.text("01", min_size=24, max_size=24), min_size=7, max_size=7).map(tuple),
)
def test_the_board_of_our_tests_decides_in_the_firmwares_order(
    file: dict[str, Any] | None, now: int, near: str | None, pin: str, hours: tuple[str, ...]
) -> None:
    """File, PIN, admin, window with both ends, hours: the first that applies, said once more in another way."""
    board = EspBoard(ip=IP, hours=hours, now=file[near] if file and near else now)
    if file is not None:
        board.files[UID] = {"uid": UID, **file}
    local = datetime.fromtimestamp(board.now, UTC) + timedelta(seconds=board.zone_s)
    rules = [
        (file is None, "Denied"),
        (file is not None and file["pincode"] != pin, "Wrong pin code"),
        (file is not None and file["acctype"] == 99, "Admin"),
        (file is not None and int(file["acctype"]) == 0, "Disabled"),
        (file is not None and not file["validsince"] <= board.now <= file["validuntil"], "Expired"),
        (hours[local.weekday()][local.hour] == "0", "Disabled"),
        (True, "Always"),
    ]
    assert board.decide(UID, pin) == next(word for applies, word in rules if applies)
