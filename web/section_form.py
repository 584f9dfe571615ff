"""The form of one section of an application: its fields, the wish it makes, and what a kept section puts into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as some
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import request

from booking.core.span import MINUTES_IN_DAY
from booking.refusals import BadInput
from booking.rounds.offered import Offered, Where
from booking.rounds.sections import COUNTS, MOST_OPTIONS, WEEKS, SectionWish, WindowWish
from booking.rulebooks import words
from web import fact_fields, forms
from web.errors import worded
from web.fact_fields import FactField

YES_NO = ("targets_residents", "entry_fee")
ANSWERS = {"yes": True, "no": False}
ROWS = 4  # windows of one weekday
SHOWN_OPTIONS = 4
WHERE = ("space", "kind", "premises", "district")


@dataclass(frozen=True, slots=True)
class SectionFields:
    """A section as sent, with the revision it was looked at in (0: a new one). `told`: answers to what the rules ask
    beside the form's own fields, by the names of their fields."""

    wish: SectionWish
    revision: int
    told: Mapping[str, Any] = some(default_factory=dict)


def encoded(where: Where) -> str:
    """A place as the value of a choice."""
    return urlencode([(name, getattr(where, name)) for name in WHERE if getattr(where, name)])


def decoded(value: str) -> Where:
    """Raises BadInput for what no choice of ours says."""
    told = dict(parse_qsl(value))
    if not told or not set(told).issubset(WHERE):
        raise BadInput(field="options", problem="not_in_round", number=1)
    return Where(**told)


def fields_of(**given: Any) -> SectionFields:
    revision = given.pop("revision")
    told = {name: given.pop(name) for name in list(given) if name.startswith(fact_fields.PREFIX)}
    windows = tuple(_windows(given))
    options = [decoded(value) for n in range(MOST_OPTIONS) if (value := given.pop(f"option_{n}", None))]
    audience = {name: given.pop(name) for name in COUNTS if name in given}
    audience |= {name: ANSWERS[given.pop(name)] for name in YES_NO if name in given}
    if "audience_group" in given:
        audience["group"] = given.pop("audience_group")
    given["shared"] = tuple(one.strip() for one in given["shared"].split(",") if one.strip())
    given.setdefault("max_minutes", given["min_minutes"])
    return SectionFields(
        SectionWish(**given, windows=windows, options=tuple(options), audience=audience), revision, told
    )


def _windows(given: dict[str, Any]) -> Iterable[WindowWish]:
    """Raises BadInput for a start without an end. An end at 00:00 is midnight."""
    for day in range(7):
        for row in range(ROWS):
            start, end = given.pop(f"from{day}_{row}", None), given.pop(f"to{day}_{row}", None)
            preference = int(given.pop(f"pref{day}_{row}", "1"))
            if start is None and end is None:
                continue
            if start is None or end is None:
                raise BadInput(field=f"day{day}", problem="half_window")
            yield WindowWish(day, start, end or MINUTES_IN_DAY, preference)


class Minutes(forms.Whole):
    """A length as people write it: 90, 1:30, 1.30 or 1 h."""

    def read(self, text: str) -> int:
        for sign in (":", "."):
            hours, found, minutes = text.partition(sign)
            if found and hours.isdigit() and minutes.isdigit():
                return int(hours) * 60 + int(minutes)
        return super().read(text)


class SectionForm(forms.FormSchema):
    """The plain fields; those of windows and options are added below."""

    makes = fields_of

    revision = forms.Whole(load_default=0)
    group = forms.Text(load_default="")
    name = forms.Text(load_default="", longest=80)
    purpose = forms.Choice(lambda: words()["activity_purpose"], required=True)
    people = forms.WholeUpTo(least=1, most=100_000, required=True)
    events = forms.WholeUpTo(least=1, most=7, load_default=1)
    min_minutes = Minutes(least=1, required=True)
    max_minutes = Minutes(least=1)
    under_18 = forms.Whole()
    under_20 = forms.Whole()
    residents = forms.Whole()
    under_18_residents = forms.Whole()
    audience_group = forms.Choice(lambda: words()["audience_group"])
    targets_residents = forms.Choice(ANSWERS)
    entry_fee = forms.Choice(ANSWERS)
    periods = forms.Texts(load_default=())
    weeks = forms.Choice(WEEKS, load_default="every")
    equipment = forms.Texts(load_default=())
    step_free = forms.Tick()
    same_space = forms.Tick()
    shared = forms.Text(load_default="", longest=400)


def _more() -> Mapping[str, Any]:
    made: dict[str, Any] = {f"option_{n}": forms.Text(longest=300) for n in range(MOST_OPTIONS)}
    for day in range(7):
        for row in range(ROWS):
            made[f"from{day}_{row}"], made[f"to{day}_{row}"] = forms.MinuteOfDay(), forms.MinuteOfDay()
            made[f"pref{day}_{row}"] = forms.Choice(("1", "2"))
    return made


WholeForm: type[forms.FormSchema] = type("WholeForm", (SectionForm,), dict(_more()))


def filled(facts: Iterable[FactField] = ()) -> forms.Form[SectionFields]:
    """The section as sent, with the facts that the rules of the round ask; what its own fields contradict stands beside
    them."""
    schema = fact_fields.with_facts(WholeForm, facts)
    try:
        form: forms.Form[SectionFields] = forms.filled(schema)
    except BadInput as wrong:
        form = forms.Form(typed(schema))
        form.refuse(wrong)
    return _beside_days(form)


def asked(form: forms.Form[SectionFields], facts: Iterable[FactField]) -> SectionFields:
    """What a good form asks, with the facts told among the audience, as in a booking."""
    made = form.wish
    told = fact_fields.told(facts, made.told)
    return replace(made, wish=replace(made.wish, audience={**made.wish.audience, **told}))


def typed(schema: forms.FormSchema) -> dict[str, Any]:
    several = {name for name, field in schema.fields.items() if isinstance(field, forms.Texts)}
    return {
        name: request.form.getlist(name) if name in several else request.form[name]
        for name in schema.fields
        if request.form.get(name, "").strip()
    }


def _beside_days(form: forms.Form[Any]) -> forms.Form[Any]:
    """Errors of the fields of a weekday stand beside the weekday."""
    for name in [one for one in form.errors if one[:-3] in ("from", "to", "pref")]:
        form.errors.setdefault(f"day{name[-3]}", form.errors.pop(name))
    return form


def refuse(form: forms.Form[Any], refusal: BadInput) -> None:
    """Put every fault of a section beside its field."""
    for one in refusal.facts.get("faults") or [refusal.facts]:
        form.errors.setdefault(field_of(one), worded("bad_input", one))


def field_of(fault: Mapping[str, Any]) -> str:
    """The field of the form that a fault belongs to."""
    if fault["field"] == "windows" and "weekday" in fault:
        return f"day{fault['weekday']}"
    return "option_0" if fault["field"] == "options" else str(fault["field"])


def of_wish(wish: SectionWish, revision: int, facts: Iterable[FactField] = ()) -> forms.Form[Any]:
    """The form as a section stands."""
    plain = {name: getattr(wish, name) for name in ("name", "purpose", "people", "events", "group", "weeks")}
    told = plain | {"min_minutes": wish.min_minutes, "max_minutes": wish.max_minutes, "revision": revision}
    told |= {name: "1" for name in ("step_free", "same_space") if getattr(wish, name)}
    told |= {"periods": wish.periods, "equipment": wish.equipment, "shared": ", ".join(wish.shared)}
    told |= {name: value for name, value in wish.audience.items() if name in COUNTS}
    told |= {name: "yes" if wish.audience[name] else "no" for name in YES_NO if wish.audience.get(name) is not None}
    told["audience_group"] = wish.audience.get("group")
    told |= {one.field: fact_fields.written(one, wish.audience[one.name]) for one in facts if one.name in wish.audience}
    told |= {f"option_{n}": encoded(one) for n, one in enumerate(wish.options)}
    return forms.blank(**told, **_days(wish.windows))


def _days(windows: Iterable[WindowWish]) -> dict[str, str]:
    made: dict[str, str] = {}
    used = [0] * 7
    for one in sorted(windows):
        row = used[one.weekday]
        used[one.weekday] += 1
        if row < ROWS:
            made[f"from{one.weekday}_{row}"] = clock(one.start_min)
            made[f"to{one.weekday}_{row}"] = clock(one.end_min % MINUTES_IN_DAY)
            made[f"pref{one.weekday}_{row}"] = str(one.preference)
    return made


def clock(minute: int) -> str:
    """A minute of day as fields of time want it: 17:30."""
    return f"{minute // 60:02}:{minute % 60:02}"


def window_rows(form: forms.Form[Any], day: int) -> list[int]:
    """The rows of a weekday that the form shows: two, or those filled in and one more."""
    used = [row for row in range(ROWS) if form[f"from{day}_{row}"] or form[f"to{day}_{row}"]]
    return list(range(min(ROWS, max([2, *(row + 2 for row in used)]))))


def option_rows(form: forms.Form[Any]) -> list[int]:
    used = [n for n in range(MOST_OPTIONS) if form[f"option_{n}"]]
    return list(range(min(MOST_OPTIONS, max([SHOWN_OPTIONS, *(n + 2 for n in used)]))))


def wish_typed(form: forms.Form[SectionFields], round_: Offered) -> SectionWish | None:
    """What the form asks, for hints; None as long as it cannot be understood."""
    return form.wish.wish if form.ok and round_.spaces else None
