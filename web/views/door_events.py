"""What doors tell, as it comes; why a door decided so; and which doors are behind what they should know."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue

from access import convergence, passages, replay
from booking.acts import Act, ActKind, tell
from booking.refusals import NotFound
from web import words_of_replay, words_of_risks
from web.auth import requires
from web.clock import now
from web.db import reading, transaction
from web.views.doors import door_of
from web.workplaces import ON_SITE, chosen, ids, workplaces

bp = Blueprint("door_events", __name__)
bp.record_once(lambda state: words_of_replay.start(state.app.jinja_env))
bp.record_once(lambda state: words_of_risks.start(state.app.jinja_env))
SHOWN = 60
LIVE = timedelta(hours=24)
FOLLOW_S = 15


@bp.get("/doors/live")
@requires(*ON_SITE)
def live() -> ResponseReturnValue:
    """The newest events of my doors, without names. That somebody opened it is noted; that it looks again is not."""
    again = "HX-Request" in request.headers or "follow" in request.args
    with transaction() as db:
        places = workplaces(db, *ON_SITE)
        shown = chosen(places, request.args.get("p", ""))
        found = passages.newest(db, ids(shown), since=now() - LIVE, most=SHOWN)
        if not again:
            tell(db, Act(ActKind.LOG_VIEWED, now(), g.person.id, "door_events", {"live": True, "found": len(found)}))
        page = render_template(
            "door_events/live.html",
            found=found,
            places=places,
            chosen=request.args.get("p", ""),
            names={place.id: place for place in shown},
            at=now(),
        )
    return _following(page)


def _following(page: str) -> Response:
    """Without scripts a browser looks again by itself only when it is asked to: nobody is surprised while reading."""
    response = make_response(page)
    if "follow" in request.args:
        response.headers["Refresh"] = str(FOLLOW_S)
    return response


@bp.get("/doors/behind")
@requires(*ON_SITE)
def behind() -> ResponseReturnValue:
    with reading() as db:
        places = workplaces(db, *ON_SITE)
        shown = chosen(places, request.args.get("p", ""))
        return render_template(
            "door_events/behind.html",
            doors=convergence.doors_behind(db, ids(shown), now()),
            rights=convergence.waiting_rights(db, ids(shown), now()),
            names={place.id: place for place in shown},
            at=now(),
        )


@bp.get("/doors/<door_ref>/events/<event_ref>")
@requires(*ON_SITE)
def why(door_ref: str, event_ref: str) -> ResponseReturnValue:
    """The decision taken again, in words. Who looks at whose passage is noted."""
    with transaction() as db:
        door, place = door_of(db, door_ref)
        one = passages.passage(db, event_ref, by=g.person.id, now=now())
        if one.door.id != door.id:
            raise NotFound(what="event")
        found = replay.replay(db, one.event)
        body = {"event": event_ref, "agreement": found.agreement.value, "missing": found.missing.value}
        tell(db, Act(ActKind.DOOR_EVENT_EXPLAINED, now(), g.person.id, door.ref, body, door.premises_id))
        return render_template("door_events/why.html", one=one, found=found, door=door, place=place)
