"""Everything a door can say has words for people."""

from __future__ import annotations

from access.alarms import AlarmKind
from access.models import CommandState, DoorKind, Driver
from access.status import RightState
from devices.envelope import Code
from devices.events import DoorReason, EventKind
from devices.messages import Clock, Medium
from web import words_of_doors


def test_no_state_reason_event_order_or_alarm_lacks_words() -> None:
    wanted = {
        "right": RightState,
        "reason": DoorReason,
        "event": EventKind,
        "command": CommandState,
        "code": Code,
        "alarm": AlarmKind,
        "door_kind": DoorKind,
        "driver": Driver,
        "door_clock": Clock,
        "medium": Medium,
    }
    for listed, values in wanted.items():
        assert set(values) <= words_of_doors.LISTS[listed].keys(), listed
    assert set(RightState) == words_of_doors.LOOKS.keys()
    assert set(CommandState) == words_of_doors.COMMAND_LOOKS.keys()
