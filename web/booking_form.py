"""The booking form: what people fill in, and the wish it makes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from werkzeug.datastructures import MultiDict

from booking.asked import names_asked
from booking.core.pattern import Pattern
from booking.core.rulebook import OutcomeKind, Rulebook
from booking.core.span import MINUTES_IN_DAY
from booking.deciding import JUDGEMENTS
from booking.ids import GroupId, OrganisationId, PersonId, SpaceId
from booking.judging import CONSENTS
from booking.refusals import BadInput, BadLength, InThePast, Refusal, SpaceClosed, SpaceTaken
from booking.rulebooks import words
from booking.wish import Wish
from booking.wishes import Quote
from web import fact_fields, forms

COUNTS = ("under_18", "residents", "under_18_residents", "under_20")
YES_NO = ("targets_residents", "entry_fee")
ANSWERS = {"yes": True, "no": False}
# the field that a refusal without one is about
FIELDS: dict[type[Refusal], str] = {SpaceTaken: "start", SpaceClosed: "day", InThePast: "day", BadLength: "end"}
RENAMED = {"pattern": "weekdays", "from": "start", "to": "end"}


@dataclass(frozen=True, slots=True)
class BookingFields:
    """The form as understood. Refs of space, organisation and holder; minutes of day; answers not given are None.

    `told`: other facts that the rules asked, by dotted name; `exceeding`: why staff lets it exceed limits."""

    space: str
    day: date
    start: int
    end: int
    purpose: str
    title: str
    people: int
    organisation: str = ""
    subgroup: str = ""
    holder: str = ""
    repeat: str = "single"
    overnight: bool = False
    weekdays: tuple[str, ...] = ()
    every_weeks: int = 1
    last_on: date | None = None
    audience: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Any] = field(default_factory=dict)
    exceeding: str = ""

    @property
    def is_series(self) -> bool:
        return self.repeat == "weekly"

    def pattern(self) -> Pattern:
        """The times asked for. An end at midnight is the end of the day. Raises BadInput for a series without end."""
        end = self.end or MINUTES_IN_DAY
        end += MINUTES_IN_DAY if self.overnight else 0
        if not self.is_series:
            return Pattern.once(self.day, self.start, end)
        if self.last_on is None:
            raise BadInput(field="last_on", problem="missing")
        if self.last_on < self.day:
            raise BadInput(field="last_on", problem="order")
        weekdays = tuple(sorted(map(int, self.weekdays))) or (self.day.weekday(),)
        return Pattern(self.day, self.last_on, self.start, end, weekdays, self.every_weeks)

    def wish(
        self, space: SpaceId, organisation: OrganisationId, holder: PersonId, group: GroupId | None = None
    ) -> Wish:
        """The wish. Raises BadInput, also when more of somebody come than come in all."""
        for name in COUNTS:
            if self.audience.get(name, 0) > self.people:
                raise BadInput(field=name, problem="more_than_people")
        return Wish(
            space=space,
            organisation=organisation,
            group=group,
            holder=holder,
            pattern=self.pattern(),
            title=self.title,
            purpose=self.purpose,
            people=self.people,
            audience={**self.audience, **self.told},
            regular=self.is_series,
            exceeding=self.exceeding,
        )


def fields_of(**given: Any) -> BookingFields:
    """The fields, with the answers about who comes gathered into `audience`, and those to other facts into `told` by
    the names of their fields."""
    given["told"] = {name: given.pop(name) for name in list(given) if name.startswith(fact_fields.PREFIX)}
    audience = {name: given.pop(name) for name in (*COUNTS, "group") if name in given}
    audience |= {name: ANSWERS[given.pop(name)] for name in YES_NO if name in given}
    return BookingFields(**given, audience={name: value for name, value in audience.items() if value is not None})


class BookingForm(forms.FormSchema):
    """The form as sent."""

    makes = fields_of

    space = forms.Text(required=True)
    organisation = forms.Text(load_default="")
    subgroup = forms.Text(load_default="")
    holder = forms.Text(load_default="")
    repeat = forms.Choice(("single", "weekly"), load_default="single")
    day = forms.Day(required=True)
    start = forms.MinuteOfDay(required=True)
    end = forms.MinuteOfDay(required=True)
    overnight = forms.Tick()
    weekdays = forms.Choices("0123456", load_default=())
    every_weeks = forms.Whole(least=1, load_default=1)
    last_on = forms.Day(load_default=None)
    purpose = forms.Choice(lambda: words()["activity_purpose"], required=True)
    title = forms.Text(required=True, longest=80)
    people = forms.Whole(least=1, required=True)
    under_18 = forms.Whole()
    under_20 = forms.Whole()
    residents = forms.Whole()
    under_18_residents = forms.Whole()
    group = forms.Choice(lambda: words()["audience_group"])
    targets_residents = forms.Choice(ANSWERS)
    entry_fee = forms.Choice(ANSWERS)
    exceeding = forms.Lines(longest=300, load_default="")


def placed(refusal: Refusal, *, single: bool = False) -> Refusal:
    """The refusal with the field of the form it belongs to; `single`: the form asks for one day only."""
    named, problem = refusal.facts.get("field"), refusal.facts.get("problem")
    if problem == "off_grid":
        refusal.facts["field"] = "start"
    elif problem == "past_horizon":
        refusal.facts["field"] = "day" if single else named
    elif problem == "no_rulebook":
        refusal.facts["field"] = "day"
    elif named in RENAMED:
        refusal.facts["field"] = RENAMED[named]
    elif not named and type(refusal) in FIELDS:
        refusal.facts["field"] = FIELDS[type(refusal)]
    return refusal


@contextmanager
def located(*, single: bool = False) -> Iterator[None]:
    """Refusals on their way to a form learn which field they belong to."""
    try:
        yield
    except Refusal as refusal:
        placed(refusal, single=single)
        raise


def start_of(given: MultiDict[str, str], today: date) -> dict[str, str]:
    """What an empty form starts from: what the address says, else tomorrow 18–19 for one time."""
    usual = {"day": (today + timedelta(days=1)).isoformat(), "start": "18:00", "end": "19:00", "repeat": "single"}
    return usual | {name: value for name, value in given.items() if value}


def asked_facts(books: Iterable[Rulebook]) -> frozenset[str]:
    """The names of the facts about audience and activity that these rulebooks ask for."""
    names = frozenset[str]().union(*(names_asked(book) for book in books))
    return frozenset(name for name in names if name.startswith(("audience.", "activity.")))


# What the form asks anyway, what the register or the clock knows, and what is for others to judge.
FORM_ASKS = frozenset({"activity.purpose", "activity.entry_fee", "audience.total", "audience.group"}) | {
    f"audience.{name}" for name in (*COUNTS, "targets_residents")
}
NOT_FOR_APPLICANTS = frozenset({*JUDGEMENTS, "activity.prepaid", "audience.counted_total", "activity.written"})
OF_APPLICANTS = ("applicant.booker_age", "applicant.responsible_age", "applicant.knows_terms", "applicant.partner_of")
OF_TIMES = ("time.package", "time.extra_hours", "time.whole_day", "time.nights")


EXTRAS = "activity.extras"


def tellable(book: Rulebook, name: str) -> bool:
    """Whether a fact is one that only the applicant can tell, and that the form does not ask anyway."""
    if name == EXTRAS:
        return any(one.chosen for one in book.add_ons)
    if name in book.own_facts or name in OF_APPLICANTS or name in OF_TIMES:
        return True
    group = name.partition(".")[0]
    return group in {"activity", "audience"} and name not in FORM_ASKS | NOT_FOR_APPLICANTS


def more_asked(book: Rulebook, offered: Iterable[Quote]) -> list[str]:
    """The facts to ask before these dates are held: without them a person would have to decide, or a limit cannot be
    told; and consents, where one is asked for."""
    outcomes = [quote.outcome for quote in offered if quote.outcome is not None]
    names = [name for outcome in outcomes for name in outcome.missing]
    names += [name for outcome in outcomes for one in outcome.limits for name in one.missing]
    if any(outcome.kind is OutcomeKind.NEEDS_APPROVAL for outcome in outcomes) and CONSENTS in names_asked(book):
        names.append(CONSENTS)
    return [name for name in dict.fromkeys(names) if tellable(book, name)]
