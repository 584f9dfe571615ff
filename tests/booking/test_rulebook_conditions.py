"""Conditions beyond one fact and a value: people, bands, days, seasons, other facts, parity, overrides."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from booking.core.rules.conditions import ConditionError, Vocabulary, compile_condition
from booking.core.rules.days import DaySpan
from booking.core.rules.fact_types import HeadGroup
from booking.core.rules.facts import FACTS, facts_of
from booking.core.rules.people import Who, of_counts, of_people
from booking.rulebook_requests import RequestError, request_of
from booking.rulebooks import words
from tests.booking.hill import ask, hill

SEASONS = {"heating": (DaySpan((10, 1), (4, 30)),), "term": (DaySpan(date(2026, 8, 10), date(2026, 12, 18)),)}
DAYS = {"break": (DaySpan(date(2026, 2, 16), date(2026, 2, 20)), DaySpan((12, 22), (1, 6)))}


def holds(spec: dict, **groups: dict) -> bool | None:
    listed = {name: frozenset(each) for name, each in words().items()}
    vocabulary = Vocabulary(listed, {}, {}, FACTS, SEASONS, DAYS)
    condition = compile_condition(spec, vocabulary)
    facts = facts_of(request_of(groups, words()))
    answer = condition.holds(facts)
    assert bool(condition.missing(facts)) == (answer is None)
    return answer


def at(start: str, end: str) -> dict:
    return {"start": start, "end": end}


@pytest.mark.parametrize(
    ("spec", "told", "answer"),
    [
        ({"fact": "applicant.kind", "is": "!=", "value": "person"}, "company", True),
        ({"fact": "applicant.kind", "is": "!=", "value": "person"}, "person", False),
        ({"fact": "applicant.kind", "is": "!=", "value": "person"}, None, None),
        ({"fact": "applicant.kind", "is": "not_in", "value": ["person", "school"]}, "company", True),
        ({"fact": "applicant.kind", "is": "not_in", "value": ["person", "school"]}, "school", False),
    ],
)
def test_a_word_can_be_another_one(spec, told, answer):
    assert holds(spec, applicant={} if told is None else {"kind": told}) is answer


@pytest.mark.parametrize(
    ("purposes", "answer"),
    [(["scout", "youth"], True), (["youth"], False), ([], False), (["scout", "youth", "sport"], True)],
)
def test_several_words_can_hold_all_that_are_wanted(purposes, answer):
    spec = {"fact": "applicant.purposes", "is": "has_all", "value": ["scout", "youth"]}
    assert holds(spec, applicant={"purposes": purposes}) is answer


@pytest.mark.parametrize(("people", "answer"), [(12, True), (13, False)])
def test_exactly_half_the_room_fits_half_the_room(people, answer):
    spec = {"fact": "audience.total", "is": "<=", "than": "space.capacity", "times": "1/2"}
    assert holds(spec, audience={"total": people}, space={"capacity": 24}) is answer
    assert holds(spec, audience={"total": people}) is None


@pytest.mark.parametrize(
    ("start", "end", "is_", "answer"),
    [
        ("2026-03-03T16:00", "2026-03-03T21:00", "within", True),
        ("2026-03-03T15:59", "2026-03-03T21:00", "within", False),
        ("2026-03-03T16:00", "2026-03-03T21:01", "within", False),
        ("2026-03-03T20:59", "2026-03-03T23:00", "starts_in", True),
        ("2026-03-03T21:00", "2026-03-03T23:00", "starts_in", False),
        ("2026-03-03T15:00", "2026-03-03T16:00", "ends_in", False),
        ("2026-03-03T15:00", "2026-03-03T16:01", "ends_in", True),
        ("2026-03-03T15:00", "2026-03-03T16:00", "overlaps", False),
        ("2026-03-03T21:00", "2026-03-03T22:00", "overlaps", False),
        ("2026-03-03T08:00", "2026-03-04T08:00", "overlaps", True),
    ],
)
def test_a_band_of_the_day_says_exactly_what_is_inside(start, end, is_, answer):
    assert holds({"band": ["16:00", "21:00"], "is": is_}, time=at(start, end)) is answer


@pytest.mark.parametrize(
    ("start", "end", "answer"),
    [
        ("2026-03-03T22:30", "2026-03-04T01:30", True),
        ("2026-03-04T00:30", "2026-03-04T01:30", True),
        ("2026-03-03T21:30", "2026-03-04T01:30", False),
    ],
)
def test_a_band_may_cross_midnight(start, end, answer):
    assert holds({"band": ["22:00", "02:00"], "is": "within"}, time=at(start, end)) is answer


@pytest.mark.parametrize(
    ("day", "answer"), [("2026-02-16", True), ("2026-02-21", False), ("2025-12-31", True), ("2026-01-07", False)]
)
def test_named_days_are_dated_or_come_every_year(day, answer):
    assert holds({"days": "break"}, time={"use_on": day}) is answer


@pytest.mark.parametrize(
    ("day", "answer"), [("2026-10-01", True), ("2026-04-30", True), ("2026-05-01", False), ("2026-01-15", True)]
)
def test_a_season_may_cross_the_end_of_the_year(day, answer):
    assert holds({"season": "heating"}, time={"use_on": day}) is answer


# --- people ---


def team(*groups: dict, is_: str = ">", value: object = "1/2", **more) -> dict:
    return {"audience": {"people": list(groups)}, "time": {"use_on": "2026-09-01"}}


JUNIORS = {"heads": {"under": 20}, "but": {"leader": True}, "is": "==", "value": "1"}


def test_everyone_under_twenty_but_the_leaders():
    players = {"heads": 15, "age": 17}
    assert holds(JUNIORS, **team(players, {"heads": 2, "age": 45, "leader": True})) is True
    assert holds(JUNIORS, **team(players, {"heads": 1, "age": 20, "leader": False})) is False
    assert holds(JUNIORS, **team({"heads": 15, "age": 17, "leader": False}, {"heads": 1, "age": 45})) is None


def test_a_share_of_those_who_are_both_is_a_share_of_the_same_people():
    both = {"heads": {"under": 18, "resident": True}, "is": ">", "value": "1/2"}
    assert holds(both, audience={"total": 20, "under_18": 20, "residents": 15}) is True
    assert holds(both, audience={"total": 20, "under_18": 11, "residents": 14}) is None
    assert holds(both, audience={"total": 20, "under_18": 11, "residents": 14, "under_18_residents": 9}) is False
    assert holds(both, audience={"total": 20, "under_18": 10}) is False


@pytest.mark.parametrize(
    ("age_on", "answer"), [("use", False), ("season_start", True), ("year_end", False), ("year", False)]
)
def test_the_day_ages_are_counted_on_is_part_of_the_rule(age_on, answer):
    """Born 20.8.2006: 19 when the season begins on 10.8.2026, 20 on the day of use."""
    spec = {"heads": {"under": 20}, "is": "==", "value": "1", "age_on": age_on}
    assert holds(spec, **team({"heads": 8, "born": "2006-08-20"})) is answer


def test_a_year_of_birth_leaves_two_ages_until_the_year_ends():
    spec = {"heads": {"under": 20}, "is": "==", "value": "1"}
    assert holds(spec, **team({"born": 2006})) is None
    assert holds(spec | {"age_on": "year"}, **team({"born": 2006})) is False
    assert holds(spec | {"age_on": "year"}, **team({"born": 2007})) is True
    assert holds({"heads": {"born_from": 2006}, "is": "==", "value": "1"}, **team({"born": 2006})) is True


@pytest.mark.parametrize(("seniors", "answer"), [(10, True), (9, False)])
def test_a_number_of_people_is_compared_as_a_number(seniors, answer):
    spec = {"heads": {"from_age": 65}, "is": ">=", "value": 10, "count": True}
    assert holds(spec, **team({"heads": seniors, "age": 65}, {"heads": 5, "age": 64})) is answer


def test_people_told_by_their_birth_need_a_day_to_count_their_ages_on():
    found = ask(hill(YOUNG), audience={"people": [{"heads": 9, "born": "2012-01-01"}]}, applicant={"domicile": "Hill"})
    assert "time.use_on" in found.missing
    assert "audience.people" not in found.missing


YOUNG = """
[[priority]]
class = "1"
when = { heads = { under = 20 }, is = ">", value = "1/2" }
"""


def test_counts_follow_from_the_people_told():
    facts = facts_of(request_of(team({"heads": 12, "age": 10, "resident": True}, {"heads": 3, "age": 70}), words()))
    assert [facts[f"audience.{name}"] for name in ("total", "under_18", "over_65", "youngest", "oldest")] == [
        15,
        12,
        3,
        10,
        70,
    ]
    assert facts["audience.residents"] is None


GROUPS = st.builds(
    HeadGroup, heads=st.integers(1, 9), age_from=st.integers(5, 70), resident=st.booleans(), leader=st.booleans()
).map(lambda group: HeadGroup(heads=group.heads, age_from=group.age_from, age_to=group.age_from,
                              resident=group.resident, leader=group.leader))  # fmt: skip
WHO = st.builds(Who, under=st.none() | st.integers(1, 70), from_age=st.none() | st.integers(1, 40),
                resident=st.none() | st.booleans(), leader=st.none() | st.booleans())  # fmt: skip


@given(st.lists(GROUPS, min_size=1, max_size=4), WHO)
def test_what_counts_leave_open_always_holds_what_the_people_really_are(people, who):
    """Bounds from the named counts never exclude the true number."""
    facts = facts_of(request_of({}, words()))
    named = {"total": Who(), "under_18": Who(under=18), "residents": Who(resident=True), "leaders": Who(leader=True),
             "under_18_residents": Who(under=18, resident=True)}  # fmt: skip
    for name, each in named.items():
        facts[f"audience.{name}"] = of_people(people, each, None)[0]
    true, _ = of_people(people, who, None)
    low, high = of_counts(facts, who)
    assert low <= true <= high


# --- parity, overrides, own facts ---

PARITY = """
[[treat_as]]
id = "social-companies"
fact = "applicant.kind"
as = "association"
when = { all = [
  { fact = "applicant.kind", is = "==", value = "company" },
  { fact = "applicant.certificates", is = "has", value = "social_enterprise" },
] }
"""


def test_a_company_with_a_mark_counts_as_an_association_and_the_reason_is_told():
    social = ask(hill(PARITY), applicant={"kind": "company", "domicile": "Hill", "certificates": ["social_enterprise"]})
    plain = ask(hill(PARITY), applicant={"kind": "company", "domicile": "Hill", "certificates": []})
    assert (social.price_class, plain.price_class) == ("free", "paid")
    assert social.reasons[0].row == "social-companies"


def test_parity_that_cannot_be_told_asks_for_what_it_hangs_on():
    found = ask(hill(PARITY), applicant={"kind": "company", "domicile": "Hill"})
    assert found.price_class is None
    assert "applicant.certificates" in found.missing
    assert "applicant.kind" not in found.missing


OVERRIDE = """
[[price]]
id = "company-hall"
class = "paid"
scope.premises = ["Hill Hall"]
overrides = ["local-associations-free"]
when = { fact = "time.weekday", is = ">=", value = 5 }
"""


@pytest.mark.parametrize(
    ("day", "hall", "price_class"),
    [("2026-03-07", "Hill Hall", "paid"), ("2026-03-06", "Hill Hall", "free"), ("2026-03-07", "Hill School", "free")],
)
def test_an_override_leaves_a_row_out_only_where_it_holds_itself(day, hall, price_class):
    found = ask(hill(OVERRIDE), applicant={"kind": "association", "domicile": "Hill"}, space={"premises": hall},
                time=at(f"{day}T12:00", f"{day}T13:00"))  # fmt: skip
    assert found.price_class == price_class


def test_an_override_that_cannot_be_told_leaves_the_row_open():
    found = ask(hill(OVERRIDE), applicant={"kind": "association", "domicile": "Hill"}, space={"premises": "Hill Hall"})
    assert found.price_class is None
    assert "time.weekday" in found.missing


def test_rows_that_override_each_other_in_a_ring_are_refused():
    ring = (
        OVERRIDE
        + '[[price]]\nid = "second"\nclass = "free"\noverrides = ["third"]\n'
        + '[[price]]\nid = "third"\nclass = "paid"\noverrides = ["second"]\n'
    )
    with pytest.raises(AssertionError, match="override each other in a ring: second, third"):
        hill(ring)


COWS = """
[facts]
"activity.cows" = { type = "number", name = { fi = "Lehmiä", sv = "Kor" } }
[[exclusions]]
result = "refused"
when = { fact = "activity.cows", is = ">", value = 3 }
"""


def test_a_fact_of_the_rulebooks_own_is_told_and_asked_like_any_other():
    assert ask(hill(COWS), activity={"cows": 4}).kind == "refused"
    assert "activity.cows" in ask(hill(COWS)).missing
    with pytest.raises(RequestError, match="activity: cows: Not a valid integer"):
        ask(hill(COWS), activity={"cows": "many"})


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"band": ["16:00", "25:00"], "is": "within"}, 'at most "24:00"'),
        ({"band": ["16:00", "24:00"], "is": "in"}, "one of within, starts_in"),
        ({"days": "brake"}, 'did you mean "break"'),
        ({"season": "heatin"}, 'did you mean "heating"'),
        ({"heads": {"undr": 18}, "is": ">", "value": "1/2"}, 'did you mean "under"'),
        ({"heads": {"under": "18"}, "is": ">", "value": "1/2"}, "an age in whole years"),
        ({"heads": {"under": 18}, "is": ">", "value": 9}, "from 0 to 1"),
        ({"heads": {"under": 18}, "is": ">", "value": "1/2", "count": True}, "a whole number"),
        ({"heads": {"under": 18}, "is": ">", "value": "1/2", "age_on": "season"}, 'did you mean "season_start"'),
        ({"fact": "audience.total", "is": ">", "than": "applicant.kind"}, "cannot be compared"),
        ({"fact": "audience.total", "is": ">", "than": "space.capacty"}, 'did you mean "space.capacity"'),
        ({"fact": "audience.people", "is": "==", "value": 3}, "heads"),
        ({"not": {"not": "always"}}, "a condition is a table"),
    ],
)
def test_a_condition_written_wrongly_says_what(spec, message):
    with pytest.raises(ConditionError) as raised:
        holds(spec)
    assert message in str(raised.value)


def test_conditions_too_deep_to_read_are_refused():
    spec: dict = {"always": True}
    for _ in range(100):
        spec = {"not": spec}
    with pytest.raises(ConditionError, match="more than 60 deep"):
        holds(spec)


@pytest.mark.parametrize(
    ("on", "workdays"), [("2026-04-30", 1), ("2026-04-29", 2), ("2026-05-02", 1), ("2026-05-04", 0)]
)
def test_working_days_leave_out_weekends_and_holidays(on, workdays):
    """From Thursday 30.4. to Monday 4.5.: the first of May is a holiday."""
    facts = facts_of(request_of({"time": {"use_on": "2026-05-04"}, "event": {"on": on}}, words()))
    assert facts["event.notice_workdays"] == workdays


def test_a_weekday_told_without_a_day_is_a_kind_of_day_once_it_is_no_holiday():
    spec = {"fact": "time.day_kind", "is": "==", "value": "saturday"}
    assert holds(spec, time={"weekday": 5, "holiday": False}) is True
    assert holds(spec, time={"weekday": 5}) is None
