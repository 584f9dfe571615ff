"""Pages of applications: begun, written, shared, sent; copied, taken in from a sheet, looked at by the staff."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import select

from booking.models import Letter
from booking.roles import Role
from booking.rounds.models import Application, Section
from tests import make
from tests.booking.rounds import make_rounds
from tests.web.conftest import ClientAs
from tests.web.town import NOW, Town


@dataclass
class Season:
    """A round of the town's hall, the troop's draft in it, and a browser of its secretary."""

    round: object
    draft: str
    browser: object
    town: Town


def begun(client, round_, organisation):
    answer = client.post(f"/rounds/{round_.ref}/apply", data={"organisation": organisation.ref})
    return answer.headers["Location"].rpartition("/")[2]


@pytest.fixture
def season(session, rolled_back, town: Town, client_as: ClientAs):
    with rolled_back.begin() as db:
        round_ = make_rounds.a_round(
            db, name_fi="Kevät 2027", spaces=[town.space], late_until_at=make.at("2026-12-31", "16:00")
        )
    browser = client_as(Role.SECRETARY)
    return Season(round_, begun(browser, round_, town.organisation), browser, town)


@pytest.fixture
def told(town):
    """A group as the form sends it."""
    said = {"revision": "0", "name": "Sudenpennut", "purpose": "weekly_meeting", "people": "20", "events": "1"}
    said |= {"min_minutes": "60", "max_minutes": "1:30", "under_18": "18", "audience_group": "children"}
    said |= {"from1_0": "17:00", "to1_0": "20:00", "pref1_0": "1", "from3_0": "18:00", "to3_0": "00:00", "pref3_0": "2"}
    return said | {"option_0": f"space={town.space.ref}", "option_1": "kind=hall"}


def sections(session, draft):
    session.expire_all()
    query = select(Section).join(Application).where(Application.ref == draft).order_by(Section.position)
    return list(session.scalars(query))


def add(season, told, **changed):
    return season.browser.post(f"/applications/{season.draft}/sections/new", data=told | changed)


def test_a_group_is_written_on_a_form_and_stands_in_the_application(session, season, told):
    assert add(season, told).status_code == 302
    (one,) = sections(session, season.draft)
    assert (one.max_minutes, one.audience) == (90, {"under_18": 18, "group": "children"})
    page = season.browser.get(f"/applications/{season.draft}").text
    assert "Tuesday 17:00–20:00, Thursday 18:00–24:00 (also possible)" in page
    assert "Great hall" in page


def test_the_form_comes_back_as_it_was_kept(session, season, told):
    add(season, told)
    page = season.browser.get(f"/applications/{season.draft}/sections/{sections(session, season.draft)[0].ref}").text
    for name, value in (("from1_0", "17:00"), ("to3_0", "00:00"), ("name", "Sudenpennut"), ("under_18", "18")):
        assert re.search(rf'name="{name}"[^>]* value="{value}"', page), name


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(session, season, told):
    answer = add(season, told, to1_0="16:00", events="2", under_18="30")
    assert answer.status_code == 422
    for sentence in ("The time ends before it begins", "This is more than the number of people who come"):
        assert sentence in answer.text
    assert 'value="Sudenpennut"' in answer.text
    half = add(season, told, to1_0="")
    assert "Tell both when the time begins and when it ends" in half.text
    assert sections(session, season.draft) == []


def test_the_second_of_two_officials_sees_both_versions_and_loses_nothing(session, season, told):
    add(season, told)
    (one,) = sections(session, season.draft)
    url = f"/applications/{season.draft}/sections/{one.ref}"
    season.browser.post(url, data=told | {"revision": "1", "people": "25"})
    conflict = season.browser.post(url, data=told | {"revision": "1", "people": "22"})
    assert conflict.status_code == 409
    assert "saved this group while you were writing" in conflict.text
    assert "25 people" in conflict.text
    assert re.search(r'name="people"[^>]* value="22"', conflict.text)
    assert sections(session, season.draft)[0].people == 25
    revision = re.search(r'name="revision" value="(\d+)"', conflict.text)[1]
    season.browser.post(url, data=told | {"revision": revision, "people": "22"})
    assert sections(session, season.draft)[0].people == 22


def test_a_group_somebody_deleted_meanwhile_is_saved_as_a_new_one(session, season, told):
    add(season, told)
    (one,) = sections(session, season.draft)
    url = f"/applications/{season.draft}/sections/{one.ref}"
    season.browser.post(f"{url}/delete", data={"revision": "1"})
    assert sections(session, season.draft) == []
    season.browser.post(url, data=told | {"revision": "1"})
    assert [row.name for row in sections(session, season.draft)] == ["Sudenpennut"]


def test_the_check_button_tells_how_the_wish_stands_without_saving(session, rolled_back, season, told, town):
    with rolled_back.begin() as db:
        for _ in range(4):
            asked = make_rounds.a_section(options=[town.space], windows=((1, 1020, 1200),))
            make_rounds.an_application(db, season.round, sections=[asked])
    answer = add(season, told, check="1")
    assert "Tuesday: this wish is contested by 4 other groups." in answer.text
    assert "None of the spaces you wish holds 90 people" in add(season, told, check="1", people="90").text
    live = season.browser.post(f"/applications/{season.draft}/sections/check", data=told)
    assert "contested by 4" in live.text
    assert "<html" not in live.text
    assert sections(session, season.draft) == []


def test_sending_writes_a_letter_of_receipt_with_a_summary(session, season, told, town):
    add(season, told)
    page = season.browser.get(f"/applications/{season.draft}").text
    revision = re.search(r'name="revision" value="(\d+)"', page)[1]
    sent = season.browser.post(f"/applications/{season.draft}/send", data={"revision": revision}, follow_redirects=True)
    assert "Your application is in" in sent.text
    letters = session.scalars(select(Letter).where(Letter.person_id == town.people[Role.SECRETARY].id)).all()
    assert len(letters) == 1
    assert "1. Sudenpennut" in letters[0].body
    assert "Iso sali" in letters[0].body


def test_a_page_that_is_old_does_not_send(session, season, told):
    add(season, told)
    answer = season.browser.post(f"/applications/{season.draft}/send", data={"revision": "1"})
    assert answer.status_code == 422
    assert "Somebody else saved this" in answer.text


def test_a_group_is_copied_moved_and_deleted(session, season, told):
    add(season, told)
    first = sections(session, season.draft)[0]
    copied = season.browser.post(f"/applications/{season.draft}/sections/{first.ref}/copy").headers["Location"]
    season.browser.post(f"/applications/{season.draft}/sections/{first.ref}/move", data={"down": "1"})
    assert [row.name for row in sections(session, season.draft)] == ["Sudenpennut 2", "Sudenpennut"]
    season.browser.post(f"{copied}/delete", data={"revision": "1"})
    assert [row.name for row in sections(session, season.draft)] == ["Sudenpennut"]


def test_last_seasons_application_is_copied_by_choosing_it(session, rolled_back, town, season, told, client_as):
    with rolled_back.begin() as db:
        past = make_rounds.a_round(db, name_fi="Syksy 2026", spaces=[town.space], apply_to_at=NOW - timedelta(days=1))
        section = make_rounds.a_section(name="Viimevuotiset", options=[town.space])
        old = make_rounds.an_application(db, past, town.organisation, sections=[section])
        coming = make_rounds.a_round(db, spaces=[town.space])
    url = f"/rounds/{coming.ref}/apply"
    assert "a copy of Syksy 2026" in season.browser.get(url).text
    data = {"organisation": town.organisation.ref, "source": old.ref}
    page = season.browser.post(url, data=data, follow_redirects=True).text
    assert "Viimevuotiset" in page
    assert "Copied." in page


def test_a_sheet_is_looked_at_first_and_its_good_rows_are_taken_in(session, season, town):
    text = (
        "Group;Activity;People;Times;Spaces\r\nCubs;weekly_meeting;20;Mon 17-20;Great hall\r\nX;flying;a;Mon;Moon\r\n"
    )
    url = f"/applications/{season.draft}/import"
    look = season.browser.post(url, data={"file": (io.BytesIO(text.encode()), "groups.csv")})
    for said in ("No space, kind, premises or district", "Write a whole number", "Cubs", "Take 1 group in"):
        assert said in look.text
    assert sections(session, season.draft) == []
    lines = re.search(r'name="lines" hidden>(.*?)</textarea>', look.text, re.DOTALL)[1]
    season.browser.post(f"{url}/confirm", data={"lines": lines})
    assert [row.name for row in sections(session, season.draft)] == ["Cubs"]
    assert season.browser.get(f"{url}/template.csv").data.startswith(b"\xef\xbb\xbf")
    assert season.browser.post(url).status_code == 422


def test_others_neither_see_nor_change_a_draft(season, client_as):
    url = f"/applications/{season.draft}"
    assert client_as(Role.BOOKER).get(url).status_code == 200
    assert client_as(Role.BOOKER).get(f"{url}/sections/new").status_code == 403
    for role, stranger in ((Role.SECRETARY, True), (Role.MANAGER, False), (Role.AUDITOR, False)):
        assert client_as(role, stranger=stranger).get(url).status_code == 403


def test_a_booker_begins_nothing(season, client_as, town):
    answer = client_as(Role.BOOKER).post(
        f"/rounds/{season.round.ref}/apply", data={"organisation": town.organisation.ref}
    )
    assert answer.status_code == 403


def test_the_staff_files_for_somebody_who_phoned_and_changes_only_that(session, rolled_back, season, told, client_as):
    with rolled_back.begin() as db:
        caller = make.organisation(db, name="Soittajien kerho")
        secretary = make.person(db, "Soili Soittaja")
        make.role(db, secretary, Role.SECRETARY, organisation_id=caller.id)
    staff = client_as(Role.MANAGER)
    url = f"/rounds/{season.round.ref}/apply"
    assert "Soittajien kerho" in staff.get(f"{url}?seek=soittaj").text
    draft = begun(staff, season.round, caller)
    assert staff.post(f"/applications/{draft}/sections/new", data=told).status_code == 302
    assert "Soili Soittaja" in staff.get(f"/applications/{draft}").text
    assert staff.post(f"/applications/{season.draft}/sections/new", data=told).status_code == 403
    assert client_as(Role.MANAGER, stranger=True).post(url, data={"organisation": caller.ref}).status_code == 403


def test_after_the_deadline_the_page_says_late(season, told, clock, client_as):
    add(season, told)
    url = f"/applications/{season.draft}"
    clock.at = season.round.apply_to_at
    assert "If you send this now it is late" in season.browser.get(url).text
    clock.at = season.round.late_until_at
    browser = client_as(Role.SECRETARY)
    assert "can no longer be changed" in browser.get(url).text
    assert browser.post(f"{url}/sections/new", data=told).status_code == 409


def test_ones_own_applications_are_listed(season, client_as):
    assert season.draft in season.browser.get("/my-applications").text
    assert season.draft not in client_as(Role.SECRETARY, stranger=True).get("/my-applications").text


def test_a_sent_application_is_withdrawn_and_made_a_draft_again(session, season, told):
    add(season, told)
    url = f"/applications/{season.draft}"
    revision = re.search(r'name="revision" value="(\d+)"', season.browser.get(url).text)[1]
    season.browser.post(f"{url}/send", data={"revision": revision})
    assert "withdrawn" in season.browser.post(f"{url}/withdraw", follow_redirects=True).text
    assert "a draft again" in season.browser.post(f"{url}/again", follow_redirects=True).text


def test_the_staff_searches_the_applications_of_a_round(rolled_back, season, town, client_as):
    other = None
    with rolled_back.begin() as db:
        other = make.space(db, make.premises(db, name_fi="Kaukotalo"))
        make_rounds.hours(db, season.round, other)
        one = make_rounds.a_section(name="Sählyvuoro", options=[town.space], priority_class="youth")
        two = make_rounds.a_section(name="Kuoro", options=[{"premises_id": other.premises_id}])
        make_rounds.an_application(db, season.round, sections=[one, two])
        late = make_rounds.a_section(name="Myöhäiset", options=[town.space])
        make_rounds.an_application(db, season.round, sections=[late], late=True)
    staff = client_as(Role.AUDITOR)

    def found(**asked):
        page = staff.get(f"/rounds/{season.round.ref}/applications", query_string=asked).text
        return [name for name in ("Sählyvuoro", "Kuoro", "Myöhäiset") if name in page]

    assert found() == ["Sählyvuoro", "Kuoro", "Myöhäiset"]
    assert found(q="sähly") == ["Sählyvuoro"]
    assert found(premises=other.premises.ref) == ["Kuoro"]
    assert found(late="1") == ["Myöhäiset"]
    assert found(**{"class": "youth"}) == ["Sählyvuoro"]
    assert found(state="withdrawn") == []
    assert client_as(Role.MANAGER, stranger=True).get(f"/rounds/{season.round.ref}/applications").status_code == 403


def test_drafts_are_not_shown_to_the_staff(season, told, client_as):
    add(season, told)
    page = client_as(Role.AUDITOR).get(f"/rounds/{season.round.ref}/applications?state=any").text
    assert "Sudenpennut" not in page


def test_the_applications_are_a_file_too(rolled_back, season, town, client_as):
    with rolled_back.begin() as db:
        asked = make_rounds.a_section(name="=Kaava", options=[town.space])
        make_rounds.an_application(db, season.round, sections=[asked])
    staff = client_as(Role.AUDITOR)
    text = staff.get(f"/rounds/{season.round.ref}/applications.csv").data.decode("utf-8-sig")
    assert "'=Kaava" in text
    assert "Monday 16:00–22:00" in text
    assert staff.get(f"/rounds/{season.round.ref}/applications.xlsx").data.startswith(b"PK")
    assert staff.get(f"/rounds/{season.round.ref}/applications.pdf").status_code == 404


def test_what_the_rules_of_the_round_ask_is_asked_and_kept_with_the_group(session, season, told):
    form = season.browser.get(f"/applications/{season.draft}/sections/new").text
    assert 'name="fact-activity-non_profit"' in form
    add(season, told, **{"fact-activity-non_profit": "yes"})
    (one,) = sections(session, season.draft)
    assert one.audience["activity.non_profit"] is True
    kept = season.browser.get(f"/applications/{season.draft}/sections/{one.ref}").text
    assert re.search(r'name="fact-activity-non_profit" value="yes"[^>]* checked', kept)
