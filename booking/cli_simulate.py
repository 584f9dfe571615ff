"""`vuoro rulebook simulate`: a draft against what was really booked, before anybody decides."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from environs import Env, EnvError
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, sessionmaker

from booking.core.rulebook import Rulebook
from booking.core.whatif import AMOUNTS, Tallies, as_rows, by_class, grouped, total
from booking.db import make_engine, reading
from booking.models import Organisation, Premises
from booking.rulebooks import RulebookError
from booking.rulemaking.simulate import Run, how_many, scope_of
from booking.rulemaking.trials import baseline_of
from booking.versions.known import books
from booking.versions.written import compiled, file_document, text_of

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("draft", metavar="DRAFT.toml", type=click.Path(path_type=Path))
@click.option("--from", "first", required=True, type=DAY, help="The first day of what was booked.")
@click.option("--to", "last", required=True, type=DAY, help="The last day, counted too.")
@click.option("--premises", "refs", multiple=True, metavar="REF", help="Only these; else all that use the family.")
@click.option("--against", default="", metavar="VERSION", help="Compared with; else what was in force on each day.")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def simulate(
    draft: Path, first: datetime, last: datetime, refs: tuple[str, ...], against: str, *, as_json: bool
) -> None:
    """Run a draft against real bookings: who moves between classes, and what it costs or gives each of them.

    The database is that of VUORO_DATABASE_URL; nothing in it is changed.
    """
    try:
        book = compiled(text_of(file_document(draft)))
    except RulebookError as error:
        for line in error.lines:
            click.echo(f"error: {draft.name}: {line}", err=True)
        raise click.exceptions.Exit(2) from None
    engine = engine_or_exit()
    with reading(sessionmaker(engine, expire_on_commit=False)) as session:
        tallies = run(session, book, (first.date(), last.date()), refs, against)
        told = names(session)
    engine.dispose()
    click.echo(json.dumps(report(tallies, told), ensure_ascii=False, indent=2) if as_json else table(tallies, told))


def engine_or_exit() -> Engine:
    try:
        url: str = Env(prefix="VUORO_").str("DATABASE_URL")
    except EnvError as error:
        raise click.UsageError(f"settings: {error}") from error
    return make_engine(url)


def run(session: Session, book: Rulebook, days: tuple[date, date], refs: Sequence[str], against: str) -> Tallies:
    """The whole run, with progress on standard error."""
    known = books(session)
    if against and against not in {one.id for one in known}:
        raise click.UsageError(f'no rulebook "{against}"')
    scope = scope_of(session, book.family, *days, refs)
    trial = Run(session, book, baseline_of(against, known), scope)
    progress: Any = click.progressbar(length=how_many(session, scope), label=book.id, file=sys.stderr)
    with progress as bar:
        for counted in trial.whole():
            bar.update(counted)
    return trial.tallies


def names(session: Session) -> dict[str, str]:
    """Names of organisations and premises by their refs."""
    found: dict[str, str] = {}
    for query in (select(Organisation.ref, Organisation.name), select(Premises.ref, Premises.name_fi)):
        found |= {row[0]: row[1] for row in session.execute(query)}
    return found


def report(tallies: Tallies, told: Mapping[str, str]) -> dict[str, Any]:
    """Totals, and the same by organisation, premises and class; every move with its counts. Amounts in cents."""
    return {
        "total": dict(total(tallies)),
        "organisations": {told.get(ref, ref): dict(one) for ref, one in grouped(tallies, by_organisation).items()},
        "premises": {told.get(ref, ref): dict(one) for ref, one in grouped(tallies, lambda m: m.premises).items()},
        "classes": {
            which: {
                name: {"before": dict(sides.before), "after": dict(sides.after)}
                for name, sides in by_class(tallies, which).items()
            }
            for which in ("kind", "priority", "price")
        },
        "moves": as_rows(tallies),
    }


def by_organisation(move: Any) -> str:
    return str(move.organisation)


def table(tallies: Tallies, told: Mapping[str, str]) -> str:
    """A page of text: totals, classes, and organisations with the largest differences first."""
    lines = [f"uses: {total(tallies)['times']}", *totals(total(tallies)), "", "classes, uses before -> after"]
    for which in ("kind", "priority", "price"):
        for name, sides in by_class(tallies, which).items():
            lines.append(f"  {which} {name or '-'}: {sides.before['times']} -> {sides.after['times']}")
    lines += ["", "organisations, difference in euros (uses of unknown difference)"]
    every = grouped(tallies, by_organisation)
    for ref, one in sorted(every.items(), key=lambda pair: -abs(pair[1]["difference"])):
        lines.append(f"  {told.get(ref, ref)}: {euros(one['difference'])} ({one['difference_unknown']})")
    return "\n".join(lines)


def totals(one: Counter[str]) -> list[str]:
    def side(amount: str, name: str) -> str:
        return f"{euros(one[f'{amount}_{name}'])} ({one[f'{amount}_{name}_unknown']} unknown)"

    return [f"{amount}: {side(amount, 'before')} -> {side(amount, 'after')}" for amount in AMOUNTS]


def euros(cents: int) -> str:
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"
