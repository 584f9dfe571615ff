"""Guard rails of the audit log, and its first row; executed by the migration. The chain itself is the evidence.

audit_append_only           UPDATE, DELETE, REPLACE or TRUNCATE of entries, checkpoints or payload rows
audit_payload_only_erased   an UPDATE of a payload that is not the emptying of salt and body
audit_head_forward          the head going back, or being removed
"""

from __future__ import annotations

from access.audit_chain import NO_HASH

_ONLY_ERASED = "NEW.seq = OLD.seq AND NEW.salt IS NULL AND NEW.body IS NULL AND NEW.premises_id {same} OLD.premises_id"
_FIRST_HEAD = f"INSERT INTO audit_head (id, log_id, seq, chain_hash) VALUES (1, {{log_id}}, 0, '{NO_HASH}')"  # noqa: S608 - constant
_FORWARD = "NEW.id = OLD.id AND NEW.log_id = OLD.log_id AND NEW.seq > OLD.seq"


def _sqlite_refusal(table: str, event: str, code: str, when: str = "1") -> str:
    return f"""
CREATE TRIGGER {table}_no_{event.lower()} BEFORE {event} ON {table} WHEN {when}
BEGIN
    SELECT RAISE(ABORT, '{code}');
END"""


def _sqlite_no_replacing(table: str, key: str) -> str:
    # INSERT OR REPLACE deletes without asking delete triggers (sqlite.org/lang_conflict.html).
    when = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608 - our own names
    return _sqlite_refusal(table, "INSERT", "audit_append_only", when)


_KEYS = {"audit": "seq", "audit_payload": "seq", "audit_checkpoint": "size", "audit_head": "id"}

SQLITE = [
    *(_sqlite_refusal(table, "DELETE", "audit_append_only") for table in _KEYS),
    *(_sqlite_no_replacing(table, key) for table, key in _KEYS.items()),
    _sqlite_refusal("audit", "UPDATE", "audit_append_only"),
    _sqlite_refusal("audit_checkpoint", "UPDATE", "audit_append_only"),
    _sqlite_refusal("audit_payload", "UPDATE", "audit_payload_only_erased", f"NOT ({_ONLY_ERASED.format(same='IS')})"),
    _sqlite_refusal("audit_head", "UPDATE", "audit_head_forward", f"NOT ({_FORWARD})"),
    _FIRST_HEAD.format(log_id="lower(hex(randomblob(8)))"),
]


def _postgresql_refusal(table: str, events: str, code: str, when: str = "") -> str:
    level = "STATEMENT" if events == "TRUNCATE" else "ROW"
    return f"""
CREATE TRIGGER {table}_no_{events.lower().replace(" ", "_")} BEFORE {events} ON {table}
FOR EACH {level} {when} EXECUTE FUNCTION vuoro_audit_refuses('{code}')"""


POSTGRESQL = [
    """
CREATE FUNCTION vuoro_audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'check_violation', CONSTRAINT = TG_ARGV[0];
END $$""",
    *(_postgresql_refusal(table, event, "audit_append_only") for table in _KEYS for event in ("DELETE", "TRUNCATE")),
    _postgresql_refusal("audit", "UPDATE", "audit_append_only"),
    _postgresql_refusal("audit_checkpoint", "UPDATE", "audit_append_only"),
    _postgresql_refusal(
        "audit_payload",
        "UPDATE",
        "audit_payload_only_erased",
        f"WHEN (NOT ({_ONLY_ERASED.format(same='IS NOT DISTINCT FROM')}))",
    ),
    _postgresql_refusal("audit_head", "UPDATE", "audit_head_forward", f"WHEN (NOT ({_FORWARD}))"),
    _FIRST_HEAD.format(log_id="substr(replace(gen_random_uuid()::text, '-', ''), 1, 16)"),
]

BY_DIALECT = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
