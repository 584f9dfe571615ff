"""From a read document to a rulebook: the builder's parts put together."""

from __future__ import annotations

from dataclasses import replace

from booking.core.rules.book import Rulebook
from booking.rulebook_build_after import after_parts
from booking.rulebook_build_prices import price_parts
from booking.rulebook_builder import Builder, classes


def build(builder: Builder) -> Rulebook | None:
    """The rulebook, or None with faults told."""
    builder.prepare()
    if builder.faults:
        return None
    book = rulebook(builder)
    return None if builder.faults else replace(book, warnings=tuple(builder.warnings))


def rulebook(builder: Builder) -> Rulebook:
    read = builder.document
    builder.check_role("decider", read["decider"])
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
        exclusions=builder.table("exclusions", {}),
        priority=builder.table("priority", classes(read["priority_classes"])),
        price=builder.table("price", classes(read["price_classes"])),
        obligations=tuple(builder.rows("obligations", builder.no_effect)),
        roles=read["roles"],
        words=builder.words,
        consequence_policy=read["policy"]["consequences"],
        seasons=builder.vocabulary.seasons,
        days=builder.vocabulary.days,
        own_facts={name: builder.vocabulary.facts[name] for name in read["facts"]},
        fact_names={name: written["name"] for name, written in read["facts"].items()},
        extends=read.get("extends"),
        **price_parts(builder),
        **after_parts(builder),
    )
