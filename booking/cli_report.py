"""`vuoro report`: support of a year in groups, from the database of VUORO_DATABASE_URL."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import click
from environs import EnvError
from sqlalchemy.orm import Session

from booking import sheets
from booking.core.opening import day_span
from booking.core.span import Span
from booking.db import make_engine, make_sessions, reading
from booking.reports import money_grants
from booking.reports.groupings import IN_TIME, KEYS
from booking.reports.uses import Sums, Wanted, summed, total, uses
from booking.settings import read_settings

HELSINKI = ZoneInfo("Europe/Helsinki")
HEADS = ("key", "name", "times", "hours", "normal_eur", "charged_eur", "support_eur", "unknown", "people", "no_shows")


@click.group("report")
def report() -> None:
    """What use cost, what was charged, and what support that was."""


@report.command()
@click.option("--year", type=click.IntRange(1990, 2100), required=True, help="Calendar year of the times.")
@click.option("--by", type=click.Choice(list(KEYS)), default="organisation", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Whole cents and minutes, as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Euros and hours, for a spreadsheet.")
def support(year: int, by: str, *, as_json: bool, as_csv: bool) -> None:
    """Support = normal price - charged, for times that were confirmed and are over."""
    if as_json and as_csv:
        raise click.UsageError("either --json or --csv")
    try:
        url = read_settings().database_url
    except EnvError as error:
        raise click.UsageError(str(error)) from None
    engine = make_engine(url)
    with reading(make_sessions(engine, _nothing_kept)) as session:
        groups = _groups(session, year, by)
        grants = _grants(session, year) if by == "organisation" else 0
    engine.dispose()
    if as_json:
        click.echo(json.dumps(_plain(year, by, groups, grants), ensure_ascii=False, indent=2))
    elif as_csv:
        click.echo(sheets.as_csv(HEADS, [_cells(*one) for one in groups], HELSINKI), nl=False)
    else:
        _print(groups)


def _nothing_kept(*_: object) -> None:
    """A report only reads, so it tells no acts."""


def _groups(session: Session, year: int, by: str) -> list[tuple[str, str, Sums]]:
    span = Span(day_span(date(year, 1, 1), HELSINKI).starts_at, day_span(date(year, 12, 31), HELSINKI).ends_at)
    sums = summed(uses(session, Wanted(span), datetime.now(UTC)), KEYS[by])
    groups = [(key, name, part) for (key, name), part in sums.items()]
    if by in IN_TIME:
        return sorted(groups, key=lambda group: group[0])
    return sorted(groups, key=lambda group: (-group[2].support_cents, group[1]))


def _grants(session: Session, year: int) -> int:
    return sum(money_grants.by_organisation(session, [year]).values())


def _plain(year: int, by: str, groups: list[tuple[str, str, Sums]], grants: int) -> dict[str, object]:
    lines = [{"key": key, "name": name} | _numbers(sums) for key, name, sums in groups]
    whole = _numbers(total(sums for _key, _name, sums in groups))
    return {"year": year, "by": by, "groups": lines, "all": whole, "money_grants_cents": grants}


def _numbers(sums: Sums) -> dict[str, object]:
    return asdict(sums) | {"organisations": len(sums.organisations)}


def _euros(cents: int) -> Decimal:
    return Decimal(cents) / 100


def _cells(key: str, name: str, sums: Sums) -> list[sheets.Cell]:
    money = [_euros(sums.normal_cents), _euros(sums.charged_cents), _euros(sums.support_cents)]
    return [key, name, sums.times, sums.hours, *money, sums.unknown, sums.people, sums.no_shows]


def _print(groups: Iterable[tuple[str, str, Sums]]) -> None:
    kept = list(groups)
    rows = [*((name, sums) for _key, name, sums in kept), ("all", total(sums for _key, _name, sums in kept))]
    width = max(len(name) for name, _sums in rows)
    click.echo(f"{'':{width}} {'times':>7} {'hours':>10} {'normal':>12} {'charged':>12} {'support':>12} {'unknown':>8}")
    for name, sums in rows:
        money = f"{_euros(sums.normal_cents):12} {_euros(sums.charged_cents):12} {_euros(sums.support_cents):12}"
        click.echo(f"{name:{width}} {sums.times:7} {sums.hours:10} {money} {sums.unknown:8}")
