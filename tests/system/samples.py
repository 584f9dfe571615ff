"""What stands in the addresses of pages.py: found in the seeded town, or made as its people would make it."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from access import commands, door_modes, free_schedules
from access.free_schedules import FreeWish
from access.models import Credential, CredentialKind, Door, DoorAlarm, DoorEvent
from booking import signin
from booking.bookings import book, cancel, hold
from booking.core.pattern import Pattern
from booking.db import reading
from booking.happenings.models import AttendanceLink, Happening, Sanction, Substitute, Swap
from booking.models import Booking, Letter, Occurrence, OccurrenceState, Organisation, Premises, Space
from booking.rulebooks import shipped
from booking.rulemaking import drafts, trials
from booking.versions.models import RulebookVersion
from booking.wish import Wish
from devices.messages import DoorMode
from tests.make import HELSINKI
from tests.system import samples_apply, samples_codes, samples_money, samples_register, samples_rounds, samples_season
from tests.system.town import Town, eventually
from web.demo.people import ORGANISATIONS, PEOPLE

CHILDREN = {"under_18": 9, "residents": 10, "under_18_residents": 9, "group": "children", "targets_residents": True}
UNKNOWN_CARD = "0FDEADBEEF"


def samples(town: Town) -> dict[str, str]:
    """Every sample by its name."""
    now = datetime.now(UTC)
    tomorrow = now.astimezone(HELSINKI).date() + timedelta(days=1)
    days = {"day": tomorrow.isoformat(), "day_after": (tomorrow + timedelta(days=6)).isoformat()}
    return (
        days
        | samples_register.samples(town, now)
        | _places(town)
        | samples_money.samples(town, now)
        | _bookings(town, now, tomorrow)
        | _at_doors(town, now)
        | _letters(town, now)
        | _rules(town, now)
        | _afterwards(town, now)
        | samples_rounds.samples(town)
        | samples_apply.samples(town)
        | samples_season.samples(town)
        | samples_codes.samples(town, now)
    )


def _rules(town: Town, now: datetime) -> dict[str, str]:
    """The demo's draft in review with its trial, a draft that is being written, and a request for the rules."""
    asked = "applicant.kind=association&applicant.domicile=Espoo&activity.purpose=sport&audience.total=20"
    asked += "&space.kind=gym&space.premises_kind=school&time.booking_type=single"
    asked += "&time.start=2027-01-12T18:00&time.end=2027-01-12T20:00"
    maker = town.person("Maija").id
    with town.sessions.begin() as session:
        reviewed = session.scalars(select(RulebookVersion).where(RulebookVersion.state == "in_review")).one()
        trial = trials.trials_of(session, reviewed.id)[0]
        begins = date(now.year + 2, 1, 1)
        draft = drafts.copy(session, "espoo-2025-01", version="draft", valid_from=begins, by=maker, now=now)
        return {"version_ref": reviewed.ref, "trial_ref": trial.ref, "draft_ref": draft.ref, "request": asked}


def _troop(session: Session) -> Organisation:
    return session.scalars(select(Organisation).where(Organisation.name == ORGANISATIONS["scouts"].name)).one()


def _places(town: Town) -> dict[str, str]:
    query = select(Space).where(Space.name_fi.in_(("Päiväkodin sali", "Liikuntasali"))).order_by(Space.id)
    with reading(town.sessions) as session:
        gym, hall = session.scalars(query.options(joinedload(Space.premises)))
        rulebook = shipped()[0]
        return {
            "space_ref": hall.ref,
            "premises_ref": hall.premises.ref,
            "school_ref": gym.premises.ref,
            "organisation_ref": _troop(session).ref,
            "person_ref": town.person("Sini").ref,
            "rulebook": rulebook.id,
            "row": rulebook.price.rows[0].citation.row,
        }


def weekly(session: Session, town: Town, first_on: date, start_min: int) -> Wish:
    """Sini's troop, an hour a week for a month in the association house."""
    sini, room = town.person("Sini").id, town.space("Kokoushuone").id
    pattern = Pattern(first_on, first_on + timedelta(days=27), start_min, start_min + 60, (first_on.weekday(),))
    return Wish(room, _troop(session).id, sini, pattern, "Johtajien palaveri", "weekly_meeting", 10, CHILDREN, True)


def _bookings(town: Town, now: datetime, tomorrow: date) -> dict[str, str]:
    """One seeded booking, a series with a cancelled date, one whose form is open, and one that waits."""
    sini = town.person("Sini").id
    with town.sessions.begin() as session:
        series = book(session, weekly(session, town, tomorrow, 8 * 60), by=sini, now=now)
        first, *_others, last = series.occurrences
        cancel(session, [last], by=sini, now=now)
        held = hold(session, weekly(session, town, tomorrow, 10 * 60), by=sini, now=now)
        made = {"series_ref": series.ref, "booked_key": first.key, "cancelled_key": last.key, "held_ref": held.ref}
    with reading(town.sessions) as session:
        waiting = select(Booking.ref).join(Occurrence).where(Occurrence.state == OccurrenceState.PENDING.value)
        coming = select(Booking.ref).join(Occurrence).where(Booking.holder_id == sini, Occurrence.starts_at > now)
        confirmed = coming.where(Occurrence.state == OccurrenceState.CONFIRMED.value, Booking.ref != series.ref)
        found = session.scalars(confirmed.limit(1)).one(), session.scalars(waiting.limit(1)).one()
        consent = select(Booking.ref).where(Booking.title == "Iltapäiväkerho")
        made |= {"consent_ref": session.scalars(consent.limit(1)).one()}
        return made | {"booking_ref": found[0], "waiting_ref": found[1]}


def _at_doors(town: Town, now: datetime) -> dict[str, str]:
    """Somebody shows an unknown card at the hall's door, and the caretaker asks it to open. And Sini's card."""
    town.tap("park-hall", card=UNKNOWN_CARD)

    def refused() -> str | None:
        with reading(town.sessions) as session:
            return session.scalar(select(DoorEvent.ref).where(DoorEvent.kind == "denied"))

    eventually(lambda: refused() is not None, "the refusal at the door arrives")
    with town.sessions.begin() as session:
        door = session.scalars(select(Door).where(Door.controller_id == "park-hall")).one()
        cards = select(Credential.ref).where(Credential.kind == CredentialKind.CARD.value)
        card = session.scalars(cards.where(Credential.person_id == town.person("Sini").id)).one()
        asked = commands.ask_open(session, door.ref, by=town.person("Ville").id, reason="Avain jäi kotiin", now=now)
        free = FreeWish((5, 6), 540, 900, now.date(), first_in=True)
        free_schedules.add(session, door, free, by=town.person("Maija").id, now=now)
        door_modes.order(
            session, [door.id], DoorMode.LOCKED, by=town.person("Ville").id, reason="Kokous salissa", now=now
        )
        made = {"door_ref": door.ref, "command_ref": asked.ref, "card_ref": card}
    return made | {"event_ref": refused() or ""} | _alarms(town)


def _alarms(town: Town) -> dict[str, str]:
    """Those that the demo begins with: one that waits, one that is over."""
    with reading(town.sessions) as session:
        waits = select(DoorAlarm.ref).where(DoorAlarm.kind == "lockout", DoorAlarm.ended_at.is_(None))
        over = select(DoorAlarm.ref).where(DoorAlarm.kind == "open_after_end", DoorAlarm.ended_at.is_not(None))
        return {"alarm_ref": session.scalars(waits).first() or "", "closed_alarm_ref": session.scalars(over).one()}


def _afterwards(town: Town, now: datetime) -> dict[str, str]:
    """What the demo's seed let happen: a no-show, a swap, a substitute, a sanction, and a link at the door."""
    mine = select(Occurrence.ref).join(Booking).where(Booking.holder_id == town.person("Sini").id)
    mine = mine.where(Occurrence.state == OccurrenceState.CONFIRMED.value)
    past = mine.where(Occurrence.ends_at < now).order_by(Occurrence.ends_at.desc())  # of late: it can still be told of
    mine = mine.order_by(Occurrence.starts_at)
    hall = select(AttendanceLink).join(Premises).join(Space).where(Space.name_fi == "Päiväkodin sali")
    with reading(town.sessions) as session:
        link = session.scalars(hall).one()
        return {
            "past_ref": session.scalars(past.limit(1)).one(),
            "time_ref": session.scalars(mine.where(Occurrence.starts_at > now).limit(1)).one(),
            "noted_ref": session.scalars(select(Happening.ref).where(Happening.kind == "no_show").limit(1)).one(),
            "swap_ref": session.scalars(select(Swap.ref).limit(1)).one(),
            "substitute_ref": session.scalars(select(Substitute.ref).limit(1)).one(),
            "sanction_ref": session.scalars(select(Sanction.ref).limit(1)).one(),
            "code": link.code,
            "link_ref": link.ref,
        }


def _letters(town: Town, now: datetime) -> dict[str, str]:
    """A letter, and a sign-in link that was not used yet."""
    secret = json.loads((town.folder / "keys.json").read_text(encoding="utf-8"))["secret"]
    key = hashlib.sha256(f"sign-in {secret}".encode()).digest()
    letter = Letter(
        address="keksi@esimerkki.example", language="fi", subject="Tervetuloa", body="Hei!", written_at=now, due_at=now
    )
    with town.sessions.begin() as session:
        session.add(letter)
        asked = signin.ask(session, f"{PEOPLE['family'].address}@demo.example", key=key, now=now)
        session.flush()
        assert asked is not None
        return {"letter_ref": letter.ref, "token": asked.token}
