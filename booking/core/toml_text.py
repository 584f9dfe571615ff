"""A document of tables written as TOML text that `tomllib` reads back to the same document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from typing import Any

BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
WIDE = 110
ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def toml_text(document: Mapping[str, Any]) -> str:
    """The document as TOML: plain values first, then its tables, rows of tables as [[name]]. No value may be None."""
    return "\n".join(lines_of(document, ())).strip() + "\n"


def lines_of(table: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[str]:
    """The lines below one heading. Lists of tables and tables of tables get headings of their own."""
    plain = {name: value for name, value in table.items() if not is_headed(value, path)}
    yield from (f"{key(name)} = {inline(value)}" for name, value in plain.items())
    for name, value in table.items():
        if name not in plain:
            yield from headed((*path, name), value)


def headed(path: tuple[str, ...], value: Any) -> Iterator[str]:
    heading = ".".join(key(name) for name in path)
    rows, marks = (value, ("[[", "]]")) if isinstance(value, list) else ([value], ("[", "]"))
    for row in rows:
        yield f"\n{marks[0]}{heading}{marks[1]}"
        yield from lines_of(row, path)


def is_headed(value: object, path: tuple[str, ...]) -> bool:
    """Whether a value is a table of its own: rows and keyed tables of the document are, what stands in a row is not."""
    if isinstance(value, list):
        return not path and bool(value) and all(isinstance(row, Mapping) for row in value)
    deep = isinstance(value, Mapping) and any(isinstance(inner, Mapping) for inner in value.values())
    return isinstance(value, Mapping) and (not path or (len(path) == 1 and deep and path[0] == "words"))


def key(name: str) -> str:
    return name if BARE.match(name) else quoted(name)


def inline(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key(name)} = {inline(each)}" for name, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return listed([inline(each) for each in value])
    return scalar(value)


def listed(parts: list[str]) -> str:
    """A list on one line, or one part a line when that would be too wide: a line of an inline table may not break,
    but that of a list may."""
    line = f"[{', '.join(parts)}]"
    return line if len(line) <= WIDE else "[\n  " + ",\n  ".join(parts) + ",\n]"


def scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return quoted(value)
    raise TypeError(f"TOML has no form for {value!r}")


def quoted(text: str) -> str:
    return '"' + "".join(escaped(letter) for letter in text) + '"'


def escaped(letter: str) -> str:
    if letter in ESCAPES:
        return ESCAPES[letter]
    return f"\\u{ord(letter):04x}" if ord(letter) < 32 or ord(letter) == 127 else letter
