"""What a door's hardware can and cannot do, in sentences: the records of devices/drivers, nothing softened."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from jinja2 import Environment, pass_context
from jinja2.runtime import Context

from devices.drivers.registry import DRIVERS, AckKind, Capabilities, EventLoss, Latency

Said = tuple[bool, str]


def start(jinja: Environment) -> None:
    jinja.filters["abilities"] = _abilities


def abilities(driver: str) -> list[tuple[bool, list[str]]]:
    """What hardware of this kind can, then what it cannot; an empty half is left out."""
    said = list(sentences(DRIVERS[driver]))
    halves = [(can, [text for good, text in said if good is can]) for can in (True, False)]
    return [half for half in halves if half[1]]


def sentences(record: Capabilities) -> Iterator[Said]:
    """Each ability as a sentence, with whether it is one."""
    yield from _deciding(record)
    yield _proof(record)
    if record.takes_cards or record.pin_rule is not None:
        yield _forgetting(record)
    else:
        yield False, _("No card or PIN opens it here: it is only opened from afar.")
    yield _telling(record)
    yield from _seeing(record)


def _deciding(record: Capabilities) -> Iterator[Said]:
    if record.offline_decision:
        yield True, _("It decides by itself, also without the network.")
    else:
        yield False, _("It opens only while the network and this service run.")
    if record.offline_decision and not record.window_in_device:
        yield False, _("It keeps no times: a code is put in when a time begins and taken out when it ends.")
    if record.max_credentials is not None:
        yield True, _("It has room for %(count)s rights or codes at a time.", count=record.max_credentials)
    if not record.closes_itself:
        yield False, _("If this service stops while the lock is open, the lock stays open until the service is back.")


def _proof(record: Capabilities) -> Said:
    if record.ack_kind is AckKind.LIST_VERSION:
        return True, _("It proves which list of rights it holds.")
    if record.ack_kind is AckKind.COMMAND and record.holds_pin:
        return True, _("It says that it took a code. Some locks of this kind do not: their codes stay unproven here.")
    if record.ack_kind is AckKind.COMMAND:
        return True, _("It answers each order, so an opening is shown as done only when it was.")
    if record.holds_pin:
        return False, _("This door cannot prove that it got the code.")
    return False, _("This door cannot prove that it opened: that the order was sent is all we know.")


def _forgetting(record: Capabilities) -> Said:
    if record.revocation_latency is Latency.NEXT_DECISION:
        return True, _("A right that is taken away stops opening at once.")
    if record.revocation_latency is Latency.ON_DELIVERY:
        return False, _("A right that is taken away opens until the door has its new list; offline, that can be days.")
    return False, _("A code that is taken away opens until the lock says that it forgot it.")


def _telling(record: Capabilities) -> Said:
    if record.event_loss is EventLoss.NONE:
        return True, _("It tells afterwards what happened while it was offline.")
    return False, _("What happens while it is offline is never told: its history has holes.")


def _seeing(record: Capabilities) -> Iterator[Said]:
    if record.door_contact:
        yield True, _("It can tell whether the leaf is open, where a contact is fitted.")
    else:
        yield False, _("It does not know whether the leaf is open.")
    if not record.rex:
        yield (
            False,
            _("It sees no exit button: somebody who leaves is not told apart from somebody who forces the door."),
        )
    if not record.supports_lockdown:
        yield False, _("It knows no lockdown.")


@pass_context
def _abilities(_context: Context, driver: str) -> list[tuple[bool, list[Any]]]:
    """As a filter; it takes the context for the reader's language (words_of_doors)."""
    return list(abilities(driver))
