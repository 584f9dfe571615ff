"""An access list as it lies in the database: its signed messages one a line, the list first, then its pages.

An empty line is a page of the list before that the broker shall keep no longer. (No canonical JSON has a line end.)
"""

from __future__ import annotations

from access.models import Door
from devices import canonical
from devices.link import DoorLink, Outgoing, topic_of
from devices.messages import AccessList, Page, parse_list, parse_page
from devices.pages import joined, paged


def sealed(link: DoorLink, whole: AccessList, *, most_bytes: int, before: bytes = b"") -> tuple[AccessList, bytes]:
    """The list as the door will report it, and all its messages. `before`: those of the list that this one replaces.
    Raises TooManyPages."""
    head, pages = paged(whole, most_bytes)
    parts = [link.desired(head).payload, *(message.payload for message in link.pages(head, pages))]
    gone = sum(bool(part) for part in before.split(b"\n")) - len(parts)
    return head, b"\n".join([*parts, *[b""] * max(0, gone)])


def messages(door: Door, payload: bytes) -> list[Outgoing]:
    """What is to be published, in this order, retained."""
    ends = ["desired", *(f"desired/{number}" for number in range(1, payload.count(b"\n") + 1))]
    parts = zip(ends, payload.split(b"\n"), strict=True)
    return [Outgoing(topic_of(door.controller_id, end), part, retain=True) for end, part in parts]


def read(payload: bytes) -> AccessList | None:
    """The whole list, with the rights of its pages; None when its words were emptied. Raises ValueError, KeyError."""
    if not payload:
        return None
    bodies = [canonical.decode(part)["body"] for part in payload.split(b"\n") if part]
    head = parse_list(bodies[0])
    pages: list[Page] = [parse_page(body, number) for number, body in enumerate(bodies[1:], start=1)]
    return joined(head, pages) if pages else head
