"""`vuoro rulebook diff`: what differs between two versions, row by row and field by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from booking.core.rules.conditions import nearest
from booking.core.rules.difference import Change, difference
from booking.rulebook_merge import Document
from booking.rulebooks import NoRulebook, RulebookError
from booking.versions.written import dated, file_document, shipped_documents


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def diff(before: str, after: str, *, as_json: bool) -> None:
    """Print the rows that were added, dropped, changed or moved between two rulebooks, with both decisions.

    A and B are versions such as family-2019-08, or paths of files.
    """
    try:
        changes = difference(dated(named(before)), dated(named(after)))
    except RulebookError as error:
        for line in error.lines:
            click.echo(f"error: {line}", err=True)
        raise click.exceptions.Exit(2) from None
    if as_json:
        click.echo(json.dumps([plain(change) for change in changes], ensure_ascii=False, indent=2, default=str))
        return
    for change in changes:
        click.echo("\n".join(lines_of(change)))
    click.echo(f"{len(changes)} rows differ")


def named(name: str) -> Document:
    """The whole document of a file or of a shipped version. Raises RulebookError."""
    if name.endswith(".toml"):
        return file_document(Path(name))
    known = shipped_documents()
    if name not in known:
        raise NoRulebook([f'no rulebook "{name}"{nearest(name, known)}'])
    return known[name]


def lines_of(change: Change) -> list[str]:
    """One line for the row, one for each field, one for the decisions."""
    fields = [f"    {one.field}: {said(one.before)} -> {said(one.after)}" for one in change.fields]
    cited = [f"    decisions: {' -> '.join(filter(None, change.decisions))}"] if any(change.decisions) else []
    return [f"{change.kind.value}: {change.table}: {change.row}", *(fields if change.before else []), *cited]


def said(value: Any) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def plain(change: Change) -> dict[str, Any]:
    fields = [{"field": one.field, "before": one.before, "after": one.after} for one in change.fields]
    before, after = change.decisions
    decisions = {"decision_before": before, "decision_after": after}
    return {"table": change.table, "row": change.row, "change": change.kind.value, "fields": fields} | decisions
