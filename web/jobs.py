"""`vuoro jobs`: what is done in the background, each in its own rhythm. Rows are the truth; losing this process loses
only time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Event

from sqlalchemy.orm import Session, sessionmaker

from access import retention, witnesses
from access.checkpoints import checkpoint_if_due, signing_key
from access.rules_in_force import note_rulebooks
from booking import mail
from booking.bookings import sweep_holds
from booking.rounds.runs import Runner
from booking.rulebooks import rulebook_paths
from booking.rulemaking import trials
from booking.settings import Settings
from web.clock import HELSINKI, wall_clock
from web.life_jobs import Minder
from web.register_letters import warn_of_proofs
from web.round_jobs import RoundMinder
from web.season_jobs import SeasonMinder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every so many seconds, given the moment."""

    name: str
    every_s: float
    act: Callable[[datetime], object]


def jobs_for(settings: Settings, sessions: sessionmaker[Session]) -> list[Job]:
    """Rulebooks noted, letters out, run-out holds away, the audit log signed, old letters forgotten, no-shows and debts
    minded, freed slots offered, rounds allocated."""
    transport = mail.transport_for(settings.smtp_url)
    key = signing_key(settings.master_key)
    minder = Minder(settings, sessions)
    season = SeasonMinder(minder)
    allocations = Runner(sessions)
    rounds = RoundMinder(minder, sessions)

    def letters(now: datetime) -> None:
        mail.send_due(sessions, now, transport, sender=settings.mail_from)

    def holds(now: datetime) -> None:
        with sessions.begin() as session:
            sweep_holds(session, now)

    def checkpoints(now: datetime) -> None:
        with sessions.begin() as session:
            checkpoint_if_due(session, now, key)

    def forgetting(now: datetime) -> None:
        with sessions.begin() as session:
            mail.forget_old(session, now=now)

    def proofs(now: datetime) -> None:
        with minder.speaking() as session:
            warn_of_proofs(session, on=now.astimezone(HELSINKI).date(), now=now)

    def whatif(_now: datetime) -> None:
        trials.work(sessions, wall_clock)

    def rulebooks(now: datetime) -> None:
        with sessions.begin() as session:
            note_rulebooks(session, rulebook_paths(), now)

    return [
        Job("rulebooks", 3600, rulebooks),
        Job("whatif", 0.5, whatif),
        Job("allocations", 0.5, allocations.turn),
        Job("alarms", 0.5, minder.alarms),  # with its letters in the outbox just before that is sent: DA22
        Job("letters", 1, letters),
        Job("holds", 20, holds),
        Job("checkpoints", 30, checkpoints),
        Job("forgetting", 3600, forgetting),
        Job("no shows", 60, minder.look),
        Job("no shows by rule", 3600, minder.by_rule),
        *evidence_jobs(settings, sessions),
        Job("debts", 3600, minder.debts),
        Job("proofs", 3600, proofs),
        Job("ways in", 3600, minder.ways_in),
        Job("keys", 3600, minder.keys),
        Job("freed slots", 5, season.slots),
        Job("slots found free", 60, season.found),
        Job("proposals", 5, rounds.settle),
        Job("decision letters", 2, rounds.letters),
        Job("rounds into the calendar", 1, rounds.calendar),
        Job("rounds undone", 1, rounds.undo),
    ]


def evidence_jobs(settings: Settings, sessions: sessionmaker[Session]) -> list[Job]:
    """Checkpoints to their witnesses, the personal part of old passages away."""

    def witnessed(now: datetime) -> None:
        witnesses.send(sessions, settings, now)

    def running_out(now: datetime) -> None:
        with sessions.begin() as session:
            retention.run_out(session, now)

    return [Job("witnesses", 30, witnessed), Job("passages run out", 600, running_out)]


def run(jobs: list[Job], stop: Event, *, clock: Callable[[], datetime] = wall_clock) -> None:
    """Do each job in its rhythm until told to stop. A job that fails is logged and tried again at its next turn."""
    due = dict.fromkeys((job.name for job in jobs), clock())
    while not stop.is_set():
        now = clock()
        for job in jobs:
            waits = (now - due[job.name]).total_seconds()
            if waits >= 0:
                _do(job, now)
                due[job.name] = _later(now, job.every_s)
        stop.wait(0.5)


def _later(now: datetime, seconds: float) -> datetime:
    return datetime.fromtimestamp(now.timestamp() + seconds, tz=now.tzinfo)


def _do(job: Job, now: datetime) -> None:
    try:
        job.act(now)
    except Exception:
        log.exception("job failed name=%s", job.name)
