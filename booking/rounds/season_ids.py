"""Row numbers of the tables of grants in their season."""

from __future__ import annotations

from typing import NewType

GroupSessionId = NewType("GroupSessionId", int)
WaitingEntryId = NewType("WaitingEntryId", int)
FreedSlotId = NewType("FreedSlotId", int)
SlotOfferId = NewType("SlotOfferId", int)
GrantSwapId = NewType("GrantSwapId", int)
GrantExceptionId = NewType("GrantExceptionId", int)
GrantYearId = NewType("GrantYearId", int)
ALL = (
    GroupSessionId,
    WaitingEntryId,
    FreedSlotId,
    SlotOfferId,
    GrantSwapId,
    GrantExceptionId,
    GrantYearId,
)
