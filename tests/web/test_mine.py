"""My bookings, what waits for a decision, and the rules as pages."""

import re

from sqlalchemy import select

from booking.acts import ActKind
from booking.models import Booking, Letter, Occurrence
from booking.roles import Role
from booking.rulebooks import shipped
from tests import make
from tests.web.test_booking import asked, hold, plain, states  # noqa: F401 - `asked` is a fixture


def test_the_next_times_come_first(client_as, town, rolled_back):
    with rolled_back.begin() as session:
        hall = session.merge(town.space)
        who = {"holder": session.merge(town.booker), "whose": session.merge(town.organisation)}
        make.occurrence(session, hall, make.span("2026-12-01", "18:00", "19:00"), **who)
        make.occurrence(session, hall, make.span("2026-11-20", "18:00", "19:00"), **who)
    page = plain(client_as(town.booker).get("/mine").text)
    assert page.index("Tue 24/11 18:00–19:30") < page.index("Tue 01/12 18:00–19:00") < page.index("Past times")
    assert page.index("Past times") < page.index("20 Nov 2026")


def test_without_bookings_the_next_step_is_offered(client_as, town):
    assert "Book the first free time" in client_as(Role.BOOKER, stranger=True).get("/mine").text


def waiting(client, asked, rolled_back, town) -> str:  # noqa: F811
    """A booking that the rules leave to a person: nothing is told of who comes."""
    bare = {name: asked[name] for name in ("space", "organisation", "day", "start", "end", "title", "people")}
    ref = hold(client, bare | {"purpose": "other"})
    page = plain(client.get(f"/bookings/{ref}/confirm").text)
    assert "The time is kept for you until then" in page
    assert "Send for decision" in page
    client.post(f"/bookings/{ref}/confirm")
    assert states(rolled_back, ref) == ["pending"]
    return ref


def test_what_the_rules_do_not_settle_waits_and_is_granted(client_as, town, asked, rolled_back):  # noqa: F811
    ref = waiting(client_as(town.booker), asked, rolled_back, town)
    manager = client_as(Role.MANAGER)
    assert ref in manager.get("/requests").text
    decision = {"answer": "grant", "reason": "Sopii taloon", "price": "12,50"}
    assert manager.post(f"/requests/{ref}", data=decision).status_code == 302
    assert states(rolled_back, ref) == ["confirmed"]
    with rolled_back() as session:
        row = session.scalar(select(Occurrence).join(Booking).where(Booking.ref == ref))
        letter = session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert row.price_cents == 1250
    assert letter.subject.startswith("Myönnetty: Laumailta")
    assert "Sopii taloon" in letter.body
    assert "12,50" in letter.body


def test_a_refusal_frees_the_time_and_says_why(client_as, town, asked, rolled_back):  # noqa: F811
    ref = waiting(client_as(town.booker), asked, rolled_back, town)
    client_as(Role.OPERATOR).post(f"/requests/{ref}", data={"answer": "refuse", "reason": "Remontti"})
    assert states(rolled_back, ref) == ["refused"]
    assert "Remontti" in client_as(town.booker).get(f"/bookings/{ref}").text


def test_a_decision_needs_a_reason(client_as, town, asked, rolled_back):  # noqa: F811
    ref = waiting(client_as(town.booker), asked, rolled_back, town)
    for wrong in ({"answer": "grant"}, {"reason": "x"}, {"answer": "grant", "reason": "x", "price": "-1"}):
        assert client_as(Role.MANAGER).post(f"/requests/{ref}", data=wrong).status_code == 422
    assert states(rolled_back, ref) == ["pending"]


def test_who_looks_at_a_request_is_noted(client_as, town, asked, rolled_back, acts_kept):  # noqa: F811
    ref = waiting(client_as(town.booker), asked, rolled_back, town)
    client_as(Role.MANAGER).get(f"/requests/{ref}")
    assert [act.persons for act in acts_kept if act.kind == ActKind.PERSON_VIEWED] == [(town.booker.id,)]


def test_the_house_next_door_decides_nothing_here(client_as, town, asked, rolled_back):  # noqa: F811
    ref = waiting(client_as(town.booker), asked, rolled_back, town)
    other = client_as(Role.MANAGER, stranger=True)
    assert ref not in other.get("/requests").text
    assert other.post(f"/requests/{ref}", data={"answer": "grant", "reason": "x"}).status_code == 403


def test_every_row_of_every_rulebook_has_a_page(client_as, town):
    client = client_as(None, language="fi")
    for book in shipped():
        page = client.get(f"/rules/{book.id}").text
        rows = re.findall(rf'href="(/rules/{re.escape(book.id)}/[^"]+\?table=[^"]+)"', page)
        assert rows
        for row in rows[:3]:
            assert "Päätös" in client.get(row).text
    assert client.get("/rules/nothing").status_code == 404
    assert client.get(f"/rules/{shipped()[0].id}/nothing").status_code == 404


def test_every_reason_on_the_confirmation_leads_to_its_row(client_as, town, asked):  # noqa: F811
    client = client_as(town.booker)
    page = client.get(f"/bookings/{hold(client, asked)}/confirm").text
    links = set(re.findall(r'href="(/rules/[^"]+)"', page)) - {"/rules"}
    assert len(links) > 2
    assert {client.get(link).status_code for link in links} == {200}
