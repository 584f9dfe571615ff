"""A request told as JSON facts: read into a Request, with messages that name the field."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import Schema, ValidationError, fields, validates_schema

from booking.core.opening import public_holidays
from booking.core.rulebook import Request
from booking.core.rules.conditions import nearest
from booking.core.rules.fact_types import HeadGroup, Part
from booking.core.rules.facts import FACTS, Fact, FactType, facts_of
from booking.core.rules.request import GROUPS
from booking.core.rules.rows import Texts
from booking.core.span import EmptySpan, NoSuchTime, Span, local
from booking.rulebook_fields import Born, Wall, YesNo, Zone, value_field, whole
from booking.rulebook_schemas import told

HEADS = ("under_18", "under_20", "over_65", "residents", "under_18_residents", "leaders")
HELSINKI = ZoneInfo("Europe/Helsinki")
FIRST_YEAR, LAST_YEAR = 1950, 2150
SATURDAY = 5
LONGEST_LEAD = 1100  # days


class RequestError(ValueError):
    """A request is told wrongly; `lines` name the field of each fault."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


class HeadGroupSchema(Schema):
    """People who are alike. An age, or the least and most it can be, or when they were born."""

    heads = whole(1, load_default=1)
    age = whole()
    age_from = whole()
    age_to = whole()
    born = Born()
    resident = YesNo()
    leader = YesNo()
    kind = fields.String()


class PartSchema(Schema):
    phase = fields.String(required=True)
    minutes = whole(1, required=True)


SHAPES: Mapping[FactType, Callable[[], fields.Field[Any]]] = {
    FactType.PEOPLE: lambda: fields.List(fields.Nested(HeadGroupSchema)),
    FactType.PARTS: lambda: fields.List(fields.Nested(PartSchema)),
    FactType.COUNTS: lambda: fields.Dict(keys=fields.String(), values=whole()),
}


def field_of(fact: Fact) -> fields.Field[Any]:
    return SHAPES[fact.type]() if fact.type in SHAPES else value_field(fact)


class AudienceChecks(Schema):
    @validates_schema
    def parts_of_the_whole(self, heads: dict[str, Any], **_: Any) -> None:
        for name in HEADS:
            if name in heads and heads[name] > heads.get("total", heads[name]):
                raise ValidationError(f"{heads[name]} is more than the total {heads['total']}", name)
        joint = heads.get("under_18_residents", 0)
        for name in ("under_18", "residents"):
            if joint > heads.get(name, joint):
                raise ValidationError(f"{joint} is more than {name} {heads[name]}", "under_18_residents")


class TimeChecks(Schema):
    start = Wall()
    end = Wall()
    zone = Zone(load_default=lambda: HELSINKI)

    @validates_schema
    def both_ends(self, time: dict[str, Any], **_: Any) -> None:
        if ("start" in time) != ("end" in time):
            raise ValidationError("a time needs both start and end", "end" if "start" in time else "start")


CHECKS: Mapping[str, type[Schema]] = {"audience": AudienceChecks, "time": TimeChecks}


def group_schema(group: str, own: Mapping[str, Fact]) -> type[Schema]:
    """The schema of one group: its catalogue of facts and those the rulebook adds."""
    written = {
        name.partition(".")[2]: field_of(fact)
        for name, fact in {**FACTS, **own}.items()
        if name.startswith(f"{group}.")
    }
    made = type(f"{group.title()}Schema", (CHECKS.get(group, Schema),), dict(written))
    assert issubclass(made, Schema)
    return made


def request_schema(own: Mapping[str, Fact]) -> Schema:
    """Seven groups of facts. Every field may be left out: it is then not told."""
    groups = {group: fields.Nested(group_schema(group, own), load_default=dict) for group in GROUPS if group != "time"}
    time = fields.Nested(group_schema("time", own), load_default=lambda: {"zone": HELSINKI})
    return Schema.from_dict({**groups, "time": time}, name="RequestSchema")()


PLAIN_SCHEMA = request_schema({})


def request_of(
    written: object, words: Mapping[str, Mapping[str, Texts]], own: Mapping[str, Fact] | None = None
) -> Request:
    """The request told by a JSON object, its words checked against the lists. `own`: facts of the rulebook itself.

    Raises RequestError."""
    if not isinstance(written, Mapping):
        raise RequestError(["a request is a JSON object of facts"])
    schema = request_schema(own) if own else PLAIN_SCHEMA
    try:
        read = schema.load(written)
    except ValidationError as error:
        raise RequestError(told(schema, error.messages, written)) from None
    catalogue = {**FACTS, **(own or {})}
    unknown = [line for name, fact in catalogue.items() for line in unknown_words(name, fact, read, words)]
    if unknown:
        raise RequestError(unknown)
    return with_workdays(made(read, own or {}))


def workdays(first: date, last: date) -> int | None:
    """Working days after the first day up to and with the last: Monday to Friday, no public holiday. None for years
    nobody has said the holidays of, and for spans of more than three years; below zero when the last is earlier."""
    if last < first:
        back = workdays(last, first)
        return None if back is None else -back
    if first.year < FIRST_YEAR or last.year > LAST_YEAR or (last - first).days > LONGEST_LEAD:
        return None
    days = (first + timedelta(days=number) for number in range(1, (last - first).days + 1))
    return sum(day.weekday() < SATURDAY and not is_holiday(day) for day in days)


def with_workdays(request: Request) -> Request:
    """The request with the working days that follow from its days, unless told."""
    facts = facts_of(request)
    use_on, applied_on, event_on = facts["time.use_on"], facts["time.applied_on"], facts["event.on"]
    if isinstance(use_on, date) and isinstance(applied_on, date) and facts["time.lead_workdays"] is None:
        request = replace(request, time=replace(request.time, lead_workdays=workdays(applied_on, use_on)))
    if isinstance(use_on, date) and isinstance(event_on, date) and facts["event.notice_workdays"] is None:
        request = replace(request, event=replace(request.event, notice_workdays=workdays(event_on, use_on)))
    return request


def made(read: Mapping[str, Any], own: Mapping[str, Fact]) -> Request:
    """The request of checked groups; a moment is an instant in the request's zone."""
    zone: ZoneInfo = read["time"]["zone"]
    groups = {group: tupled(read[group]) for group in GROUPS}
    extra = {name: groups[group].pop(key) for name in own for group, key in [name.split(".")] if key in groups[group]}
    for group, name in (("time", "applied_at"), ("event", "at")):
        if name in groups[group]:
            groups[group][name] = moment(f"{group}: {name}", groups[group][name], zone)
    groups["time"] = timing(groups["time"], zone)
    return Request(**{group: GROUPS[group](**told_so) for group, told_so in groups.items() if told_so}, own=extra)


def tupled(read: Mapping[str, Any]) -> dict[str, Any]:
    return {name: frozen(name, value) for name, value in read.items()}


def frozen(name: str, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    if name == "people":
        return tuple(head_group(each) for each in value)
    return tuple(Part(**each) for each in value) if name == "parts" else tuple(value)


def head_group(read: Mapping[str, Any]) -> HeadGroup:
    age = {"age_from": read["age"], "age_to": read["age"]} if "age" in read else {}
    return HeadGroup(**{name: value for name, value in read.items() if name != "age"} | age)


def timing(read: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """The facts of time with start and end made a span, and whether the day is a public holiday."""
    start, end = read.pop("start", None), read.pop("end", None)
    if start is not None and end is not None:
        read["span"] = spanned(start, end, zone)
        read.setdefault("holiday", is_holiday(read["span"].starts_at.astimezone(zone).date()))
    elif "use_on" in read:
        read.setdefault("holiday", is_holiday(read["use_on"]))
    return read


def spanned(start: datetime, end: datetime, zone: ZoneInfo) -> Span:
    try:
        return Span(instant(start, zone), instant(end, zone))
    except EmptySpan:
        raise RequestError(["time: end: must be after the start"]) from None
    except NoSuchTime as error:
        raise RequestError([f"time: {error}: clocks jump over it"]) from None
    except OverflowError:
        raise RequestError(["time: start: lies outside the years that can be reckoned with"]) from None


def moment(where: str, wall: datetime, zone: ZoneInfo) -> datetime:
    try:
        return instant(wall, zone)
    except (NoSuchTime, OverflowError) as error:
        raise RequestError([f"{where}: {error}: no such time"]) from None


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """A wall time in the zone, or an instant that brought its own offset, in UTC."""
    if wall.tzinfo is not None:
        return wall.astimezone(UTC)
    return local(wall.date(), wall.hour * 60 + wall.minute, zone)


def is_holiday(day: date) -> bool | None:
    """Whether a day is a public holiday in Finland; None in years for which nobody has said."""
    return day in public_holidays(day.year) if FIRST_YEAR <= day.year <= LAST_YEAR else None


def unknown_words(
    name: str, fact: Fact, read: Mapping[str, Any], words: Mapping[str, Mapping[str, Texts]]
) -> Iterator[str]:
    """Words that are in no list, with the nearest known one."""
    group, key = name.split(".")
    value = read.get(group, {}).get(key)
    listed = "phase" if fact.type is FactType.PARTS else fact.words
    if listed is None or value is None:
        return
    known = words.get(listed, {})
    for word in told_words(fact.type, value):
        if word not in known:
            yield f'{group}: {key}: unknown "{word}"{nearest(word, known)}'


def told_words(kind: FactType, value: Any) -> list[str]:
    if kind is FactType.PARTS:
        return [part["phase"] for part in value]
    return list(value) if kind is FactType.WORDS else [value]
