"""The bench on which rulebooks are built: rows compiled, words and references checked, faults gathered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from booking.core.rules.conditions import (
    ALWAYS,
    Condition,
    ConditionError,
    Vocabulary,
    all_of,
    compile_condition,
    folded,
    nearest,
)
from booking.core.rules.days import DaySpan, Spans
from booking.core.rules.facts import FACTS, Fact
from booking.core.rules.rows import Citation, ClassName, Effect, OutcomeKind, Row, Scope, Table, Texts
from booking.rulebook_merge import Document
from booking.rulebook_schemas import ROW_TABLES

Words: TypeAlias = Mapping[str, Mapping[str, Texts]]
SCOPES = {
    "premises_kind": "space.premises_kind",
    "space_kind": "space.kind",
    "booking_type": "time.booking_type",
    "premises": "space.premises",
    "space": "space.name",
    "manager": "space.manager",
    "municipality": "space.municipality",
    "district": "space.district",
    "zone": "space.zone",
    "supervised": "space.supervised",
}
NAMED_PLACES = frozenset({"premises", "space", "manager", "district", "zone"})
CLASS_TABLES = ("priority_classes", "price_classes")
NEEDED = ("municipality", "binding_language", "decider", "policy")


class NamedConditions(Mapping[str, Condition]):
    """The named conditions of a document, each compiled when first used. A faulty one is told once, then holds."""

    def __init__(self, specs: Mapping[str, Any]) -> None:
        self.specs = specs
        self.made: dict[str, Condition] = {}
        self.making: list[str] = []

    def compile_all(self, compiled: Callable[[str, object], Condition | None]) -> None:
        self.compiled = compiled
        for name in self.specs:
            self.made[name] = self[name]

    def __getitem__(self, name: str) -> Condition:
        if name in self.making:
            raise ConditionError(f"conditions use each other in a ring: {', '.join([*self.making, name])}")
        if name not in self.made:
            self.making.append(name)
            self.made[name] = replace(self.compiled(name, self.specs[name]) or ALWAYS, called=name)
            self.making.pop()
        return self.made[name]

    def __contains__(self, name: object) -> bool:
        return name in self.specs

    def __iter__(self) -> Iterator[str]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)


@dataclass(slots=True)
class Builder:
    """Builds one rulebook and gathers what is wrong in it, as "row: field: message"."""

    document: Document
    shared_words: Words
    faults: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    words: Words = field(default_factory=dict)
    vocabulary: Vocabulary = field(default_factory=lambda: Vocabulary({}, {}, {}))

    def prepare(self) -> None:
        """Words and vocabulary read, so that rows can be compiled; faults told."""
        self.faults += [f"{name}: missing" for name in NEEDED if name not in self.document]
        self.faults += [f"{row}: id: used twice in {table}" for table in ROW_TABLES for row in self.twice(table)]
        self.faults += [f"{table}: {row}: used twice" for table in CLASS_TABLES for row in self.twice(table)]
        if not self.faults:
            self.words = self.all_words()
            self.vocabulary = self.made_vocabulary()

    def twice(self, table: str) -> Iterator[str]:
        ids = [row["id"] for row in self.document[table]]
        return (row for row in sorted(set(ids)) if ids.count(row) > 1)

    def all_words(self) -> Words:
        own: Words = self.document["words"]
        named = {name: {"fi": name, "sv": name, **named_span(spans)} for name, spans in self.spans("seasons").items()}
        more: Words = {"role": self.document["roles"], "season": named}
        priced = named_by_prices(self.document)
        return {
            name: {**priced.get(name, {}), **self.shared_words.get(name, {}), **own.get(name, {}), **more.get(name, {})}
            for name in {*self.shared_words, *own, *more}
        }

    def spans(self, table: str) -> dict[str, Spans]:
        return {
            name: tuple(DaySpan(each["first"], each["last"], each.get("name", {})) for each in spans)
            for name, spans in self.document[table].items()
        }

    def own_facts(self) -> dict[str, Fact]:
        own: dict[str, Fact] = {}
        for name, written in self.document["facts"].items():
            if name in FACTS:
                self.faults.append(f"facts: {name}: is a fact of the program already")
            if "words" in written:
                self.check(f"facts: {name}", "words", written["words"], self.words)
            own[name] = Fact(written["type"], written.get("words"), written.get("note", ""))
        return own

    def made_vocabulary(self) -> Vocabulary:
        """What conditions may name. Named ones may use each other in any order, but not in a ring."""
        named = NamedConditions(self.document["conditions"])
        vocabulary = Vocabulary(
            words={name: frozenset(texts) for name, texts in self.words.items()},
            lists={name: tuple(values) for name, values in self.document["lists"].items()},
            conditions=named,
            facts={**FACTS, **self.own_facts()},
            seasons=self.spans("seasons"),
            days=self.spans("days"),
        )
        self.vocabulary = vocabulary
        named.compile_all(lambda name, spec: self.compiled(f"conditions: {name}", spec))
        return vocabulary

    def compiled(self, where: str, spec: object) -> Condition | None:
        try:
            return compile_condition(spec, self.vocabulary)
        except ConditionError as error:
            self.faults.append(f"{where}: {error}")
        except RecursionError:
            self.faults.append(f"{where}: conditions within conditions without end")
        return None

    @staticmethod
    def no_effect(_: Document) -> Effect:
        return Effect(OutcomeKind.GRANTED)

    def table(self, name: str, known: Mapping[str, ClassName]) -> Table:
        rows = tuple(self.rows(name, lambda row: self.effect(name, row, known)))
        names = frozenset[str]().union(*(row.condition.names for row in rows))
        return Table(rows, self.document["policy"][name], known, names, silent=not self.document[name])

    def rows(self, table: str, effect: Callable[[Document], Effect]) -> Iterator[Row]:
        """The compiled rows of a table, in written order; a row with a fault in its condition is left out and told."""
        ids = {row["id"] for row in self.document[table]}
        for written in self.document[table]:
            row = self.row(table, written, effect)
            for other in written.get("overrides", ()):
                self.check(written["id"], "overrides", other, ids - {written["id"]})
            if row:
                yield row
        self.faults += ring_of_overrides(self.document[table])

    def row(self, table: str, written: Document, effect: Callable[[Document], Effect]) -> Row | None:
        scopes = tuple(self.scopes(written))
        scope = [self.compiled(f"{written['id']}: scope", scope_spec(name, values)) for name, values in scopes]
        when = self.compiled(f"{written['id']}: when", written.get("when", {"always": True}))
        citation, outcome = self.citation(table, written), effect(written)
        whole = tuple(part for part in (*scope, when) if part)
        if when is None or len(whole) <= len(scope):
            return None
        return Row(
            citation,
            all_of(whole),
            outcome,
            scopes=tuple(Scope(SCOPES[name], scope_values(values)) for name, values in scopes),
            when=when,
            overrides=frozenset(written.get("overrides", ())),
        )

    @staticmethod
    def scopes(written: Document) -> Iterator[tuple[str, Any]]:
        return iter(written.get("scope", {}).items())

    def citation(self, table: str, row: Document) -> Citation:
        self.check(row["id"], "source", row["source"], self.document["sources"])
        source = self.document["sources"].get(row["source"], {})
        return Citation(
            rulebook=row["family"],
            version=row["version"],
            table=table,
            row=row["id"],
            decision=row["decision"],
            source=source.get("url") or source.get("title", ""),
            valid_from=row["first_on"] if "first_on" in row else row["written_from"],
            valid_to=row.get("last_on"),
            text=row["text"],
            legal_basis=row["legal_basis"],
            indicative=row.get("indicative", False),
        )

    def effect(self, table: str, row: Document, known: Mapping[str, ClassName]) -> Effect:
        class_id = row.get("class_id")
        if class_id is not None:
            self.check(row["id"], "class", class_id, known)
        elif table != "exclusions" and row["result"] is OutcomeKind.GRANTED:
            self.faults.append(f"{row['id']}: class: missing")
        return self.asking(row, class_id)

    def asking(self, row: Document, class_id: str | None = None) -> Effect:
        """What a deciding row does: whom it asks what, and where it points instead."""
        if "ask" in row:
            self.check_role(row["id"], row["ask"])
        for kind in row.get("instead", ()):
            self.check(row["id"], "instead", kind, self.words.get("premises_kind", {}))
        if "booking_type" in row:
            self.check(row["id"], "booking_type", row["booking_type"], self.words.get("booking_type", {}))
        return Effect(
            row["result"],
            class_id,
            row.get("ask"),
            tuple(row.get("instead", ())),
            row.get("booking_type"),
            row.get("question", {}),
        )

    def check_role(self, where: str, role: str) -> None:
        self.check(where, "ask", role, self.words.get("role", {}))

    def check(self, where: str, name: str, value: str, known: Iterable[str]) -> None:
        if value not in known:
            self.faults.append(f'{where}: {name}: unknown "{value}"{nearest(value, known)}')

    def price_classes(self) -> dict[str, ClassName]:
        return classes(self.document["price_classes"])

    def priority_classes(self) -> dict[str, ClassName]:
        return classes(self.document["priority_classes"])


def named_by_prices(document: Document) -> Words:
    """Extras and packages that a price names are words by that alone, called what their row is called."""
    extras = {row["chosen"]: row["text"] for row in document["add_ons"] if "chosen" in row}
    packages = {row["package"]: row["text"] for row in document["rates"] if "package" in row}
    return {"extra": extras, "package": packages}


def ring_of_overrides(rows: Iterable[Document]) -> Iterator[str]:
    """Rows that override each other in a ring: none of them could ever hold."""
    over = {row["id"]: set(row.get("overrides", ())) for row in rows}
    while free := [row for row, others in over.items() if not others & set(over)]:
        for row in free:
            del over[row]
    if over:
        yield f"{min(over)}: overrides: rows override each other in a ring: {', '.join(sorted(over))}"


def named_span(spans: Spans) -> Texts:
    return next((span.name for span in spans if span.name), {})


def scope_spec(name: str, values: Any) -> Document:
    """The condition that a scope stands for. A row of one building speaks only of requests that name the building."""
    if name in NAMED_PLACES:
        return {"fact": SCOPES[name], "is": "in", "value": values, "not_told": "no"}
    if isinstance(values, bool):
        return {"fact": SCOPES[name], "is": "==", "value": values}
    return {"fact": SCOPES[name], "is": "in", "value": values}


def scope_values(values: Any) -> frozenset[str | bool]:
    return frozenset({values}) if isinstance(values, bool) else frozenset(folded(each) for each in values)


def classes(written: Iterable[Document]) -> dict[str, ClassName]:
    """Classes by id; one that tells no rank has its place in the list as its rank."""
    placed = enumerate(written, start=1)
    return {row["id"]: ClassName(row["id"], row.get("rank", place), row["name"]) for place, row in placed}
