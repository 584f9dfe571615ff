"""Where an amount comes from: one for all, by kind of space, or a matrix over any facts. Unknown stays unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeAlias

from booking.core.rules.facts import Facts
from booking.core.rules.formulas import Amounts, Cell, Formula, Matrix

NOBODY: frozenset[str] = frozenset()
CLASS = "price.class"  # what a matrix may go by beside facts: the class that is priced
ANYTHING = "*"
REMEMBERED = 4096  # answers a matrix keeps ready
NUMBER = r"\d+(?:\.\d+)?"
RANGE = re.compile(rf"^({NUMBER})?\s*[-–]\s*({NUMBER})?$")
BEYOND = re.compile(rf"^(>=|<=|>|<)\s*({NUMBER})$")
YES, NO = frozenset({"yes", "true"}), frozenset({"no", "false"})

Found: TypeAlias = tuple[Fraction | None, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Figure:
    """An amount in exact cents (None: unknown), the facts whose absence leaves it open, and those it may ask."""

    cents: Callable[[Facts], Fraction | None]
    missing: Callable[[Facts], frozenset[str]]
    names: frozenset[str]


def exact_cents(amount: Decimal | None) -> Fraction | None:
    """Euros as exact cents."""
    return None if amount is None else Fraction(amount) * 100


def figure(amounts: Amounts) -> Figure:
    """The compiled form of where an amount comes from."""
    if amounts.matrix is not None:
        return by_matrix(amounts.matrix)
    flat = exact_cents(amounts.amount)
    if not amounts.amounts:
        return Figure(lambda _: flat, lambda _: NOBODY, NOBODY)
    by_kind = {kind: exact_cents(amount) for kind, amount in amounts.amounts.items()}
    return Figure(
        lambda facts: by_kind.get(facts.get("space.kind"), flat),  # type: ignore[arg-type]  # a kind not told is none of them
        lambda _: NOBODY,
        frozenset({"space.kind"}),
    )


def by_matrix(matrix: Matrix) -> Figure:
    """A matrix as a figure. Answers are kept by the facts they went by: a big table costs no more than a small one."""
    rows = tuple((cells, exact_cents(amount)) for cells, amount in matrix.rows)
    otherwise = exact_cents(matrix.otherwise)
    kept: dict[tuple[Any, ...], Found] = {}

    def found(facts: Facts) -> Found:
        values = tuple([facts.get(name) for name in matrix.by])
        if values not in kept:
            if len(kept) >= REMEMBERED:
                kept.clear()
            kept[values] = looked_up(matrix.by, rows, otherwise, values)
        return kept[values]

    return Figure(lambda facts: found(facts)[0], lambda facts: found(facts)[1], frozenset(matrix.by))


def looked_up(
    by: tuple[str, ...],
    rows: tuple[tuple[tuple[Cell, ...], Fraction | None], ...],
    otherwise: Fraction | None,
    values: tuple[Any, ...],
) -> Found:
    """The amount of the first row that fits. A fact not told leaves it open only where it could change the amount."""
    possible: set[Fraction | None] = set()
    open_: frozenset[str] = NOBODY
    for cells, amount in rows:
        answers = [fits(cell, value) for cell, value in zip(cells, values, strict=True)]
        if False in answers:
            continue
        possible.add(amount)
        if None not in answers:
            break
        open_ |= {name for name, answer in zip(by, answers, strict=True) if answer is None}
    else:
        possible.add(otherwise)
    return (possible.pop(), NOBODY) if len(possible) == 1 else (None, open_)


def for_class(formula: Formula, class_id: str | None) -> Formula:
    """A formula with the amounts of one price class, so that the class need not be asked any more."""
    return replace(
        formula,
        amounts=amounts_for(formula.amounts, class_id),
        bands=tuple(replace(band, amounts=amounts_for(band.amounts, class_id)) for band in formula.bands),
        tiers=tuple(replace(tier, formula=for_class(tier.formula, class_id)) for tier in formula.tiers),
        terms=tuple(for_class(term, class_id) for term in formula.terms),
    )


def amounts_for(amounts: Amounts, class_id: str | None) -> Amounts:
    matrix = amounts.matrix
    if matrix is None or CLASS not in matrix.by:
        return amounts
    at = matrix.by.index(CLASS)
    rows = tuple(
        ((*cells[:at], *cells[at + 1 :]), amount) for cells, amount in matrix.rows if fits(cells[at], class_id)
    )
    return replace(amounts, matrix=Matrix((*matrix.by[:at], *matrix.by[at + 1 :]), rows, matrix.otherwise))


def fits(cell: Cell, value: Any) -> bool | None:
    """Whether a fact is one of those a cell names; None when it is not told and the cell asks."""
    if ANYTHING in cell:
        return True
    return None if value is None else any(one_fits(text, value) for text in cell)


def one_fits(text: str, value: Any) -> bool:
    if isinstance(value, bool):
        return text.casefold() in (YES if value else NO)
    if isinstance(value, (int, Decimal, Fraction)):
        return number_fits(text, Fraction(value))
    if isinstance(value, tuple):
        return folded(text) in {folded(str(each)) for each in value}
    return folded(text) == folded(value.isoformat() if isinstance(value, date) else str(value))


def folded(text: str) -> str:
    return text.strip().casefold()


def number_fits(text: str, value: Fraction) -> bool:
    """A number is in a range such as 300-599, 600- or >=600 (both ends count), or is the one written."""
    low, high, strict = ends(text)
    if strict:
        return (low is None or value > low) and (high is None or value < high)
    if low is None and high is None:
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def ends(text: str) -> tuple[Fraction | None, Fraction | None, bool]:
    """The lowest and highest number a cell takes, and whether the ends are left out. (None, None) is no number."""
    if found := BEYOND.match(text.strip()):
        sign, limit = found[1], Fraction(found[2])
        return (limit, None, sign == ">") if sign[0] == ">" else (None, limit, sign == "<")
    if found := RANGE.match(text.strip()):
        low, high = (Fraction(end) if end else None for end in found.groups())
        return low, high, False
    try:
        return Fraction(text), Fraction(text), False
    except (ValueError, ZeroDivisionError):
        return None, None, False


def overlaps(matrix: Matrix, many: frozenset[str] = NOBODY) -> Iterator[tuple[int, int]]:
    """Pairs of rows (counted from 1) that one request can fit at once with different amounts: there order decides.

    A later row that only says what goes for the rest ("*") is none.

    `many`: facts that hold several words at once, so that two different words may both fit.
    """
    for later, (cells, amount) in enumerate(matrix.rows):
        for earlier, (others, another) in enumerate(matrix.rows[:later]):
            meet = (
                name in many or cells_meet(one, two) for name, one, two in zip(matrix.by, cells, others, strict=True)
            )
            if amount != another and not for_the_rest(cells, others) and all(meet):
                yield earlier + 1, later + 1


def for_the_rest(cells: tuple[Cell, ...], others: tuple[Cell, ...]) -> bool:
    """Whether a row, written after another, says what goes beside it: it takes all that takes, and more."""
    return covers(cells, others) and not covers(others, cells)


def covers(cells: tuple[Cell, ...], others: tuple[Cell, ...]) -> bool:
    """Whether a row takes everything another takes."""
    return all(ANYTHING in one or set(two) <= set(one) for one, two in zip(cells, others, strict=True))


def cells_meet(one: Cell, two: Cell) -> bool:
    """Whether one value can fit both cells."""
    if ANYTHING in one or ANYTHING in two:
        return True
    return any(folded(a) == folded(b) or ranges_meet(a, b) for a in one for b in two)


def ranges_meet(one: str, two: str) -> bool:
    (low, high, strict), (least, most, strictly) = ends(one), ends(two)
    if (low, high) == (None, None) or (least, most) == (None, None):
        return False
    bottom = max((end for end in (low, least) if end is not None), default=None)
    top = min((end for end in (high, most) if end is not None), default=None)
    if bottom is None or top is None:
        return True
    return bottom < top or (bottom == top and not (strict or strictly))
