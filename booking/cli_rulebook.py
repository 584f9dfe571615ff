"""`vuoro rulebook`: check documents and explain outcomes, without a database. Bad input ends with exit code 2."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import click

from booking.cli_difference import diff
from booking.cli_overlaps import overlaps
from booking.cli_simulate import simulate
from booking.core.rulebook import Rulebook, evaluate
from booking.core.rules.conditions import nearest
from booking.core.rules.facts import Fact, facts_of
from booking.core.rules.standing import every_row
from booking.rulebook_answers import as_json
from booking.rulebook_json_schema import request_json_schema
from booking.rulebook_requests import RequestError, request_of
from booking.rulebooks import NoRulebook, RulebookError, in_force, load, load_all, rulebook_paths, shipped, words


@click.group("rulebook")
def rulebook() -> None:
    """Check rulebooks and explain what they answer."""


rulebook.add_command(diff)
rulebook.add_command(overlaps)
rulebook.add_command(simulate)


@rulebook.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
def check(paths: tuple[Path, ...]) -> None:
    """Check rulebook files or folders; with none, those that come with the program."""
    try:
        books = checked(paths) if paths else list(load_all())
    except RulebookError as error:
        raise bad(error.lines) from None
    for book in books:
        rows = sum(1 for _ in every_row(book))
        until = f" to {book.valid_to}" if book.valid_to else ""
        click.echo(f"{book.id}: from {book.valid_from}{until}, {rows} rows, no faults")
        for warning in book.warnings:
            click.echo(f"warning: {book.id}: {warning}")


def checked(paths: tuple[Path, ...]) -> list[Rulebook]:
    """Every file loaded, folders whole; the faults of all are told together."""
    books: list[Rulebook] = []
    faults: list[str] = []
    for path in paths:
        try:
            books += load_all(path) if path.is_dir() else [load(path)]
        except RulebookError as error:
            faults += error.lines
    empty = [f"{path}: no rulebooks in this folder" for path in paths if path.is_dir() and not rulebook_paths(path)]
    if faults or empty:
        raise RulebookError(faults + empty)
    return books


@rulebook.command("request-schema")
def print_schema() -> None:
    """Print the JSON Schema of a request, as in docs/rulebook-request.schema.json."""
    click.echo(json.dumps(request_json_schema(), ensure_ascii=False, indent=2))


@rulebook.command()
@click.argument("name", metavar="RULEBOOK")
@click.option("--request", "request_path", required=True, metavar="REQUEST.json", type=click.Path(path_type=Path))
@click.option("--on", "on", metavar="DATE", help="The day whose version is asked; else the day of use in the request.")
def explain(name: str, request_path: Path, on: str | None) -> None:
    """Print priority, price, outcome and reasons as JSON for a request told as facts.

    RULEBOOK is a family (the version is picked by date), a version such as family-2019-08, or the path of a file.
    """
    try:
        written = json_of(request_path)
        day = told_day(on)
        book = book_named(name, written, on=day)
        outcome = evaluate(book, request_of(written, book.words, book.own_facts), on=day)
    except (RulebookError, RequestError) as error:
        raise bad(error.lines) from None
    click.echo(json.dumps(as_json(outcome), ensure_ascii=False, indent=2).encode(errors="backslashreplace"))


def told_day(on: str | None) -> date | None:
    try:
        return date.fromisoformat(on) if on else None
    except ValueError:
        raise RequestError([f"--on: a day is written as 2019-08-01, not {on!r}"]) from None


def json_of(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RequestError([f"{path}: no such file"]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError([f"{path}: cannot be read: {error}"]) from None
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits and lists without end
        raise RequestError([f"{path}: not JSON: {error}"]) from None


def day_of(written: object) -> date:
    """The day of use a request tells. Raises RequestError when it is told wrongly or not at all."""
    day = facts_of(request_of(written, all_words(), all_own_facts()))["time.use_on"]
    if not isinstance(day, date):
        raise RequestError(["time: start: tell the day of use, or give --on DATE, so that a version can be picked"])
    return day


def all_words() -> Any:
    """Every word any shipped rulebook knows: enough to read a request before its rulebook is picked."""
    known = {name: dict(listed) for name, listed in words().items()}
    for book in shipped():
        for name, listed in book.words.items():
            known.setdefault(name, {}).update(listed)
    return known


def all_own_facts() -> dict[str, Fact]:
    """Every fact that any shipped rulebook has added."""
    return {name: fact for book in shipped() for name, fact in book.own_facts.items()}


def book_named(name: str, written: object, *, on: date | None) -> Rulebook:
    """A rulebook by path, by version, or by family and day of use. Raises RulebookError or RequestError."""
    if name.endswith(".toml") or is_file(name):
        return load(Path(name))
    books = shipped()
    exact = next((book for book in books if book.id == name), None)
    families = {book.family for book in books}
    if exact is None and name not in families:
        raise NoRulebook([f'no rulebook "{name}"{nearest(name, families | {book.id for book in books})}'])
    return exact or in_force(books, name, on or day_of(written))


def is_file(name: str) -> bool:
    """Whether there is such a file; a name that no file can have is none."""
    try:
        return Path(name).is_file()
    except (OSError, ValueError):
        return False


def bad(lines: tuple[str, ...]) -> click.exceptions.Exit:
    for line in lines:
        click.echo(f"error: {line}", err=True)
    return click.exceptions.Exit(2)
