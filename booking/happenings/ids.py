"""Row ids of what happened."""

from __future__ import annotations

from typing import NewType

AttendanceId = NewType("AttendanceId", int)
AttendanceLinkId = NewType("AttendanceLinkId", int)
HappeningId = NewType("HappeningId", int)
SwapId = NewType("SwapId", int)
SubstituteId = NewType("SubstituteId", int)
SanctionId = NewType("SanctionId", int)
DebtCaseId = NewType("DebtCaseId", int)
ALL = (AttendanceId, AttendanceLinkId, HappeningId, SwapId, SubstituteId, SanctionId, DebtCaseId)
