"""`vuoro doors prepare`: records and label codes for controllers that have no door yet."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path

import click
import segno

from access import newcomers
from access.cli import broker_record, database, doors, given_settings, now
from access.keys import Vault
from access.newcomers import Prepared

_SHEET = """<!doctype html><meta charset="utf-8"><title>Vuoro</title>
<style>body{{font-family:sans-serif}}article{{display:inline-flex;gap:4mm;width:85mm;margin:3mm;padding:3mm;
border:1px dashed #999;break-inside:avoid;align-items:center}}svg{{width:30mm;height:30mm}}b{{font-size:14pt}}</style>
{labels}
"""
_LABEL = "<article>{qr}<p>{controller}<br><b>{code}</b><br>{address}</p></article>"


@doors.command()
@click.option("--count", type=click.IntRange(1, newcomers.MOST_AT_ONCE), default=1, show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Records, JSON Lines; they are secret.")
@click.option("--labels", type=click.Path(path_type=Path), required=True, help="Labels to print, as a page; secret.")
def prepare(count: int, out: Path, labels: Path) -> None:
    """Make keys for controllers that have no door yet: a record for each, and a label with the code that claims it.

    Put a record into each controller, glue its label on it, ship them. Whoever runs premises plugs one in and scans
    the label. The codes are shown only here: a lost label means preparing the controller anew.
    """
    ours = given_settings()
    with database(ours) as sessions, sessions.begin() as session:
        made = newcomers.prepare(session, Vault(ours.master_key), count, broker_record(ours), now=now())
        _write(out, "".join(json.dumps(each.record) + "\n" for each in made))
        _write(labels, sheet(made, ours.base_url))
    click.echo(f"{count} controllers: records in {out}, labels in {labels}")


def sheet(made: Sequence[Prepared], base_url: str) -> str:
    """A page of labels, each with its code in letters and as a QR code of the claiming page."""
    labels = []
    for each in made:
        address = f"{base_url}/doors/claim?code={each.code}"
        qr = segno.make(address, error="m", micro=False).svg_inline(omitsize=True, border=2)
        labels.append(
            _LABEL.format(qr=qr, controller=each.controller_id, code=each.code, address=html.escape(base_url))
        )
    return _SHEET.format(labels="\n".join(labels))


def _write(path: Path, text: str) -> None:
    """For this user's eyes only."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
