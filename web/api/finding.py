"""Finding a free time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from marshmallow import Schema, fields

from booking.availability import Obstacle
from booking.search import Found, Need, find
from web.api.problems import blueprint, problems
from web.api.shapes import Commas, Day, ObstacleOut, WallTime, counted
from web.auth import PUBLIC, requires
from web.clock import now
from web.db import reading

bp = blueprint("finding", "Finding a free time")


def need_of(**asked: Any) -> Need:
    """The need; one day when no last day is told."""
    return Need(**asked | {"last_on": asked["last_on"] or asked["first_on"]})


class NeedIn(Schema):
    """What is looked for, in local days and wall times. Words in lists are separated by commas."""

    first_on = Day(required=True)
    last_on = Day(load_default=None)
    from_min = WallTime(data_key="from", load_default=480)
    to_min = WallTime(data_key="to", load_default=1320)
    minutes = counted(1, 1440, load_default=60)
    people = counted(1, 100_000, load_default=1)
    equipment = Commas(load_default=frozenset())
    step_free = fields.Boolean(load_default=False)
    premises = Commas(load_default=frozenset())
    districts = Commas(load_default=frozenset())
    kinds = Commas(load_default=frozenset())


class FoundOut(Schema):
    """One fitting space on one day: the starts at which it is free, or what is against the first of the window."""

    space = fields.String(required=True)
    premises = fields.String(required=True)
    day = fields.Date(required=True)
    minutes = fields.Integer(required=True)
    starts = fields.List(fields.AwareDateTime(), required=True)
    obstacles = fields.List(fields.Nested(ObstacleOut), required=True)


@bp.get("/free")
@requires(PUBLIC)
@bp.arguments(NeedIn, location="query")
@bp.response(200, FoundOut(many=True))
@problems(bp, (422,))
def free(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Where and when it is free: spaces with something free first, then by day and capacity. 31 days at most."""
    with reading() as db:
        return [found_shown(one) for one in find(db, need_of(**asked), now())]


def found_shown(one: Found) -> dict[str, Any]:
    return {
        "space": one.space.ref,
        "premises": one.space.premises.ref,
        "day": one.day,
        "minutes": one.minutes,
        "starts": one.starts,
        "obstacles": obstacles_shown(one.obstacles),
    }


def obstacles_shown(obstacles: Sequence[Obstacle]) -> list[dict[str, Any]]:
    return [
        {
            "problem": one.problem.value,
            "starts_at": one.span and one.span.starts_at,
            "ends_at": one.span and one.span.ends_at,
            "names": None if one.names is None else dict(one.names),
            "limit_min": one.limit_min,
        }
        for one in obstacles
    ]
