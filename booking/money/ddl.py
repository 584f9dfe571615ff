"""What the database itself keeps of money: an issued invoice and its lines stay as they were sent.

invoice_stays   an issued invoice changed in its figures or deleted
charge_stays    a line of an issued invoice changed in its figures, taken off or deleted
Executed by the migration that makes the tables.
"""

from __future__ import annotations

_INVOICE = ("kind", "state", "year", "number", "issued_on", "due_on", "reference", "gross_cents", "invoicer_id")
_CHARGE = ("invoice_id", "kind", "gross_cents", "net_cents", "vat_cents", "happened_on", "key")
_LINE = "EXISTS (SELECT 1 FROM invoice WHERE invoice.id = OLD.invoice_id AND invoice.state = 'issued')"


def _differs(columns: tuple[str, ...], differ: str) -> str:
    return " OR ".join(f"NEW.{column} {differ} OLD.{column}" for column in columns)


SQLITE = [
    f"""
CREATE TRIGGER invoice_update BEFORE UPDATE ON invoice
BEGIN
    SELECT RAISE(ABORT, 'invoice_stays') WHERE OLD.state = 'issued' AND ({_differs(_INVOICE, "IS NOT")});
END""",
    """
CREATE TRIGGER invoice_delete BEFORE DELETE ON invoice
BEGIN
    SELECT RAISE(ABORT, 'invoice_stays') WHERE OLD.state = 'issued';
END""",
    f"""
CREATE TRIGGER charge_update BEFORE UPDATE ON charge
BEGIN
    SELECT RAISE(ABORT, 'charge_stays') WHERE {_LINE} AND ({_differs(_CHARGE, "IS NOT")});
END""",
    f"""
CREATE TRIGGER charge_delete BEFORE DELETE ON charge
BEGIN
    SELECT RAISE(ABORT, 'charge_stays') WHERE {_LINE};
END""",
]


def _keeper(name: str, held: str, columns: tuple[str, ...]) -> str:
    """A trigger function that refuses deleting and changing these columns where `held` is true."""
    refuse = f"RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';"
    return f"""
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF {held} THEN {refuse} END IF;
        RETURN OLD;
    END IF;
    IF {held} AND ({_differs(columns, "IS DISTINCT FROM")}) THEN {refuse} END IF;
    RETURN NEW;
END $$"""


POSTGRESQL = [
    _keeper("invoice_stays", "OLD.state = 'issued'", _INVOICE),
    _keeper("charge_stays", _LINE, _CHARGE),
    "CREATE TRIGGER invoice_kept BEFORE UPDATE OR DELETE ON invoice FOR EACH ROW EXECUTE FUNCTION invoice_stays()",
    "CREATE TRIGGER charge_kept BEFORE UPDATE OR DELETE ON charge FOR EACH ROW EXECUTE FUNCTION charge_stays()",
]
BY_DIALECT = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
