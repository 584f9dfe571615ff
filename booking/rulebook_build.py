"""From a read document to a rulebook: amendments merged, conditions compiled, every reference checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from booking.core.rules.conditions import (
    ALWAYS,
    Condition,
    ConditionError,
    Vocabulary,
    all_of,
    compile_condition,
    nearest,
)
from booking.core.rules.rows import (
    Citation,
    ClassName,
    Effect,
    ExtraCharge,
    Formula,
    InvoicingRule,
    OutcomeKind,
    Rate,
    Row,
    Rulebook,
    Table,
    Texts,
    Unit,
)

Document: TypeAlias = dict[str, Any]
Words: TypeAlias = Mapping[str, Mapping[str, Texts]]
ROW_TABLES = ("exclusions", "priority", "price", "rates", "obligations", "extra_charges")
KEYED_TABLES = ("sources", "lists", "conditions", "roles")
SCOPES = {
    "premises_kind": "space.premises_kind",
    "space_kind": "space.kind",
    "booking_type": "time.booking_type",
}
NEEDED = ("municipality", "binding_language", "decider", "policy")


def signed(document: Document) -> Document:
    """The document with its version and first day written on each of its rows, so an amendment keeps who wrote what."""
    mark = {"version": document["version"], "written_from": document["valid_from"]}
    rows = {table: [mark | row for row in document[table]] for table in ROW_TABLES}
    invoicing = {"invoicing": mark | document["invoicing"]} if "invoicing" in document else {}
    return document | rows | invoicing


def amended(base: Document, change: Document) -> Document:
    """The base with the change's rows put in place of those of the same id, new ones added, dropped ones taken out."""
    merged = base | change
    for table in ROW_TABLES:
        kept = [row for row in base[table] if row["id"] not in change["drop"]]
        merged[table] = replaced(kept, change[table])
    for table in KEYED_TABLES:
        merged[table] = base[table] | change[table]
    merged["words"] = {
        name: base["words"].get(name, {}) | change["words"].get(name, {}) for name in {*base["words"], *change["words"]}
    }
    for table in ("priority_classes", "price_classes"):
        merged[table] = replaced(base[table], change[table])
    if "valid_to" not in change:
        merged.pop("valid_to", None)
    return merged


def replaced(kept: list[Document], changes: list[Document]) -> list[Document]:
    """Rows with changes put in: in the place of the same id, else before the row they name, else last."""
    rows = list(kept)
    for change in changes:
        places = {row["id"]: index for index, row in enumerate(rows)}
        if change["id"] in places:
            rows[places[change["id"]]] = change
        else:
            rows.insert(places.get(change.get("before", ""), len(rows)), change)
    return rows


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
            self.made[name] = self.compiled(name, self.specs[name]) or ALWAYS
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

    def build(self) -> Rulebook | None:
        """The rulebook, or None with faults told."""
        self.faults += [f"{name}: missing" for name in NEEDED if name not in self.document]
        self.faults += [f"{row}: id: used twice in {table}" for table in ROW_TABLES for row in self.twice(table)]
        if self.faults:
            return None
        vocabulary = self.vocabulary()
        book = self.rulebook(vocabulary)
        return None if self.faults else book

    def twice(self, table: str) -> Iterator[str]:
        ids = [row["id"] for row in self.document[table]]
        return (row for row in sorted(set(ids)) if ids.count(row) > 1)

    def words(self) -> Words:
        own: Words = self.document["words"]
        roles: Words = {"role": self.document["roles"]}
        return {
            name: {**self.shared_words.get(name, {}), **own.get(name, {}), **roles.get(name, {})}
            for name in {*self.shared_words, *own, *roles}
        }

    def vocabulary(self) -> Vocabulary:
        """What conditions may name. Named ones may use each other in any order, but not in a ring."""
        words = {name: frozenset(texts) for name, texts in self.words().items()}
        lists = {name: tuple(values) for name, values in self.document["lists"].items()}
        named = NamedConditions(self.document["conditions"])
        vocabulary = Vocabulary(words, lists, named)
        named.compile_all(lambda name, spec: self.compiled(f"conditions: {name}", spec, vocabulary))
        return vocabulary

    def compiled(self, where: str, spec: object, vocabulary: Vocabulary) -> Condition | None:
        try:
            return compile_condition(spec, vocabulary)
        except ConditionError as error:
            self.faults.append(f"{where}: {error}")
            return None

    def rulebook(self, vocabulary: Vocabulary) -> Rulebook:
        read = self.document
        self.check_role("decider", read["decider"])
        return Rulebook(
            family=read["family"],
            version=read["version"],
            valid_from=read["valid_from"],
            valid_to=read.get("valid_to"),
            municipality=read["municipality"],
            binding_language=read["binding_language"],
            name=read["name"],
            demo=read.get("demo", False),
            decider=read["decider"],
            exclusions=self.table("exclusions", {}, vocabulary),
            priority=self.table("priority", classes(read["priority_classes"]), vocabulary),
            price=self.table("price", classes(read["price_classes"]), vocabulary),
            rates=tuple(self.rates(vocabulary)),
            obligations=tuple(self.rows("obligations", vocabulary, lambda _: Effect(OutcomeKind.GRANTED))),
            invoicing=self.invoicing(),
            extra_charges=tuple(self.extra_charges()),
            roles=read["roles"],
            words=self.words(),
        )

    def table(self, name: str, known: Mapping[str, ClassName], vocabulary: Vocabulary) -> Table:
        def effect(row: Document) -> Effect:
            return self.effect(name, row, known)

        rows = tuple(self.rows(name, vocabulary, effect))
        names = frozenset[str]().union(*(row.condition.names for row in rows))
        return Table(rows, self.document["policy"][name], known, names)

    def rows(self, table: str, vocabulary: Vocabulary, effect: Callable[[Document], Effect]) -> Iterator[Row]:
        for row in self.document[table]:
            condition = self.condition(row, vocabulary)
            citation = self.citation(table, row)
            outcome = effect(row)
            if condition:
                yield Row(citation, condition, outcome)

    def condition(self, row: Document, vocabulary: Vocabulary) -> Condition | None:
        """The row's condition within its scope; both must hold."""
        scopes = [{"fact": SCOPES[name], "is": "in", "value": values} for name, values in row["scope"].items()]
        inner = [self.compiled(f"{row['id']}: scope", spec, vocabulary) for spec in scopes]
        inner.append(self.compiled(f"{row['id']}: when", row["when"], vocabulary))
        whole = tuple(part for part in inner if part)
        return all_of(whole) if len(whole) == len(inner) else None

    def citation(self, table: str, row: Document) -> Citation:
        self.check(row["id"], "source", row["source"], self.document["sources"])
        source = self.document["sources"].get(row["source"], {})
        return Citation(
            rulebook=self.document["family"],
            version=row["version"],
            table=table,
            row=row["id"],
            decision=row["decision"],
            source=source.get("url") or source.get("title", ""),
            valid_from=row["first_on"] if "first_on" in row else row["written_from"],
            valid_to=row.get("last_on"),
            text=row["text"],
        )

    def effect(self, table: str, row: Document, known: Mapping[str, ClassName]) -> Effect:
        class_id = row.get("class_id")
        if class_id is not None:
            self.check(row["id"], "class", class_id, known)
        elif table != "exclusions" and row["result"] is OutcomeKind.GRANTED:
            self.faults.append(f"{row['id']}: class: missing")
        if "ask" in row:
            self.check_role(row["id"], row["ask"])
        for kind in row.get("instead", ()):
            self.check(row["id"], "instead", kind, self.words().get("premises_kind", {}))
        return Effect(row["result"], class_id, row.get("ask"), tuple(row.get("instead", ())), row.get("booking_type"))

    def check_role(self, where: str, role: str) -> None:
        self.check(where, "ask", role, self.words().get("role", {}))

    def check(self, where: str, name: str, value: str, known: Iterable[str]) -> None:
        if value not in known:
            self.faults.append(f'{where}: {name}: unknown "{value}"{nearest(value, known)}')

    def rates(self, vocabulary: Vocabulary) -> Iterator[Rate]:
        priced = classes(self.document["price_classes"])
        written = {row["id"]: row for row in self.document["rates"]}

        def effect(row: Document) -> Effect:
            self.check(row["id"], "class", row["class_id"], priced)
            self.check_amount(row)
            return Effect(OutcomeKind.GRANTED, row["class_id"])

        for row in self.rows("rates", vocabulary, effect):
            read = written[row.citation.row]
            yield Rate(row, formula(read), read["normal"], read.get("vat_percent"))

    def check_amount(self, row: Document) -> None:
        """A rate says what it costs, or says that it is unknown: silence could be read as free."""
        counted = row["unit"] not in (Unit.ZERO, Unit.UNKNOWN)
        if counted and "amount" not in row and not row["amounts"]:
            self.faults.append(f'{row["id"]}: amount: missing; write "unknown" when the sources do not tell it')
        for kind in row["amounts"]:
            self.check(row["id"], "amounts", kind, self.words().get("space_kind", {}))

    def invoicing(self) -> InvoicingRule | None:
        row = self.document.get("invoicing")
        if row is None:
            return None
        return InvoicingRule(self.citation("invoicing", row), row["minimum_cents"], row["runs_per_term"])

    def extra_charges(self) -> Iterator[ExtraCharge]:
        for row in self.document["extra_charges"]:
            yield ExtraCharge(self.citation("extra_charges", row), tuple(row["kinds"]))


def classes(written: Iterable[Document]) -> dict[str, ClassName]:
    """Classes by id; one that tells no rank has its place in the list as its rank."""
    placed = enumerate(written, start=1)
    return {row["id"]: ClassName(row["id"], row.get("rank", place), row["name"]) for place, row in placed}


def formula(row: Document) -> Formula:
    return Formula(
        unit=row["unit"],
        amount=row.get("amount"),
        amounts=row["amounts"],
        minimum_hours=row["minimum_hours"],
        block_hours=row["block_hours"],
    )
