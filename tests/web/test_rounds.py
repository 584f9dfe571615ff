"""The public pages of season rounds."""

from __future__ import annotations

from booking.roles import Role
from tests.booking.rounds import make_rounds
from tests.web.conftest import ClientAs
from tests.web.town import Town


def test_everybody_reads_of_a_published_round(session, town: Town, client_as: ClientAs) -> None:
    row = make_rounds.a_round(session, name_fi="Kevät 2027", spaces=[town.space])
    session.commit()
    assert "Kevät 2027" in client_as(None).get("/rounds").text
    page = client_as(None).get(f"/rounds/{row.ref}").text
    assert "open for applications" in page
    assert "Great hall" in page


def test_a_draft_is_seen_by_those_who_run_its_premises_only(session, town: Town, client_as: ClientAs) -> None:
    row = make_rounds.a_round(session, name_fi="Luonnoksena", state="draft", spaces=[town.space])
    session.commit()
    for role, status in ((None, 404), (Role.SECRETARY, 404), (Role.MANAGER, 200), (Role.AUDITOR, 200)):
        assert client_as(role).get(f"/rounds/{row.ref}").status_code == status
    assert client_as(Role.MANAGER, stranger=True).get(f"/rounds/{row.ref}").status_code == 404
    assert "Luonnoksena" not in client_as(None).get("/rounds").text
