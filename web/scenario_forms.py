"""The forms of allocations, and what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from booking.core.allocation.instance import Fairness
from booking.core.allocation.instance import Slot as SlotValue
from booking.rounds.by_hand import Official
from web import forms, i18n
from web.auth import signed_in
from web.clock import now
from web.hours import WEEKDAYS

SECONDS = (10, 60, 300, 900)
USUAL_SECONDS = "60"


class AskForm(forms.FormSchema):
    """One button: name and time have usual values."""

    name = forms.Text(required=True, longest=80)
    seconds = forms.Choice(map(str, SECONDS), load_default=USUAL_SECONDS)
    phase = forms.Choice(("main", "second", "left_over"), load_default="main")


class WhatIfForm(AskForm):
    note = forms.Text(load_default="")
    close = forms.Texts(load_default=())
    rulebook = forms.Text(load_default="")
    earlier = forms.Text(load_default="")
    later = forms.Text(load_default="")
    no_quota = forms.Tick()
    no_history = forms.Tick()
    fairness = forms.Choice([one.value for one in Fairness], load_default="")


def changes_of(wish: dict[str, Any], classes: Sequence[str]) -> dict[str, Any]:
    """What a what-if changes; `classes`: the allocation's classes in the order of the rulebook."""
    found = {
        "close": list(wish["close"]),
        "rulebook": wish["rulebook"],
        "classes": reordered(classes, wish["earlier"], wish["later"]),
        "no_quota": wish["no_quota"],
        "no_history": wish["no_history"],
        "fairness": wish["fairness"],
    }
    return {name: value for name, value in found.items() if value}


def reordered(classes: Sequence[str], earlier: str, later: str) -> list[str]:
    """The classes with `earlier` put just before `later`; none where nothing changes."""
    if earlier == later or earlier not in classes or later not in classes:
        return []
    rest = [one for one in classes if one != earlier]
    at = rest.index(later)
    made = [*rest[:at], earlier, *rest[at:]]
    return [] if made == list(classes) else made


@dataclass(frozen=True, slots=True)
class SlotWish:
    """A slot as typed, with the reason."""

    space: str
    weekday: str
    start: int
    end: int
    reason: str

    @property
    def slot(self) -> SlotValue:
        return SlotValue(self.space, int(self.weekday), self.start, self.end)


class SlotForm(forms.FormSchema):
    makes = SlotWish
    space = forms.Text(required=True)
    weekday = forms.Choice("0123456", required=True)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    reason = forms.Text(required=True)


class ReasonForm(forms.FormSchema):
    reason = forms.Text(required=True)
    act = forms.Text(load_default="")


class ExcludeForm(forms.FormSchema):
    section = forms.Text()
    organisation = forms.Text()
    space = forms.Text()
    weekday = forms.Choice("0123456")
    start_min = forms.MinuteOfDay()
    end_min = forms.MinuteOfDay()
    reason = forms.Text(required=True)


class ClassForm(forms.FormSchema):
    reason = forms.Text(required=True)
    class_id = forms.Text(load_default="")


def official(reason: str) -> Official:
    """Who sets something by hand now."""
    return Official(signed_in().id, now(), reason)


def clock(minute: int) -> str:
    """A minute of day as a field holds it: 17:30, 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def weekday_choices() -> list[tuple[str, str]]:
    return [(str(number), str(name)) for number, name in enumerate(WEEKDAYS)]


def seconds_choices() -> list[tuple[str, str]]:
    """How long a run searches."""
    return [(str(one), said_seconds(one)) for one in SECONDS]


def said_seconds(seconds: int) -> str:
    if seconds < 60:
        return str(_("%(seconds)s seconds", seconds=seconds))
    return str(_("%(minutes)s min", minutes=i18n.decimal(seconds / 60)))
