"""The main menu: which page, under what name, for whom. A page whose blueprint is not there is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request, url_for
from flask_babel import lazy_gettext as _l

from booking.roles import Role
from web.auth import PUBLIC, Access, held, lets_in

EVERYBODY: frozenset[Access | Role] = frozenset({PUBLIC})


@dataclass(frozen=True, slots=True)
class Entry:
    """One place in the menu; `blueprint` of the page now open marks it as current."""

    endpoint: str
    text: Any
    allowed: frozenset[Access | Role] = EVERYBODY

    @property
    def blueprint(self) -> str:
        return self.endpoint.partition(".")[0]


NAV: list[Entry] = [
    Entry("calendar.week", _l("Calendar")),
    Entry("search.free", _l("Find a time")),
    Entry("rounds.listed", _l("Season rounds")),
    Entry("mine.show", _l("My bookings"), frozenset({Access.SIGNED_IN})),
    Entry("invoices.mine", _l("Invoices"), frozenset({Role.SECRETARY, Role.PAYER})),
    Entry("invoicing.overview", _l("Invoicing"), frozenset({Role.BILLING, Role.MANAGER})),
    Entry("my_grants.show", _l("My slots"), frozenset({Role.SECRETARY, Role.BOOKER})),
    Entry("waiting.show", _l("Waiting list"), frozenset({Role.SECRETARY, Role.BOOKER})),
    Entry("deciding.waiting", _l("Requests"), frozenset({Role.MANAGER, Role.OPERATOR, Role.DECIDER})),
    Entry("organisations.register", _l("Organisations"), frozenset({Access.SIGNED_IN})),
    Entry("register.desk", _l("Desk of the register"), frozenset({Role.MANAGER, Role.AUDITOR})),
    Entry("premises.list_all", _l("All premises"), frozenset({Role.MANAGER, Role.OPERATOR})),
    Entry("tonight.board", _l("Tonight"), frozenset({Role.CARETAKER, Role.MANAGER, Role.OPERATOR})),
    Entry("alarms.listed", _l("Alarms"), frozenset({Role.CARETAKER, Role.MANAGER, Role.OPERATOR})),
    Entry("happened.listing", _l("What happened"), frozenset({Role.CARETAKER, Role.MANAGER, Role.OPERATOR})),
    Entry("doors.list_all", _l("Doors"), frozenset({Role.CARETAKER, Role.MANAGER, Role.OPERATOR})),
    Entry("metal_keys.listing", _l("Keys"), frozenset({Role.CARETAKER, Role.MANAGER, Role.OPERATOR})),
    Entry(
        "rulemaking.listed",
        _l("Drafts of rules"),
        frozenset({Role.MANAGER, Role.OPERATOR, Role.AUDITOR}),
    ),
    Entry("people.show_staff", _l("Staff"), frozenset({Role.ADMINISTRATOR})),
    Entry("reviews.listed", _l("Reviews"), frozenset({Role.MANAGER, Role.OPERATOR, Role.AUDITOR})),
    Entry("reports.support", _l("Reports"), frozenset({Role.MANAGER, Role.OPERATOR, Role.AUDITOR, Role.ADMINISTRATOR})),
    Entry("audit.search", _l("Audit"), frozenset({Role.AUDITOR})),
]
FOOTER: list[Entry] = [
    Entry("site.accessibility", _l("Accessibility statement")),
    Entry("site.privacy", _l("Privacy")),
    Entry("site.help_page", _l("Help")),
    Entry("left_overs.show", _l("Left-overs")),
    Entry("feeds.about", _l("Subscribe to a calendar (ICS)")),
    Entry("rules.listed", _l("Rules")),
    Entry("open_data.show", _l("Open data")),
    Entry("api-docs.openapi_swagger_ui", _l("Interface for programs (API)")),
]


def shown(entries: list[Entry]) -> list[dict[str, Any]]:
    """The entries this person may open, with address and whether they are current."""
    here = request.blueprint
    return [
        {"text": entry.text, "url": url_for(entry.endpoint), "current": entry.blueprint == here}
        for entry in entries
        if entry.endpoint in current_app.view_functions and lets_in(entry.allowed, g.get("person"), held_now())
    ]


def held_now() -> set[Role]:
    return held() if g.get("grants") else set()
