"""A request told as JSON facts: read into a Request with messages that name the field, and outcomes written as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from booking.core.rulebook import Activity, Applicant, Audience, Outcome, Place, Request, Timing
from booking.core.rules.conditions import nearest
from booking.core.rules.facts import FACTS, FactType
from booking.core.rules.rows import Texts
from booking.core.span import EmptySpan, NoSuchTime, Span, local
from booking.rulebook_schemas import Day, YesNo, told

HEADS = ("under_18", "under_20", "residents", "under_18_residents")


class RequestError(ValueError):
    """A request is told wrongly; `lines` name the field of each fault."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class Wall(fields.Field[datetime]):
    """A local wall time such as 2026-11-28T12:00, or an instant with its offset."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime:
        try:
            return datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise ValidationError(f"a time is written as 2026-11-28T12:00, not {value!r}") from None


class Zone(fields.Field[ZoneInfo]):
    """A zone by its name, such as Europe/Helsinki."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> ZoneInfo:
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, TypeError, ValueError, OSError):
            raise ValidationError(f"no zone named {value!r}") from None


def whole() -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(0))


def texts() -> fields.List[Any]:
    return fields.List(fields.String())


class ApplicantSchema(Schema):
    kind = fields.String()
    domicile = fields.String()
    works_in = texts()
    registered = YesNo()
    for_profit = YesNo()
    purposes = texts()
    grants = texts()
    relation = fields.String()


class ActivitySchema(Schema):
    purpose = fields.String()
    non_profit = YesNo()
    complements = YesNo()
    guided = YesNo()
    entry_fee = YesNo()
    consents = texts()


class AudienceSchema(Schema):
    total = whole()
    under_18 = whole()
    under_20 = whole()
    residents = whole()
    under_18_residents = whole()
    group = fields.String()
    targets_residents = YesNo()

    @validates_schema
    def parts_of_the_whole(self, heads: dict[str, Any], **_: Any) -> None:
        for name in HEADS:
            if name in heads and heads[name] > heads.get("total", heads[name]):
                raise ValidationError(f"{heads[name]} is more than the total {heads['total']}", name)
        joint = heads.get("under_18_residents", 0)
        for name in ("under_18", "residents"):
            if joint > heads.get(name, joint):
                raise ValidationError(f"{joint} is more than {name} {heads[name]}", "under_18_residents")


class SpaceSchema(Schema):
    kind = fields.String()
    premises_kind = fields.String()
    premises = fields.String()
    supervised = YesNo()
    area_m2 = whole()
    capacity = whole()


class TimeSchema(Schema):
    booking_type = fields.String()
    start = Wall()
    end = Wall()
    zone = Zone(load_default=lambda: ZoneInfo("Europe/Helsinki"))
    occasion = fields.Integer(strict=True, validate=validate.Range(1))
    applied_on = Day()

    @validates_schema
    def both_ends(self, time: dict[str, Any], **_: Any) -> None:
        if ("start" in time) != ("end" in time):
            raise ValidationError("a time needs both start and end", "end" if "start" in time else "start")


class RequestSchema(Schema):
    """The five groups of facts. Every field may be left out: it is then not told."""

    applicant = fields.Nested(ApplicantSchema, load_default=dict)
    activity = fields.Nested(ActivitySchema, load_default=dict)
    audience = fields.Nested(AudienceSchema, load_default=dict)
    space = fields.Nested(SpaceSchema, load_default=dict)
    time = fields.Nested(TimeSchema, load_default=lambda: {"zone": ZoneInfo("Europe/Helsinki")})


def request_of(written: object, words: Mapping[str, Mapping[str, Texts]]) -> Request:
    """The request told by a JSON object, its words checked against the lists. Raises RequestError."""
    if not isinstance(written, Mapping):
        raise RequestError(["a request is a JSON object of facts"])
    schema = RequestSchema()
    try:
        read = schema.load(written)
    except ValidationError as error:
        raise RequestError(told(schema, error.messages, written)) from None
    unknown = list(unknown_words(written, words))
    if unknown:
        raise RequestError(unknown)
    return Request(
        applicant=Applicant(**tupled(read["applicant"])),
        activity=Activity(**tupled(read["activity"])),
        audience=Audience(**read["audience"]),
        space=Place(**read["space"]),
        time=timing(read["time"]),
    )


def tupled(read: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in read.items()}


def timing(read: Mapping[str, Any]) -> Timing:
    zone: ZoneInfo = read["zone"]
    rest = {name: read[name] for name in ("booking_type", "occasion", "applied_on") if name in read}
    if "start" not in read:
        return Timing(zone=zone, **rest)
    try:
        return Timing(span=Span(instant(read["start"], zone), instant(read["end"], zone)), zone=zone, **rest)
    except EmptySpan:
        raise RequestError(["time: end: must be after the start"]) from None
    except NoSuchTime as error:
        raise RequestError([f"time: {error}: clocks jump over it"]) from None
    except OverflowError:
        raise RequestError(["time: start: lies outside the years that can be reckoned with"]) from None


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall time in the zone, or an instant that brought its own offset, in UTC."""
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    return local(wall.date(), wall.hour * 60 + wall.minute, zone)


def unknown_words(written: Mapping[str, Any], words: Mapping[str, Mapping[str, Texts]]) -> Iterator[str]:
    """Words that are in no list, with the nearest known one."""
    for name, fact in FACTS.items():
        group, key = name.split(".")
        value = written.get(group, {}).get(key)
        values = value if fact.type is FactType.WORDS else [value]
        if fact.words and value is not None:
            known = words.get(fact.words, {})
            yield from (
                f'{group}: {key}: unknown "{word}"{nearest(word, known)}' for word in values if word not in known
            )


def as_json(outcome: Outcome) -> dict[str, Any]:
    """The outcome as plain JSON values: days as text, amounts in cents, unknown ones null."""
    plain: dict[str, Any] = plainly(asdict(outcome))
    return plain | {"price_known": outcome.price_cents is not None}


def plainly(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): plainly(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plainly(inner) for inner in value]
    return str(value) if isinstance(value, (date, Decimal)) else value
