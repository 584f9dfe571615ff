"""Cells of a sheet of sections read into a wish: times, places, words of the rulebooks and plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from booking.models import Named
from booking.rounds.offered import Offered, Where
from booking.rounds.sections import SectionWish, WindowWish
from booking.rulebooks import words

LANGUAGES = ("fi", "sv", "en")
DAYS: Mapping[str, int] = {
    **dict(zip(("ma", "ti", "ke", "to", "pe", "la", "su"), range(7), strict=True)),
    **dict(zip(("må", "tis", "on", "tors", "fre", "lö", "sö"), range(7), strict=True)),
    **dict(zip(("mån", "tis", "ons", "tor", "fre", "lör", "sön"), range(7), strict=True)),
    **dict(zip(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), range(7), strict=True)),
}
ALSO = r"(?P<also>\?|\(?(?:myös|också|also)\)?)?"
WINDOW = re.compile(
    rf"(?P<day>[a-zåäö]+)\.?\s*(?P<start>\d{{1,2}}(?:[.:]\d\d)?)\s*[-–]\s*(?P<end>\d{{1,2}}(?:[.:]\d\d)?)\s*{ALSO}",
    re.IGNORECASE,
)
YES = frozenset({"1", "x", "yes", "true", "kyllä", "k", "ja", "joo"})
NO = frozenset({"0", "no", "false", "ei", "nej"})
WEEKS = {"every": "every", "joka": "every", "kaikki": "every", "varje": "every", "alla": "every", "a": "A", "b": "B"}


class CellFault(ValueError):
    """A cell that cannot be read: its column, a stable word, and what stood there."""

    def __init__(self, column: str, problem: str, found: str = "") -> None:
        super().__init__(f"{column} {problem}")
        self.column, self.problem, self.found = column, problem, found


class Places:
    """The places of a round by the names people write: space, premises and space, kind, premises, district."""

    def __init__(self, round_: Offered) -> None:
        self.round = round_
        self.named: dict[str, set[Where]] = {}
        for space in round_.spaces:
            self._name(Where(space=space.ref), _names(space))
            both = (f"{house}/{name}" for house in _names(space.premises) for name in _names(space))
            self._name(Where(space=space.ref), [*both, space.ref])
        for house in round_.premises.values():
            self._name(Where(premises=house.ref), [*_names(house), house.ref])
        for kind in round_.kinds:
            self._name(Where(kind=kind), [kind, *words()["space_kind"].get(kind, {}).values()])
        for district in round_.districts:
            self._name(Where(district=district), [district])

    def _name(self, where: Where, names: Iterable[str]) -> None:
        for name in names:
            self.named.setdefault(_folded(name), set()).add(where)

    def find(self, text: str) -> Where:
        """Raises CellFault for a name that nothing, or more than one thing, has."""
        found = self.named.get(_folded(text), set())
        if len(found) != 1:
            raise CellFault("options", "several_places" if found else "unknown_place", text)
        return next(iter(found))


def _names(named: Named) -> set[str]:
    return {named.name(language) for language in LANGUAGES}


def _folded(text: str) -> str:
    return re.sub(r"\s*([/:])\s*", "/", " ".join(text.casefold().split()))


def windows(text: str) -> tuple[WindowWish, ...]:
    """Times as people write them: "ma 17-20, ke 18.30-21 (myös)". Raises CellFault for what cannot be read."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]
    return tuple(_window(part) for part in parts)


def _window(part: str) -> WindowWish:
    found = WINDOW.fullmatch(part)
    day = DAYS.get(found["day"].casefold()) if found else None
    if found is None or day is None:
        raise CellFault("windows", "window_form", part)
    return WindowWish(day, _minute(found["start"], part), _minute(found["end"], part), 2 if found["also"] else 1)


def _minute(text: str, part: str) -> int:
    hour, _, minute = text.replace(".", ":").partition(":")
    made = int(hour) * 60 + int(minute or 0)
    if made > 24 * 60 or int(minute or 0) > 59:
        raise CellFault("windows", "window_form", part)
    return made


def word(listed: str, column: str, text: str) -> str:
    """A word of the rulebooks by itself or by its name in any language. Raises CellFault."""
    folded = _folded(text)
    for name, said in words()[listed].items():
        if folded in {_folded(name), *(_folded(one) for one in said.values())}:
            return name
    raise CellFault(column, "not_one_of", text)


def number(column: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,5}", text):
        raise CellFault(column, "not_a_number", text)
    return int(text)


def yes(column: str, text: str) -> bool:
    if text.casefold() in YES | NO:
        return text.casefold() in YES
    raise CellFault(column, "yes_or_no", text)


def listed(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]", text) if part.strip()]


def read_cells(
    cells: Mapping[str, str], places: Places, groups: Mapping[str, str]
) -> tuple[SectionWish | None, list[CellFault]]:
    """The wish of a row, or every cell that cannot be read; `groups`: refs of the organisation's groups by name."""
    told: dict[str, Any] = {}
    bad: list[CellFault] = []
    for name, reads in _readers(places).items():
        try:
            if name in cells:
                told[name] = reads(cells[name])
        except CellFault as fault:
            bad.append(fault)
    bad += [CellFault(name, "missing") for name in ("name", "purpose", "people") if name not in cells]
    return (None if bad else _wish(told, groups)), bad


def _wish(told: dict[str, Any], groups: Mapping[str, str]) -> SectionWish:
    audience: dict[str, Any] = {name: told.pop(name) for name in ("under_18", "residents") if name in told}
    if "age" in told:
        audience["group"] = told.pop("age")
    least = told.setdefault("min_minutes", told.get("max_minutes", 60))
    told.setdefault("max_minutes", least)
    return SectionWish(**told, audience=audience, group=groups.get(told["name"], ""))


def _readers(places: Places) -> Mapping[str, Callable[[str], Any]]:
    return {
        "name": str.strip,
        "purpose": lambda text: word("activity_purpose", "purpose", text),
        **{name: _counting(name) for name in NUMBERS},
        "windows": windows,
        "options": lambda text: tuple(places.find(part) for part in re.split(r"[;|\n]", text) if part.strip()),
        "age": lambda text: word("audience_group", "age", text),
        "equipment": lambda text: tuple(part.casefold().replace(" ", "_") for part in listed(text)),
        "step_free": lambda text: yes("step_free", text),
        "weeks": _weeks,
        "periods": lambda text: tuple(_period(places.round, part) for part in listed(text)),
        "shared": lambda text: tuple(listed(text)),
    }


NUMBERS = ("people", "events", "min_minutes", "max_minutes", "under_18", "residents")


def _counting(name: str) -> Callable[[str], int]:
    return lambda text: number(name, text)


def _weeks(text: str) -> str:
    try:
        return WEEKS[text.casefold().split()[0]]
    except (KeyError, IndexError) as error:
        raise CellFault("weeks", "not_one_of", text) from error


def _period(round_: Offered, text: str) -> str:
    for key, one in round_.periods.items():
        named = (one.get(name, "") for name in ("name", "name_sv", "name_en"))
        if _folded(text) in {_folded(key), *(_folded(name) for name in named if name)}:
            return key
    raise CellFault("periods", "not_one_of", text)
