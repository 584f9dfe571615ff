"""What a process counts as it works with doors, for Prometheus (metrics.py). Label values are of closed lists only."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from devices.events import EventKind

LATENCIES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
MESSAGES = ("events", "report", "answer", "presence", "refused")
REGISTRY = CollectorRegistry()
_messages = Counter("vuoro_doors_messages", "Messages taken from doors.", ["kind"], registry=REGISTRY)
_events = Counter("vuoro_doors_events", "Events stored, each once.", ["kind"], registry=REGISTRY)
DATABASE_ERRORS = Counter("vuoro_database_errors", "Statements that the database refused or lost.", registry=REGISTRY)
DECISION = Histogram(
    "vuoro_doors_decision_seconds",
    "From a card shown to its decision stored, for doors that ask the service.",
    buckets=LATENCIES_S,
    registry=REGISTRY,
)
for _kind in MESSAGES:
    _messages.labels(_kind)
for _event in EventKind:
    _events.labels(_event.value)


def message(kind: str) -> None:
    """One message of a door was taken. A kind that is not listed is not counted."""
    if kind in MESSAGES:
        _messages.labels(kind).inc()


def stored(kinds: Iterable[EventKind]) -> None:
    """Events that are new in the database."""
    for kind in kinds:
        _events.labels(kind.value).inc()
