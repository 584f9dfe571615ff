"""The form in which a secretary gives a role: to whom, which, for a group or the whole, from when until when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from booking.core.span import NoSuchTime, local
from booking.models import Organisation
from booking.organisations import RoleWish
from booking.refusals import BadInput, NoSuchWallTime
from booking.register import groups
from booking.roles import OF_ORGANISATION, Role
from web import forms
from web.clock import HELSINKI


@dataclass(frozen=True, slots=True)
class RoleFields:
    """The form as understood: days, and minutes of day where an instant is meant. `group`: a ref, or empty."""

    email: str
    role: str
    first_on: date
    last_on: date | None = None
    first_clock: int | None = None
    last_clock: int | None = None
    group: str = ""

    def wish(self, session: Session, organisation: Organisation) -> RoleWish:
        """Raises BadInput for a time of day without its day, NotFound for a group of others."""
        if self.last_clock is not None and self.last_on is None:
            raise BadInput(field="last_on", problem="missing")
        return RoleWish(
            self.email,
            Role(self.role),
            self.first_on,
            self.last_on,
            group=groups.by_ref(session, organisation.id, self.group).id if self.group else None,
            begins_at=instant(self.first_on, self.first_clock, "first_clock"),
            ends_at=instant(self.last_on, self.last_clock, "last_clock"),
        )


def instant(day: date | None, minute: int | None, name: str) -> datetime | None:
    """The instant of a wall time of the town; None when no time of day was told. Raises NoSuchWallTime."""
    if day is None or minute is None:
        return None
    try:
        return local(day, minute, HELSINKI)
    except NoSuchTime as error:
        raise NoSuchWallTime(field=name, problem="no_such_time", day=day) from error


class RoleForm(forms.FormSchema):
    makes: ClassVar[Callable[..., Any]] = RoleFields
    email = forms.Email(required=True)
    role = forms.Choice(OF_ORGANISATION, required=True)
    group = forms.Text(load_default="")
    first_on = forms.Day(required=True)
    first_clock = forms.MinuteOfDay(load_default=None)
    last_on = forms.Day(load_default=None)
    last_clock = forms.MinuteOfDay(load_default=None)


class EndForm(forms.FormSchema):
    """A last day, with a time of day when it is not to be the whole day."""

    last_on = forms.Day(required=True)
    last_clock = forms.MinuteOfDay(load_default=None)
