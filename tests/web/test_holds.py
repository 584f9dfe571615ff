"""Legal holds and what a person gets of their own, on the auditor's pages."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from access import audit
from booking.acts import Act, ActKind, KeepActs
from booking.roles import Role
from tests.web.conftest import ClientAs
from tests.web.town import Town

WISH = {"ground": "Vahinko salissa", "since": "2026-11-20", "until": "2026-11-24", "ends_on": "2027-03-01"}


@pytest.fixture
def keep_acts(acts_kept: list[Act]) -> KeepActs:
    """Acts go into the log, and into the list for looking."""

    def keep(session: Session, acts: Sequence[Act]) -> None:
        acts_kept.extend(acts)
        audit.chain(session, acts)

    return keep


def test_the_auditor_sets_a_hold_and_lifts_it_and_both_are_acts(
    town: Town, client_as: ClientAs, acts_kept: list[Act]
) -> None:
    auditor = client_as(Role.AUDITOR)
    assert auditor.post("/audit/holds", data=WISH | {"p": town.premises.ref}).status_code == 302
    assert "Vahinko salissa" in auditor.get("/audit/holds").text
    assert auditor.post(f"/audit/holds/{town.samples['hold_ref']}/lift").status_code == 302
    assert auditor.post(f"/audit/holds/{town.samples['hold_ref']}/lift").status_code == 409
    kinds = [act.kind for act in acts_kept]
    assert ActKind.LOG_HOLD_SET in kinds
    assert ActKind.LOG_HOLD_LIFTED in kinds


def test_a_hold_that_cannot_be_understood_is_said_to_be_so(client_as: ClientAs) -> None:
    auditor = client_as(Role.AUDITOR)
    for wrong in ({"until": "2026-11-01"}, {"ends_on": "2026-11-01"}, {"email": "nobody@esimerkki.example"}):
        assert auditor.post("/audit/holds", data=WISH | wrong).status_code == 422
    assert "90" in auditor.get("/audit/holds").text


def test_an_export_for_a_person_leaves_others_out(town: Town, client_as: ClientAs) -> None:
    auditor, booker = client_as(Role.AUDITOR), town.booker
    assert booker.email is not None
    days = {"since": "2026-11-24", "until": "2026-11-24"}
    answer = auditor.post("/audit/export", data=days | {"email": booker.email})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        proof = json.loads(archive.read("proof.json"))
        assert proof["scope"]["person"] == booker.ref
    assert auditor.post("/audit/export", data=days | {"email": "nobody@esimerkki.example"}).status_code == 422
