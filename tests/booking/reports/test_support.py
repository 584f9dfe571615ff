"""Support as sums: what is counted, and that normal = charged + support in every group."""

import json
from datetime import timedelta

from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from booking.happenings.models import Attendance, Happening
from booking.reports import money_grants
from booking.reports.groupings import KEYS
from booking.reports.money_grants import Given
from booking.reports.open_data import lines
from booking.reports.refused import refused
from booking.reports.uses import Use, Wanted, summed, total, uses
from tests import make
from web.cli import main

YEAR = make.span("2026-01-01", "00:00", "01:00").widened(before_min=0, after_min=364 * 1440)
MORNING = make.span("2026-03-10", "10:00", "11:30")


def money(normal, charged):
    return {"normal_cents": normal, "price_cents": charged, "subsidy_cents": normal - charged}


def found(session, now, **wanted):
    return list(uses(session, Wanted(YEAR, **wanted), now))


def test_a_free_time_is_support_of_its_whole_normal_price(session, now):
    hall = make.space(session)
    make.occurrence(session, hall, MORNING, **money(2250, 0), trace={"rulebook": "espoo-2019-08"})
    (sums,) = summed(found(session, now), KEYS["rulebook"]).values()
    assert (sums.times, sums.minutes, sums.hours) == (1, 90, 1.5)
    assert (sums.normal_cents, sums.charged_cents, sums.support_cents, sums.free_cents) == (2250, 0, 2250, 2250)


def test_a_time_whose_price_is_unknown_is_counted_but_not_in_the_money(session, now):
    hall = make.space(session)
    make.occurrence(session, hall, MORNING)
    (sums,) = summed(found(session, now), KEYS["premises"]).values()
    assert (sums.times, sums.unknown, sums.normal_cents, sums.support_cents) == (1, 1, 0, 0)


def test_only_confirmed_times_that_are_over_are_counted(session, now):
    hall = make.space(session)
    later = make.span("2026-12-01", "10:00", "11:00")
    make.occurrence(session, hall, later, **money(1500, 0))
    gone = make.occurrence(session, hall, MORNING, **money(1500, 0))
    gone.state = "cancelled"
    session.flush()
    assert found(session, now) == []
    assert len(found(session, later.ends_at)) == 1
    assert found(session, later.ends_at - timedelta(seconds=1)) == []


def test_heads_told_and_no_shows_stand_beside_the_hours(session, now):
    hall = make.space(session)
    came = make.occurrence(session, hall, MORNING, **money(1500, 1500))
    missed = make.occurrence(session, hall, make.span("2026-03-11", "10:00", "11:00"), **money(1500, 0))
    session.add(Attendance(occurrence_id=came.id, heads=12, groups={"7_12": 10}, told_at=now))
    session.add(
        Happening(
            key="no_show:1",
            kind="no_show",
            state="confirmed",
            occurrence_id=missed.id,
            organisation_id=missed.booking.organisation_id,
            premises_id=hall.premises_id,
            happened_at=missed.starts_at,
            noted_at=now,
            decided_at=now,
        )
    )
    session.flush()
    whole = total(summed(found(session, now), KEYS["month"]).values())
    assert (whole.people, whole.told, whole.heads, whole.no_shows) == (40, 1, 12, 1)


def test_one_organisation_and_some_premises_can_be_asked_alone(session, now):
    hall, other = make.space(session), make.space(session)
    ours = make.organisation(session)
    make.occurrence(session, hall, MORNING, whose=ours)
    make.occurrence(session, other, MORNING)
    assert len(found(session, now)) == 2
    assert [use.organisation for use in found(session, now, organisation=ours.id)] == [ours.id]
    assert [use.premises for use in found(session, now, premises=[other.premises_id])] == [other.premises_id]
    assert found(session, now, premises=[]) == []


def test_a_withdrawn_grant_is_in_no_sum(session, now):
    ours, by = make.organisation(session), make.person(session).id
    given = Given(money_grants.MoneyGrantKind.SPACE, 2026, 50_000, "Lautakunta 1.2.2026 § 3", MORNING.starts_at.date())
    kept = money_grants.enter(session, ours, given, by=by, now=now)
    assert money_grants.by_organisation(session, [2026]) == {ours.id: 50_000}
    money_grants.withdraw(session, ours, kept.ref, by=by, now=now)
    assert money_grants.by_organisation(session, [2026]) == {}
    assert money_grants.of(session, ours.id) == []


def test_refused_hours_keep_class_and_district(session, now):
    hall = make.space(session)
    hall.premises.district = "Tapiola"
    row = make.occurrence(session, hall, MORNING, priority_class="3")
    row.state, row.reason = "refused", "taken"
    session.flush()
    (one,) = refused(session, YEAR)
    assert (one.priority_class, one.district, one.reason, one.minutes) == ("3", "Tapiola", "taken", 90)


def test_open_data_tells_no_money_where_few_used_a_place(session, now):
    hall = make.space(session)
    for hour in (8, 9):
        when = make.span("2026-03-10", f"{hour:02}:00", f"{hour + 1:02}:00")
        make.occurrence(session, hall, when, whose=make.organisation(session), **money(1500, 0))
    (few,) = lines(found(session, now))
    assert (few.users, few.times, few.minutes, few.support_cents) == ("all", 2, 120, None)
    make.occurrence(session, hall, MORNING, whose=make.organisation(session), **money(1500, 500))
    whole, kind = lines(found(session, now))
    assert (whole.support_cents, kind.users, kind.support_cents) == (4000, "association", 4000)


def test_a_kind_is_told_only_when_the_rest_are_enough_too(session, now):
    hall = make.space(session)
    for hour, kind in ((8, "association"), (9, "association"), (10, "association"), (12, "person")):
        when = make.span("2026-03-10", f"{hour:02}:00", f"{hour + 1:02}:00")
        make.occurrence(session, hall, when, whose=make.organisation(session, kind=kind), **money(1500, 0))
    assert [line.users for line in lines(found(session, now))] == ["all"]


def use(normal, charged, month):
    known = normal is not None
    day = MORNING.starts_at.date().replace(month=month)
    return Use(
        *(1, "o", "O", "association", 1, "p", "P", "school", "", "hall", "r-1", "1", {}, "free", {}, day, 60, 10),
        *(normal, charged if known else None, normal - charged if known else None, None, {}, True),
    )


USES = st.lists(
    st.builds(use, st.none() | st.integers(5000, 9000), st.integers(0, 5000), st.integers(1, 12)), max_size=30
)


@given(USES)
def test_normal_is_charged_and_support_in_every_group_and_in_all(kept):
    groups = summed(kept, KEYS["month"])
    whole = total(groups.values())
    for sums in (*groups.values(), whole):
        assert sums.normal_cents == sums.charged_cents + sums.support_cents
    assert whole.times == len(kept)
    assert whole.unknown == sum(one.normal_cents is None for one in kept)


def test_the_command_prints_the_sums_as_json(sessions, database_url, now, monkeypatch):
    with sessions.begin() as session:
        make.occurrence(session, make.space(session), MORNING, **money(2250, 250), trace={"rulebook": "espoo-2019-08"})
    for name, value in (("DATABASE_URL", database_url), ("SECRET_KEY", "x"), ("MASTER_KEY", "y")):
        monkeypatch.setenv(f"VUORO_{name}", value)
    said = CliRunner().invoke(main, ["report", "support", "--year", "2026", "--by", "rulebook", "--json"])
    assert said.exit_code == 0, said.output
    told = json.loads(said.output)
    assert told["groups"][0]["key"] == "espoo-2019-08"
    assert told["all"]["support_cents"] == 2000
    assert CliRunner().invoke(main, ["report", "support", "--year", "2026", "--json", "--csv"]).exit_code == 2
