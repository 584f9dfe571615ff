"""Past times as counted in reports: one line for each confirmed time that is over, with its money and its people."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from booking.core.span import Span
from booking.happenings.models import Attendance, Happening, HappeningState
from booking.ids import OccurrenceId, OrganisationId, PremisesId
from booking.models import Booking, Occurrence, OccurrenceState, Organisation, Premises, Space

AT_A_TIME = 5_000  # rows fetched in one go: memory stays small in a large city


@dataclass(frozen=True, slots=True)
class Use:
    """A time that was booked and is over. Cents are None when unknown. `heads`: who came, None when nobody told;
    `used` is False for a confirmed no-show. Names of classes as they were snapshotted, by language."""

    organisation: OrganisationId
    organisation_ref: str
    organisation_name: str
    organisation_kind: str
    premises: PremisesId
    premises_ref: str
    premises_name: str
    premises_kind: str
    district: str
    space_kind: str
    rulebook: str
    priority_class: str
    priority_names: Mapping[str, str]
    price_class: str
    price_names: Mapping[str, str]
    day: date
    minutes: int
    people: int
    normal_cents: int | None
    charged_cents: int | None
    support_cents: int | None
    heads: int | None
    groups: Mapping[str, int]
    used: bool

    @property
    def month(self) -> str:
        return f"{self.day:%Y-%m}"

    @property
    def year(self) -> int:
        return self.day.year


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which times: those that started within the span, at these premises (None: all), of this organisation."""

    span: Span
    premises: Sequence[PremisesId] | None = None
    organisation: OrganisationId | None = None


@dataclass(slots=True)
class Sums:
    """What a group of times adds up to. `unknown`: times whose support is not known; their money is left out of all
    three sums, so that normal = charged + support holds for what is shown."""

    times: int = 0
    minutes: int = 0
    people: int = 0
    told: int = 0
    heads: int = 0
    normal_cents: int = 0
    charged_cents: int = 0
    support_cents: int = 0
    free_cents: int = 0
    unknown: int = 0
    no_shows: int = 0
    organisations: set[OrganisationId] = field(default_factory=set)

    def add(self, use: Use) -> None:
        self.times += 1
        self.minutes += use.minutes
        self.people += use.people
        self.no_shows += not use.used
        self.organisations.add(use.organisation)
        if use.heads is not None:
            self.told += 1
            self.heads += use.heads
        self._add_money(use)

    def _add_money(self, use: Use) -> None:
        if use.normal_cents is None or use.charged_cents is None or use.support_cents is None:
            self.unknown += 1
            return
        self.normal_cents += use.normal_cents
        self.charged_cents += use.charged_cents
        self.support_cents += use.support_cents
        self.free_cents += use.normal_cents if use.charged_cents == 0 else 0

    @property
    def hours(self) -> Decimal:
        return (Decimal(self.minutes) / 60).quantize(Decimal("0.01"))


def uses(session: Session, wanted: Wanted, now: datetime) -> Iterator[Use]:
    """The times in order of their start. Only those that are over, and that were confirmed to the end."""
    missed = _missed(session, wanted)
    query = _query(wanted, now).execution_options(yield_per=AT_A_TIME)
    for row in session.execute(query):
        yield _use(row, missed)


def _query(wanted: Wanted, now: datetime) -> Select[Any]:
    query = (
        select(
            Occurrence.id,
            Occurrence.starts_at,
            Occurrence.ends_at,
            Occurrence.normal_cents,
            Occurrence.price_cents,
            Occurrence.subsidy_cents,
            Occurrence.priority_class,
            Occurrence.price_class,
            Occurrence.trace["rulebook"].as_string().label("rulebook"),
            Occurrence.trace["priority_name"].label("priority_names"),
            Occurrence.trace["price_name"].label("price_names"),
            Booking.people,
            Organisation.id.label("organisation"),
            Organisation.ref.label("organisation_ref"),
            Organisation.name.label("organisation_name"),
            Organisation.kind.label("organisation_kind"),
            Premises.id.label("premises"),
            Premises.ref.label("premises_ref"),
            Premises.name_fi.label("premises_name"),
            Premises.kind.label("premises_kind"),
            Premises.district,
            Premises.zone,
            Space.kind.label("space_kind"),
            Attendance.heads,
            Attendance.groups,
        )
        .join(Booking, Booking.id == Occurrence.booking_id)
        .join(Organisation, Organisation.id == Booking.organisation_id)
        .join(Space, Space.id == Occurrence.space_id)
        .join(Premises, Premises.id == Space.premises_id)
        .outerjoin(Attendance, Attendance.occurrence_id == Occurrence.id)
        .where(Occurrence.state == OccurrenceState.CONFIRMED.value, Occurrence.ends_at <= now)
        .where(Occurrence.starts_at >= wanted.span.starts_at, Occurrence.starts_at < wanted.span.ends_at)
        .order_by(Occurrence.starts_at, Occurrence.id)
    )
    if wanted.premises is not None:
        query = query.where(Premises.id.in_(wanted.premises))
    if wanted.organisation is not None:
        query = query.where(Organisation.id == wanted.organisation)
    return query


def _missed(session: Session, wanted: Wanted) -> set[OccurrenceId]:
    """Times at which a no-show was confirmed."""
    query = (
        select(Happening.occurrence_id)
        .join(Occurrence, Occurrence.id == Happening.occurrence_id)
        .where(Happening.kind == "no_show", Happening.state == HappeningState.CONFIRMED.value)
        .where(Occurrence.starts_at >= wanted.span.starts_at, Occurrence.starts_at < wanted.span.ends_at)
    )
    return {row for row in session.scalars(query) if row is not None}


def _use(row: Any, missed: set[OccurrenceId]) -> Use:
    return Use(
        organisation=row.organisation,
        organisation_ref=row.organisation_ref,
        organisation_name=row.organisation_name,
        organisation_kind=row.organisation_kind,
        premises=row.premises,
        premises_ref=row.premises_ref,
        premises_name=row.premises_name,
        premises_kind=row.premises_kind,
        district=row.district,
        space_kind=row.space_kind,
        rulebook=row.rulebook or "",
        priority_class=row.priority_class or "",
        priority_names=row.priority_names or {},
        price_class=row.price_class or "",
        price_names=row.price_names or {},
        day=row.starts_at.astimezone(ZoneInfo(row.zone)).date(),
        minutes=int((row.ends_at - row.starts_at).total_seconds() // 60),
        people=row.people,
        normal_cents=row.normal_cents,
        charged_cents=row.price_cents,
        support_cents=row.subsidy_cents,
        heads=row.heads,
        groups=row.groups or {},
        used=row.id not in missed,
    )


Key = TypeVar("Key", bound=Hashable)


def summed(found: Iterable[Use], key: Callable[[Use], Key]) -> dict[Key, Sums]:
    """The sums of each group, in the order in which groups first come."""
    sums: dict[Key, Sums] = {}
    for use in found:
        sums.setdefault(key(use), Sums()).add(use)
    return sums


def total(parts: Iterable[Sums]) -> Sums:
    """All groups together."""
    whole = Sums()
    for part in parts:
        for name in NUMBERS:
            setattr(whole, name, getattr(whole, name) + getattr(part, name))
        whole.organisations |= part.organisations
    return whole


NUMBERS = (
    "times",
    "minutes",
    "people",
    "told",
    "heads",
    "normal_cents",
    "charged_cents",
    "support_cents",
    "free_cents",
    "unknown",
    "no_shows",
)
