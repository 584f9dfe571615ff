"""Rounds begun, changed, copied: with the days of the rulebook, periods, and hours that follow them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from booking.acts import ActKind, told
from booking.core.allocation.instance import Fairness, HistoryMode, Tier
from booking.refusals import BadInput, NotNow
from booking.rounds import hours, listing, setting_up
from booking.rounds.models import Round
from booking.rounds.setting_up import Basics, Goals, PeriodWish
from tests import make
from tests.booking.rounds import make_rounds

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
NAMES = ("Syksy 2027", "Hösten 2027", "Autumn 2027")
SEASON = (date(2027, 8, 16), date(2028, 5, 31))


def begun(session: Session, family: str = "tuusula", days: tuple[date, date] = SEASON) -> Round:
    by = make.person(session).id
    return setting_up.begin(session, names=NAMES, family=family, days=days, by=by, now=NOW, today=TODAY)


def wish(row: Round, **values: object) -> Basics:
    told_: dict[str, object] = {
        "names": NAMES,
        "family": row.family,
        "first_on": row.first_on,
        "last_on": row.last_on,
        "apply_from_at": row.apply_from_at,
        "apply_to_at": row.apply_to_at,
        "decide_by_on": row.decide_by_on,
        "answer_by_at": row.answer_by_at,
    }
    return Basics(**told_ | values)  # type: ignore[arg-type]


def period(key: str, first: str, last: str) -> PeriodWish:
    return PeriodWish(key, key.title(), date.fromisoformat(first), date.fromisoformat(last))


AUTUMN, SPRING = period("autumn", "2027-08-16", "2027-12-18"), period("spring", "2027-12-18", "2028-05-31")


def changed(session: Session, row: Round, **values: object) -> Round:
    loaded = listing.round_of(session, row.ref)
    setting_up.change(session, loaded, wish(loaded, **values), by=row.made_by, now=NOW)
    return loaded


def test_a_round_begins_as_a_draft_with_the_days_of_the_rulebook(session: Session) -> None:
    row = begun(session)
    assert (row.state, row.rulebook) == ("draft", "")
    assert row.decide_by_on == date(2027, 5, 15)  # Tuusula's board decides by 15 May
    assert row.apply_from_at < row.apply_to_at
    assert ActKind.ROUND_CHANGED in [act.kind for act in told(session)]


def test_days_of_the_rulebook_that_have_passed_give_way_to_days_to_come(session: Session) -> None:
    row = begun(session, "espoo", (date(2027, 1, 11), date(2027, 5, 30)))
    assert setting_up.local_day(row.apply_from_at, row.zone) == TODAY + timedelta(days=1)
    assert row.apply_to_at > row.apply_from_at
    assert row.grant_years == 2  # Espoo's own rule


@pytest.mark.parametrize(
    ("family", "days", "problem"),
    [
        ("espoo", (SEASON[1], SEASON[0]), "order"),
        ("espoo", (SEASON[0], SEASON[0] + timedelta(weeks=65)), "too_long_season"),
        ("atlantis", SEASON, "not_one_of"),
        ("espoo", (date(1990, 1, 1), date(1990, 5, 1)), "no_rulebook"),
    ],
)
def test_a_round_that_makes_no_sense_is_not_begun(session: Session, family: str, days, problem: str) -> None:
    with pytest.raises(BadInput) as refused:
        begun(session, family, days)
    assert refused.value.facts["problem"] == problem


def test_two_periods_of_a_season_may_share_a_day(session: Session) -> None:
    row = changed(session, begun(session), periods=(AUTUMN, SPRING))
    assert [one["key"] for one in row.periods] == ["autumn", "spring"]
    assert setting_up.period_days(row, "spring") == (date(2027, 12, 18), date(2028, 5, 31))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"apply_to_at": datetime(2026, 1, 1, tzinfo=UTC)}, "apply_to_on"),
        ({"late_until_at": datetime(2026, 1, 1, tzinfo=UTC)}, "late_until_on"),
        ({"grid_min": 7}, "grid_min"),
        ({"periods": (period("autumn", "2027-08-01", "2027-12-18"),)}, "p1_first_on"),
        ({"periods": (AUTUMN, period("spring", "2028-02-01", "2028-01-01"))}, "p2_last_on"),
        ({"periods": (AUTUMN, AUTUMN)}, "p1_name"),
    ],
)
def test_days_that_do_not_fit_together_are_refused(session: Session, values, field: str) -> None:
    row = begun(session)
    with pytest.raises(BadInput) as refused:
        changed(session, row, **values)
    assert refused.value.facts["field"] == field


def test_hours_of_a_period_follow_its_days_and_go_with_it(session: Session) -> None:
    hall = make.space(session)
    row = changed(session, begun(session), periods=(AUTUMN, SPRING))
    for key, opens in (("autumn", 960), ("spring", 1020)):
        hours.set_week(session, row, [hall], [(0, opens, 1320)], period=key, by=row.made_by, now=NOW)
    moved = period("autumn", "2027-08-16", "2027-12-04")
    row = changed(session, row, periods=(moved,))
    assert hours.parts_of(row, hall.id) == [(moved.first_on, moved.last_on)]
    assert hours.week_of(row, hall.id, (moved.first_on, moved.last_on)) == [(0, 960, 1320)]


def test_who_saves_over_somebody_elses_change_is_told(session: Session) -> None:
    row = changed(session, begun(session), periods=(AUTUMN,))
    with pytest.raises(NotNow):
        setting_up.change(session, row, wish(row), by=row.made_by, now=NOW, revision=row.revision - 1)


def test_a_published_round_is_not_changed(session: Session) -> None:
    row = make_rounds.a_round(session)
    goals = Goals(tiers=(), fairness=Fairness.SHARE, history=HistoryMode.NONE, least_dates_percent=50)
    for change in (
        lambda: changed(session, row),
        lambda: setting_up.set_goals(session, row, goals, by=row.made_by, now=NOW),
        lambda: setting_up.set_criteria(session, row, {"fi": "Hei"}, by=row.made_by, now=NOW),
    ):
        with pytest.raises(NotNow):
            change()


def test_goals_are_kept_in_their_order_each_once(session: Session) -> None:
    row = begun(session)
    goals = Goals(
        tiers=(Tier.PREFERENCE, Tier.FAIRNESS),
        fairness=Fairness.MEMBERS,
        history=HistoryMode.PIN,
        least_dates_percent=70,
    )
    setting_up.set_goals(session, row, goals, by=row.made_by, now=NOW)
    assert row.policy["tiers"] == ["coverage", "preference", "fairness"]
    twice = Goals(
        tiers=(Tier.HISTORY, Tier.HISTORY), fairness=Fairness.NONE, history=HistoryMode.NONE, least_dates_percent=50
    )
    with pytest.raises(BadInput):
        setting_up.set_goals(session, row, twice, by=row.made_by, now=NOW)


def test_a_copy_for_the_next_season_has_the_same_hours_quotas_and_goals_in_its_own_days(session: Session) -> None:
    hall = make.space(session)
    source = changed(session, begun(session), periods=(AUTUMN, SPRING), grid_min=15)
    source.quotas, source.policy = [{"id": "q", "percent": 50, "source": "§ 1"}], {"fairness": "none"}
    hours.set_week(session, source, [hall], [(0, 960, 1320)], period="autumn", by=source.made_by, now=NOW)
    days = (date(2028, 8, 14), date(2029, 5, 31))
    source = listing.round_of(session, source.ref)
    row = setting_up.copy(session, source, names=NAMES, days=days, by=source.made_by, now=NOW, today=TODAY)
    row = listing.round_of(session, row.ref)
    assert (row.state, row.previous_id, row.grid_min) == ("draft", source.id, 15)
    assert (row.quotas, row.policy) == (source.quotas, source.policy)
    autumn = setting_up.period_days(row, "autumn")
    assert autumn == (date(2028, 8, 14), date(2028, 12, 16))
    assert autumn is not None
    assert hours.week_of(row, hall.id, autumn) == [(0, 960, 1320)]
    assert row.apply_to_at > source.apply_to_at
