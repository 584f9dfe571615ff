"""The form in which heads are told: one tap, all of them, or by age group; and its fields with their names."""

from __future__ import annotations

from typing import Any

from flask import request

from booking.happenings.models import Attendance
from booking.life.attendance import Heads, age_groups
from web import forms, i18n

MOST = 100_000


class HeadsForm(forms.FormSchema):
    """Groups, guests and a sum; `reason` when staff corrects. Fields of groups are added below."""

    total = forms.WholeUpTo(most=MOST, load_default=None)
    guests = forms.WholeUpTo(most=MOST, load_default=None)
    reason = forms.Text(load_default="", longest=300)


def form() -> HeadsForm:
    """The form with a field for each age group in use today."""
    made = HeadsForm()
    for group in age_groups():
        field = forms.WholeUpTo(most=MOST, load_default=None)
        made.fields[field_of(group.id)] = made.load_fields[field_of(group.id)] = field
        field.name = field_of(group.id)
    return made


def filled() -> forms.Form[dict[str, Any]]:
    return forms.filled(form())


def field_of(group: str) -> str:
    return f"group_{group}"


def fields() -> list[tuple[str, str]]:
    """(field, name of the age group) in the language of the page."""
    return [(field_of(group.id), group.names.get(i18n.language(), group.names["fi"])) for group in age_groups()]


def group_names() -> dict[str, str]:
    return {group.id: group.names.get(i18n.language(), group.names["fi"]) for group in age_groups()}


def one_tap() -> bool:
    """Whether the button "as many as expected" was pressed."""
    return "as_expected" in request.form


def heads_of(wish: dict[str, Any]) -> Heads:
    """What the form says."""
    groups = {group.id: wish[field_of(group.id)] for group in age_groups() if wish[field_of(group.id)] is not None}
    return Heads(wish["total"], groups, wish["guests"])


def as_told(found: Attendance | None) -> forms.Form[Any]:
    """The form as it was told last."""
    if found is None:
        return forms.blank()
    told = {field_of(group): number for group, number in found.groups.items()}
    total = found.heads - (found.guests or 0) if not found.groups else None
    return forms.blank(total=total, guests=found.guests, **told)
