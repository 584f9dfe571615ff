"""Every route, every role: who is let in is who the route says, and nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from booking.roles import OF_ORGANISATION, OF_PREMISES, Role
from tests.web.conftest import ClientAs
from tests.web.town import Town
from web import auth
from web.app import create_app
from web.auth import Access, UndeclaredRoute

# Pages that anybody in the world may open. A page is added here on purpose, or the test below finds it.
OPEN_TO_ALL = {
    "static",
    "site.home",
    "site.help_page",
    "site.accessibility",
    "site.privacy",
    "site.healthz",
    "site.readyz",
    "metrics.show",  # to this machine, or who shows the token
    "account.sign_in",
    "account.ask",
    "account.code",
    "account.enter_code",
    "account.link",
    "account.follow_link",
    "account.register",
    "account.sign_up",
    "account.sign_out",
    # looking for a time
    "calendar.week",
    "calendar.day",
    "calendar.listed",
    "search.free",
    "rounds.listed",
    "rounds.show",
    "rounds.criteria",
    "annual_clock.show",
    "annual_clock.file",
    "left_overs.show",
    "left_overs.csv",
    "left_overs.ics",
    "spaces.show",
    "premises.list_all",
    "premises.show",
    "booking.show",
    "rules.listed",
    "rules.show",
    "rules.row",
    "open_data.show",
    "open_data.file",
    "rules.compare",
    "rules.printed",
    "rules.file",
    "rule_try.show",
    "feeds.about",
    "feeds.file",
    # behind a secret on the wall
    "door_link.show",
    "door_link.tell",
    "screens.show",
    # the API's looks, and what changes nothing
    "api-docs.openapi_json",
    "api_places.list_premises",
    "api_places.premises",
    "api_places.list_spaces",
    "api_places.space",
    "api_places.space_timetable",
    "api_finding.free",
    "api_rounds.list_rounds",
    "api_rounds.round_of",
    "api_rulebooks.list_rulebooks",
    "api_rulebooks.explain",
    # only in the demo
    "bench.show",
    "bench.lamps",
    "bench.tap",
    "bench.act",
    "dev.sign_in",
    "dev.sign_in_as",
    "outbox.show_all",
    "outbox.show",
    "outbox.attachment",
}
# Routes that answer 403 for a reason of their own.
REFUSES_ANYHOW = {"account.link", "account.follow_link"}
# Routes with something in their address that a role anywhere in town may open.
# Rules in the making are looked at and written by whoever manages or runs premises anywhere; deciding is checked apart.
ANYWHERE: set[str] = {
    "newcomers.forget",  # what is no door yet belongs to no premises
    *("reports.support_file", "reports.wellbeing_file"),  # they show the reader’s own premises
    *(f"rulemaking.{name}" for name in ("show", "step", "compare", "printed", "file")),
    *(f"rule_tables.{name}" for name in ("table", "act", "new", "add", "row", "save", "head", "save_head")),
    *(f"rule_conditions.{name}" for name in ("show", "change")),
    *(f"rule_trials.{name}" for name in ("about", "ask", "show", "cancel", "csv")),
}
# Pages for signed-in people where what they are to the thing decides: who of the town may, the booker holding the time.
MAY_CHANGE = frozenset(Role) - {
    Role.KEY_HOLDER,
    Role.CODE_READER,
    Role.PAYER,
    Role.AUDITOR,
    Role.CARETAKER,
    Role.DECIDER,
    Role.BILLING,
}
WAS_THERE = frozenset(Role) - {Role.AUDITOR, Role.DECIDER, Role.BILLING}
OURS = OF_ORGANISATION | {Role.ADMINISTRATOR}
SPEAKS_FOR_US = frozenset({Role.SECRETARY, Role.BOOKER, Role.ADMINISTRATOR})
SEES_GRANTS = OF_ORGANISATION | {Role.MANAGER, Role.OPERATOR, Role.ADMINISTRATOR, Role.AUDITOR}
BY_RELATION: dict[str, frozenset[Role]] = {
    "changes": MAY_CHANGE,
    "attendance": WAS_THERE,
    "api_attendance": WAS_THERE,
    "noted": OURS,
    "swaps": SPEAKS_FOR_US,
    "substitutes": SPEAKS_FOR_US,
    # staff changes only the applications that it filed for somebody who phoned
    **dict.fromkeys(("applying", "sections", "section_files"), frozenset({Role.SECRETARY, Role.ADMINISTRATOR})),
    "granted": SEES_GRANTS,
    "inside": SPEAKS_FOR_US,
    "grant_changes": SPEAKS_FOR_US | {Role.MANAGER, Role.OPERATOR},
    "grant_swaps": SPEAKS_FOR_US,
    "offers": SPEAKS_FOR_US,
    "visitor_codes": OF_ORGANISATION,
    "stand_ins": SPEAKS_FOR_US | {Role.KEY_HOLDER},
    "waiting_entries": SPEAKS_FOR_US,
}
EVERYONE: list[Role | None] = [None, *Role]


def address(app: Flask, rule: Rule, town: Town) -> str:
    """The route's address with things that exist in the town."""
    missing = rule.arguments - set(town.samples) - set(rule.defaults or ())
    assert not missing, f"tests/web/samples.py has no sample for {sorted(missing)} of {rule.rule}"
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        return adapter.build(rule.endpoint, {name: town.samples[name] for name in rule.arguments}, force_external=False)


def methods(rule: Rule) -> set[str]:
    return set(rule.methods or ()) - {"HEAD", "OPTIONS"}


def outcome(client: FlaskClient, method: str, url: str) -> str:
    """What became of a request: let in, kept out, or crashed behind the door."""
    answer = client.open(url, method=method, buffered=True)
    if answer.status_code >= 500 and "/readyz" not in url:
        return "crashed"
    to_sign_in = answer.status_code == 302 and answer.headers["Location"].startswith("/sign-in?")
    return "kept out" if answer.status_code in {401, 403} or to_sign_in else "let in"


def should_be(app: Flask, rule: Rule, town: Town, role: Role | None) -> str:
    allowed = auth.access_of(app, rule.endpoint)
    assert allowed, rule.endpoint
    passes = auth.lets_in(allowed, town.people[role] if role else None, {role} if role else set())
    passes = passes and role in BY_RELATION.get(rule.endpoint.partition(".")[0], EVERYONE)
    return "let in" if passes else "kept out"


def requests(app: Flask, town: Town) -> Iterator[tuple[Rule, str, str]]:
    """Every route with each of its methods and an address."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in REFUSES_ANYHOW:
            yield from ((rule, method, address(app, rule, town)) for method in sorted(methods(rule)))


@pytest.fixture
def walked(app: Flask) -> Flask:
    """The app as people meet it: a crash is an answer 500, so that the walk finds them all."""
    app.config |= {"PROPAGATE_EXCEPTIONS": False, "TESTING": False}
    return app


def on_both(roles: Iterable[Role | None], both: Iterable[Role | None]) -> list[Any]:
    """Each role on SQLite, and some on PostgreSQL too: who is let in is decided before the database is asked much."""
    named = [("sqlite", role) for role in roles] + [("postgres", role) for role in both]
    marks = {"postgres": [pytest.mark.postgres], "sqlite": []}
    return [pytest.param(*each, marks=marks[each[0]], id=f"{each[0]}-{each[1] or 'anonymous'}") for each in named]


@pytest.mark.parametrize(("backend", "role"), on_both(EVERYONE, (None, Role.MANAGER)), indirect=["backend"])
def test_every_route_lets_in_whom_it_says_and_nobody_else(
    walked: Flask, town: Town, client_as: ClientAs, role: Role | None
) -> None:
    found = {
        (method, rule.rule): (outcome(client_as(role), method, url), should_be(walked, rule, town, role))
        for rule, method, url in requests(walked, town)
    }
    assert [(*request, *ends) for request, ends in found.items() if ends[0] != ends[1]] == []


@pytest.mark.parametrize(
    ("backend", "role"), on_both(sorted(OF_ORGANISATION | OF_PREMISES), (Role.SECRETARY,)), indirect=["backend"]
)
def test_a_role_elsewhere_in_town_opens_nothing_here(
    walked: Flask, town: Town, client_as: ClientAs, role: Role
) -> None:
    open_to_all_who_sign_in = {Access.PUBLIC, Access.SIGNED_IN}
    found = {
        (method, rule.rule): client_as(role, stranger=True).open(url, method=method).status_code
        for rule, method, url in requests(walked, town)
        if rule.arguments and rule.endpoint not in ANYWHERE
        if open_to_all_who_sign_in.isdisjoint(auth.access_of(walked, rule.endpoint) or ())
    }
    assert {request: status for request, status in found.items() if status not in {403, 404}} == {}


def test_only_the_pages_meant_for_it_are_open_to_all(app: Flask) -> None:
    open_now = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if Access.PUBLIC in (auth.access_of(app, rule.endpoint) or ())
    }
    assert open_now - OPEN_TO_ALL == set()


def test_an_app_with_a_route_that_does_not_say_who_may_use_it_does_not_start(app: Flask) -> None:
    app.add_url_rule("/silent", "silent", lambda: "hello")
    with pytest.raises(UndeclaredRoute, match="/silent"):
        auth.check_declarations(app)


def test_without_the_demo_there_is_no_sign_in_by_one_click(app: Flask, settings, rolled_back) -> None:
    from dataclasses import replace

    real = create_app(replace(settings, demo=False), rolled_back)
    assert not {rule.rule for rule in real.url_map.iter_rules() if rule.rule.startswith("/dev")}
