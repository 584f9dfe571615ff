"""The catalogues of texts: extract, update, fill, check and compile. `python -m web.catalogue --help`.

The po files are committed and sorted by text; the mo files are compiled from them when an app starts.
English is the language of the texts in the code, so its catalogue fills itself.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

LANGUAGES = ("fi", "sv", "en")
ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent / "translations"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "_l": None,
    "ngettext": (1, 2),
    "_n": (1, 2),
}
# Without dates and names: the same texts give the same file.
HEADER = """# Texts of Vuoro. Change them with `python -m web.catalogue fill FILE.json`.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plurals}\\n"

"""
PLACE = re.compile(r"%\((\w+)\)[sd]")

Text = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something a catalogue lacks."""

    language: str
    text: str
    problem: str
    plural: bool = False


def path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


@contextmanager
def alone() -> Iterator[None]:
    """Only one program at a time changes the catalogues."""
    FOLDER.mkdir(exist_ok=True)
    folder = os.open(FOLDER, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def texts() -> list[Text]:
    """Every text marked for translation in web/, plural ones as (one, many)."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]
    found = extract_from_dir(ROOT, methods, options, keywords=KEYWORDS)
    return sorted({text for _file, _line, text, _comments, _context in found if text}, key=str)


def read(language: str) -> Catalog:
    """The committed catalogue, empty when there is none yet."""
    try:
        with path(language).open("rb") as file:
            return read_po(file, locale=language)
    except FileNotFoundError:
        return Catalog(locale=language)


def write(language: str, catalogue: Catalog) -> None:
    path(language).parent.mkdir(parents=True, exist_ok=True)
    fresh = path(language).with_suffix(f".{os.getpid()}")
    with fresh.open("wb") as file:
        file.write(HEADER.format(language=language, plurals=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=120, omit_header=True, sort_output=True, no_location=True)
    fresh.replace(path(language))


def update() -> None:
    """Bring the three catalogues to the texts in the code: new ones empty, unused ones gone."""
    wanted = texts()
    for language in LANGUAGES:
        old, new = read(language), Catalog(locale=language)
        for text in wanted:
            known = old.get(text if isinstance(text, str) else text[0])
            new.add(text, text if language == "en" else _kept(known, text))
        write(language, new)


def _kept(known: Message | None, text: Text) -> Any:
    nothing: Text = "" if isinstance(text, str) else ("", "")
    if known is None or isinstance(known.string, str) != isinstance(text, str):
        return nothing
    return known.string


def fill(given: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Merge {"text": {"fi": …, "sv": …}} into the catalogues; plural texts give lists [one, many].

    Returns the texts that no code uses (they are left out).
    """
    update()
    unknown: set[str] = set()
    for language in ("fi", "sv"):
        catalogue = read(language)
        for text, said in given.items():
            message = catalogue.get(text)
            if message is None:
                unknown.add(text)
            elif language in said:
                message.string = tuple(said[language]) if isinstance(said[language], list) else said[language]
        write(language, _renewed(language, catalogue))
    return sorted(unknown)


def _renewed(language: str, catalogue: Catalog) -> Catalog:
    new = Catalog(locale=language)
    for message in catalogue:
        if message.id:
            new.add(message.id, message.string)
    return new


def flaws() -> list[Flaw]:
    """What is missing, left over, uncertain or has lost a placeholder."""
    wanted = set(texts())
    return [flaw for language in LANGUAGES for flaw in _flaws(language, wanted)]


def missing() -> list[tuple[str, bool]]:
    """The texts that some language lacks, each with whether it has one form only."""
    lacking = [flaw for flaw in flaws() if flaw.problem == "not translated"]
    return sorted({(flaw.text, not flaw.plural) for flaw in lacking})


def _flaws(language: str, wanted: set[Text]) -> Iterator[Flaw]:
    catalogue = read(language)
    held: set[Text] = {_id(message) for message in catalogue if message.id}
    for text in sorted(wanted - held, key=str):
        yield Flaw(language, _one(text), "not in the catalogue")
    for text in sorted(held - wanted, key=str):
        yield Flaw(language, _one(text), "not in the code")
    for message in catalogue:
        if message.id and (problem := _problem(message)):
            yield Flaw(language, _one(_id(message)), problem, plural=not isinstance(message.id, str))


def _one(text: Text) -> str:
    return text if isinstance(text, str) else text[0]


def _id(message: Message) -> Text:
    return message.id if isinstance(message.id, str) else tuple(message.id)


def _problem(message: Message) -> str:
    said = [message.string] if isinstance(message.string, str) else list(message.string or ("",))
    if not all(said):
        return "not translated"
    if message.fuzzy:
        return "fuzzy"
    many = message.id if isinstance(message.id, str) else message.id[-1]
    wanted, got = set(PLACE.findall(many)), set(PLACE.findall(said[-1]))
    return "" if wanted == got else f"placeholders {sorted(got)} instead of {sorted(wanted)}"


def compile_stale() -> None:
    """Write the mo files that are missing or older than their po files. Safe for several processes at once."""
    for language in LANGUAGES:
        po = path(language)
        mo = po.with_suffix(".mo")
        if not po.exists() or (mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns):
            continue
        fresh = mo.with_suffix(f".{os.getpid()}.mo")
        with fresh.open("wb") as file:
            write_mo(file, read(language))
        fresh.replace(mo)


@click.group()
def main() -> None:
    """The catalogues of texts in web/translations."""


@main.command("update")
def update_command() -> None:
    """Take up new texts from the code and drop unused ones."""
    with alone():
        update()
    click.echo(f"{len(missing())} translations missing")


@main.command("fill")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def fill_command(file: Path) -> None:
    """Merge FILE: {"text": {"fi": "…", "sv": "…"}}; plural texts by their singular, with lists [one, many]."""
    with alone():
        unknown = fill(json.loads(file.read_text(encoding="utf-8")))
    for text in unknown:
        click.echo(f"no code says: {text!r}", err=True)
    click.echo(f"{len(missing())} translations missing")


@main.command("missing")
@click.option("--json", "as_json", is_flag=True, help="as a file for `fill`, to be completed")
def missing_command(*, as_json: bool) -> None:
    """List what is not translated."""
    if as_json:
        empty = {text: {"fi": "", "sv": ""} if one else {"fi": ["", ""], "sv": ["", ""]} for text, one in missing()}
        click.echo(json.dumps(empty, indent=1, ensure_ascii=False))
    else:
        click.echo("\n".join(text for text, _one in missing()))


@main.command("check")
def check_command() -> None:
    """Fail when a text is not translated into every language."""
    found = flaws()
    for flaw in found:
        click.echo(f"{flaw.language}: {flaw.text}: {flaw.problem}", err=True)
    sys.exit(1 if found else 0)


@main.command("compile")
def compile_command() -> None:
    """Write the mo files."""
    compile_stale()


if __name__ == "__main__":
    main()
