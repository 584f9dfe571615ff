"""Every page people see: its address, and one who may see it. A new page is put here, or test_accessibility fails."""

from __future__ import annotations

from dataclasses import dataclass

# What answers a GET without being a page for people.
NOT_PAGES = {
    "static",
    "site.home",
    "site.healthz",
    "site.readyz",
    "bench.lamps",  # a piece of a page
    "account.export",
    "proofs.file",
    "register.export_csv",
    "register.export_xlsx",
    "audit.passages_csv",
    "audit.verifier",
    "open_data.file",
    "reports.support_file",
    "reports.wellbeing_file",
    "feeds.file",
    "outbox.attachment",
    "api-docs.openapi_json",
    "api-docs.openapi_swagger_ui",  # the vendored Swagger UI: other people's page, for programmers
}
NOT_PAGES_OF = ("api_",)


@dataclass(frozen=True, slots=True)
class Page:
    """A page in one state. `path` may name samples in braces; `who` is a key of the demo's people, "" for nobody."""

    path: str
    who: str = ""
    status: int = 200


PAGES = (
    # looking for a time
    Page("/week"),
    Page("/day"),
    Page("/list"),
    Page("/find"),
    Page("/find?first_on={day}&last_on={day_after}&people=20&equipment=piano&step_free=1"),
    Page("/find?first_on={day}&people=0", status=422),
    Page("/spaces/{space_ref}"),
    Page("/premises"),
    Page("/premises/{premises_ref}"),
    Page("/rules"),
    Page("/rules/{rulebook}"),
    Page("/rules/{rulebook}/{row}"),
    Page("/bookings/{booking_ref}"),
    Page("/calendars"),
    # the site and signing in
    Page("/help"),
    Page("/saavutettavuus"),
    Page("/privacy"),
    Page("/sign-in"),
    Page("/sign-in/code"),
    Page("/sign-in/link/{token}"),
    Page("/register"),
    Page("/dev/sign-in"),
    Page("/dev/bench"),
    Page("/dev/mail"),
    Page("/dev/mail/{letter_ref}"),
    # who books
    Page("/week", "scout"),
    Page("/day?d={day}", "scout"),
    Page("/list", "scout"),
    Page("/book", "scout"),
    Page("/book?space={space_ref}&day={day}", "scout"),
    Page("/bookings/{held_ref}/confirm", "scout"),
    Page("/bookings/{booking_ref}", "scout"),
    Page("/bookings/{series_ref}", "scout"),
    Page("/bookings/{series_ref}/cancel?key={booked_key}", "scout"),
    Page("/bookings/{series_ref}/move?key={booked_key}", "scout"),
    Page("/bookings/{series_ref}/readd?key={cancelled_key}", "scout"),
    Page("/mine", "scout"),
    Page("/calendars", "scout"),
    Page("/me", "scout"),
    Page("/cards", "scout"),
    Page("/cards/{card_ref}/block", "scout"),
    Page("/acting-for", "club"),
    Page("/organisations", "scout"),
    Page("/organisations/new", "scout"),
    Page("/organisations/{organisation_ref}", "scout"),
    Page("/organisations/{organisation_ref}/edit", "scout"),
    Page("/organisations/{organisation_ref}/proofs", "scout"),
    Page("/organisations/{organisation_ref}/reports", "scout"),
    Page("/organisations/{organisation_ref}/reports/{last_year}", "scout"),
    Page("/organisations/{organisation_ref}/reports/{this_year}", "scout"),
    Page("/organisations/{organisation_ref}/groups", "scout"),
    Page("/organisations/{organisation_ref}/groups/{group_ref}", "scout"),
    Page("/organisations/{organisation_ref}/commitments", "scout"),
    Page("/organisations/{organisation_ref}/commitments/{commitment_ref}", "scout"),
    Page("/organisations/{umbrella_ref}", "operator"),
    Page("/organisations/{umbrella_ref}/members", "operator"),
    # who runs premises
    Page("/book/for", "manager"),
    Page("/book/for?seek=Partio", "manager"),
    Page("/book?space={space_ref}&organisation={organisation_ref}", "manager"),
    Page("/bookings/{booking_ref}", "manager"),
    Page("/requests", "manager"),
    Page("/requests/{waiting_ref}", "manager"),
    Page("/requests", "principal"),
    Page("/requests/{consent_ref}", "principal"),
    Page("/premises", "manager"),
    Page("/premises/new", "administrator"),
    Page("/premises/{premises_ref}", "manager"),
    Page("/premises/{premises_ref}/edit", "manager"),
    Page("/premises/{premises_ref}/spaces/new", "manager"),
    Page("/premises/{premises_ref}/spaces/{space_ref}", "manager"),
    Page("/premises/{premises_ref}/hours", "manager"),
    Page("/premises/{premises_ref}/terms", "manager"),
    Page("/premises/{school_ref}/terms", "manager"),
    Page("/premises/{premises_ref}/closed-days", "manager"),
    Page(
        "/premises/{premises_ref}/closed-days/preview?supervision=all&first_on={day}&last_on={day_after}&name_fi=Huolto",
        "manager",
    ),
    Page("/premises/{premises_ref}/doors/new", "manager"),
    Page("/doors/{door_ref}/edit", "manager"),
    Page("/doors/{door_ref}/controller", "manager"),
    Page("/tonight", "caretaker"),
    Page("/doors", "caretaker"),
    Page("/doors/{door_ref}", "caretaker"),
    Page("/doors/{door_ref}/open", "caretaker"),
    Page("/doors/commands/{command_ref}", "caretaker"),
    # reports
    Page("/reports", "manager"),
    Page("/reports?by=price&year=2026", "auditor"),
    Page("/reports?by=month&year=1999", "manager"),
    Page("/reports/wellbeing", "manager"),
    Page("/reports/organisations/{organisation_ref}", "scout"),
    Page("/reports/organisations/{organisation_ref}", "administrator"),
    Page("/open-data"),
    # who keeps watch
    Page("/audit", "auditor"),
    Page("/audit?person=Sini", "auditor"),
    Page("/audit/events/{event_ref}", "auditor"),
    Page("/audit/log", "auditor"),
    Page("/audit/log/1", "auditor"),
    Page("/audit/verify", "auditor"),
    Page("/audit/export", "auditor"),
    Page("/register-desk", "manager"),
    Page("/register-desk/holders", "manager"),
    Page("/register-desk", "administrator"),
    Page("/organisations/{organisation_ref}/proofs", "administrator"),
    Page("/organisations/{organisation_ref}/edit", "administrator"),
    Page("/organisations/{organisation_ref}/commitments/{commitment_ref}", "administrator"),
    Page("/organisations/{organisation_ref}/reports/{last_year}", "administrator"),
    Page("/register-desk/merge", "administrator"),
    Page("/register-desk/merge?gone={twin_ref}&stays={ball_ref}", "administrator"),
    Page("/register-desk/import", "administrator"),
    Page("/register-desk/import/{import_ref}", "administrator"),
    Page("/people", "administrator"),
    Page("/people/find", "administrator"),
    Page("/people/find?email=nobody%40example.fi", "administrator", status=422),
    Page("/people/{person_ref}", "administrator"),
    Page("/cards/of/{person_ref}", "administrator"),
    Page("/cards/of/{person_ref}/{card_ref}/block", "administrator"),
    # what went wrong
    Page("/no-such-page", status=404),
    Page("/spaces/no-such-space", status=404),
    Page("/audit", "scout", status=403),
)
# Forms that come back with what is wrong when they are sent empty.
FORMS = (
    Page("/sign-in"),
    Page("/sign-in/code"),
    Page("/register"),
    Page("/book", "scout"),
    Page("/organisations/new", "scout"),
    Page("/organisations/{organisation_ref}/groups", "scout"),
    Page("/organisations/{organisation_ref}/proofs", "scout"),
    Page("/organisations/{organisation_ref}/commitments", "scout"),
    Page("/register-desk/import", "administrator"),
    Page("/premises/{premises_ref}/spaces/new", "manager"),
    Page("/premises/{premises_ref}/doors/new", "manager"),
    Page("/doors/{door_ref}/open", "caretaker"),
    Page("/reports/organisations/{organisation_ref}", "administrator"),
)
