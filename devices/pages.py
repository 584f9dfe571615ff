"""A list too large for one message, or for a small door, goes in pages (door-protocol.md 7.7)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from devices import canonical
from devices.messages import MOST_PAGES, MOST_RIGHTS, AccessList, Page, Right

LARGEST = 262_144  # of a message, whatever the door says
ENVELOPE = 700  # bytes the envelope and the frame of a page need at most


class TooManyPages(ValueError):
    """The rights do not fit 99 pages of this size."""


def paged(whole: AccessList, most_bytes: int = 0) -> tuple[AccessList, tuple[Page, ...]]:
    """The list as it is to be published: itself and no pages if it fits one message, else its head and its pages.

    `most_bytes`: what the door takes in one message, 0 if it named no bound. Raises TooManyPages.
    """
    room = min(most_bytes or LARGEST, LARGEST) - ENVELOPE
    if len(whole.rights) <= MOST_RIGHTS and len(canonical.encode(dict(whole.body()))) <= room:
        return whole, ()
    portions = list(_portions(whole.rights, room))
    if len(portions) > MOST_PAGES:
        raise TooManyPages(f"{len(whole.rights)} rights need {len(portions)} pages")
    pages = tuple(Page(whole.epoch, whole.version, n, rights) for n, rights in enumerate(portions, start=1))
    return replace(whole, rights=(), pages=tuple(page.hash for page in pages)), pages


def joined(head: AccessList, pages: Iterable[Page]) -> AccessList:
    """The list that a head and its pages say together."""
    return replace(head, rights=tuple(right for page in pages for right in page.rights), pages=None)


def _portions(rights: tuple[Right, ...], room: int) -> Iterator[tuple[Right, ...]]:
    portion: list[Right] = []
    size = 0
    for right in rights:
        needed = len(canonical.encode(dict(right.body()))) + 1
        if portion and (size + needed > room or len(portion) == MOST_RIGHTS):
            yield tuple(portion)
            portion, size = [], 0
        portion.append(right)
        size += needed
    yield tuple(portion)
