"""`vuoro rulebook overlaps`: rows that can both hold and say different things."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from booking.core.rulebook import Rulebook
from booking.core.rules.conditions import nearest
from booking.core.rules.overlaps import Overlap
from booking.core.rules.overlaps import overlaps as pairs
from booking.core.rules.rows import Effect
from booking.rulebook_answers import plainly
from booking.rulebooks import NoRulebook, RulebookError, load, shipped


@click.command()
@click.argument("name", metavar="RULEBOOK")
@click.option("--general", is_flag=True, help="Also rows that always hold, which others are meant to go before.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def overlaps(name: str, *, general: bool, as_json: bool) -> None:
    """Pairs of rows that can both hold and say different things, each with an example of such facts.

    RULEBOOK is a version such as family-2019-08, a family (its latest version), or the path of a file."""
    try:
        book = latest_named(name)
    except RulebookError as error:
        for line in error.lines:
            click.echo(f"error: {line}", err=True)
        raise click.exceptions.Exit(2) from None
    found = [plain(one) for one in pairs(book, general=general)]
    if as_json:
        click.echo(json.dumps({"rulebook": book.id, "overlaps": found}, ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(line_of(one))
    click.echo(f"{book.id}: {len(found)} pairs of rows can both hold with different effects")


def latest_named(name: str) -> Rulebook:
    """A rulebook by path, by version, or the latest version of a family. Raises RulebookError."""
    if name.endswith(".toml"):
        return load(Path(name))
    fitting = [book for book in shipped() if name in (book.id, book.family)]
    if not fitting:
        known = {book.family for book in shipped()} | {book.id for book in shipped()}
        raise NoRulebook([f'no rulebook "{name}"{nearest(name, known)}'])
    return max(fitting, key=lambda book: book.valid_from)


def plain(one: Overlap) -> dict[str, Any]:
    """A pair as JSON: both rows cited, their effects in words, whose counts, and facts by which both hold."""
    rows = {"first": (one.first, one.first_effect), "second": (one.second, one.second_effect)}
    told = {
        place: {"row": row.row, "effect": said(effect), "cited": plainly(row)} for place, (row, effect) in rows.items()
    }
    return {"table": one.table, **told, "winner": one.winner, "certain": one.certain, "facts": plainly(one.facts)}


def said(effect: Effect) -> str:
    """An effect in a word or two: a class, a refusal, whom it asks."""
    asked = f", asks {effect.decider}" if effect.decider else ""
    return (f"class {effect.class_id}" if effect.class_id else effect.kind.value) + asked


def line_of(one: dict[str, Any]) -> str:
    first, second = one["first"], one["second"]
    example = ", ".join(f"{name} = {value}" for name, value in one["facts"].items() if value is not None)
    found = f"for example {example}" if one["certain"] else "not found out: too many possibilities"
    rows = f"{first['row']} ({first['effect']}) and {second['row']} ({second['effect']})"
    return f"{one['table']}: {rows}; {one['winner']} wins; {found}"
