"""What the database itself keeps of rulebooks: an approved version stays as it was approved, a step as it was taken.

rulebook_version_immutable  the text, name or first day of an approved version changed, or the version deleted
rulebook_step_immutable     a step changed or deleted
"""

from __future__ import annotations

_CHANGED = (
    "OLD.state = 'approved' AND (NEW.text <> OLD.text OR NEW.digest <> OLD.digest OR NEW.family <> OLD.family"
    " OR NEW.version <> OLD.version OR NEW.valid_from <> OLD.valid_from OR NEW.state NOT IN ('approved', 'withdrawn'))"
)
_GUARDS = (
    ("rulebook_version", "UPDATE", _CHANGED, "rulebook_version_immutable"),
    ("rulebook_version", "DELETE", "OLD.state = 'approved'", "rulebook_version_immutable"),
    ("rulebook_step", "UPDATE", "1 = 1", "rulebook_step_immutable"),
    ("rulebook_step", "DELETE", "1 = 1", "rulebook_step_immutable"),
)

SQLITE = [
    f"CREATE TRIGGER {name}_{event.lower()} BEFORE {event} ON {table} WHEN {condition} "
    f"BEGIN SELECT RAISE(ABORT, '{name}'); END"
    for table, event, condition, name in _GUARDS
]


def _postgresql(table: str, event: str, condition: str, name: str) -> list[str]:
    function = f"vuoro_{name}_{event.lower()}()"
    execute = f"EXECUTE FUNCTION {function}"
    refusal = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"
    return [
        f"CREATE FUNCTION {function} RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refusal} END $$",
        f"CREATE TRIGGER {name}_{event.lower()} BEFORE {event} ON {table} FOR EACH ROW WHEN ({condition}) {execute}",
    ]


POSTGRESQL = [statement for guard in _GUARDS for statement in _postgresql(*guard)]
BY_DIALECT = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
