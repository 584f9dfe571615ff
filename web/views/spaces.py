"""The page of a space: facts, opening hours, terms, closed days, rules in force, and its week."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from booking.availability import Tree, opening_rules, timetables
from booking.core.opening import Days, OpeningRules
from booking.core.rulebook import Rulebook
from booking.core.span import MINUTES_IN_DAY
from booking.models import Space
from booking.premises import all_spaces, premises_of, space_by_ref
from booking.rulebooks import NoRulebook, in_force
from booking.versions.known import books_near
from web import i18n
from web.auth import PUBLIC, requires
from web.calendar_rows import Calendar, calendar
from web.clock import now, today
from web.db import reading
from web.views.calendar import read_choice, viewer
from web.weeks import Week

bp = Blueprint("spaces", __name__)
MONDAY = date(2026, 11, 23)  # any Monday, for the names of weekdays


@bp.get("/spaces/<space_ref>")
@requires(PUBLIC)
def show(space_ref: str) -> ResponseReturnValue:
    choice = read_choice()
    with reading() as db:
        space = space_by_ref(db, space_ref)
        rules = opening_rules(db, [space])[space.id]
        return render_template(
            "spaces/show.html",
            space=space,
            place=premises_of(db, space.premises.ref),
            family=family_of(db, space),
            hours=weekly_of(rules),
            terms=ahead(rules.terms),
            closed=ahead(rules.closed),
            holidays=rules.holidays,
            book=book_of(space),
            choice=choice,
            calendar=week_of(db, space, choice.week),
            interval=choice.week.interval(i18n.locale()),
            today=today(),
        )


def week_of(db: Session, space: Space, week: Week) -> Calendar:
    table = timetables(db, [space], week.span(ZoneInfo(space.premises.zone)), now())
    inside = all_spaces(db, [space.premises_id])
    return calendar([space], table, week.days, viewer(), everywhere=inside, language=i18n.language(), now=now())


def family_of(db: Session, space: Space) -> list[Space]:
    """The wholes above the space and the parts below it."""
    tree = Tree(db, [space.premises_id])
    above = tree.above(space.id)
    inside = all_spaces(db, [space.premises_id])
    return [one for one in inside if one.id != space.id and (one.id in above or space.id in tree.above(one.id))]


def weekly_of(rules: OpeningRules) -> list[tuple[str, list[str]]]:
    """For each weekday its name and its opening times; none where it is closed."""
    return [
        (
            i18n.day(MONDAY + timedelta(days=n), "weekday"),
            [f"{wall(one.opens_min)}–{wall(one.closes_min)}" for one in rules.weekly if one.weekday == n],
        )
        for n in range(7)
    ]


def wall(minute: int) -> str:
    """A minute of day as the language writes it; past midnight counts on from 0."""
    if minute == MINUTES_IN_DAY:
        return "24" if i18n.language() == "fi" else wall(0).replace("00", "24", 1)
    rest = minute % MINUTES_IN_DAY
    said = i18n.clock(datetime.combine(MONDAY, time(rest // 60, rest % 60), ZoneInfo("UTC")), ZoneInfo("UTC"))
    return said.removesuffix(".00") if i18n.language() == "fi" else said


def ahead(days: tuple[Days, ...]) -> list[Days]:
    """Those that are not over, in order."""
    return sorted((one for one in days if one.last_on >= today()), key=lambda one: one.first_on)


def book_of(space: Space) -> Rulebook | None:
    """The rulebook in force today, None where there is none."""
    try:
        return in_force(books_near(space), space.premises.rulebook, today())
    except NoRulebook:
        return None
