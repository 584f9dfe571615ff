"""From a written formula to a compiled one: what its unit needs and uses, where its amounts come from, and what in a
matrix contradicts itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from booking.core.rules.counting import colliding
from booking.core.rules.fact_types import Fact, FactType
from booking.core.rules.figures import ANYTHING, CLASS, ends, overlaps
from booking.core.rules.formulas import TOGETHER, UNCOUNTED, Amounts, Band, Formula, Matrix, Tier, Unit
from booking.rulebook_builder import Builder
from booking.rulebook_merge import Document

NUMBERS = (FactType.NUMBER, FactType.DECIMAL, FactType.FRACTION)
SEVERAL = (FactType.WORDS, FactType.TEXTS)
UNASKABLE = (FactType.PEOPLE, FactType.PARTS, FactType.COUNTS, FactType.MOMENT)
AMOUNTS = frozenset({"amount", "amounts", "matrix"})
BOUNDS = frozenset({"at_least", "at_most", "round_to", "round"})
LENGTHS = frozenset(
    {"minimum_hours", "minimum_minutes", "maximum_hours", "maximum_minutes", "free_minutes", "extra_minutes"}
)
TIMED = AMOUNTS | LENGTHS | {"day_hours", "day", "bands"}
LEGACY = frozenset({"minimum_hours", "block_hours", *AMOUNTS})  # were written with any unit before, without effect
USED: Mapping[Unit, frozenset[str]] = {
    Unit.ZERO: frozenset(),
    Unit.UNKNOWN: frozenset(),
    Unit.HOUR: TIMED,
    Unit.STARTED_HOUR: TIMED,
    Unit.STARTED_BLOCK: TIMED | {"per", "block_hours", "block_minutes"},
    Unit.STEP: TIMED | {"first_minutes", "step_minutes"},
    Unit.DAY: AMOUNTS | {"day_counts"},
    Unit.EVENT: AMOUNTS,
    Unit.PERSON: AMOUNTS | {"of"},
    Unit.EACH: AMOUNTS | {"of"},
    Unit.SLEEPER_NIGHT: AMOUNTS,
    Unit.WEEK_HOUR: AMOUNTS,
    Unit.SEASON: AMOUNTS,
    Unit.PACKAGE: AMOUNTS | {"package", "extra_hour"},
    Unit.TIERS: LENGTHS | {"tiers", "tiers_by", "of"},
    Unit.PERCENT: frozenset({"percent", "of"}),
    Unit.SHARE_OF_NORMAL: frozenset({"percent"}),
    **dict.fromkeys(TOGETHER, frozenset({"terms"})),
}
NEEDED: Mapping[Unit, tuple[str, ...]] = {
    Unit.STEP: ("step_minutes",),
    Unit.EACH: ("of",),
    Unit.TIERS: ("tiers",),
    Unit.PERCENT: ("percent", "of"),
    Unit.SHARE_OF_NORMAL: ("percent",),
    **dict.fromkeys(TOGETHER, ("terms",)),
}
EVERY_FIELD = frozenset().union(*USED.values(), BOUNDS)
PLAIN = (
    "first_minutes", "step_minutes", "free_minutes", "extra_minutes", "day", "day_counts", "tiers_by", "package",
    "extra_hour", "percent", "of", "at_least", "at_most", "round_to", "round",
)  # fmt: skip


def formula(builder: Builder, where: str, read: Document) -> Formula:
    """The formula of a row, faults told."""
    check_fields(builder, where, read)
    told = {name: read[name] for name in PLAIN if name in read}
    return Formula(
        unit=read["unit"],
        amounts=amounts(builder, where, read),
        per_block=read.get("per") == "block",
        block_minutes=read.get("block_minutes") or read.get("block_hours") or 60,
        minimum_minutes=read.get("minimum_minutes") or read.get("minimum_hours") or 0,
        maximum_minutes=read.get("maximum_minutes") or read.get("maximum_hours") or 0,
        day_minutes=read.get("day_hours", 0),
        bands=tuple(bands(builder, where, read)),
        tiers=tuple(tiers(builder, where, read)),
        terms=tuple(terms(builder, where, read)),
        **told,
    )


def check_fields(builder: Builder, where: str, read: Document) -> None:
    """A unit has what it needs and nothing that it would not heed: silence could be read as free."""
    unit: Unit = read["unit"]
    used = USED[unit]
    missing = [name for name in NEEDED.get(unit, ()) if name not in read]
    builder.faults += [f"{where}: {name}: missing; unit {unit} needs it" for name in missing]
    if used >= AMOUNTS and unpriced(read):
        builder.faults.append(f'{where}: amount: missing; write "unknown" when the sources do not tell it')
    idle = [name for name in read if name in EVERY_FIELD - used - BOUNDS - LEGACY]
    builder.faults += [f"{where}: {name}: has no effect with unit {unit}" for name in idle]
    if unit in UNCOUNTED:
        builder.faults += [f"{where}: {name}: has no effect with unit {unit}" for name in sorted(BOUNDS & read.keys())]
    check_of(builder, where, read)
    check_sense(builder, where, read)


def unpriced(read: Document) -> bool:
    """Whether no amount is told: bands that name their own amounts do for one."""
    return "amount" not in read and not read["amounts"] and "matrix" not in read and "bands" not in read


def check_of(builder: Builder, where: str, read: Document) -> None:
    if "of" in read:
        number_fact(builder, where, "of", read["of"])


def number_fact(builder: Builder, where: str, name: str, fact: str) -> None:
    """A fact that is counted must be a number."""
    builder.check(where, name, fact, builder.vocabulary.facts)
    known = builder.vocabulary.facts.get(fact)
    if known is not None and known.type not in NUMBERS:
        builder.faults.append(f"{where}: {name}: {fact} is no number")


def check_sense(builder: Builder, where: str, read: Document) -> None:
    """Bounds that leave nothing between them, and fields that stand in each other's way."""
    pairs = (
        ("block_hours", "block_minutes"),
        ("minimum_hours", "minimum_minutes"),
        ("maximum_hours", "maximum_minutes"),
    )
    for one, other in (*pairs, ("day_hours", "bands")):
        if one in read and other in read:
            builder.faults.append(f"{where}: {other}: does not go together with {one}")
    if "day" in read and "day_hours" not in read:
        builder.faults.append(f'{where}: day: goes with "day_hours"')
    if read.get("at_most", read.get("at_least")) != read.get("at_least") and read.get("at_least", 0) > read.get(
        "at_most", 0
    ):
        builder.faults.append(f"{where}: at_most: is less than at_least")


# --- where amounts come from ---


def amounts(builder: Builder, where: str, read: Document) -> Amounts:
    kinds = read.get("amounts", {})
    for kind in kinds:
        builder.check(where, "amounts", kind, builder.words.get("space_kind", {}))
    matrix = matrix_of(builder, where, read["matrix"]) if "matrix" in read else None
    return Amounts(read.get("amount"), kinds, matrix)


def matrix_of(builder: Builder, where: str, read: Document) -> Matrix:
    """A matrix with every cell checked against what its fact can be."""
    matrix = Matrix(tuple(read["by"]), read["rows"], read["otherwise"])
    for column, name in enumerate(matrix.by):
        fact = column_fact(builder, where, name)
        if fact is not None:
            check_column(builder, f"{where}: matrix", matrix, column, fact)
    many = frozenset(name for name in matrix.by if (one := builder.vocabulary.facts.get(name)) and one.type in SEVERAL)
    for earlier, later in overlaps(matrix, many):
        builder.warnings.append(f"{where}: matrix: rows {earlier} and {later} can both fit; the first one counts")
    return matrix


def column_fact(builder: Builder, where: str, name: str) -> Fact | None:
    """The fact of a column; None for the price class, and where it is no fact that can be asked."""
    if name == CLASS:
        return Fact(FactType.WORD, CLASS)
    builder.check(f"{where}: matrix", "by", name, {CLASS, *builder.vocabulary.facts})
    fact = builder.vocabulary.facts.get(name)
    if fact is not None and fact.type in UNASKABLE:
        builder.faults.append(f"{where}: matrix: by: {name} cannot stand in a matrix")
        return None
    return fact


def check_column(builder: Builder, where: str, matrix: Matrix, column: int, fact: Fact) -> None:
    for place, (cells, _) in enumerate(matrix.rows, start=1):
        for text in cells[column]:
            if text != ANYTHING:
                check_cell(builder, f"{where}: row {place}", matrix.by[column], text, fact)


def check_cell(builder: Builder, where: str, name: str, text: str, fact: Fact) -> None:
    """A cell of a number is a number or a range, of yes or no one of them, of words one of the list."""
    if fact.type in NUMBERS and ends(text)[:2] == (None, None):
        builder.faults.append(f'{where}: {name}: "{text}" is no number and no range such as 300-599')
    if fact.type is FactType.YES_NO and text.casefold() not in ("yes", "no", "true", "false"):
        builder.faults.append(f'{where}: {name}: true, false or "*", not "{text}"')
    if fact.words == CLASS:
        builder.check(where, name, text, builder.price_classes())
    elif fact.words:
        builder.check(where, name, text, builder.words.get(fact.words, {}))


# --- times of day and tiers ---


def bands(builder: Builder, where: str, read: Document) -> Iterator[Band]:
    written = read.get("bands", [])
    if colliding([(band["from_minute"], band["to_minute"]) for band in written]):
        builder.faults.append(f"{where}: bands: two of them hold the same time of day")
    for band in written:
        if "amount" not in band and not band["amounts"] and "matrix" not in band:
            builder.faults.append(f'{where}: bands: amount: missing; write "unknown" when the sources do not tell it')
        yield Band(band["from_minute"], band["to_minute"], amounts(builder, f"{where}: bands", band))


def tiers(builder: Builder, where: str, read: Document) -> Iterator[Tier]:
    written = read.get("tiers", [])
    limits = [limit_of(tier) for tier in written]
    told = [limit for limit in limits if limit is not None]
    if told != sorted(set(told)) or None in limits[:-1]:
        builder.faults.append(
            f"{where}: tiers: each reaches further than the one before; only the last may have no limit"
        )
    for tier, limit in zip(written, limits, strict=True):
        yield from one_tier(builder, f"{where}: tiers", read.get("of"), tier, limit)


def one_tier(builder: Builder, where: str, of: str | None, tier: Document, limit: int | None) -> Iterator[Tier]:
    """A tier by time goes by the hour unless it tells another unit, one by a number by each of it."""
    usual = {"unit": Unit.HOUR} if of is None else {"unit": Unit.EACH, "of": of}
    whole = tier if "unit" in tier else usual | tier
    if whole["unit"] in (Unit.TIERS, Unit.SHARE_OF_NORMAL):
        builder.faults.append(f"{where}: unit: {whole['unit']} cannot stand in a tier")
    elif limit is not None and (of is None) == ("up_to" in tier):
        builder.faults.append(f'{where}: write "up_to" where tiers go by "of", else "up_to_hours" or "up_to_minutes"')
    else:
        yield Tier(limit, formula(builder, where, whole))


def limit_of(tier: Mapping[str, Any]) -> int | None:
    limit: int | None = tier.get("up_to", tier.get("up_to_minutes", tier.get("up_to_hours")))
    return limit


# --- several formulas together ---


def terms(builder: Builder, where: str, read: Document) -> Iterator[Formula]:
    for term in read.get("terms", ()):
        if term["unit"] in (Unit.SHARE_OF_NORMAL, *TOGETHER):
            builder.faults.append(f"{where}: terms: unit: {term['unit']} cannot stand in a term")
        else:
            yield formula(builder, f"{where}: terms", term)
