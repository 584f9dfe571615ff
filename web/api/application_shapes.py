"""Applications for a season as JSON: what is asked, and what is told of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, post_load, validate

from booking.rounds.models import Application, ApplicationState, Section
from booking.rounds.offered import Where
from booking.rounds.sections import (
    MOST_OPTIONS,
    MOST_SHARED,
    MOST_WINDOWS,
    WEEKS,
    Fault,
    SectionWish,
    WindowWish,
    wish_of,
)
from booking.rulebooks import words
from web.api.shapes import Line, Ref, WallTime, WhoOut, whole
from web.api.wishes import AudienceIn
from web.section_form import clock

STATES = [state.value for state in ApplicationState]


class WindowIn(Schema):
    """When a group could come, in local wall time of a weekday (Monday 0); 24:00 is the end of the day."""

    weekday = whole(0, 6, required=True)
    start = WallTime(required=True)
    end = WallTime(required=True)
    preference = whole(1, 2, load_default=1, metadata={"description": "1 wished, 2 also possible"})


class WhereIn(Schema):
    """A space by its ref, or every space that is of this kind, premises (ref) and district; what is left out does not
    matter."""

    space = Ref(load_default="")
    kind = fields.String(load_default="", validate=validate.Length(max=40))
    premises = Ref(load_default="")
    district = fields.String(load_default="", validate=validate.Length(max=80))


class SectionIn(Schema):
    """One group. With `ref` it stands in the place of the section of that ref, without it is a new one."""

    ref = Ref(load_default="")
    name = Line(longest=80, load_default="", metadata={"description": "left out: the name of the group"})
    group = Ref(load_default="", metadata={"description": "a group of the organisation in the register"})
    purpose = fields.String(required=True, validate=validate.OneOf(sorted(words()["activity_purpose"])))
    people = whole(1, required=True)
    events = whole(1, 7, load_default=1)
    min_minutes = whole(1, 1440, required=True)
    max_minutes = whole(1, 1440, load_default=None, allow_none=True)
    windows = fields.List(fields.Nested(WindowIn), load_default=[], validate=validate.Length(max=MOST_WINDOWS))
    options = fields.List(
        fields.Nested(WhereIn),
        load_default=[],
        validate=validate.Length(max=MOST_OPTIONS),
        metadata={"description": "the most wished first"},
    )
    audience = fields.Nested(AudienceIn, load_default=dict)
    periods = fields.List(fields.String(), load_default=[])
    weeks = fields.String(validate=validate.OneOf(WEEKS), load_default="every")
    equipment = fields.List(fields.String(), load_default=[])
    step_free = fields.Boolean(load_default=False)
    same_space = fields.Boolean(load_default=False)
    shared = fields.List(Line(longest=80), load_default=[], validate=validate.Length(max=MOST_SHARED))

    @post_load
    def understood(self, told: dict[str, Any], **_: Any) -> tuple[str, SectionWish]:
        """The ref, and the wish."""
        windows = [WindowWish(one["weekday"], one["start"], one["end"], one["preference"]) for one in told["windows"]]
        told |= {"windows": tuple(windows), "options": tuple(Where(**one) for one in told["options"])}
        told |= {name: tuple(told[name]) for name in ("periods", "equipment", "shared")}
        told["max_minutes"] = told["max_minutes"] or told["min_minutes"]
        return told.pop("ref"), SectionWish(**told)


class ApplicationIn(Schema):
    """An application to be begun, or gone on with; sections are put behind those that are there."""

    organisation = Ref(required=True)
    note = Line(longest=2000, load_default=None, allow_none=True)
    waits = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={"description": "whether what is not granted goes to the waiting list by itself"},
    )
    sections = fields.List(fields.Nested(SectionIn), load_default=[], validate=validate.Length(max=200))
    send = fields.Boolean(load_default=False)


class ChangesIn(Schema):
    """Changes of what was looked at in `revision`. All of them are made, or none."""

    revision = whole(1, required=True)
    note = Line(longest=2000, load_default=None, allow_none=True)
    waits = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={"description": "whether what is not granted goes to the waiting list by itself"},
    )
    sections = fields.List(fields.Nested(SectionIn), load_default=[], validate=validate.Length(max=200))
    remove = fields.List(Ref(), load_default=[], metadata={"description": "refs of sections"})
    send = fields.Boolean(load_default=False)


class WindowOut(Schema):
    weekday = fields.Integer(required=True)
    start = fields.String(required=True)
    end = fields.String(required=True)
    preference = fields.Integer(required=True)


class WhereOut(Schema):
    """As it was asked; empty words do not matter."""

    space = fields.String(required=True)
    kind = fields.String(required=True)
    premises = fields.String(required=True)
    district = fields.String(required=True)


class FaultOut(Schema):
    """What stands against sending: the field, a stable word, and facts."""

    field = fields.String(required=True)
    problem = fields.String(required=True)
    facts = fields.Dict(required=True)


class SectionOut(Schema):
    """One group with what it still lacks."""

    ref = fields.String(required=True)
    revision = fields.Integer(required=True)
    name = fields.String(required=True)
    group = fields.String(required=True)
    purpose = fields.String(required=True)
    people = fields.Integer(required=True)
    events = fields.Integer(required=True)
    min_minutes = fields.Integer(required=True)
    max_minutes = fields.Integer(required=True)
    windows = fields.List(fields.Nested(WindowOut), required=True)
    options = fields.List(fields.Nested(WhereOut), required=True)
    audience = fields.Dict(required=True)
    periods = fields.List(fields.String(), required=True)
    weeks = fields.String(required=True)
    equipment = fields.List(fields.String(), required=True)
    step_free = fields.Boolean(required=True)
    same_space = fields.Boolean(required=True)
    shared = fields.List(fields.String(), required=True)
    lacking = fields.List(fields.Nested(FaultOut), required=True)


class ApplicationOut(Schema):
    """An application. `editable`: whether the caller can change it now; `revision` is needed to do so."""

    ref = fields.String(required=True)
    round = fields.String(required=True)
    organisation = fields.Nested(WhoOut, required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    late = fields.Boolean(required=True)
    note = fields.String(required=True)
    waits = fields.Boolean(required=True)
    sent_at = fields.AwareDateTime(allow_none=True)
    revision = fields.Integer(required=True)
    editable = fields.Boolean(required=True)
    sections = fields.List(fields.Nested(SectionOut), required=True)


def shown(row: Application, lacking: Mapping[str, list[Fault]], *, editable: bool) -> dict[str, Any]:
    """A loaded application."""
    plain = {name: getattr(row, name) for name in ("ref", "state", "late", "note", "waits", "sent_at", "revision")}
    sections = [_section(one, lacking.get(one.ref, [])) for one in row.sections]
    whose = {"ref": row.organisation.ref, "name": row.organisation.name}
    return plain | {"round": row.round.ref, "organisation": whose, "editable": editable, "sections": sections}


def _section(row: Section, lacking: list[Fault]) -> dict[str, Any]:
    wish = wish_of(row, row.group)
    told = {name: getattr(wish, name) for name in SectionOut().fields if hasattr(wish, name)}
    windows = [_window(one) for one in wish.windows]
    faults = [{"field": one.field, "problem": one.problem, "facts": dict(one.facts)} for one in lacking]
    return told | {"ref": row.ref, "revision": row.revision, "windows": windows, "lacking": faults}


def _window(one: WindowWish) -> dict[str, Any]:
    return {
        "weekday": one.weekday,
        "start": clock(one.start_min),
        "end": clock(one.end_min),
        "preference": one.preference,
    }
