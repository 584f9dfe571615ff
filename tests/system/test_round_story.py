"""A whole season round in a real browser: applied for, allocated, changed by hand, answered, decided, in the calendar.

Three roles: the secretary of the scouts, the manager who runs the round, and a second person who decides. The steps
follow each other in one town; each database tells the whole story.
"""

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from booking.db import reading
from booking.models import Occurrence, OccurrenceState
from booking.rounds.models import Round, RoundState, Section
from booking.rounds.plan_models import OfficialAct, Placement, Scenario, SlotGrant
from tests.fixtures_databases import copied
from tests.system.town import eventually, running_town

SECRETARY, MANAGER, DECIDER = "Sini", "Maija", "Sirkka"
GROUP = "Vaeltajat"


@pytest.fixture(scope="module")
def town(template, tmp_path_factory):
    folder = tmp_path_factory.mktemp("round")
    with copied(template, folder) as url, running_town(url, folder) as town:
        yield town


@pytest.fixture
def page(town, chromium):
    """A phone's window in English; what it writes to its console as an error fails the test."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, base_url=town.base_url)
    opened = context.new_page()
    complaints = []
    opened.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    opened.goto("/help?lang=en")
    yield opened
    context.close()
    assert [text for text in complaints if "status of 4" not in text] == []


def sign_in(page, name):
    page.goto("/dev/sign-in")
    page.get_by_role("button", name=name).first.click()
    page.wait_for_load_state()


def press(page, name):
    """Press a button and wait for the page that comes."""
    page.get_by_role("button", name=name, exact=True).first.click()
    page.wait_for_load_state()


def text(page):
    return page.inner_text("main")


def open_round(town):
    """The demo's round of next term: open for applications when the story begins."""
    with reading(town.sessions) as session:
        return session.scalars(
            select(Round)
            .where(Round.name_en.like("Spring%") | Round.name_en.like("Autumn%"))
            .order_by(Round.first_on.desc())
        ).first()


def rows(town, query):
    with reading(town.sessions) as session:
        return list(session.scalars(query))


def test_1_a_secretary_adds_a_group_on_her_phone_and_is_told_who_else_wishes_the_time(page, town):
    sign_in(page, SECRETARY)
    page.goto(f"/rounds/{open_round(town).ref}/apply")
    page.get_by_role("link", name=re.compile("Application")).click()
    page.get_by_role("link", name="Add a group").click()
    page.fill("#f-name", GROUP)
    page.select_option("#f-purpose", label="weekly meeting")
    page.fill("#f-people", "30")
    page.fill("#f-under_18", "28")
    page.check("#f-audience_group-1")
    page.fill("#f-max_minutes", "90")
    page.fill("#f-from1_0", "17:00")
    page.fill("#f-to1_0", "20:00")
    page.select_option("#f-option_0", label="– Half A (60 people)")
    press(page, "Check, without saving")
    assert re.search(r"contested by \d+", text(page))
    press(page, "Save")
    assert GROUP in text(page)
    assert rows(town, select(Section.name).where(Section.name == GROUP)) == [GROUP]


def test_1_a_group_larger_than_every_space_is_told_so_and_not_lost(page, town):
    sign_in(page, SECRETARY)
    page.goto(f"/rounds/{open_round(town).ref}/apply")
    page.get_by_role("link", name=re.compile("Application")).click()
    page.get_by_role("link", name=GROUP, exact=True).click()
    page.fill("#f-people", "900")
    press(page, "Check, without saving")
    assert "900" in text(page)
    assert page.input_value("#f-people") == "900"


def test_2_once_the_window_is_over_the_round_is_allocated_with_one_button(page, town):
    with town.sessions.begin() as session:
        session.get_one(Round, open_round(town).id).apply_to_at = datetime.now(UTC) - timedelta(minutes=1)
    sign_in(page, MANAGER)
    page.goto(f"/rounds/{open_round(town).ref}/scenarios")
    page.select_option("#f-seconds", label="10 seconds")
    press(page, "Allocate")
    wait_until_ready(page)
    assert "What each class got" in text(page)
    assert rows(town, select(Placement).join(Section).where(Section.name == GROUP))


def wait_until_ready(page):
    """The page of a run renews itself; it is over when it says so."""
    for _ in range(90):
        if "What each class got" in text(page):
            return
        time.sleep(1)
        page.reload()
    raise AssertionError(text(page))


def newest_draft(page, town):
    query = select(Scenario.ref).where(Scenario.round_id == open_round(town).id).order_by(Scenario.id.desc())
    page.goto(f"/scenarios/{rows(town, query)[0]}")


def test_3_what_was_not_granted_has_its_reasons(page, town):
    sign_in(page, MANAGER)
    newest_draft(page, town)
    page.get_by_role("link", name="What was not granted, and why").click()
    assert "Keksil" in text(page)


def test_4_a_time_moved_by_hand_needs_a_reason_and_stays_when_solved_again(page, town):
    sign_in(page, MANAGER)
    newest_draft(page, town)
    page.get_by_role("link", name="The week").click()
    page.get_by_role("link", name=re.compile(GROUP)).first.click()
    page.select_option("#f-weekday", label="Saturday")
    page.fill("#f-start", "10:00")
    page.fill("#f-end", "11:00")
    page.fill("#f-reason", "Agreed by phone with the leader")
    press(page, "Move")
    assert [row.reason for row in rows(town, select(OfficialAct))][-1] == "Agreed by phone with the leader"
    newest_draft(page, town)
    press(page, "Solve again; what is set stays")
    wait_until_ready(page)
    newest = rows(town, select(Placement).join(Section).where(Section.name == GROUP).order_by(Placement.id))[-1]
    assert (newest.weekday, newest.start_min, newest.end_min) == (5, 10 * 60, 11 * 60)


def test_5_the_chosen_draft_is_proposed_and_the_secretary_accepts_one_and_declines_one(page, town):
    sign_in(page, MANAGER)
    newest_draft(page, town)
    press(page, "Choose this one")
    page.goto(f"/rounds/{open_round(town).ref}/proposals")
    press(page, "Propose the slots and send letters")
    sign_in(page, SECRETARY)
    page.goto("/my-grants")
    assert GROUP in text(page)
    press(page, "Accept all")
    page.get_by_role("link", name=re.compile(f"{GROUP}, Saturday")).first.click()
    press(page, "Decline")
    assert states(town, GROUP) == ["declined"]


def states(town, name):
    """Of the slots granted to groups of this name in the round."""
    query = select(SlotGrant).join(Section).where(SlotGrant.round_id == open_round(town).id, Section.name == name)
    return [row.state for row in rows(town, query)]


def test_6_who_says_nothing_has_accepted_and_the_preparer_cannot_approve(page, town):
    with town.sessions.begin() as session:
        for grant in session.scalars(select(SlotGrant).where(SlotGrant.round_id == open_round(town).id)):
            grant.answer_by_at = datetime.now(UTC) - timedelta(minutes=1)
    sign_in(page, MANAGER)
    for _ in range(90):
        page.goto(f"/rounds/{open_round(town).ref}/decision")
        if "still wait" not in text(page):
            break
        time.sleep(1)
    page.fill("#f-decision", "Board 2.12.2026 § 7")
    press(page, "Ask another person to approve")
    assert page.get_by_role("button", name="Approve").count() == 0


def test_7_a_second_person_approves_and_the_slots_stand_in_the_calendar(page, town):
    sign_in(page, DECIDER)
    page.goto(f"/rounds/{open_round(town).ref}/decision")
    press(page, "Approve")
    assert open_round(town).state == RoundState.DECIDED
    sign_in(page, MANAGER)
    page.goto(f"/rounds/{open_round(town).ref}/calendar")
    press(page, "Put the decided slots into the calendar")
    eventually(lambda: states_of(town, "booked") > 0 == states_of(town, "decided"), "all slots in the calendar", 90)
    page.reload()
    assert re.search(r"(\d+) of \1 slots are in the calendar", text(page))
    granted = rows(
        town, select(SlotGrant).where(SlotGrant.round_id == open_round(town).id, SlotGrant.state == "booked")
    )
    kept = select(Occurrence).where(Occurrence.booking_id == granted[0].booking_id)
    assert len(rows(town, kept.where(Occurrence.state == OccurrenceState.CONFIRMED.value))) >= 10


def states_of(town, state):
    query = select(SlotGrant).where(SlotGrant.round_id == open_round(town).id, SlotGrant.state == state)
    return len(rows(town, query))


def test_8_the_secretary_reads_the_decision_and_how_to_ask_for_a_review(page, town):
    sign_in(page, SECRETARY)
    page.goto("/my-grants")
    letter = page.get_by_role("link", name=re.compile(r"\(PDF\)")).first
    answer = page.request.get(letter.get_attribute("href"))
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")
    assert page.get_by_role("link", name=re.compile("Ask for a review")).count()


def test_9_the_round_is_undone_in_stages_with_a_reason_and_nothing_stays_booked(page, town):
    sign_in(page, MANAGER)
    page.goto(f"/rounds/{open_round(town).ref}/undo")
    page.fill("#f-reason", "The hall burnt down")
    page.check("#f-sure")
    press(page, "Undo")
    eventually(lambda: states_of(town, "undone") > 0 == states_of(town, "booked"), "the round is undone", 90)
    bookings = select(SlotGrant.booking_id).where(SlotGrant.round_id == open_round(town).id)
    left = select(Occurrence).where(Occurrence.booking_id.in_(bookings), Occurrence.state == "confirmed")
    assert rows(town, left) == []
