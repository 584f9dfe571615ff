"""Calendar addresses, as the log hears of them."""

from booking import feeds
from booking.acts import told
from tests import make


def test_the_log_hears_the_ref_of_what_a_calendar_address_is_of(session, now):
    owner, whose, place = make.person(session), make.organisation(session), make.space(session)
    feeds.make(session, owner=owner.id, now=now, organisation=whose.id)
    feeds.make(session, owner=owner.id, now=now, space=place.id)
    feeds.make(session, owner=owner.id, now=now)
    assert [act.body for act in told(session)] == [
        {"organisation": whose.ref, "space": None},
        {"organisation": None, "space": place.ref},
        {"organisation": None, "space": None},
    ]
