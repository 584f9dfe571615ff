"""The annual clock: every window and deadline on a page and in a calendar file whose events keep their ids."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from icalendar import Calendar, Event

from booking.models import Term
from booking.rounds import publishing
from booking.rounds.publishing import Later
from tests import make
from tests.booking.rounds import make_rounds
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town
from web import clock_ring

PERIODS = [{"key": "winter", "name": "Talvikausi", "first_on": "2027-01-11", "last_on": "2027-03-31"}]


@pytest.fixture
def row(session, town: Town):
    """A round with every day there can be, and a school whose rules tell days of their own."""
    place = make.premises(session, name_fi="Tuusulan koulu", rulebook="tuusula")
    session.add(
        Term(premises_id=place.id, name_fi="Kevätlukukausi", first_on=date(2027, 1, 7), last_on=date(2027, 6, 5))
    )
    made = make_rounds.a_round(
        session,
        name_fi="Kevät 2027",
        spaces=[town.space],
        periods=PERIODS,
        late_until_at=make.at("2027-01-31", "16:00"),
        answer_by_at=make.at("2026-12-10", "16:00"),
        decide_by_on=date(2026, 12, 18),
    )
    session.commit()
    return made


def events(client_as: ClientAs, language: str = "fi") -> dict[str, Event]:
    answer = client_as(None).get(f"/annual-clock.ics?lang={language}")
    assert answer.headers["Content-Type"].startswith("text/calendar")
    return {str(one["UID"]): one for one in Calendar.from_ical(answer.data).walk("VEVENT")}


def of_round(found: dict[str, Event], ref: str) -> dict[str, Event]:
    prefix = f"round-{ref}-"
    return {uid.removeprefix(prefix).partition("@")[0]: one for uid, one in found.items() if uid.startswith(prefix)}


def test_every_window_and_deadline_of_a_round_is_in_the_calendar_file(row, client_as: ClientAs) -> None:
    mine = of_round(events(client_as), row.ref)
    days = {kind: (one["DTSTART"].dt, one["DTEND"].dt - timedelta(days=1)) for kind, one in mine.items()}
    assert days == {
        "apply": (date(2026, 11, 2), date(2026, 11, 30)),
        "late": (date(2026, 11, 30), date(2027, 1, 31)),
        "answer_by": (date(2026, 12, 10), date(2026, 12, 10)),
        "decide_by": (date(2026, 12, 18), date(2026, 12, 18)),
        "season": (date(2027, 1, 11), date(2027, 5, 30)),
        "period-winter": (date(2027, 1, 11), date(2027, 3, 31)),
    }
    assert str(mine["apply"]["SUMMARY"]) == "Haku: Kevät 2027"
    assert "Talvikausi" in str(mine["period-winter"]["SUMMARY"])


def test_a_day_that_moves_keeps_its_id_and_gets_a_greater_sequence(session, row, client_as: ClientAs) -> None:
    before = of_round(events(client_as), row.ref)["apply"]
    later = Later(apply_to_at=row.apply_to_at + timedelta(days=7))
    publishing.postpone(session, row, later, note="Vika", by=row.made_by, now=NOW)
    session.commit()
    after = of_round(events(client_as), row.ref)["apply"]
    assert str(after["UID"]) == str(before["UID"])
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert after["DTEND"].dt == before["DTEND"].dt + timedelta(days=7)


def test_what_a_closed_round_would_have_had_is_cancelled(session, row, client_as: ClientAs) -> None:
    publishing.close(session, row, reason="Remontti", by=row.made_by, now=NOW)
    session.commit()
    mine = of_round(events(client_as), row.ref)
    assert {str(one["STATUS"]) for one in mine.values()} == {"CANCELLED"}
    assert "the round was closed" in client_as(None).get("/annual-clock?year=2027").text


def test_days_of_the_rules_in_use_and_terms_are_there_too(row, client_as: ClientAs) -> None:
    found = events(client_as)
    assert found["rule-tuusula-slots-decided-2027@vuoro.example"]["DTSTART"].dt == date(2027, 5, 15)
    assert any(uid.startswith("term-") and "Kevätlukukausi" in str(one["SUMMARY"]) for uid, one in found.items())
    assert not any(uid.startswith("rule-vantaa") for uid in found), "no house goes by those rules"


def test_ids_are_unique_and_the_same_each_time(row, client_as: ClientAs) -> None:
    body = client_as(None).get("/annual-clock.ics?lang=fi").data
    uids = [str(one["UID"]) for one in Calendar.from_ical(body).walk("VEVENT")]
    assert len(uids) == len(set(uids))
    assert client_as(None).get("/annual-clock.ics?lang=fi").data == body


def test_a_draft_is_not_in_the_clock(session, town: Town, client_as: ClientAs) -> None:
    draft = make_rounds.a_round(session, state="draft", name_fi="Salainen")
    session.commit()
    assert of_round(events(client_as), draft.ref) == {}
    assert "Salainen" not in client_as(None).get("/annual-clock?year=2027").text


def test_the_page_lists_the_year_by_month_and_is_filtered(row, client_as: ClientAs) -> None:
    client = client_as(None)
    whole = client.get("/annual-clock?year=2026").text
    assert whole.index("November 2026") < whole.index("Applying: Kevät 2027") < whole.index("December 2026")
    rules = client.get("/annual-clock?year=2027&kind=rule").text
    assert "slots-decided" in rules
    assert "Season: Kevät 2027" not in rules
    assert "Season: Kevät 2027" in client.get("/annual-clock?year=2027&kind=season").text
    assert client.get("/annual-clock?year=1").status_code == 422
    assert "There is nothing in this year" in client.get("/annual-clock?year=2100&kind=round").text


def test_an_arc_of_the_whole_year_goes_round_and_one_day_is_seen() -> None:
    from booking.rounds.annual_clock import ClockDay

    whole = ClockDay(key="a", kind="closed", first_on=date(2026, 1, 1), last_on=date(2027, 1, 31))
    day = ClockDay(key="b", kind="closed", first_on=date(2026, 12, 31), last_on=date(2026, 12, 31))
    ring = clock_ring.arcs([whole, day], 2026)
    assert " 1 1 " in ring.arcs[0].path
    assert " 0 1 " in ring.arcs[1].path
    assert len(ring.ticks) == len(ring.names) == 12
