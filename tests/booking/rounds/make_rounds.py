"""Builders of season rounds: the smallest honest round, its hours, applications and scenarios, all invented."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from booking.models import Organisation, Premises, Space
from booking.rounds.models import (
    Application,
    Round,
    RoundHours,
    Section,
    SectionOption,
    SectionWindow,
)
from booking.rounds.plan_models import Placement, Scenario
from tests import make

MADE_AT = datetime(2026, 10, 1, 9, 0, tzinfo=UTC)
SENT_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # the window of a_round is open from 2.11. to 30.11.2026
_numbers = count(1)

PlacedAt = tuple[Section, Space, int, int, int]


def a_round(session: Session, **values: Any) -> Round:
    """A published round for spring 2027, Espoo's rules, open 2.11.–30.11.2026. `spaces`: with hours 16–22 on weekdays;
    everything else is a column."""
    spaces: Iterable[Space] = values.pop("spaces", ())
    made_by = values.pop("made_by", None) or make.person(session).id
    row = Round(
        **{
            "name_fi": f"Kevät 2027 ({next(_numbers)})",
            "state": "published",
            "family": "espoo",
            "rulebook": "espoo-2025-01",
            "first_on": date(2027, 1, 11),
            "last_on": date(2027, 5, 30),
            "apply_from_at": make.at("2026-11-02", "09:00"),
            "apply_to_at": make.at("2026-11-30", "16:00"),
            "made_by": made_by,
            "made_at": MADE_AT,
        }
        | values
    )
    session.add(row)
    session.flush()
    for space in spaces:
        hours(session, row, space)
    return row


def hours(
    session: Session,
    round_: Round,
    space: Space,
    weekdays: Iterable[int] = range(5),
    *,
    opens: int = 16 * 60,
    closes: int = 22 * 60,
    days: tuple[date, date] | None = None,
) -> list[RoundHours]:
    """Bookable hours of a space in a round, in minutes of day; `days` narrow them to a part of the season."""
    first, last = days or (None, None)
    rows = [
        RoundHours(
            round_id=round_.id,
            space_id=space.id,
            weekday=weekday,
            opens_min=opens,
            closes_min=closes,
            first_on=first,
            last_on=last,
        )
        for weekday in weekdays
    ]
    session.add_all(rows)
    session.flush()
    if "hours" in inspect(round_).dict:
        session.expire(round_, ["hours"])
    return rows


def a_section(
    *,
    windows: Sequence[tuple[int, ...]] = ((0, 16 * 60, 22 * 60),),
    options: Sequence[Space | Premises | dict[str, Any]] = (),
    **values: Any,
) -> Section:
    """A children's group that asks for one weekly hour, to be put into `an_application`. `windows`: (weekday, start,
    end[, preference]); `options`, the most wished first: a space, a premises, or columns of SectionOption."""
    return Section(
        **{
            "name": f"Ryhmä {next(_numbers)}",
            "purpose": "weekly_meeting",
            "people": 20,
            "audience": {
                "under_18": 18,
                "residents": 20,
                "under_18_residents": 18,
                "targets_residents": True,
                "group": "children",
            },
            "events": 1,
            "min_minutes": 60,
            "max_minutes": 90,
            "windows": [_window(*one) for one in windows],
            "options": [_option(rank, one) for rank, one in enumerate(options, 1)],
        }
        | values
    )


def _window(weekday: int, start_min: int, end_min: int, preference: int = 1) -> SectionWindow:
    return SectionWindow(weekday=weekday, start_min=start_min, end_min=end_min, preference=preference)


def _option(rank: int, where: Space | Premises | dict[str, Any]) -> SectionOption:
    match where:
        case Space():
            return SectionOption(rank=rank, space_id=where.id)
        case Premises():
            return SectionOption(rank=rank, premises_id=where.id)
        case _:
            return SectionOption(**{"rank": rank} | where)


def an_application(
    session: Session,
    round_: Round,
    organisation: Organisation | None = None,
    *,
    sections: Sequence[Section] = (),
    **values: Any,
) -> Application:
    """A sent application of an organisation (an invented troop unless told), in time; `contact`: a person."""
    organisation = organisation or make.organisation(session)
    contact = values.pop("contact", None) or make.person(session)
    for position, section in enumerate(sections, 1):
        section.position = position
    row = Application(
        **{
            "round_id": round_.id,
            "round": round_,
            "organisation_id": organisation.id,
            "organisation": organisation,
            "state": "sent",
            "contact_id": contact.id,
            "made_by": contact.id,
            "made_at": MADE_AT,
            "changed_at": SENT_AT,
            "sent_at": SENT_AT,
            "sections": list(sections),
        }
        | values
    )
    session.add(row)
    session.flush()
    return row


def a_scenario(session: Session, round_: Round, placements: Sequence[PlacedAt] = (), **values: Any) -> Scenario:
    """A scenario that is done, with weekly slots put straight into it: (section, space, weekday, start, end)."""
    row = Scenario(
        **{
            "round_id": round_.id,
            "round": round_,
            "name": f"Luonnos {next(_numbers)}",
            "state": "done",
            "made_by": round_.made_by,
            "made_at": MADE_AT,
        }
        | values
    )
    session.add(row)
    session.flush()
    for section, space, weekday, start_min, end_min in placements:
        session.add(
            Placement(
                scenario_id=row.id,
                section_id=section.id,
                space_id=space.id,
                weekday=weekday,
                start_min=start_min,
                end_min=end_min,
            )
        )
    session.flush()
    return row


def placements(session: Session, scenario: Scenario) -> list[Placement]:
    query = select(Placement).where(Placement.scenario_id == scenario.id)
    return list(session.scalars(query.order_by(Placement.section_id, Placement.weekday, Placement.start_min)))
