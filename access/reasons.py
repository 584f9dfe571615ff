"""Why somebody does something to a door, in their own words: whatever opens, shuts or lets in has such a reason."""

from __future__ import annotations

from booking.refusals import BadInput

LONGEST_REASON = 200


def why(reason: str) -> str:
    """The reason on one line, 3 to 200 characters. Raises BadInput(field=reason)."""
    reason = " ".join(reason.split())
    if not 3 <= len(reason) <= LONGEST_REASON:
        raise BadInput(field="reason", problem="missing" if len(reason) < 3 else "too_long")
    return reason
