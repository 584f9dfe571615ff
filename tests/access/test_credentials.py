"""Cards and PINs: every printed form, stored only as keyed hashes, long enough, lost and gone everywhere at once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from access import card_numbers, credentials, pin_codes, rights
from access.card_numbers import CardNumber, card_number, seen_by
from access.keys import CannotUnwrap, Vault, credential_key
from access.models import Credential, CredentialKey, Right
from access.practice import practice
from booking.acts import ActKind, told
from booking.refusals import AlreadyThere, BadInput, NotAllowed, NotFound, NotNow
from booking.roles import Role
from devices.credentials import credential_hash
from devices.credentials import pin as normal_pin
from tests import make
from tests.access.make import VAULT, card, door, house, turn


def booked(session, home, holder, now, **values):
    row = turn(session, home.hall, make.span("2026-11-24", "18:00", "20:00"), holder, **values)
    rights.refresh(session, [row.id], now, vault=VAULT)
    return row


def code_of(session, row, by, now):
    return pin_codes.pin_of(session, VAULT, row.booking.ref, by=by.id, now=now)


@pytest.mark.parametrize(
    ("typed", "batch", "normal"),
    [
        ("62E3086CED", "", "card:em4100:40:62e3086ced"),
        ("62e3 086c ed", "", "card:em4100:40:62e3086ced"),
        ("hex:0006542114", "", "card:em4100:40:0006542114"),
        ("3808980205", "62", "card:em4100:40:62e3086ced"),
        ("008,27885", "62E3", "card:em4100:40:62e3086ced"),
        ("0006542114", "62", "card:em4100:40:620063d322"),
    ],
)
def test_every_printed_form_of_a_card_is_the_same_card(typed, batch, normal):
    assert seen_by("em4100", card_number(typed, batch=batch)) == normal


@pytest.mark.parametrize(("typed", "bits"), [("3808980205", 32), ("008,27885", 24)])
def test_a_short_form_alone_does_not_say_what_a_full_reader_sees(typed, bits):
    found = card_number(typed)
    assert (found.bits, seen_by("em4100", found)) == (bits, None)
    assert seen_by("wiegand26", found) == seen_by("wiegand26", card_number("62E3086CED"))


def test_facility_101_card_4095_is_spelt_with_its_parity():
    """DA18."""
    assert seen_by("wiegand26", card_number("101,04095")) == f"card:wiegand:26:{0b00110010100001111111111111:07x}"


def test_a_34_bit_card_with_the_same_low_bits_is_another_card():
    """DA19."""
    number = card_number("62E3086CED")
    assert seen_by("wiegand34", number) != seen_by("wiegand26", number)
    assert seen_by("wiegand34", card_number("008,27885")) is None


@pytest.mark.parametrize(
    ("typed", "batch", "field"),
    [
        ("", "", "card"),
        ("12345", "", "card"),
        ("9999999999", "", "card"),
        ("300,1", "", "card"),
        ("1,70000", "", "card"),
        ("62E3086CEX", "", "card"),
        ("0006542114", "6", "batch"),
        ("0006542114", "6262", "batch"),
        ("62E3086CED", "62", "batch"),
    ],
)
def test_what_is_no_card_is_refused(typed, batch, field):
    with pytest.raises(BadInput) as refused:
        card_number(typed, batch=batch)
    assert refused.value.facts["field"] == field


@given(st.integers(0, (1 << 40) - 1))
def test_all_forms_of_one_card_agree(value):
    full = CardNumber("em4100", 40, value)
    low = value & 0xFFFFFFFF
    assert card_number(f"{low:010d}", batch=f"{value >> 32:02x}") == full
    assert card_number(f"{low >> 16 & 0xFF},{low & 0xFFFF}", batch=f"{value >> 24:04x}") == full
    assert card_number(f"hex:{value:010x}") == full


@given(st.integers(0, (1 << 24) - 1), st.integers(0, 25))
def test_any_one_wrong_bit_of_a_wiegand_card_breaks_its_parity(number, flipped):
    bits = int(seen_by("wiegand26", CardNumber("em4100", 24, number)).rsplit(":", 1)[1], 16)
    assert parities(bits) == (0, 1)
    assert parities(bits ^ (1 << flipped)) != (0, 1)


def parities(bits):
    return (bits >> 13).bit_count() % 2, (bits & 0x1FFF).bit_count() % 2


def test_no_table_holds_a_card_number_or_a_pin(session, now):
    home, holder, other = house(session, now), make.person(session), make.person(session)
    card(session, holder, now, "62E3086CED")
    pin = code_of(session, booked(session, home, other, now), other, now)
    stored = ""
    for table in ("credential", "credential_key", "access_right", "door", "access_list"):
        stored += str([tuple(row) for row in session.execute(text(f"SELECT * FROM {table}"))])
    assert "62e3086ced" not in stored.lower()
    assert "3808980205" not in stored
    assert f"'{pin}'" not in stored
    assert f"b'{pin}'" not in stored


def test_the_same_card_looks_different_at_each_door(session, now):
    house(session, now)
    row = card(session, make.person(session), now)
    keys = session.scalars(select(CredentialKey.key_hash).where(CredentialKey.credential_id == row.id)).all()
    assert len(keys) == len(set(keys)) == 3


def test_a_card_belongs_to_one_person_until_it_is_revoked(session, now):
    house(session, now)
    first, second = make.person(session), make.person(session)
    row = card(session, first, now, "62E3086CED")
    with pytest.raises(AlreadyThere):
        card(session, second, now, "62E3086CED")
    credentials.revoke(session, row.ref, by=first.id, now=now, why="returned")
    assert card(session, second, now, "62E3086CED").person_id == second.id
    with pytest.raises(NotFound):
        credentials.revoke(session, row.ref, by=first.id, now=now, why="returned")


def test_enrolling_again_lets_a_door_fitted_later_know_the_card(session, now):
    home, holder = house(session, now), make.person(session)
    row = card(session, holder, now, "62E3086CED")
    late = door(session, home.premises, [home.hall], now)
    known = select(CredentialKey.door_id).where(CredentialKey.credential_id == row.id)
    assert late.id not in session.scalars(known).all()
    assert card(session, holder, now, "62E3086CED").id == row.id
    assert late.id in session.scalars(known).all()
    assert credentials.cards_of(session, holder.id) == [row]


def test_a_short_form_is_known_where_the_reader_sees_no_more(session, now):
    home, holder = house(session, now), make.person(session)
    gate = door(session, home.premises, [home.hall], now, reader_format="wiegand26")
    enrolled = credentials.enrol(session, VAULT, holder.id, "008,27885", by=None, now=now)
    assert gate not in enrolled.unknown_at
    assert len(enrolled.unknown_at) == 3


def test_a_short_form_that_no_reader_can_use_asks_for_its_batch(session, now):
    house(session, now)
    with pytest.raises(BadInput) as refused:
        credentials.enrol(session, VAULT, make.person(session).id, "008,27885", by=None, now=now)
    assert refused.value.facts == {"field": "batch", "problem": "needed"}


def test_a_holder_with_a_card_needs_no_pin_but_may_ask_for_one(session, now):
    home, holder = house(session, now), make.person(session)
    card(session, holder, now)
    row = booked(session, home, holder, now)
    assert code_of(session, row, holder, now) is None
    with pytest.raises(NotAllowed):
        rights.ask_pin(session, VAULT, row.booking.ref, by=make.person(session).id, now=now)
    rights.ask_pin(session, VAULT, row.booking.ref, by=holder.id, now=now)
    pin = code_of(session, row, holder, now)
    rights.ask_pin(session, VAULT, row.booking.ref, by=holder.id, now=now)
    assert pin == code_of(session, row, holder, now)
    assert len({right.credential_id for right in session.scalars(select(Right))}) == 2


def test_a_key_holder_may_ask_for_a_pin_of_their_own(session, now):
    home, holder, keyed = house(session, now), make.person(session), make.person(session)
    troop = make.organisation(session)
    make.role(session, keyed, Role.KEY_HOLDER, organisation_id=troop.id)
    row = booked(session, home, holder, now, whose=troop)
    rights.ask_pin(session, VAULT, row.booking.ref, by=keyed.id, now=now)
    assert code_of(session, row, keyed, now) != code_of(session, row, holder, now)


def test_no_pin_is_made_for_a_time_that_is_over(session, now):
    home, holder = house(session, now), make.person(session)
    row = booked(session, home, holder, now, state="cancelled")
    with pytest.raises(NotNow):
        rights.ask_pin(session, VAULT, row.booking.ref, by=holder.id, now=now)


def test_a_pin_is_shown_to_nobody_but_its_owner_and_showing_is_told(session, now):
    home, holder = house(session, now), make.person(session)
    row = booked(session, home, holder, now)
    assert code_of(session, row, make.person(session), now) is None
    assert not [act for act in told(session) if act.kind is ActKind.PIN_SHOWN]
    pin = code_of(session, row, holder, now)
    (shown,) = [act for act in told(session) if act.kind is ActKind.PIN_SHOWN]
    assert shown.actor == holder.id
    assert pin not in str(shown)


def test_a_pin_is_forgotten_after_the_last_time_of_its_booking_and_rests(session, now):
    home, holder = house(session, now), make.person(session)
    row = booked(session, home, holder, now)
    pin = code_of(session, row, holder, now)
    after = row.ends_at
    assert pin_codes.end_past(session, after - timedelta(seconds=1)) == 0
    assert pin_codes.end_past(session, after) == 1
    assert session.scalars(select(Credential.pin_sealed)).all() == [None]
    assert code_of(session, row, holder, after) is None
    hashed = credential_hash(credential_key(VAULT, home.outer), normal_pin(pin))
    resting = select(CredentialKey.retired_at).where(CredentialKey.key_hash == hashed)
    assert session.scalar(resting) is None
    pin_codes.end_past(session, after + timedelta(days=practice().pin_rest_days))
    assert session.scalar(resting) is not None


def test_a_cancelled_booking_shows_no_pin_and_a_restored_one_shows_the_same(session, now):
    home, holder = house(session, now), make.person(session)
    row = booked(session, home, holder, now)
    pin = code_of(session, row, holder, now)
    row.state = "cancelled"
    rights.refresh(session, [row.id], now, vault=VAULT)
    pin_codes.end_past(session, now)
    assert code_of(session, row, holder, now) is None
    row.state = "confirmed"
    rights.refresh(session, [row.id], now, vault=VAULT)
    assert code_of(session, row, holder, now) == pin


@pytest.mark.parametrize(("in_use", "digits"), [(0, 4), (9, 4), (10, 5), (99, 5), (100, 6), (999, 6), (1000, 7)])
def test_there_are_a_thousand_possible_codes_for_each_in_use(in_use, digits):
    assert pin_codes.digits_needed(in_use, practice()) == digits


def test_the_eleventh_code_at_a_door_has_five_digits_and_the_ten_stay(session, now):
    """DA21: new codes are longer, those there are stay valid."""
    home, holders = house(session, now), [make.person(session) for _ in range(11)]
    rows = [booked(session, home, holder, now) for holder in holders]
    codes = [code_of(session, row, holder, now) for row, holder in zip(rows, holders, strict=True)]
    assert [len(code) for code in codes] == [4] * 10 + [5]
    assert not any(codes[10].startswith(code) for code in codes[:10])
    assert len(set(codes)) == 11
    assert [code_of(session, row, holder, now) for row, holder in zip(rows, holders, strict=True)] == codes
    live = select(Right.credential_id).where(Right.door_id == home.hall_door.id, Right.out_version.is_(None))
    assert len(set(session.scalars(live))) == 11


@pytest.mark.parametrize("code", ["0000", "1234", "9876", "12345", "333333"])
def test_codes_that_people_try_first_are_not_given(code):
    assert pin_codes.is_weak(code)


@pytest.mark.parametrize("code", ["1235", "0102", "4938"])
def test_other_codes_are(code):
    assert not pin_codes.is_weak(code)


def test_what_is_sealed_for_one_thing_cannot_be_opened_for_another_or_with_another_key():
    sealed = VAULT.seal(b"secret", of="door-a:link")
    assert VAULT.unseal(sealed, of="door-a:link") == b"secret"
    for vault, of in ((VAULT, "door-b:link"), (Vault("another master key of tests"), "door-a:link")):
        with pytest.raises(CannotUnwrap):
            vault.unseal(sealed, of=of)
    with pytest.raises(CannotUnwrap):
        VAULT.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), of="door-a:link")


def test_a_short_master_key_is_refused_and_no_key_is_printed():
    with pytest.raises(ValueError, match="at least"):
        Vault("short")
    assert "master" not in repr(VAULT)


def test_every_reader_format_can_be_spelt():
    full = card_number("62E3086CED")
    assert all(seen_by(each, full) for each in card_numbers.READER_FORMATS if each != "iso14443a")
    assert seen_by("iso14443a", card_number("uid:04A1B2C3")) == "card:iso14443a:32:04a1b2c3"
    assert seen_by("em4100", card_number("uid:04A1B2C3")) is None
