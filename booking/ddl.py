"""What SQLAlchemy cannot say: no two groups in one room, no space under itself, kept by the database itself.

Executed by the first migration. Each refusal has the same name on both databases:

occupancy_no_overlap   two occupancies of one atom overlap
occupancy_on_atom      an occupancy on a space that has spaces below it
occupancy_instants     SQLite only: an instant not written as Vuoro writes it (text must sort as time does)
space_parent_occupied  a space put below an occupied atom, whose bookings would not hold it
space_no_cycle         a space as its own ancestor
space_one_premises     a space below one of another premises
"""

from __future__ import annotations

# ruff: noqa: S608 - no value from outside is put into these statements

_INSTANT = "____-__-__ __:__:__.______"

_ANCESTORS = """
    WITH RECURSIVE up(id) AS (
        SELECT NEW.parent_id
        UNION
        SELECT space.parent_id FROM space JOIN up ON space.id = up.id WHERE space.parent_id IS NOT NULL
    )
    SELECT 1 FROM up WHERE id = NEW.id
"""

SQLITE = [
    statement
    for event in ("INSERT", "UPDATE")
    for statement in (
        f"""
CREATE TRIGGER occupancy_{event.lower()} BEFORE {event} ON occupancy
BEGIN
    SELECT RAISE(ABORT, 'occupancy_instants')
    WHERE typeof(NEW.starts_at) <> 'text' OR NEW.starts_at NOT LIKE '{_INSTANT}'
       OR typeof(NEW.ends_at) <> 'text' OR NEW.ends_at NOT LIKE '{_INSTANT}'
       OR datetime(NEW.starts_at) IS NULL OR datetime(NEW.ends_at) IS NULL;
    SELECT RAISE(ABORT, 'occupancy_on_atom')
    WHERE EXISTS (SELECT 1 FROM space WHERE parent_id = NEW.atom_id);
    SELECT RAISE(ABORT, 'occupancy_no_overlap')
    WHERE EXISTS (
        SELECT 1 FROM occupancy
        WHERE atom_id = NEW.atom_id AND starts_at < NEW.ends_at AND ends_at > NEW.starts_at
          AND id IS NOT {"OLD.id" if event == "UPDATE" else "NULL"}
    );
END""",
        f"""
CREATE TRIGGER space_tree_{event.lower()} AFTER {event} ON space WHEN NEW.parent_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'space_no_cycle') WHERE EXISTS ({_ANCESTORS});
    SELECT RAISE(ABORT, 'space_one_premises')
    WHERE (SELECT premises_id FROM space WHERE id = NEW.parent_id) <> NEW.premises_id;
    SELECT RAISE(ABORT, 'space_parent_occupied')
    WHERE EXISTS (SELECT 1 FROM occupancy WHERE atom_id = NEW.parent_id);
END""",
    )
]

POSTGRESQL = [
    # int4range/int8range have gist support of their own, so btree_gist (a contrib module) is not needed.
    """
ALTER TABLE occupancy ADD CONSTRAINT occupancy_no_overlap EXCLUDE USING gist (
    int8range(atom_id, atom_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&
)""",
    """
CREATE FUNCTION vuoro_occupancy_on_atom() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- The lock on the row keeps somebody from dividing the space in the same moment.
    PERFORM 1 FROM space WHERE id = NEW.atom_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM space WHERE parent_id = NEW.atom_id) THEN
        RAISE EXCEPTION 'occupancy_on_atom' USING ERRCODE = 'check_violation', CONSTRAINT = 'occupancy_on_atom';
    END IF;
    RETURN NEW;
END $$""",
    """
CREATE TRIGGER occupancy_on_atom BEFORE INSERT OR UPDATE ON occupancy
FOR EACH ROW EXECUTE FUNCTION vuoro_occupancy_on_atom()""",
    f"""
CREATE FUNCTION vuoro_space_tree() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM space WHERE id = NEW.parent_id FOR UPDATE;
    IF EXISTS ({_ANCESTORS}) THEN
        RAISE EXCEPTION 'space_no_cycle' USING ERRCODE = 'check_violation', CONSTRAINT = 'space_no_cycle';
    END IF;
    IF (SELECT premises_id FROM space WHERE id = NEW.parent_id) <> NEW.premises_id THEN
        RAISE EXCEPTION 'space_one_premises' USING ERRCODE = 'check_violation', CONSTRAINT = 'space_one_premises';
    END IF;
    IF EXISTS (SELECT 1 FROM occupancy WHERE atom_id = NEW.parent_id) THEN
        RAISE EXCEPTION 'space_parent_occupied' USING ERRCODE = 'check_violation', CONSTRAINT = 'space_parent_occupied';
    END IF;
    RETURN NEW;
END $$""",
    """
CREATE TRIGGER space_tree AFTER INSERT OR UPDATE OF parent_id, premises_id ON space
FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION vuoro_space_tree()""",
]

BY_DIALECT = {"sqlite": SQLITE, "postgresql": POSTGRESQL}
