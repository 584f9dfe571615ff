"""`vuoro audit`: verify the log where it lives, export a part of it, sign a checkpoint."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from environs import EnvError
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, sessionmaker

from access import audit_check, audit_export, checkpoints, keeping, witnesses
from access.audit_export import ExportWish
from booking.core.span import MINUTES_IN_DAY, EmptySpan, Span, local
from booking.db import make_engine, make_sessions
from booking.ids import PremisesId
from booking.models import Premises
from booking.refusals import Refusal
from booking.settings import Settings, read_settings

DAY = click.DateTime(["%Y-%m-%d"])


class NewFile(click.Path):
    """A file to write, in a folder that is there: asked before anything is done for it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(str(super().convert(value, param, ctx)))
        if not path.parent.is_dir():
            self.fail(f"there is no folder {path.parent}", param, ctx)
        return path


FILE = NewFile(dir_okay=False, path_type=Path)
OLD_FILE = click.Path(dir_okay=False, exists=True, path_type=Path)


class Key(click.ParamType[bytes]):
    """A public key as 64 hex digits."""

    name = "hex"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        try:
            key = bytes.fromhex(value)
        except ValueError:
            key = b""
        if len(key) != 32:
            self.fail("a public key has 64 hex digits", param, ctx)
        return key


@click.group()
def audit() -> None:
    """The audit log: verify, export, sign."""


def _settings() -> Settings:
    try:
        return read_settings()
    except EnvError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _sessions(settings: Settings) -> Iterator[sessionmaker[Session]]:
    engine = make_engine(settings.database_url)
    try:
        yield make_sessions(engine, keeping.keep_acts)
    except DBAPIError as error:
        raise click.ClickException(f"the database does not answer as it should: {error.orig}") from error
    except Refusal as refusal:
        raise click.ClickException(f"refused: {refusal}") from refusal
    except checkpoints.ChainBroken as broken:
        raise click.ClickException(f"the log is broken, nothing was signed: {broken}") from broken
    finally:
        engine.dispose()


@audit.command()
@click.option("--key", "keys", type=Key(), multiple=True, help="Public key of the log; else that of VUORO_MASTER_KEY.")
@click.option("--checkpoint", "held", type=OLD_FILE, help="A checkpoint kept elsewhere, to compare with.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def verify(keys: tuple[bytes, ...], held: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click's flag
    """Verify the whole log: chain, bodies, checkpoints, gaps, erasures. Exit code 1 names the entry that is wrong."""
    settings = _settings()
    trusted = keys or (bytes.fromhex(checkpoints.public_hex(checkpoints.signing_key(settings.master_key))),)
    note = held.read_text(encoding="utf-8", errors="replace") if held else None
    with _sessions(settings) as sessions, _snapshot(sessions) as session:
        verdict = _walk(session, trusted, note)
        outside = witnesses.check(session, settings)
    for finding in outside.findings:
        verdict.found(0, finding)
    if as_json:
        click.echo(json.dumps(_plain(verdict)))
    else:
        _report(verdict)
    raise SystemExit(0 if verdict.sound else 1)


@contextmanager
def _snapshot(sessions: sessionmaker[Session]) -> Iterator[Session]:
    """The log as it stands now, whatever is added meanwhile; on SQLite it waits for no writer."""
    with sessions() as session:
        options: dict[str, object] = {"reads_only": True}
        if session.get_bind().dialect.name == "postgresql":
            options["isolation_level"] = "REPEATABLE READ"
        session.connection(execution_options=options)
        yield session


def _walk(session: Session, keys: tuple[bytes, ...], held: str | None) -> audit_check.Verdict:
    stream = sys.stderr
    length = audit_check.size(session)
    with click.progressbar(length=length, label="Verifying", file=stream, hidden=not stream.isatty()) as bar:
        return audit_check.verify(session, keys=keys, held=held, passed=bar.update)


def _plain(verdict: audit_check.Verdict) -> dict[str, object]:
    findings = [{"seq": finding.seq, "problem": finding.problem} for finding in verdict.findings]
    counts = {"entries": verdict.entries, "erased": verdict.erased, "checkpoints": verdict.checkpoints}
    return {"sound": verdict.sound, **counts, "findings": findings}


def _report(verdict: audit_check.Verdict) -> None:
    for finding in verdict.findings:
        click.echo(f"FAIL  {finding}")
    counts = f"{verdict.entries} entries, {verdict.erased} erased, {verdict.checkpoints} checkpoints"
    click.echo(f"ok    {counts}: the log is as it was written" if verdict.sound else f"FAIL  {counts}: see above")


@audit.command()
@click.option("--from", "first", type=DAY, required=True, help="First day, local.")
@click.option("--to", "last", type=DAY, required=True, help="Last day, local, included.")
@click.option("--premises", "ref", help="Ref of the premises to export; else all.")
@click.option("--held", type=OLD_FILE, help="A checkpoint the auditor holds; the export will prove it grew from that.")
@click.option("--zone", default="Europe/Helsinki", show_default=True, help="Zone of the days.")
@click.option("--out", type=FILE, required=True, help="The ZIP to write.")
def export(first: datetime, last: datetime, ref: str | None, held: Path | None, zone: str, out: Path) -> None:
    """Export days of the log as a ZIP that verifies alone. The export is an act in the log itself."""
    settings = _settings()
    span = _days(first, last, zone)
    note = held.read_text(encoding="utf-8", errors="replace") if held else None
    key = checkpoints.signing_key(settings.master_key)
    with _sessions(settings) as sessions, sessions.begin() as session:
        wish = ExportWish(span, _premises(session, ref), note)
        made = audit_export.export(session, wish, by=None, now=_now(), key=key)
    _written(out, made.zipped)
    click.echo(f"{out}: {made.entries} entries of a log of {made.size}, key {checkpoints.public_hex(key)}")


def _days(first: datetime, last: datetime, zone: str) -> Span:
    try:
        place = ZoneInfo(zone)
        return Span(local(first.date(), 0, place), local(last.date(), MINUTES_IN_DAY, place))
    except EmptySpan as error:
        raise click.BadParameter("the last day is before the first", param_hint="--to") from error
    except (KeyError, ValueError, OSError) as error:
        raise click.BadParameter(str(error), param_hint="--zone") from error
    except OverflowError as error:
        raise click.BadParameter("beyond the days that can be reckoned with", param_hint="--from / --to") from error


def _premises(session: Session, ref: str | None) -> PremisesId | None:
    if ref is None:
        return None
    found = session.scalar(select(Premises.id).where(Premises.ref == ref))
    if found is None:
        raise click.BadParameter("no such premises", param_hint="--premises")
    return found


def _written(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise click.ClickException(f"{out} cannot be written: {error.strerror}") from error


def _now() -> datetime:
    return datetime.now(UTC)


@audit.command()
@click.option("--out", type=FILE, help="Write the checkpoint here instead of showing it.")
def checkpoint(out: Path | None) -> None:
    """Sign the log as it stands, and show the checkpoint: give it to the auditor, who keeps it elsewhere."""
    settings = _settings()
    key = checkpoints.signing_key(settings.master_key)
    with _sessions(settings) as sessions, sessions.begin() as session:
        made = checkpoints.checkpoint(session, _now(), key)
    if made is None:
        raise click.ClickException("the log is empty")
    if out is None:
        click.echo(made.note, nl=False)
    else:
        _written(out, made.note.encode())
    click.echo(f"key {made.public_key}", err=True)
