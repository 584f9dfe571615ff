"""A town nobody has written before (invented), with the rules that other towns do not have: data alone must do."""

import pytest

from booking.core.rules.engine import decide_fast
from booking.rulebook_requests import request_of
from tests.booking.hill import ask, town

KETTULA = """
family = "kettula"
version = "2026-01"
valid_from = 2026-01-01
municipality = "Kettula"
binding_language = "fi"
decider = "manager"
name = { fi = "Kettulan säännöt", sv = "Reglerna i Kettula" }
[sources.board]
title = "Lautakunta 1.12.2025 § 5"
[policy]
priority = "first_match"
price = "first_match"
[lists]
home = ["Kettula", "Rävby"]
[conditions]
local = { fact = "applicant.domicile", is = "in", list = "home" }
juniors = { heads = { under = 20 }, but = { leader = true }, is = "==", value = "1", age_on = "season_start" }
seniors = { heads = { from_age = 65 }, is = ">=", value = "1/2" }
young_adults = { heads = { under = 29 }, is = ">", value = "1/2" }
mostly_local = { heads = { resident = true }, is = ">=", value = "70/100" }
[seasons]
year = [{ first = "08-10", last = "06-05" }]
[days]
heating = [{ first = "10-01", last = "04-30" }]
[facts]
"audience.under_29" = { type = "number", name = { fi = "Alle 29-vuotiaita", sv = "Under 29 år" } }

[[treat_as]]
id = "league-team-is-a-club"
fact = "applicant.kind"
as = "association"
when = { all = [
  { fact = "applicant.kind", is = "==", value = "company" },
  { fact = "activity.level", is = "==", value = "national_league", not_told = "no" },
] }

[[priority_classes]]
id = "1"
name = { fi = "Nuoret alkuillasta", sv = "Unga tidig kväll" }
[[priority_classes]]
id = "2"
name = { fi = "Muut", sv = "Övriga" }
[[price_classes]]
id = "A"
name = { fi = "A", sv = "A" }
[[price_classes]]
id = "B"
name = { fi = "B", sv = "B" }
[[price_classes]]
id = "C"
name = { fi = "C", sv = "C" }

[[priority]]
id = "juniors-only-in-the-early-evening"
class = "1"
when = { all = [{ use = "juniors" }, { band = ["16:00", "19:00"], is = "within" }] }
[[priority]]
id = "others"
class = "2"

[[price]]
id = "juniors-and-seniors"
class = "A"
when = { all = [
  { use = "local" },
  { fact = "applicant.kind", is = "==", value = "association" },
  { any = [{ use = "juniors" }, { use = "seniors" }] },
] }
[[price]]
id = "three-together-or-young-or-mostly-local"
class = "B"
when = { any = [
  { fact = "activity.organisers", is = ">=", value = 3, not_told = "no" },
  { use = "young_adults" },
  { use = "mostly_local" },
] }
[[price]]
id = "the-rest"
class = "C"

[[rates]]
class = "A"
unit = "zero"
[[rates]]
id = "cheaper-over-four-hours-flat-over-eight"
classes = ["B", "C"]
normal = "C"
unit = "tiers"
tiers_by = "length"
tiers = [
  { up_to_hours = 4, unit = "hour", matrix = { by = ["price.class"], rows = [["B", "20.00"], ["C", "30.00"]] } },
  { up_to_hours = 8, unit = "hour", matrix = { by = ["price.class"], rows = [["B", "15.00"], ["C", "25.00"]] } },
  { unit = "event", matrix = { by = ["price.class"], rows = [["B", "130.00"], ["C", "210.00"]] } },
]
[[adjustments]]
id = "other-use-of-a-sport-hall"
percent = "50"
scope.space_kind = ["gym"]
when = { fact = "activity.is_sport", is = "==", value = false, not_told = "no" }
[[adjustments]]
id = "several-shows"
percent = "-20"
when = { fact = "activity.shows", is = ">=", value = 3, not_told = "no" }
[[add_ons]]
id = "heating"
unit = "hour"
amount = "4.00"
who = "paying"
when = { days = "heating" }
[[add_ons]]
id = "sleepers"
unit = "each"
of = "audience.sleepers"
amount = "6.00"
scope.booking_type = ["accommodation"]

[[limits]]
id = "self-booking-to-thirty"
kind = "heads_max"
value = 30
result = "needs_approval"
ask = "manager"
[[limits]]
id = "confirm-or-lapse"
kind = "confirm_by"
by = "08-15"
otherwise = "lapse"
scope.booking_type = ["regular"]

[[consequences]]
id = "young-pay-for-unused"
fee = "class"
class = "B"
when = { all = [{ use = "juniors" }, { fact = "event.kind", is = "==", value = "unused" }] }
[[consequences]]
id = "three-times-for-not-coming"
fee = "class"
class = "C"
times = "3"
when = { fact = "event.kind", is = "==", value = "no_show" }

[[access]]
id = "supervisor-ten-minutes-before"
mode = "supervisor_opens"
before_minutes = 10
"""
BOOK = town(KETTULA)
CLUB = {"kind": "association", "domicile": "Rävby"}
TEAM = {"people": [{"heads": 12, "born": "2007-03-01", "resident": True}, {"heads": 2, "age": 44, "leader": True}]}
SENIORS = {"heads": 4, "age": 65}
ADULTS = {"people": [{"heads": 10, "age": 40, "resident": False}]}


def asked(hours: int = 2, start: str = "2026-05-05T16:00", **groups: dict) -> dict:
    hour = int(start[11:13]) + hours
    time = {"booking_type": "single", "start": start, "end": f"{start[:11]}{hour:02}{start[13:]}"}
    time |= groups.pop("time", {})
    return {"applicant": CLUB, "audience": ADULTS, "space": {"kind": "hall"}, "time": time} | groups


@pytest.mark.parametrize(
    ("told", "priority", "price_class", "cents", "add_on_cents"),
    [
        (asked(audience=TEAM), "1", "A", 0, 0),
        (asked(audience=TEAM, start="2026-05-05T18:00"), "2", "A", 0, 0),  # ends after the band
        (asked(audience=TEAM, applicant={"kind": "company", "domicile": "Kettula"},
               activity={"level": "national_league"}), "1", "A", 0, 0),
        (asked(audience=TEAM, applicant={"kind": "company", "domicile": "Kettula"}), "1", "B", 4000, 0),
        (asked(audience={"people": [{"heads": 5, "age": 65}, {"heads": 5, "age": 64}]}), "2", "A", 0, 0),
        (asked(audience={"people": [SENIORS, {"heads": 5, "age": 64, "resident": False}]}), "2", "C", 6000, 0),
        (asked(audience={"total": 10, "under_20": 0, "under_29": 6, "leaders": 0, "oldest": 40}), "2", "B", 4000, 0),
        (asked(activity={"organisers": 3}), "2", "B", 4000, 0),
        (asked(), "2", "C", 6000, 0),
        (asked(hours=4), "2", "C", 12000, 0),
        (asked(hours=5), "2", "C", 12500, 0),
        (asked(hours=8, start="2026-05-05T08:00"), "2", "C", 20000, 0),
        (asked(hours=9, start="2026-05-05T08:00"), "2", "C", 21000, 0),
        (asked(space={"kind": "gym"}, activity={"is_sport": False}), "2", "C", 9000, 0),
        (asked(space={"kind": "gym"}, activity={"is_sport": False, "shows": 3}), "2", "C", 7200, 0),
        (asked(start="2026-02-03T16:00"), "2", "C", 6000, 800),
        (asked(start="2026-02-03T16:00", audience=TEAM), "1", "A", 0, 0),
        (asked(audience=ADULTS | {"sleepers": 7}, time={"booking_type": "accommodation"}), "2", "C", 6000, 4200),
    ],
)  # fmt: skip
def test_the_town_answers_by_its_own_table(told, priority, price_class, cents, add_on_cents):
    found = ask(BOOK, **told)
    assert (found.priority_class, found.price_class, found.price_cents) == (priority, price_class, cents)
    assert found.add_on_cents == add_on_cents
    fast = decide_fast(BOOK, request_of(told, BOOK.words, BOOK.own_facts))
    assert (fast.kind, fast.price_cents) == (found.kind, found.price_cents)


def test_a_group_of_over_thirty_does_not_book_by_itself():
    many = ask(BOOK, **asked(audience={"people": [{"heads": 31, "age": 40, "resident": False}]}))
    assert (many.kind, many.decider) == ("needs_approval", "manager")
    assert ask(BOOK, **asked(audience={"people": [{"heads": 30, "age": 40, "resident": False}]})).kind == "granted"


@pytest.mark.parametrize(
    ("kind", "audience", "fee"), [("unused", TEAM, 4000), ("no_show", ADULTS, 18000), ("no_show", TEAM, 18000)]
)
def test_who_leaves_a_time_unused_pays_also_when_it_was_free(kind, audience, fee):
    found = ask(BOOK, **asked(audience=audience, event={"kind": kind}))
    assert (found.event.fee_cents, found.event.fee_known) == (fee, True)


def test_a_grant_lapses_unless_it_is_confirmed_by_the_fifteenth_of_august():
    found = ask(BOOK, **asked(start="2026-09-01T18:00", time={"booking_type": "regular"}))
    assert [str(limit.deadline) for limit in found.limits if limit.kind == "confirm_by"] == ["2026-08-15"]
    lapsed = ask(
        BOOK, **asked(start="2026-09-01T18:00", time={"booking_type": "regular"}, event={"kind": "not_confirmed"})
    )
    assert lapsed.kind == "refused"


def test_the_supervisor_opens_ten_minutes_before():
    assert ask(BOOK, **asked()).access.rule.before_minutes == 10
