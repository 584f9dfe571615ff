"""From a wish to a rulebook's request, and from its outcome to what is kept on the occurrence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from booking.core.rulebook import Citation, Outcome, OutcomeKind, Request, Rulebook, evaluate
from booking.core.rules.facts import FACTS, FactType, FactValue
from booking.core.rules.limits import LimitVerdict
from booking.core.rules.lines import Line
from booking.core.rules.request import GROUPS
from booking.core.span import Span
from booking.models import Organisation, Space
from booking.refusals import BadInput
from booking.rulebook_answers import plainly
from booking.rulebook_requests import is_holiday
from booking.rulebooks import NoRulebook, in_force
from booking.versions.known import books_near
from booking.wish import Wish

REGISTERED_KINDS = frozenset({"association", "foundation", "congregation", "party_branch"})
FIELDS = {group: frozenset(one.name for one in fields(kind)) for group, kind in GROUPS.items()}
CONSENTS = "activity.consents"
AUDIENCE_TOLD = {"entry_fee": "activity", "consents": "activity"}  # what a wish's audience holds beside heads


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one date beside the wish itself, by dotted fact name. `facts`: from the register, the calendar
    and history; `decided`: what people answered whom the rules name. Both go before what the applicant told."""

    facts: Mapping[str, FactValue] = field(default_factory=dict)
    decided: Mapping[str, FactValue] = field(default_factory=dict)


NOTHING = Known()


def judge(wish: Wish, space: Space, organisation: Organisation, span: Span, known: Known = NOTHING) -> Outcome:
    """What the rulebook of the premises, in force on the day of use, says of this date.

    Raises BadInput where no rulebook is in force."""
    return evaluate(book_of(space, span), request_of(wish, space, organisation, span, known))


def book_of(space: Space, span: Span) -> Rulebook:
    """The version of the premises' rulebook in force on the day of use. Raises BadInput when there is none."""
    day = span.starts_at.astimezone(ZoneInfo(space.premises.zone)).date()
    try:
        return in_force(books_near(space), space.premises.rulebook, day)
    except NoRulebook as error:
        raise BadInput(field="space", problem="no_rulebook", rulebook=space.premises.rulebook) from error


def request_of(wish: Wish, space: Space, organisation: Organisation, span: Span, known: Known = NOTHING) -> Request:
    """The facts of one date of a wish; what nobody told stays not told."""
    parts = (told_by(wish), of_organisation(organisation), of_space(space), known.facts, known.decided)
    told = {name: value for part in parts for name, value in part.items() if value is not None}
    zone = ZoneInfo(space.premises.zone)
    told["time.span"], told["time.zone"] = span, zone
    told["time.holiday"] = is_holiday(span.starts_at.astimezone(zone).date())
    return request_from(told)


def told_by(wish: Wish) -> dict[str, Any]:
    """What the applicant told of what is done and who comes. Facts that stand by their whole name in the audience of a
    wish (as `activity.animals`, or a rulebook's own) are told as they are."""
    told = {
        name if "." in name else f"{AUDIENCE_TOLD.get(name, 'audience')}.{name}": wish.audience[name]
        for name in wish.audience
    }
    return told | {
        "activity.purpose": wish.purpose,
        "audience.total": wish.people,
        "time.booking_type": "regular" if wish.regular else "single",
    }


def of_organisation(organisation: Organisation) -> dict[str, Any]:
    """What the register's own entry says of an applicant."""
    standing = organisation.facts
    registered = bool(organisation.registration_number) or organisation.kind in REGISTERED_KINDS
    told = {f"{'activity' if name == 'complements' else 'applicant'}.{name}": standing[name] for name in standing}
    return {
        "applicant.registered": registered,
        "applicant.grants": (),
        **told,
        "applicant.kind": organisation.kind,
        "applicant.domicile": organisation.domicile or None,
        "applicant.purposes": tuple(organisation.purposes),
        "activity.non_profit": _not(standing.get("for_profit")),
    }


def of_space(space: Space) -> dict[str, Any]:
    """What the space itself says of itself."""
    return {
        "space.kind": space.kind,
        "space.premises_kind": space.premises_kind or space.premises.kind,
        "space.premises": space.premises.ref,
        "space.supervised": space.supervised,
        "space.area_m2": space.area_m2,
        "space.capacity": space.capacity,
    }


def request_from(told: Mapping[str, Any]) -> Request:
    """A request from facts by dotted name; those that the language does not know are the rulebook's own."""
    groups: dict[str, dict[str, Any]] = {group: {} for group in GROUPS}
    own: dict[str, FactValue] = {}
    for name, value in told.items():
        group, _, key = name.partition(".")
        if key in FIELDS.get(group, ()):
            groups[group][key] = typed(name, value)
        else:
            own[name] = typed(name, value)
    return Request(**{group: GROUPS[group](**groups[group]) for group in GROUPS}, own=own)


TYPED: Mapping[str, Callable[[str], FactValue]] = {
    FactType.DAY: date.fromisoformat,
    FactType.DECIMAL: Decimal,
    FactType.FRACTION: Fraction,
}


def typed(name: str, value: Any) -> Any:
    """A fact as rules compare it, also when it was kept as JSON: there a rulebook's own day or decimal says its type,
    as {"decimal": "2.5"}."""
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)) in TYPED:
        [(kind, written)] = value.items()
        return TYPED[kind](written)
    fact = FACTS.get(name)
    if isinstance(value, str) and fact is not None and fact.type in TYPED:
        return TYPED[fact.type](value)
    return value


def snapshot(outcome: Outcome) -> dict[str, Any]:
    """The outcome as JSON, kept with the occurrence: nothing that changes later changes what was decided."""
    return {
        "kind": outcome.kind.value,
        "rulebook": outcome.rulebook,
        "priority_class": outcome.priority_class,
        "priority_rank": outcome.priority_rank,
        "priority_name": dict(outcome.priority_name),
        "price_name": dict(outcome.price_name),
        "price_class": outcome.price_class,
        "price_cents": outcome.price_cents,
        "normal_cents": outcome.normal_cents,
        "subsidy_cents": outcome.subsidy_cents,
        "formula": outcome.formula,
        **money_facts(outcome),
        "whole_season": outcome.whole_season,
        "decider": outcome.decider,
        "redirect_to": outcome.redirect_to,
        "redirects": list(outcome.redirects),
        "reasons": [citation_facts(reason) for reason in outcome.reasons],
        "matched": [citation_facts(row) for row in outcome.matched],
        "obligations": [citation_facts(row) for row in outcome.obligations],
        "missing": list(outcome.missing),
        "question": dict(outcome.question),
        "limits": [limit_facts(limit) for limit in outcome.limits],
        "publicity": plainly(outcome.publicity),
        "way_in": outcome.access.rule.mode.value if outcome.access and outcome.access.rule else None,
        "facts": {name: plainly(value) for name, value in outcome.facts.items()},
    }


def money_facts(outcome: Outcome) -> dict[str, Any]:
    """How the price came out, line by line, and what it comes to with add-ons and VAT, as JSON."""
    percent = outcome.vat_percent
    return {
        "normal_formula": outcome.normal_formula,
        "lines": [line_facts(line) for line in outcome.lines],
        "add_on_cents": outcome.add_on_cents,
        "total_cents": outcome.total_cents,
        "net_cents": outcome.net_cents,
        "vat_cents": outcome.vat_cents,
        "gross_cents": outcome.gross_cents,
        "vat_percent": None if percent is None else str(percent),
        "vat_exempt": outcome.vat_exempt,
    }


def line_facts(line: Line) -> dict[str, Any]:
    """A line of a price as JSON."""
    return {
        "kind": line.kind.value,
        "row": line.row,
        "text": dict(line.text),
        "cents": line.cents,
        "working": line.working,
    }


def citation_facts(citation: Citation) -> dict[str, Any]:
    """A cited row as JSON."""
    return {
        "rulebook": citation.rulebook,
        "version": citation.version,
        "table": citation.table,
        "row": citation.row,
        "decision": citation.decision,
        "source": citation.source,
        "valid_from": citation.valid_from.isoformat(),
        "text": dict(citation.text),
    }


def limit_facts(limit: LimitVerdict) -> dict[str, Any]:
    """How a date stands to one limit, as JSON."""
    return {
        "row": citation_facts(limit.row),
        "kind": limit.kind.value,
        "status": limit.status.value,
        "needed_for": limit.needed_for.value,
        "shuts": limit.effect is None or limit.effect.kind in (OutcomeKind.REFUSED, OutcomeKind.REDIRECTED),
        "value": limit.value,
        "unit": limit.unit.value if limit.unit else None,
        "told": limit.told,
        "deadline": limit.deadline.isoformat() if limit.deadline else None,
    }


def plain_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON can hold them."""
    return {name: plainly(value) for name, value in facts.items()}


def _not(value: bool | None) -> bool | None:  # noqa: FBT001 - a fact, not a flag
    return None if value is None else not value
