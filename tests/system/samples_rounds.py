"""Samples of season rounds: what the demo's seed made, and a draft that its manager has begun from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from booking.rounds import listing, quotas, setting_up
from booking.rounds.models import Round
from booking.rounds.quotas import QuotaWish
from tests.system.samples_allocated import allocated
from tests.system.samples_decided import decided
from tests.system.town import Town


def samples(town: Town) -> dict[str, str]:
    """The round that can be applied to now, and a draft with a quota."""
    now, manager = datetime.now(UTC), town.person("Maija").id
    with town.sessions.begin() as session:
        query = select(Round.ref).where(Round.state == "published", Round.apply_to_at > now)
        source = listing.round_of(session, session.scalars(query).one())
        days = source.first_on + timedelta(days=210), source.last_on + timedelta(days=210)
        names = ("Seuraava kausi", "Nästa säsong", "Next season")
        draft = setting_up.copy(session, source, names=names, days=days, by=manager, now=now, today=now.date())
        youth = QuotaWish(
            least=True, percent=70, audiences=("children",), weekdays=(0, 1, 2, 3, 4), start_min=960, end_min=1140,
            source="Lautakunta 1.12.2026 § 5 (keksitty)",
        )  # fmt: skip
        quotas.add(session, draft, youth, by=manager, now=now)
        space = listing.spaces_of(source)[0].ref
        refs = {"round_ref": source.ref, "draft_round_ref": draft.ref, "draft_space_ref": space}
        return refs | allocated(session) | decided(session)
