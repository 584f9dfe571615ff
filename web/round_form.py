"""The form of a round's settings, read into what the domain takes, and filled with a round as it stands."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from booking.core.allocation.instance import Fairness, HistoryMode, Tier
from booking.core.rulebook import Rulebook
from booking.refusals import BadInput
from booking.rounds import policy, prefill
from booking.rounds.models import Round
from booking.rounds.setting_up import GRIDS, MOST_PERIODS, Basics, Goals, PeriodWish
from web import forms

TIERS = [one for one in Tier if one is not Tier.COVERAGE]
LANGUAGES = ("fi", "sv", "en")
# name of a moment in the form -> column, and the wall time when none is typed
MOMENTS = {
    "apply_from": ("apply_from_at", prefill.OPENS_MIN),
    "apply_to": ("apply_to_at", prefill.CLOSES_MIN),
    "late_until": ("late_until_at", prefill.CLOSES_MIN),
    "answer_by": ("answer_by_at", prefill.CLOSES_MIN),
}
PERIOD_NUMBERS = range(1, MOST_PERIODS + 1)


class NewForm(forms.FormSchema):
    """A round begun: its names, rules and season; perhaps copied from another."""

    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    family = forms.Text(load_default="")
    first_on = forms.Day(required=True)
    last_on = forms.Day(required=True)
    copy_of = forms.Text(load_default="")


class SettingsForm(forms.FormSchema):
    """Everything of a draft but its hours and quotas."""

    name_fi = forms.Text(required=True, longest=100)
    name_sv = forms.Text(load_default="", longest=100)
    name_en = forms.Text(load_default="", longest=100)
    family = forms.Text(required=True)
    first_on = forms.Day(required=True)
    last_on = forms.Day(required=True)
    grid_min = forms.Choice([str(one) for one in GRIDS], required=True)
    grant_years = forms.WholeUpTo(least=1, most=5, required=True)
    apply_from_on = forms.Day(required=True)
    apply_from_clock = forms.MinuteOfDay(load_default=None)
    apply_to_on = forms.Day(required=True)
    apply_to_clock = forms.MinuteOfDay(load_default=None)
    late_until_on = forms.Day(load_default=None)
    late_until_clock = forms.MinuteOfDay(load_default=None)
    decide_by_on = forms.Day(load_default=None)
    answer_by_on = forms.Day(load_default=None)
    answer_by_clock = forms.MinuteOfDay(load_default=None)
    fairness = forms.Choice(Fairness, required=True)
    history = forms.Choice(HistoryMode, required=True)
    least_dates_percent = forms.WholeUpTo(least=1, most=100, required=True)
    decision = forms.Text(load_default="", longest=300)
    criteria_fi = forms.Lines(load_default="", longest=5000)
    criteria_sv = forms.Lines(load_default="", longest=5000)
    criteria_en = forms.Lines(load_default="", longest=5000)
    revision = forms.Whole(load_default=None)


def _period_fields(number: int) -> dict[str, Any]:
    texts = {
        f"p{number}_{name}": forms.Text(load_default="", longest=60) for name in ("key", "name", "name_sv", "name_en")
    }
    return texts | {f"p{number}_{name}": forms.Day(load_default=None) for name in ("first_on", "last_on")}


class RoundForm(SettingsForm):
    """The settings with periods and goals, as many as there are."""

    class Meta(SettingsForm.Meta):
        include = {name: field for number in PERIOD_NUMBERS for name, field in _period_fields(number).items()} | {
            f"tier_{number}": forms.Choice(TIERS, load_default=None) for number, _tier in enumerate(TIERS, 1)
        }


class LaterForm(forms.FormSchema):
    """Days moved later, and why."""

    apply_to_on = forms.Day(load_default=None)
    apply_to_clock = forms.MinuteOfDay(load_default=None)
    late_until_on = forms.Day(load_default=None)
    late_until_clock = forms.MinuteOfDay(load_default=None)
    decide_by_on = forms.Day(load_default=None)
    answer_by_on = forms.Day(load_default=None)
    answer_by_clock = forms.MinuteOfDay(load_default=None)
    note = forms.Lines(required=True, longest=1000)


class DrawForm(forms.FormSchema):
    number = forms.Text(required=True, longest=60)
    draw_note = forms.Text(required=True, longest=300)


class ReasonForm(forms.FormSchema):
    reason = forms.Lines(required=True, longest=1000)


def moment(wish: dict[str, Any], name: str, zone: str) -> datetime | None:
    """The instant of a day and a clock of the form; without a day none."""
    day: date | None = wish[f"{name}_on"]
    minute = wish[f"{name}_clock"]
    return None if day is None else prefill.wall(day, MOMENTS[name][1] if minute is None else minute, zone)


def basics(wish: dict[str, Any], zone: str) -> Basics:
    """Raises BadInput for a period that lacks a name or a day."""
    apply_from, apply_to = moment(wish, "apply_from", zone), moment(wish, "apply_to", zone)
    assert apply_from is not None
    assert apply_to is not None
    return Basics(
        names=(wish["name_fi"], wish["name_sv"], wish["name_en"]),
        family=wish["family"],
        first_on=wish["first_on"],
        last_on=wish["last_on"],
        apply_from_at=apply_from,
        apply_to_at=apply_to,
        late_until_at=moment(wish, "late_until", zone),
        decide_by_on=wish["decide_by_on"],
        answer_by_at=moment(wish, "answer_by", zone),
        periods=tuple(one for number in PERIOD_NUMBERS if (one := _period(wish, number)) is not None),
        grid_min=int(wish["grid_min"]),
        grant_years=wish["grant_years"],
    )


def _period(wish: dict[str, Any], number: int) -> PeriodWish | None:
    told = {name: wish[f"p{number}_{name}"] for name in ("name", "first_on", "last_on")}
    if not any(told.values()):
        return None
    for name, value in told.items():
        if not value:
            raise BadInput(field=f"p{number}_{name}", problem="missing")
    more = {name: wish[f"p{number}_{name}"] for name in ("name_sv", "name_en")}
    return PeriodWish(key=wish[f"p{number}_key"] or f"p{number}", **told, **more)


def goals(wish: dict[str, Any]) -> Goals:
    chosen = [wish[f"tier_{number}"] for number, _tier in enumerate(TIERS, 1)]
    return Goals(
        tiers=tuple(Tier(one) for one in chosen if one),
        fairness=Fairness(wish["fairness"]),
        history=HistoryMode(wish["history"]),
        least_dates_percent=wish["least_dates_percent"],
        decision=wish["decision"],
    )


def criteria(wish: dict[str, Any]) -> dict[str, str]:
    return {language: wish[f"criteria_{language}"] for language in LANGUAGES}


def as_form(round_: Round, book: Rulebook) -> forms.Form[Any]:
    """The form with a round as it stands."""
    aims = policy.policy_of(round_, book)
    plain = (
        "name_fi",
        "name_sv",
        "name_en",
        "family",
        "first_on",
        "last_on",
        "grid_min",
        "grant_years",
        "decide_by_on",
    )
    values: dict[str, Any] = {name: getattr(round_, name) for name in plain} | {"revision": round_.revision}
    values |= moments_of(round_)
    for number, one in enumerate(round_.periods, 1):
        values |= {f"p{number}_{name}": value for name, value in one.items()}
    tiers = [tier for tier in aims.tiers if tier is not Tier.COVERAGE]
    values |= {f"tier_{number}": tier.value for number, tier in enumerate(tiers, 1)}
    values |= {"fairness": aims.fairness.value, "history": aims.history.value}
    values |= {"least_dates_percent": aims.least_dates_percent, "decision": round_.policy.get("decision", "")}
    values |= {f"criteria_{language}": round_.criteria.get(language, "") for language in LANGUAGES}
    return forms.blank(**values)


def moments_of(round_: Round) -> dict[str, Any]:
    """Days and clocks of a round's moments, in its zone."""
    values: dict[str, Any] = {}
    for name, (column, _usual) in MOMENTS.items():
        at: datetime | None = getattr(round_, column)
        if at is not None:
            wall = at.astimezone(ZoneInfo(round_.zone))
            values |= {f"{name}_on": wall.date(), f"{name}_clock": f"{wall:%H:%M}"}
    return values
