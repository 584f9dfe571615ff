"""The published JSON Schema of a request, made from the catalogue of facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from booking.core.rules.facts import FACTS, Fact, FactType
from booking.core.rules.request import GROUPS

LOCAL_TIME = "a local time such as 2026-11-28T12:00, or an instant with its offset"
COUNT = {"type": "integer", "minimum": 0}
HEAD_GROUP: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "heads": {"type": "integer", "minimum": 1, "description": "how many; 1 unless told"},
        "age": COUNT,
        "age_from": COUNT,
        "age_to": COUNT,
        "born": {
            "description": "a day, or the year as a number",
            "anyOf": [{"type": "string", "format": "date"}, {"type": "integer"}],
        },
        "resident": {"type": "boolean"},
        "leader": {"type": "boolean"},
        "kind": {"type": "string"},
    },
}
PART: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["phase", "minutes"],
    "properties": {"phase": {"type": "string"}, "minutes": {"type": "integer", "minimum": 1}},
}  # fmt: skip
SHAPES: Mapping[FactType, Callable[[Fact], dict[str, Any]]] = {
    FactType.WORD: lambda _: {"type": "string"},
    FactType.TEXT: lambda _: {"type": "string"},
    FactType.WORDS: lambda _: {"type": "array", "items": {"type": "string"}},
    FactType.TEXTS: lambda _: {"type": "array", "items": {"type": "string"}},
    FactType.NUMBER: lambda fact: {"type": "integer"} | ({} if fact.least is None else {"minimum": fact.least}),
    FactType.DECIMAL: lambda _: {"type": ["number", "string"]},
    FactType.FRACTION: lambda _: {"type": ["string", "number"], "examples": ["1/3", 1]},
    FactType.YES_NO: lambda _: {"type": "boolean"},
    FactType.DAY: lambda _: {"type": "string", "format": "date"},
    FactType.MOMENT: lambda _: {"type": "string"},
    FactType.PEOPLE: lambda _: {"type": "array", "items": HEAD_GROUP},
    FactType.PARTS: lambda _: {"type": "array", "items": PART},
    FactType.COUNTS: lambda _: {"type": "object", "additionalProperties": COUNT},
}


def fact_schema(fact: Fact) -> dict[str, Any]:
    notes = [fact.meaning] if fact.meaning else []
    if fact.words:
        notes.append(f"words of [{fact.words}] in booking/rules/words.toml and of the rulebook")
    if fact.type is FactType.MOMENT:
        notes.append(LOCAL_TIME)
    if fact.derived:
        notes.append("worked out unless told")
    return SHAPES[fact.type](fact) | ({"description": "; ".join(notes)} if notes else {})


def group_schema(group: str) -> dict[str, Any]:
    facts = {name.partition(".")[2]: fact for name, fact in FACTS.items() if name.startswith(f"{group}.")}
    properties: dict[str, Any] = {name: fact_schema(fact) for name, fact in facts.items()}
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    if group == "time":
        ends = {name: {"type": "string", "description": LOCAL_TIME} for name in ("start", "end")}
        zone = {"zone": {"type": "string", "description": "Europe/Helsinki unless told"}}
        schema["properties"] = ends | zone | properties
        schema["dependentRequired"] = {"start": ["end"], "end": ["start"]}
    return schema


def request_json_schema() -> dict[str, Any]:
    """JSON Schema of a request. A rulebook's own facts come on top: they are told in the groups they are named in."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A request told to a rulebook as facts; what is left out is not told",
        "type": "object",
        "additionalProperties": False,
        "properties": {group: group_schema(group) for group in GROUPS},
    }
