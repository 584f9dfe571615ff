"""Signing in without passwords: a single-use link, or six digits for another device. Only their hashes are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from booking import people
from booking.acts import Act, ActKind, tell
from booking.models import Person, SignIn

GOOD_FOR = timedelta(minutes=15)
MOST_ASKED = 5  # letters to one person within GOOD_FOR: more are not written
MOST_WRONG = 5  # wrong codes against one letter, after which its code is dead
MOST_WRONG_A_DAY = 20  # against all letters of a person in a day, after which only links sign in


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes into the letter, and nowhere else."""

    person: Person
    token: str
    code: str


def ask(session: Session, email: str, *, key: bytes, now: datetime) -> Asked | None:
    """A new link and code for whoever has this address; None when nobody has, or too many were asked for lately.

    What people are told must be the same either way, or the page would tell who is registered.
    """
    person = people.by_email(session, email)
    if person is None or _asked_lately(session, person, now) >= MOST_ASKED:
        return None
    token, code = secrets.token_urlsafe(32), f"{secrets.randbelow(1_000_000):06}"
    session.add(
        SignIn(
            person_id=person.id,
            token_hash=_hash(key, "token", token),
            code_hash=_hash(key, f"code {person.ref}", code),
            asked_at=now,
            expires_at=now + GOOD_FOR,
        )
    )
    session.flush()
    tell(session, Act(ActKind.SIGN_IN_ASKED, now, None, person.ref, {}, None, (person.id,)))
    return Asked(person, token, code)


def _asked_lately(session: Session, person: Person, now: datetime) -> int:
    recent = SignIn.person_id == person.id, SignIn.asked_at > now - GOOD_FOR
    return session.scalar(select(func.count()).select_from(SignIn).where(*recent)) or 0


def _wrong_lately(session: Session, person: Person, now: datetime) -> int:
    recent = SignIn.person_id == person.id, SignIn.asked_at > now - timedelta(days=1)
    return session.scalar(select(func.sum(SignIn.wrong_codes)).where(*recent)) or 0


def _hash(key: bytes, use: str, secret: str) -> str:
    """Keyed: six digits would be found in a second from a plain hash."""
    return hmac.new(key, f"vuoro sign-in {use} {secret}".encode(), hashlib.sha256).hexdigest()


def by_token(session: Session, token: str, *, key: bytes, now: datetime) -> Person | None:
    """Spend a link. None when it is unknown, used or too old."""
    row = session.scalar(select(SignIn).where(SignIn.token_hash == _hash(key, "token", token)).with_for_update())
    if row is None or row.used_at is not None or row.expires_at <= now:
        return None
    return _spend(session, row, now)


def is_good(session: Session, token: str, *, key: bytes, now: datetime) -> bool:
    """Whether a link could still be spent; looking does not spend it."""
    row = session.scalar(select(SignIn).where(SignIn.token_hash == _hash(key, "token", token)))
    return row is not None and row.used_at is None and row.expires_at > now


def by_code(session: Session, email: str, code: str, *, key: bytes, now: datetime) -> Person | None:
    """Spend the code of the newest letter to this address. None when wrong; the wrong try is counted, so commit."""
    person = people.by_email(session, email)
    row = person and session.scalar(
        select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.id.desc()).limit(1).with_for_update()
    )
    if not person or not row or row.used_at is not None or row.expires_at <= now or row.wrong_codes >= MOST_WRONG:
        return None
    if _wrong_lately(session, person, now) >= MOST_WRONG_A_DAY:  # guessing goes on through ever new letters
        return None
    if not hmac.compare_digest(row.code_hash, _hash(key, f"code {person.ref}", code)):
        row.wrong_codes += 1
        tell(
            session, Act(ActKind.SIGN_IN_FAILED, now, None, person.ref, {"tries": row.wrong_codes}, None, (person.id,))
        )
        return None
    return _spend(session, row, now)


def _spend(session: Session, row: SignIn, now: datetime) -> Person | None:
    person = session.get_one(Person, row.person_id)
    if person.erased_at is not None:
        return None
    row.used_at = now
    note_in(session, person, now=now, how="letter")
    return person


def note_in(session: Session, person: Person, *, now: datetime, how: str) -> None:
    """Tell that somebody signed in; `how`: letter or demo."""
    tell(session, Act(ActKind.SIGNED_IN, now, person.id, person.ref, {"how": how}, None, (person.id,)))


def note_out(session: Session, person: Person, *, now: datetime) -> None:
    tell(session, Act(ActKind.SIGNED_OUT, now, person.id, person.ref, {}, None, (person.id,)))
