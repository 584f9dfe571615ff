"""Fields read what people type, and a form keeps it when something is wrong."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from booking.refusals import AlreadyThere, NotAllowed, SpaceTaken
from web import forms


class Colour(StrEnum):
    RED = "red"


@pytest.mark.parametrize(
    ("typed", "minute"), [("17:30", 1050), ("17.30", 1050), ("9", 540), ("24:00", 1440), ("0:00", 0), ("08:15:00", 495)]
)
def test_times_of_day_are_read_as_people_write_them(typed: str, minute: int) -> None:
    assert forms.MinuteOfDay().deserialize(typed) == minute


@pytest.mark.parametrize("typed", ["24:01", "17:60", "half past five", "-1", "17:3", ""])
def test_what_is_no_time_of_day_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="not_a_time"):
        forms.MinuteOfDay().deserialize(typed)


@given(st.dates(*forms.DAYS))
def test_a_day_is_read_in_both_ways_of_writing(day: date) -> None:
    assert forms.Day().deserialize(day.isoformat()) == day
    assert forms.Day().deserialize(f"{day.day}.{day.month}.{day.year}") == day


@pytest.mark.parametrize("typed", ["0001-01-01", "1999-12-31", "9999-12-31", "31.12.9999"])
def test_a_day_no_calendar_can_count_with_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError, match="not_a_day"):
        forms.Day().deserialize(typed)


@given(st.text())
def test_a_line_has_no_line_breaks_and_lines_keep_theirs(typed: str) -> None:
    assert len(forms.Text(longest=1000).deserialize(typed).splitlines()) <= 1
    assert forms.Lines().deserialize("one\r\ntwo\x1b") == "one\ntwo "


@given(st.text())
def test_any_text_is_a_day_or_a_clear_refusal(typed: str) -> None:
    try:
        read: object = forms.Day().deserialize(typed)
    except ValidationError as error:
        read = error.messages
    assert isinstance(read, date) or read == ["not_a_day"]


@pytest.mark.parametrize(
    ("typed", "problem"), [("-1", "negative"), ("1,5", "not_a_number"), ("9" * 30, "not_a_number")]
)
def test_what_is_no_number_of_things_is_refused(typed: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        forms.Whole().deserialize(typed)


def test_addresses_are_kept_in_lower_case() -> None:
    assert forms.Email().deserialize(" Maija@Example.FI ") == "maija@example.fi"


def test_a_choice_may_be_an_enum_or_a_function() -> None:
    assert forms.Choice(Colour).deserialize("red") == "red"
    assert forms.Choice(lambda: ["blue"]).deserialize("blue") == "blue"
    with pytest.raises(ValidationError):
        forms.Choice(Colour).deserialize("blue")


class PaintForm(forms.FormSchema):
    name = forms.Text(required=True, longest=5)
    colours = forms.Choices(Colour, load_default=())
    shiny = forms.Tick()


def sent(app: Flask, **fields: str) -> forms.Form[dict[str, object]]:
    with app.test_request_context():
        return forms.filled(PaintForm(), MultiDict(fields))


def test_a_form_says_what_was_meant(app: Flask) -> None:
    form = sent(app, name=" door ", colours="red", shiny="1", csrf_token="x")
    assert form.ok
    assert form.wish == {"name": "door", "colours": ("red",), "shiny": True}


def test_a_form_with_mistakes_keeps_what_was_typed(app: Flask) -> None:
    form = sent(app, name="cupboard", colours="red")
    assert not form.ok
    assert form["name"] == "cupboard"
    assert form.holds("colours", "red")
    assert set(form.errors) == {"name"}


def refuse_email() -> None:
    raise AlreadyThere(what="email", field="name")


def test_a_refusal_of_the_domain_stands_beside_its_field(app: Flask) -> None:
    form = sent(app, name="door")
    with app.test_request_context(), form.catching():
        refuse_email()
    assert set(form.errors) == {"name"}
    assert not form.ok


def test_a_refusal_that_names_no_field_stands_on_top(app: Flask) -> None:
    form = sent(app, name="door")
    with app.test_request_context():
        form.refuse(SpaceTaken(space=1))
    assert set(form.errors) == {""}


def test_a_missing_right_is_no_mistake_in_a_form(app: Flask) -> None:
    form = sent(app, name="door")
    with app.test_request_context(), pytest.raises(NotAllowed), form.catching():
        raise NotAllowed


def test_a_choice_from_what_can_be_read_only_once_is_offered_to_every_form() -> None:
    choice = forms.Choice(map(str, (10, 60)))
    assert [choice.deserialize("10"), choice.deserialize("60")] == ["10", "60"]
