"""Row ids of access as types of their own; pages and files show a random ref instead."""

from __future__ import annotations

from typing import NewType

DoorId = NewType("DoorId", int)
DoorSpaceId = NewType("DoorSpaceId", int)
CredentialId = NewType("CredentialId", int)
CredentialKeyId = NewType("CredentialKeyId", int)
RightId = NewType("RightId", int)
AccessListId = NewType("AccessListId", int)
DoorCommandId = NewType("DoorCommandId", int)
DoorEventId = NewType("DoorEventId", int)
DoorAlarmId = NewType("DoorAlarmId", int)
DoorCodeId = NewType("DoorCodeId", int)
DoorModeId = NewType("DoorModeId", int)
FreeScheduleId = NewType("FreeScheduleId", int)
StaffAccessId = NewType("StaffAccessId", int)
StaffRightId = NewType("StaffRightId", int)
DoorCardId = NewType("DoorCardId", int)
ServiceKeyId = NewType("ServiceKeyId", int)
NewcomerId = NewType("NewcomerId", int)
PreparedId = NewType("PreparedId", int)
WindowCodeId = NewType("WindowCodeId", int)
OfferId = NewType("OfferId", int)
ALL = (
    DoorId,
    DoorSpaceId,
    CredentialId,
    CredentialKeyId,
    RightId,
    AccessListId,
    DoorCodeId,
    DoorCardId,
    DoorCommandId,
    DoorEventId,
    DoorAlarmId,
    DoorModeId,
    FreeScheduleId,
    StaffAccessId,
    StaffRightId,
)
